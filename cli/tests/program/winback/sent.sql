-- Every action, whatever it is, with the customer, and every decision. Instants: microseconds since 1970.
CREATE TEMP VIEW done AS
SELECT outbox.*, customer, CAST(customer AS INTEGER) AS member, rules.name AS rule_name, campaign, step, arm, kind,
    marketing, channels.name AS channel_name
FROM state.outbox
    JOIN state.people ON people.id = person
    JOIN state.actions ON actions.id = outbox.action
    JOIN state.rules ON rules.id = rule
    JOIN state.channels ON channels.id = outbox.channel;

CREATE TEMP VIEW decided AS
SELECT audit.run, customer, rule, step, verdict
FROM state.audit JOIN state.causes ON causes.id = cause JOIN state.people ON people.id = person
WHERE kind = 'decision';

-- Every message, with its action's key.
CREATE TEMP VIEW sent AS
SELECT seq, lower(hex(key)) AS key, member, run, (SELECT as_of FROM state.runs WHERE runs.seq = run) AS as_of,
    rule_name AS rule, campaign, step, arm, channel_name AS channel, marketing, at, cost_micros + coupon_micros AS micros,
    opened_at, datetime(at / 1000000 + 28800, 'unixepoch') AS local
FROM done WHERE kind = 'send';
