//! The first morning, member by member: tiers, who gets which coupon by which channel, arms, holdout.

use super::Season;

#[test]
fn everyone_gets_what_the_grid_says_by_the_channel_of_the_tier() {
    let season = Season::now();
    for (rule, least) in [
        ("短期高价值", 60),
        ("短期潜力", 60),
        ("短期普通", 60),
        ("中期高价值", 60),
        ("中期潜力", 60),
        ("中期普通", 60),
        ("长期普通", 60),
        ("签到有礼", 5),
    ] {
        season.same(
            &format!(
                "SELECT member || channel || coalesce(amount, '') FROM wanted WHERE run = 1 AND rule = '{rule}'"
            ),
            &format!(
                "SELECT member || channel || coalesce(amount, '') FROM sent LEFT JOIN state.coupons ON message = seq
                 WHERE run = 1 AND rule = '{rule}'"
            ),
            least,
        );
    }
}

#[test]
fn what_is_scarce_goes_to_those_who_should_have_it_and_is_used_up() {
    let season = Season::now();
    season.nobody(
        "SELECT member || rule FROM sent WHERE run = 1
         AND (member, rule, channel) NOT IN (SELECT member, rule, channel FROM wanted WHERE run = 1)",
    );
    let wanted =
        |rule: &str| season.number(&format!("SELECT count(*) FROM wanted WHERE run = 1 AND rule = '{rule}'"));
    let got = |rule: &str| {
        season.number(&format!("SELECT count(*) FROM sent WHERE run = 1 AND rule = '{rule}' AND step = 0"))
    };
    assert!(wanted("长期高价值") > 60 && got("长期高价值") == 60, "there are 60 codes");
    let spent = season.number("SELECT sum(micros) FROM sent WHERE run = 1 AND campaign = '秋季召回'");
    assert!(wanted("长期潜力") > got("长期潜力") && got("长期潜力") > 0);
    // Money is set aside before codes are given out: what those cost who got none stays unspent.
    let without_code = (wanted("长期高价值") - 60) * 200_000_000;
    let unspent = 36_000_000_000 - spent - without_code;
    assert!((0..150_045_000).contains(&unspent), "{unspent}: one more would fit");
}

#[test]
fn coupons_are_those_of_the_grid_and_hold_as_long_as_it_says() {
    let season = Season::now();
    season.nobody(
        "SELECT seq || rule FROM sent JOIN state.coupons ON message = seq LEFT JOIN grid USING (rule, channel)
         WHERE (coupons.amount, coupons.threshold) IS NOT (grid.amount, grid.threshold)
            OR datetime(expires_at / 1000000 + 28800, 'unixepoch') <> datetime(date(local), '+' || (ttl + 1) || ' days', '-1 second')",
    );
    for rule in season.rows("SELECT rule FROM grid WHERE amount IS NOT NULL") {
        let given =
            format!("SELECT count(*) FROM sent JOIN state.coupons ON message = seq WHERE rule = '{rule}'");
        assert!(season.number(&given) >= 5, "{rule}");
    }
}

#[test]
fn the_holdout_is_left_alone_and_the_arms_are_the_published_ones() {
    let season = Season::now();
    season.nobody(
        "SELECT customer || rule_name FROM done
         WHERE drawn('holdout:秋季召回', CAST(customer AS INTEGER)) < 0.05 AND campaign = '秋季召回'",
    );
    season.nobody(
        "SELECT member || arm FROM sent WHERE rule = '中期潜力' AND arm IS NOT
         CASE WHEN drawn('激励形式', member) < 0.45 THEN '小样' WHEN drawn('激励形式', member) < 0.9 THEN '满减' END",
    );
    season.same(
        "SELECT member || '' FROM seen JOIN grid USING (tier, value) WHERE run = 1 AND NOT complained
         AND channel NOT IN ('短信', '企微') AND drawn('holdout:秋季召回', member) < 0.05 AND rule <> '中期潜力'",
        "SELECT customer FROM state.spells JOIN state.people ON people.id = person JOIN state.rules ON rules.id = rule
         WHERE run = 1 AND control AND name IN ('短期高价值', '短期潜力', '短期普通', '中期普通', '长期普通')",
        10,
    );
}
