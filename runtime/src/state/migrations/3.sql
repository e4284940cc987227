-- Customers stand in one table, and everything else refers to them by number: who wants to be forgotten is one row. What is
-- to be sent and what was sent are one table; the audit is a chain. `audit/chain.rs` says what the hashes are made of.
-- What is not here is done by `migrations/chain.rs`: it turns `old_audit` into `audit` and drops it.

DROP VIEW kept_touches;
DROP VIEW kept_coupons;
DROP VIEW kept_chains;
DROP VIEW kept_members;
DROP VIEW kept_recorded;
DROP INDEX codes_taken;
DROP INDEX chains_waiting;
ALTER TABLE outbox RENAME TO old_outbox;
ALTER TABLE touches RENAME TO old_touches;
ALTER TABLE messages RENAME TO old_messages;
ALTER TABLE codes RENAME TO old_codes;
ALTER TABLE coupons RENAME TO old_coupons;
ALTER TABLE spells RENAME TO old_spells;
ALTER TABLE chains RENAME TO old_chains;
ALTER TABLE members RENAME TO old_members;
ALTER TABLE recorded RENAME TO old_recorded;
ALTER TABLE matched RENAME TO old_matched;
ALTER TABLE outcomes RENAME TO old_outcomes;
ALTER TABLE audit RENAME TO old_audit;

-- customer: her key as text. salt: 16 random bytes. Both are NULL when she was forgotten; the commitment, which binds records
-- of the audit to her, stays, and says nothing any more.
CREATE TABLE people (
    id          INTEGER PRIMARY KEY,
    customer    TEXT    UNIQUE,
    salt        BLOB,
    commitment  BLOB    NOT NULL,
    CHECK ((customer IS NULL) = (salt IS NULL))
) STRICT;

