-- The same rows, found faster.
CREATE TEMP TABLE complaints AS SELECT 会员号 AS member, 投诉时间 AS at FROM shop.投诉;
CREATE INDEX temp.complaints_by ON complaints (member);
CREATE TEMP TABLE visits AS SELECT 会员号 AS member, 签到时间 AS at FROM shop.签到;
CREATE INDEX temp.visits_by ON visits (member);

-- What the shop's own tables say of every member on the morning of each run, in words of the trade: how long away, and
-- what is spent at a time.
CREATE TEMP TABLE seen AS
WITH mornings AS (
    SELECT seq AS run, as_of, datetime(as_of / 1000000 + 28800, 'unixepoch') AS morning FROM state.runs
), bought AS (
    SELECT run, as_of, morning, 会员.*, count(订单号) AS orders, sum(CAST(round(金额 * 100) AS INTEGER)) AS cents,
        CAST(julianday(date(morning)) - julianday(date(max(下单时间))) AS INTEGER) AS days
    FROM mornings CROSS JOIN shop.会员 LEFT JOIN shop.订单 ON 订单.会员号 = 会员.会员号 AND 下单时间 <= morning
    GROUP BY run, 会员.会员号
)
SELECT run, as_of, morning, 会员号 AS member, 城市 AS city, days, cents,
    CASE WHEN days >= 180 THEN '长期' WHEN days >= 90 THEN '中期' WHEN days >= 30 THEN '短期' ELSE '' END AS tier,
    CASE WHEN cents >= 50000 * orders THEN '高' WHEN cents >= 20000 * orders THEN '潜力' ELSE '普通' END AS value,
    手机号 IS NOT NULL AND 短信授权 = 1 AS by_sms, 企微号 IS NOT NULL AS by_wecom,
    EXISTS (SELECT 1 FROM complaints WHERE complaints.member = bought.会员号 AND at <= morning
        AND date(at) >= date(morning, '-30 days')) AS complained,
    (SELECT count(*) FROM visits WHERE visits.member = bought.会员号 AND at <= morning
        AND date(at) >= date(morning, '-3 days')) AS check_ins
FROM bought;
CREATE INDEX temp.seen_by ON seen (member, run);

-- What the shop wants to do with whom: the table of the example's README. Who checked in on three days running is
-- rewarded, wherever else she stands.
CREATE TEMP TABLE grid (tier, value, rule, channel, amount, threshold, ttl);
INSERT INTO grid VALUES
    ('短期', '高', '短期高价值', '公众号', NULL, NULL, NULL),
    ('短期', '潜力', '短期潜力', '公众号', NULL, NULL, NULL),
    ('短期', '普通', '短期普通', '公众号', NULL, NULL, NULL),
    ('中期', '高', '中期高价值', '企微', 20000, 80000, 7),
    ('中期', '潜力', '中期潜力', '小程序', NULL, NULL, NULL),
    ('中期', '潜力', '中期潜力', '短信', 8000, 30000, 7),
    ('中期', '普通', '中期普通', '社群', NULL, NULL, NULL),
    ('长期', '高', '长期高价值', '企微', 20000, 80000, 15),
    ('长期', '潜力', '长期潜力', '短信', 15000, 50000, 15),
    ('长期', '普通', '长期普通', '小程序', NULL, NULL, NULL),
    ('签到', '普通', '签到有礼', '小程序', 5000, 15000, 7);

-- Whom each morning should reach before anything is scarce: by tier and value, arm, consent, address and holdout.
CREATE TEMP VIEW wanted AS
SELECT run, member, grid.tier, rule, channel, amount FROM seen JOIN grid ON grid.value = seen.value
    AND grid.tier = CASE WHEN days >= 30 AND seen.value = '普通' AND check_ins >= 3 THEN '签到' ELSE seen.tier END
WHERE NOT complained AND drawn('holdout:秋季召回', member) >= 0.05
    AND CASE channel WHEN '短信' THEN by_sms WHEN '企微' THEN by_wecom ELSE 1 END
    AND CASE rule || channel
        WHEN '中期潜力小程序' THEN drawn('激励形式', member) < 0.45
        WHEN '中期潜力短信' THEN drawn('激励形式', member) >= 0.45 AND drawn('激励形式', member) < 0.9
        ELSE 1 END;
