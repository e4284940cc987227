//! What rules ask of what was sent and of who belonged: coupons that expire, members that come and go.

use super::Season;

#[test]
fn who_has_a_coupon_that_expires_within_24_hours_is_reminded_once() {
    let season = Season::now();
    season.same(
        "SELECT DISTINCT member || ' ' || run FROM (
           SELECT sent.member, seen.run FROM sent JOIN state.coupons ON message = seq JOIN seen USING (member)
           WHERE seen.as_of >= sent.at AND expires_at BETWEEN seen.as_of AND seen.as_of + 86400000000
             AND (redeemed_at IS NULL OR redeemed_at > seen.as_of) AND NOT complained)",
        "SELECT member || ' ' || run FROM sent WHERE rule = '快到期'",
        60,
    );
    let redeemed = "SELECT count(*) FROM state.coupons WHERE redeemed_at IS NOT NULL";
    assert!(season.number(redeemed) >= 10);
}

#[test]
fn who_falls_asleep_is_tagged_and_who_comes_back_loses_the_tag_and_gets_points() {
    let season = Season::now();
    let changed = |before: &str, now: &str| {
        format!(
            "SELECT member || ' ' || now.run FROM seen AS now JOIN seen AS before USING (member)
             WHERE before.run = now.run - 1 AND {before} AND {now}"
        )
    };
    let done = |kind: &str| format!("SELECT customer || ' ' || run FROM done WHERE kind = '{kind}'");
    let asleep = |of: &str| format!("coalesce({of}.days > 60, 0)");
    let awake = |of: &str| format!("coalesce({of}.days <= 60, 0)");
    season.same(&changed(&awake("before"), &asleep("now")), &done("tag"), 50);
    season.same(&changed(&asleep("before"), &awake("now")), &done("untag"), 10);
    season.same(
        &changed(&asleep("before"), &awake("now")),
        &format!("{} AND rule_name = '回来了'", done("points")),
        10,
    );
}