-- Whom nothing may be written about again: mark is a hash of her key with secrets 'forgotten'. Of each key of a message of
-- hers, too, so that what a provider still says of it is let pass.
CREATE TABLE forgotten (
    mark        BLOB    PRIMARY KEY,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE secrets (
    name        TEXT    PRIMARY KEY,
    value       BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO secrets (name, value) VALUES ('forgotten', randomblob(32));

-- next_at: nothing more is handed over before, so that a rate holds across processes.
CREATE TABLE channels (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE,
    paused_at   INTEGER,
    paused_because TEXT,
    next_at     INTEGER
) STRICT;

CREATE TABLE rules (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE
) STRICT;

-- What rules do: each action of a rule once, as long as it stays the same. step 0: of the rule itself, n: of its n-th
-- follow-up; action: its place among the actions of that step. What is no message goes through the channels 'tags', 'tasks'
-- and 'points'. what: the tag, or what the task is. What does not apply is empty or 0.
CREATE TABLE actions (
    id          INTEGER PRIMARY KEY,
    rule        INTEGER NOT NULL REFERENCES rules (id),
    campaign    TEXT    NOT NULL,
    step        INTEGER NOT NULL,
    action      INTEGER NOT NULL,
    arm         TEXT    NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('send', 'tag', 'untag', 'task', 'points')),
    channel     INTEGER NOT NULL REFERENCES channels (id),
    marketing   INTEGER NOT NULL CHECK (marketing IN (0, 1)),
    what        TEXT    NOT NULL,
    who         TEXT    NOT NULL,
    points      INTEGER NOT NULL,
    UNIQUE (rule, campaign, step, action, arm, kind, channel, marketing, what, who, points)
) STRICT;

-- What is done for somebody: a message, a tag, a task, points. It counts from when it is recorded on, unless it is withheld
-- or discarded. key: names it for ever, here and at the provider; NULL once its customer was forgotten. seal: names it to
-- the audit. at: when it is to be done, which is what limits count;
-- due_at: not to be handed over before. channel: that of its action. coupon_micros: the most that its coupons can cost.
-- The rest: when it first came to that.
-- status: 'waiting'; 'marked': handed over, and the answer is not known yet; 'sent'; 'doubt': nobody knows whether it was
-- sent; 'dead': it cannot be sent; 'withheld': it may not be sent any more; 'discarded': by a person. Here and in the index
-- below OR, since SQLite makes a table of a longer IN each time that a row is inserted.
CREATE TABLE outbox (
    seq         INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES runs (seq),
    person      INTEGER NOT NULL REFERENCES people (id),
    action      INTEGER NOT NULL REFERENCES actions (id),
    channel     INTEGER NOT NULL REFERENCES channels (id),
    key         BLOB,
    seal        BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    status      TEXT    NOT NULL
        CHECK (status = 'waiting' OR status = 'marked' OR status = 'sent' OR status = 'doubt' OR status = 'dead'
            OR status = 'withheld' OR status = 'discarded'),
    parts       INTEGER NOT NULL,
    cost_micros INTEGER NOT NULL,
    coupon_micros INTEGER NOT NULL,
    opened_at   INTEGER,
    clicked_at  INTEGER,
    replied_at  INTEGER,
    redeemed_at INTEGER,
    converted_at INTEGER
) STRICT;

-- What is to be handed over, as one JSON line. Gone as soon as nobody needs it any more.
CREATE TABLE payloads (
    seq         INTEGER PRIMARY KEY REFERENCES outbox (seq),
    payload     TEXT    NOT NULL
) STRICT;

-- What came of the last attempt to hand it over; only once there was one. maybe: whether an attempt may have got through
-- of which nobody knows. provider_id: how the provider names it; code, said: why it was not taken.
CREATE TABLE deliveries (
    seq         INTEGER PRIMARY KEY REFERENCES outbox (seq),
    attempts    INTEGER NOT NULL,
    maybe       INTEGER NOT NULL CHECK (maybe IN (0, 1)),
    at          INTEGER NOT NULL,
    provider_id TEXT,
    code        TEXT,
    said        TEXT
) STRICT;

-- The row of the outbox that each key names. Filled in the order of the keys, once a run.
CREATE TABLE keys (
    key         BLOB    PRIMARY KEY,
    seq         INTEGER NOT NULL REFERENCES outbox (seq)
) STRICT, WITHOUT ROWID;

-- Until when messages of a run's campaigns may go out.
CREATE TABLE campaign_ends (
    run         INTEGER NOT NULL REFERENCES runs (seq),
    campaign    TEXT    NOT NULL,
    ends_at     INTEGER NOT NULL,
    PRIMARY KEY (run, campaign)
) STRICT, WITHOUT ROWID;

-- A code that was given away. Where it is released, since its message will never be sent, another customer may have it.
CREATE TABLE codes (
    message     INTEGER PRIMARY KEY REFERENCES outbox (seq),
    pool        TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    released_at INTEGER
) STRICT;

-- offer: its place among those of the message. amount and threshold in cents, or else a percentage off in hundredths of
-- a percent. expires_at: the last instant at which it holds.
CREATE TABLE coupons (
    message     INTEGER NOT NULL REFERENCES outbox (seq),
    offer       INTEGER NOT NULL,
    code        TEXT,
    amount      INTEGER,
    threshold   INTEGER,
    basis_points INTEGER,
    expires_at  INTEGER,
    redeemed_at INTEGER,
    PRIMARY KEY (message, offer)
) STRICT, WITHOUT ROWID;

-- One row each time that a rule fired for a customer. ended_at: the run in which she was seen outside the condition.
-- control: she was held out, by a holdout or by the arm that holds.
CREATE TABLE spells (
    rule        INTEGER NOT NULL REFERENCES rules (id),
    person      INTEGER NOT NULL REFERENCES people (id),
    fired_at    INTEGER NOT NULL,
    run         INTEGER NOT NULL REFERENCES runs (seq),
    ended_at    INTEGER,
    ended_run   INTEGER REFERENCES runs (seq),
    control     INTEGER NOT NULL CHECK (control IN (0, 1)),
    arm         TEXT,
    PRIMARY KEY (rule, person, fired_at, run)
) STRICT, WITHOUT ROWID;

-- One row for each wait of a chain of follow-ups, also when it is over. step: the follow-up that it waits for, from 1.
-- since, until: the instants of the runs with which the wait began and ended. first_message … last_message: what the chain
-- sent last, if it sent anything, the latest of it at touched_at.
CREATE TABLE chains (
    rule        INTEGER NOT NULL REFERENCES rules (id),
    person      INTEGER NOT NULL REFERENCES people (id),
    began_at    INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    run         INTEGER NOT NULL REFERENCES runs (seq),
    since       INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    touched_at  INTEGER,
    first_message INTEGER,
    last_message INTEGER,
    until       INTEGER,
    until_run   INTEGER REFERENCES runs (seq),
    PRIMARY KEY (rule, person, began_at, step, run)
) STRICT, WITHOUT ROWID;

-- Segments whose members are recorded, and since when.
CREATE TABLE recorded (
    id          INTEGER PRIMARY KEY,
    segment     TEXT    NOT NULL UNIQUE,
    since       INTEGER NOT NULL,
    run         INTEGER NOT NULL REFERENCES runs (seq)
) STRICT;

CREATE TABLE members (
    segment     INTEGER NOT NULL REFERENCES recorded (id),
    person      INTEGER NOT NULL REFERENCES people (id),
    entered_at  INTEGER NOT NULL,
    run         INTEGER NOT NULL REFERENCES runs (seq),
    left_at     INTEGER,
    left_run    INTEGER REFERENCES runs (seq),
    PRIMARY KEY (segment, person, entered_at, run)
) STRICT, WITHOUT ROWID;

-- How many customers fulfilled the condition of each rule of a run.
CREATE TABLE matched (
    run         INTEGER NOT NULL REFERENCES runs (seq),
    rule        INTEGER NOT NULL REFERENCES rules (id),
    customers   INTEGER NOT NULL,
    PRIMARY KEY (run, rule)
) STRICT, WITHOUT ROWID;

-- Each outcome as it was recorded; the earliest of a kind stands in its message.
CREATE TABLE outcomes (
    change      INTEGER NOT NULL REFERENCES changes (seq),
    message     INTEGER NOT NULL REFERENCES outbox (seq),
    kind        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (change, message, kind)
) STRICT, WITHOUT ROWID;

-- Who does not want to be written to. channel: empty for any. ended_at: when she took it back.
CREATE TABLE optouts (
    seq         INTEGER PRIMARY KEY,
    person      INTEGER NOT NULL REFERENCES people (id),
    channel     TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    ended_at    INTEGER
) STRICT;

-- What many records of the audit have in common. digest: of the other columns. kind: what happened; verdict, reason and
-- actions (JSON) of a decision.
CREATE TABLE causes (
    id          INTEGER PRIMARY KEY,
    digest      BLOB    NOT NULL UNIQUE,
    kind        TEXT    NOT NULL,
    rule        TEXT,
    rule_hash   TEXT,
    step        INTEGER,
    arm         TEXT,
    verdict     TEXT,
    reason      TEXT,
    actions     TEXT
) STRICT;

-- All that was done, each record chained to the one before: without gaps from 1. detail: of a decision its facts, as JSON,
-- the personal ones sealed; of a run its row.
CREATE TABLE audit (
    seq         INTEGER PRIMARY KEY,
    run         INTEGER REFERENCES runs (seq),
    at          INTEGER NOT NULL,
    person      INTEGER REFERENCES people (id),
    cause       INTEGER NOT NULL REFERENCES causes (id),
    message     INTEGER REFERENCES outbox (seq),
    detail      TEXT,
    hash        BLOB    NOT NULL
) STRICT;

-- Where the chain stood: after the decisions of a run, and when sending paused.
CREATE TABLE heads (
    seq         INTEGER PRIMARY KEY REFERENCES audit (seq),
    run         INTEGER REFERENCES runs (seq),
    hash        BLOB    NOT NULL
) STRICT;

-- How many records there are, the hash of the last, and how many heads.
CREATE TABLE tip (
    only        INTEGER PRIMARY KEY CHECK (only = 1),
    count       INTEGER NOT NULL,
    hash        BLOB    NOT NULL,
    heads       INTEGER NOT NULL
) STRICT;

-- The run of an instant: of several the last.
CREATE TABLE old_runs (at INTEGER PRIMARY KEY, run INTEGER NOT NULL) STRICT;
INSERT INTO old_runs (at, run) SELECT as_of, max(seq) FROM runs GROUP BY as_of;

INSERT INTO people (customer, salt, commitment)
    SELECT customer, randomblob(16), zeroblob(32) FROM (
        SELECT customer, seq FROM old_audit
        UNION ALL SELECT customer, seq FROM old_outbox
        UNION ALL SELECT customer, fired_at FROM old_spells
        UNION ALL SELECT customer, since FROM old_chains
        UNION ALL SELECT customer, entered_at FROM old_members
    ) GROUP BY customer ORDER BY min(seq);
UPDATE people SET commitment = commitment(salt, customer);

INSERT INTO rules (name)
    SELECT rule FROM old_messages UNION SELECT rule FROM old_outbox UNION SELECT rule FROM old_spells
    UNION SELECT rule FROM old_chains UNION SELECT rule FROM old_matched;
INSERT INTO channels (name) SELECT DISTINCT channel FROM old_messages;
INSERT INTO channels (name) VALUES ('tags'), ('tasks'), ('points') ON CONFLICT DO NOTHING;

INSERT INTO actions (id, rule, campaign, step, action, arm, kind, channel, marketing, what, who, points)
    SELECT old_messages.id, rules.id, campaign, step, action, arm, 'send', channels.id, marketing, '', '', 0
    FROM old_messages JOIN rules ON rules.name = rule JOIN channels ON channels.name = channel;

CREATE TABLE old_deeds (
    seq INTEGER PRIMARY KEY, rule INTEGER, step INTEGER, action INTEGER, kind TEXT, channel INTEGER, what TEXT, who TEXT,
    points INTEGER
) STRICT;
INSERT INTO old_deeds
    SELECT seq, rules.id, step, action, kind, channels.id, coalesce(tag, tasks.what, ''), coalesce(tasks.who, ''),
        coalesce(points.points, 0)
    FROM old_outbox JOIN rules ON rules.name = rule
        JOIN channels ON channels.name = CASE kind WHEN 'task' THEN 'tasks' WHEN 'points' THEN 'points' ELSE 'tags' END
        LEFT JOIN tags USING (seq) LEFT JOIN tasks USING (seq) LEFT JOIN points USING (seq)
    WHERE kind <> 'send';
INSERT INTO actions (rule, campaign, step, action, arm, kind, channel, marketing, what, who, points)
    SELECT DISTINCT rule, '', step, action, '', kind, channel, 0, what, who, points FROM old_deeds;

INSERT INTO outbox (seq, run, person, action, channel, key, seal, at, due_at, status, parts, cost_micros, coupon_micros,
        opened_at, clicked_at, replied_at, redeemed_at, converted_at)
    SELECT old_outbox.seq, old_outbox.run, people.id, actions.id, actions.channel, unhex(key),
        message_seal(salt, unhex(key), coalesce(payload, '')),
        coalesce(old_touches.at, tags.at, tasks.at, points.at, runs.as_of), due_at,
        CASE status WHEN 'pending' THEN 'waiting' ELSE status END,
        coalesce(parts, 0), coalesce(cost_micros, 0), coalesce(coupon_micros, 0),
        opened_at, clicked_at, replied_at, redeemed_at, converted_at
    FROM old_outbox JOIN runs ON runs.seq = old_outbox.run JOIN people USING (customer)
        LEFT JOIN old_touches USING (seq) LEFT JOIN tags USING (seq) LEFT JOIN tasks USING (seq)
        LEFT JOIN points USING (seq) LEFT JOIN old_deeds ON old_deeds.seq = old_outbox.seq
        JOIN actions ON actions.id = coalesce(message, (
            SELECT id FROM actions AS other
            WHERE (other.rule, other.campaign, other.step, other.action, other.arm, other.kind, other.channel,
                other.marketing, other.what, other.who, other.points)
                = (old_deeds.rule, '', old_deeds.step, old_deeds.action, '', old_deeds.kind, old_deeds.channel,
                0, old_deeds.what, old_deeds.who, old_deeds.points)))
    ORDER BY old_outbox.seq;
INSERT INTO payloads (seq, payload)
    SELECT seq, payload FROM old_outbox WHERE payload IS NOT NULL ORDER BY seq;
INSERT INTO keys (key, seq) SELECT key, seq FROM outbox ORDER BY key;

INSERT INTO codes SELECT * FROM old_codes;
INSERT INTO coupons SELECT * FROM old_coupons;
INSERT INTO outcomes SELECT * FROM old_outcomes;
INSERT INTO matched SELECT run, rules.id, customers FROM old_matched JOIN rules ON rules.name = rule;
INSERT INTO recorded (segment, since, run)
    SELECT segment, since, run FROM old_recorded JOIN old_runs ON old_runs.at = since;
INSERT INTO members (segment, person, entered_at, run, left_at, left_run)
    SELECT recorded.id, people.id, entered_at, entered.run, left_at, gone.run
    FROM old_members JOIN recorded USING (segment) JOIN people USING (customer)
        JOIN old_runs AS entered ON entered.at = entered_at LEFT JOIN old_runs AS gone ON gone.at = left_at;
INSERT INTO spells (rule, person, fired_at, run, ended_at, ended_run, control, arm)
    SELECT rules.id, people.id, fired_at, fired.run, ended_at, ended.run, control, arm
    FROM old_spells JOIN rules ON rules.name = rule JOIN people USING (customer)
        JOIN old_runs AS fired ON fired.at = fired_at LEFT JOIN old_runs AS ended ON ended.at = ended_at;
INSERT INTO chains (rule, person, began_at, step, run, since, due_at, touched_at, first_message, last_message, until,
        until_run)
    SELECT rules.id, people.id, began_at, step, began.run, since, due_at, touched_at, first_touch, last_touch, until,
        ended.run
    FROM old_chains JOIN rules ON rules.name = rule JOIN people USING (customer)
        JOIN old_runs AS began ON began.at = since LEFT JOIN old_runs AS ended ON ended.at = until;

DROP TABLE old_deeds;
DROP TABLE old_coupons;
DROP TABLE old_codes;
DROP TABLE old_outcomes;
DROP TABLE old_touches;
DROP TABLE old_messages;
DROP TABLE old_outbox;
DROP TABLE old_spells;
DROP TABLE old_chains;
DROP TABLE old_members;
DROP TABLE old_recorded;
DROP TABLE old_matched;
DROP TABLE old_runs;
DROP TABLE tags;
DROP TABLE tasks;
DROP TABLE points;

CREATE INDEX outbox_waiting ON outbox (channel, due_at) WHERE status = 'waiting';
CREATE INDEX outbox_open ON outbox (status) WHERE status = 'marked' OR status = 'doubt' OR status = 'dead';
CREATE INDEX outbox_person ON outbox (person);
CREATE UNIQUE INDEX codes_taken ON codes (code) WHERE released_at IS NULL;
CREATE INDEX chains_waiting ON chains (rule, person) WHERE until IS NULL;
CREATE INDEX optouts_person ON optouts (person) WHERE ended_at IS NULL;
CREATE INDEX audit_person ON audit (person);

-- What rules see of it: `rulec_plan::project::Kept` says what the columns mean.
CREATE VIEW kept_touches AS
    SELECT customer, at, channels.name AS channel, rules.name AS rule, campaign, step,
        opened_at, clicked_at, replied_at, redeemed_at, converted_at
    FROM outbox JOIN actions ON actions.id = outbox.action JOIN rules ON rules.id = actions.rule
        JOIN channels ON channels.id = actions.channel JOIN people ON people.id = outbox.person
    WHERE kind = 'send' AND status NOT IN ('withheld', 'discarded') AND customer IS NOT NULL;

CREATE VIEW kept_coupons AS
    SELECT customer, at, channels.name AS channel, rules.name AS rule, campaign, coupons.code, amount, threshold,
        expires_at, coupons.redeemed_at
    FROM coupons JOIN outbox ON outbox.seq = coupons.message JOIN actions ON actions.id = outbox.action
        JOIN rules ON rules.id = actions.rule JOIN channels ON channels.id = actions.channel
        JOIN people ON people.id = outbox.person
    WHERE status NOT IN ('withheld', 'discarded') AND customer IS NOT NULL;

CREATE VIEW kept_chains AS
    SELECT customer, chains.due_at, rules.name AS rule, chains.step AS step, began_at, touched_at,
        min(opened_at) AS opened_at, min(clicked_at) AS clicked_at, min(replied_at) AS replied_at,
        min(redeemed_at) AS redeemed_at, min(converted_at) AS converted_at
    FROM chains JOIN rules ON rules.id = chains.rule JOIN people ON people.id = chains.person
        LEFT JOIN outbox ON outbox.seq BETWEEN first_message AND last_message
        LEFT JOIN actions ON actions.id = outbox.action
    WHERE until IS NULL AND customer IS NOT NULL
    GROUP BY chains.rule, chains.person, began_at, chains.step, chains.run
    -- A follow-up of messages that nobody ever gets is none.
    HAVING first_message IS NULL
        OR count(*) FILTER (WHERE kind = 'send' AND status NOT IN ('withheld', 'discarded')) > 0;

CREATE VIEW kept_members AS
    SELECT customer, entered_at AS at, recorded.segment AS segment
    FROM members JOIN recorded ON recorded.id = members.segment JOIN people ON people.id = members.person
    WHERE left_at IS NULL AND customer IS NOT NULL;

CREATE VIEW kept_recorded AS
    SELECT segment, 1 AS recorded FROM recorded;
