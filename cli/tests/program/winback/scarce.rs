//! What may never be exceeded, over the whole season: frequency caps, quiet hours, budget, quota, codes.

use super::Season;

#[test]
fn nobody_gets_more_marketing_than_the_tier_bears() {
    let season = Season::now();
    let before =
        "SELECT count(*) FROM sent AS earlier WHERE earlier.member = sent.member AND earlier.marketing
        AND earlier.at <= sent.at AND earlier.at > sent.at - 30 * 86400000000";
    let caps = "CASE tier WHEN '短期' THEN 2 WHEN '中期' THEN 3 WHEN '长期' THEN 1 ELSE 99 END";
    let touched = "SELECT member || ' ' || local FROM sent JOIN seen USING (run, member) WHERE marketing AND";
    season.nobody(&format!("{touched} ({before}) > {caps}"));
    // The caps did hold some back, and were reached.
    assert!(season.rows(&format!("{touched} ({before}) = {caps}")).len() > 100);
    assert!(season.number("SELECT count(*) FROM decided WHERE verdict LIKE 'capped%'") > 50);
}

#[test]
fn nobody_gets_two_marketing_messages_by_sms_in_a_week_or_two_invitations_in_a_quarter() {
    let season = Season::now();
    season.nobody(
        "SELECT member || strftime(' %Y-%W', local) FROM sent WHERE marketing AND channel = '短信'
         GROUP BY 1 HAVING count(*) > 1",
    );
    season.nobody(
        "SELECT member || '' FROM sent WHERE campaign = '门店邀约'
         GROUP BY member, (strftime('%m', local) + 2) / 3 HAVING count(*) > 1",
    );
}

#[test]
fn nothing_goes_out_in_quiet_hours_of_the_member_or_before_the_campaign_opens() {
    let season = Season::now();
    season.nobody(
        "WITH own AS (
           SELECT sent.*, time(local, iif(时区 IS NULL, '+0 hours', '-2 hours')) AS clock, 时区
           FROM sent JOIN shop.会员 ON 会员号 = member WHERE marketing)
         SELECT member || channel || clock FROM own
         WHERE clock < iif(channel IN ('短信', '企微'), '09:00:00', '08:00:00')
            OR clock >= iif(channel = '短信', '21:00:00', '22:00:00')",
    );
    season.nobody("SELECT local FROM sent WHERE campaign <> '' AND step = 0 AND time(local) < '10:00:00'");
    let late = season.number("SELECT count(*) FROM sent WHERE channel = '短信' AND time(local) = '11:00:00'");
    assert!(late > 0, "nine in the morning in Urumqi is eleven in Shanghai");
}

#[test]
fn no_thirty_days_cost_more_than_the_budget() {
    let season = Season::now();
    season.nobody(
        "SELECT local || ' ' || (SELECT sum(micros) FROM sent AS earlier WHERE earlier.campaign = sent.campaign
             AND earlier.at <= sent.at AND earlier.at > sent.at - 30 * 86400000000) AS spent
         FROM sent WHERE campaign = '秋季召回' GROUP BY at
         HAVING (SELECT sum(micros) FROM sent AS earlier WHERE earlier.campaign = sent.campaign
             AND earlier.at <= sent.at AND earlier.at > sent.at - 30 * 86400000000) > 36000000000",
    );
    let all = season.number("SELECT sum(micros) FROM sent WHERE campaign = '秋季召回'");
    assert!(all > 36_000_000_000, "{all}: the second thirty days have a budget of their own");
}

#[test]
fn each_code_has_one_member_and_comes_from_the_file() {
    let season = Season::now();
    let mut given = season.rows("SELECT code FROM state.codes");
    let file = super::SEASON.read("顾问券码.csv");
    assert!(given.iter().all(|code| file.lines().any(|line| line == code)), "{given:?}");
    given.sort();
    given.dedup();
    assert_eq!(given.len(), 60);
    assert_eq!(season.number("SELECT count(*) FROM state.codes"), 60);
    assert!(season.number("SELECT count(*) FROM decided WHERE verdict = 'pool empty'") > 0);
}

#[test]
fn the_invitation_goes_on_the_last_workday_to_the_forty_who_spent_most() {
    let season = Season::now();
    season.same(
        "SELECT * FROM (SELECT seen.member || '' FROM seen JOIN shop.城市 ON 城市.城市 = city
         WHERE run = 18 AND tier = '长期' AND value <> '普通' AND by_sms AND NOT complained
         AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.member = seen.member AND marketing AND sent.run < 18
             AND sent.at > seen.as_of + 5400000000 - 30 * 86400000000)
         ORDER BY (SELECT sum(金额) FROM shop.订单 WHERE 会员号 = seen.member AND 下单时间 <= morning
             AND date(下单时间) >= date(morning, '-730 days')) DESC, drawn('quota:到店', seen.member)
         LIMIT 40)",
        "SELECT member || '' FROM sent WHERE run = 18 AND campaign = '门店邀约'",
        20,
    );
    let days = season.rows("SELECT DISTINCT date(local) FROM sent WHERE campaign = '门店邀约' ORDER BY 1");
    assert!(days.iter().all(|day| ["2025-09-30", "2025-10-31"].contains(&day.as_str())), "{days:?}");
    assert!(season.number("SELECT count(*) FROM sent WHERE campaign = '门店邀约'") <= 40);
}
