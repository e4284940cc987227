-- Takes a copy of the state back to where it stood before a run. `undone` holds one row: the run, its change, its record and
-- when it was applied.

CREATE TEMP TABLE undone_messages AS SELECT seq FROM outbox WHERE run >= (SELECT run FROM undone);
DELETE FROM payloads WHERE seq IN undone_messages;
DELETE FROM deliveries WHERE seq IN undone_messages;
DELETE FROM keys WHERE seq IN undone_messages;
DELETE FROM codes WHERE message IN undone_messages;
DELETE FROM coupons WHERE message IN undone_messages;
DELETE FROM outcomes WHERE message IN undone_messages;
DELETE FROM outbox WHERE run >= (SELECT run FROM undone);
DELETE FROM campaign_ends WHERE run >= (SELECT run FROM undone);
DELETE FROM matched WHERE run >= (SELECT run FROM undone);

DELETE FROM spells WHERE run >= (SELECT run FROM undone);
UPDATE spells SET ended_at = NULL, ended_run = NULL WHERE ended_run >= (SELECT run FROM undone);
DELETE FROM chains WHERE run >= (SELECT run FROM undone);
UPDATE chains SET until = NULL, until_run = NULL WHERE until_run >= (SELECT run FROM undone);
DELETE FROM members WHERE run >= (SELECT run FROM undone);
UPDATE members SET left_at = NULL, left_run = NULL WHERE left_run >= (SELECT run FROM undone);
DELETE FROM recorded WHERE run >= (SELECT run FROM undone);

-- What came of messages and was not known yet.
CREATE TEMP TABLE news AS SELECT DISTINCT message FROM outcomes WHERE change > (SELECT change FROM undone);
DELETE FROM outcomes WHERE change > (SELECT change FROM undone);
CREATE TEMP TABLE known (message, kind, at, PRIMARY KEY (message, kind)) WITHOUT ROWID;
INSERT INTO known SELECT message, kind, min(at) FROM outcomes GROUP BY message, kind;
UPDATE outbox SET
    opened_at = (SELECT at FROM known WHERE message = outbox.seq AND kind = 'opened'),
    clicked_at = (SELECT at FROM known WHERE message = outbox.seq AND kind = 'clicked'),
    replied_at = (SELECT at FROM known WHERE message = outbox.seq AND kind = 'replied'),
    redeemed_at = (SELECT at FROM known WHERE message = outbox.seq AND kind = 'redeemed'),
    converted_at = (SELECT at FROM known WHERE message = outbox.seq AND kind = 'converted')
    WHERE seq IN news;
UPDATE coupons SET redeemed_at = (SELECT at FROM known WHERE message = coupons.message AND kind = 'redeemed')
    WHERE message IN news;

-- What was not withheld or discarded yet, and so counted.
CREATE TEMP TABLE revived AS
    SELECT DISTINCT message FROM audit JOIN causes ON causes.id = audit.cause
    WHERE audit.seq > (SELECT record FROM undone) AND kind IN ('withheld', 'discarded') AND message IS NOT NULL;
UPDATE outbox SET status = 'sent' WHERE seq IN revived;
UPDATE codes SET released_at = NULL WHERE message IN revived;
DELETE FROM optouts WHERE at > (SELECT applied_at FROM undone);
UPDATE optouts SET ended_at = NULL WHERE ended_at > (SELECT applied_at FROM undone);

DELETE FROM changes WHERE seq >= (SELECT change FROM undone);
DELETE FROM runs WHERE seq >= (SELECT run FROM undone);
