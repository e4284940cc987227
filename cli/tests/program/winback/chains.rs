//! Follow-ups: by WeCom first, by SMS for those who have not read it after 48 hours, then the adviser calls (D3).

use super::Season;

/// Each first message by WeCom of 中期高价值, with the first run at which its SMS is due, and whether the chain goes on then.
const CHAINS: &str = "
    WITH first AS (
      SELECT sent.*, (SELECT min(seq) FROM state.runs WHERE runs.as_of >= sent.at + 48 * 3600000000) AS due
      FROM sent WHERE rule = '中期高价值' AND step = 0
    ), chain AS (
      SELECT first.member, first.at, first.opened_at, first.as_of AS began_at, due, seen.as_of AS due_at, by_sms AND NOT complained AS can,
        first.opened_at IS NULL OR first.opened_at > seen.as_of AS unread,
        EXISTS (SELECT 1 FROM shop.订单 WHERE 会员号 = first.member AND 下单时间 <= morning
          AND 下单时间 >= datetime(first.as_of / 1000000 + 28800, 'unixepoch')) AS bought
      FROM first JOIN seen ON seen.run = due AND seen.member = first.member AND morning < '2025-12-01'
    ), second AS (
      SELECT chain.*, sms.at AS sms_at, sms.opened_at AS sms_opened_at, (SELECT min(seq) FROM state.runs
          WHERE runs.as_of >= coalesce(sms.at, chain.due_at) + 72 * 3600000000) AS call
      FROM chain LEFT JOIN sent AS sms ON sms.rule = '中期高价值' AND sms.step = 1 AND sms.member = chain.member
        AND sms.as_of > chain.began_at
    )";

#[test]
fn those_who_have_not_read_it_get_an_sms_after_48_hours_and_nobody_else() {
    let season = Season::now();
    let capped = "EXISTS (SELECT 1 FROM decided WHERE customer = member AND run = due AND step = 1
        AND rule = '中期高价值' AND verdict LIKE '%capped%')";
    season.same(
        &format!(
            "{CHAINS} SELECT member || ' ' || due FROM chain WHERE unread AND NOT bought AND can AND NOT {capped}"
        ),
        "SELECT member || ' ' || run FROM sent WHERE rule = '中期高价值' AND step = 1",
        30,
    );
    season.nobody(&format!("{CHAINS} SELECT member || '' FROM second WHERE sms_at < at + 48 * 3600000000"));
    let opened = format!("{CHAINS} SELECT member || '' FROM chain WHERE NOT unread AND can");
    assert!(season.rows(&opened).len() >= 10, "some did read it");
}

#[test]
fn those_who_read_neither_are_called() {
    let season = Season::now();
    season.same(
        &format!(
            "{CHAINS} SELECT member || ' ' || call FROM second JOIN seen USING (member)
             WHERE seen.run = call AND morning < '2025-12-01' AND unread AND NOT bought
             AND (sms_opened_at IS NULL OR sms_opened_at > seen.as_of)
             AND NOT EXISTS (SELECT 1 FROM shop.订单 WHERE 会员号 = member AND 下单时间 <= morning
                 AND 下单时间 >= datetime(began_at / 1000000 + 28800, 'unixepoch')
                 AND date(下单时间) <= date(coalesce(sms_at, at) / 1000000 + 28800, 'unixepoch', '+14 days'))"
        ),
        "SELECT customer || ' ' || run FROM done WHERE rule_name = '中期高价值' AND kind = 'task'",
        20,
    );
}

#[test]
fn the_valuable_who_have_been_away_longest_are_called_and_not_written_to_again() {
    let season = Season::now();
    season.nobody(
        "SELECT member || '' FROM sent WHERE rule = '长期高价值' GROUP BY member, run HAVING count(*) > 1",
    );
    let called = season.number("SELECT count(*) FROM done WHERE rule_name = '长期高价值' AND kind = 'task'");
    assert!(called >= 30, "{called}");
    season.nobody(
        "SELECT task.customer FROM done AS task JOIN state.runs ON runs.seq = task.run
         WHERE task.rule_name = '长期高价值' AND kind = 'task' AND NOT EXISTS (
           SELECT 1 FROM sent WHERE sent.rule = '长期高价值' AND member = CAST(task.customer AS INTEGER)
             AND sent.at + 48 * 3600000000 <= runs.as_of AND (opened_at IS NULL OR opened_at > runs.as_of))",
    );
}

#[test]
fn nothing_follows_when_the_campaign_is_over() {
    let season = Season::now();
    season.nobody(
        "SELECT customer || rule_name FROM done WHERE run = (SELECT max(seq) FROM state.runs) AND campaign = '秋季召回'",
    );
    assert_eq!(
        season.number(
            "SELECT count(*) FROM state.chains WHERE until IS NULL AND due_at <= (SELECT max(as_of) FROM state.runs)"
        ),
        0,
        "no chain waits for a campaign that is over"
    );
}
