-- Every message, with its action's key. Instants: microseconds since 1970.
CREATE TEMP VIEW sent AS
SELECT touches.seq, outbox.key, CAST(touches.customer AS INTEGER) AS member, touches.run, runs.as_of,
    messages.rule, campaign, messages.step, arm, messages.channel, marketing, at, cost_micros + coupon_micros AS micros,
    opened_at, datetime(at / 1000000 + 28800, 'unixepoch') AS local
FROM state.touches
    JOIN state.messages ON messages.id = touches.message
    JOIN state.runs ON runs.seq = touches.run
    JOIN state.outbox ON outbox.seq = touches.seq;
