-- What is remembered of messages, coupons, codes, chains, memberships, and of what came of them.
-- Where a text says that there is none, it is empty: comparing with it must not be unknown.

-- What rules send: each message of a rule once. step 0: of the rule itself, n: of its n-th follow-up; action: its place
-- among the actions of that step.
CREATE TABLE messages (
    id          INTEGER PRIMARY KEY,
    rule        TEXT    NOT NULL,
    campaign    TEXT    NOT NULL,
    step        INTEGER NOT NULL,
    action      INTEGER NOT NULL,
    arm         TEXT    NOT NULL,
    channel     TEXT    NOT NULL,
    marketing   INTEGER NOT NULL CHECK (marketing IN (0, 1)),
    UNIQUE (rule, campaign, step, action, arm, channel, marketing)
) STRICT;

-- A message to a customer, from when it is recorded on: it counts before it is sent. seq: of its row in the outbox.
-- at: when it is to be sent. coupon_micros: the most that its coupons can cost. The rest: when it first came to that.
CREATE TABLE touches (
    seq             INTEGER PRIMARY KEY,
    run             INTEGER NOT NULL REFERENCES runs (seq),
    customer        TEXT    NOT NULL,
    message         INTEGER NOT NULL REFERENCES messages (id),
    at              INTEGER NOT NULL,
    parts           INTEGER NOT NULL,
    cost_micros     INTEGER NOT NULL,
    coupon_micros   INTEGER NOT NULL,
    opened_at       INTEGER,
    clicked_at      INTEGER,
    replied_at      INTEGER,
    redeemed_at     INTEGER,
    converted_at    INTEGER
) STRICT;
CREATE INDEX touches_customer ON touches (customer);

-- A code that was given away: reserved as long as its message waits in the outbox, for good once that is sent. Where it
-- is released, since its message will never be sent, another customer may have it.
CREATE TABLE codes (
    touch       INTEGER PRIMARY KEY REFERENCES touches (seq),
    pool        TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    released_at INTEGER
) STRICT;
CREATE UNIQUE INDEX codes_taken ON codes (code) WHERE released_at IS NULL;

-- offer: its place among those of the message. amount and threshold in cents, or else a percentage off in hundredths of
-- a percent. expires_at: the last instant at which it holds.
CREATE TABLE coupons (
    touch       INTEGER NOT NULL REFERENCES touches (seq),
    offer       INTEGER NOT NULL,
    code        TEXT,
    amount      INTEGER,
    threshold   INTEGER,
    basis_points INTEGER,
    expires_at  INTEGER,
    redeemed_at INTEGER,
    PRIMARY KEY (touch, offer)
) STRICT, WITHOUT ROWID;

-- One row for each wait of a chain of follow-ups, also when it is over. step: the follow-up that it waits
-- for, from 1. since, until: the instants of the runs with which the wait began and ended. first_touch … last_touch: what
-- the chain sent last, if it sent anything.
CREATE TABLE chains (
    rule        TEXT    NOT NULL,
    customer    TEXT    NOT NULL,
    began_at    INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    touched_at  INTEGER,
    first_touch INTEGER,
    last_touch  INTEGER,
    until       INTEGER,
    PRIMARY KEY (rule, customer, began_at, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX chains_waiting ON chains (rule, customer) WHERE until IS NULL;

-- Segments whose members are recorded, and since when.
CREATE TABLE recorded (
    segment     TEXT    PRIMARY KEY,
    since       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    segment     TEXT    NOT NULL,
    customer    TEXT    NOT NULL,
    entered_at  INTEGER NOT NULL,
    left_at     INTEGER,
    PRIMARY KEY (segment, customer, entered_at)
) STRICT, WITHOUT ROWID;

-- What rules do besides messages; seq: of the row in the outbox. Nothing here is ever changed.
CREATE TABLE tags (
    seq         INTEGER PRIMARY KEY,
    customer    TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    tag         TEXT    NOT NULL,
    put         INTEGER NOT NULL CHECK (put IN (0, 1))
) STRICT;

CREATE TABLE tasks (
    seq         INTEGER PRIMARY KEY,
    customer    TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    who         TEXT    NOT NULL,
    what        TEXT    NOT NULL
) STRICT;

CREATE TABLE points (
    seq         INTEGER PRIMARY KEY,
    customer    TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    points      INTEGER NOT NULL
) STRICT;

-- How many customers fulfilled the condition of each rule of a run.
CREATE TABLE matched (
    run         INTEGER NOT NULL REFERENCES runs (seq),
    rule        TEXT    NOT NULL,
    customers   INTEGER NOT NULL,
    PRIMARY KEY (run, rule)
) STRICT, WITHOUT ROWID;

-- All that ever changed what deciding sees, in its order. run: a plan that was applied; else outcomes that were recorded.
-- at: a run at this instant or later sees it. digest: the plan's id, or a hash of the outcomes.
CREATE TABLE changes (
    seq         INTEGER PRIMARY KEY,
    run         INTEGER REFERENCES runs (seq),
    recorded_at INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    digest      TEXT    NOT NULL
) STRICT;

-- Each outcome as it was recorded; the earliest of a kind stands in its touch.
CREATE TABLE outcomes (
    change      INTEGER NOT NULL REFERENCES changes (seq),
    touch       INTEGER NOT NULL REFERENCES touches (seq),
    kind        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (change, touch, kind)
) STRICT, WITHOUT ROWID;

-- control: the customer was held out, by a holdout or by the arm that holds.
ALTER TABLE spells ADD COLUMN control INTEGER NOT NULL DEFAULT 0;
ALTER TABLE spells ADD COLUMN arm TEXT;

ALTER TABLE audit ADD COLUMN step INTEGER NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN arm TEXT;

-- action: the place among the actions of the step, which is what step was so far. due_at: not to be sent before.
ALTER TABLE outbox ADD COLUMN action INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
DROP INDEX outbox_pending;
CREATE INDEX outbox_pending ON outbox (run, due_at, seq) WHERE status = 'pending';

-- What was sent before this counts too: as marketing, for nothing, outside campaigns; no more is known of it.
UPDATE outbox SET action = step, step = 0;
INSERT INTO messages (rule, campaign, step, action, arm, channel, marketing)
    SELECT DISTINCT rule, '', step, action, '', channel, 1 FROM outbox WHERE kind = 'send';
INSERT INTO touches (seq, run, customer, message, at, parts, cost_micros, coupon_micros)
    SELECT outbox.seq, run, customer, messages.id, runs.as_of, 1, 0, 0
    FROM outbox JOIN runs ON runs.seq = outbox.run
        JOIN messages USING (rule, step, action, channel)
    WHERE kind = 'send' ORDER BY outbox.seq;
INSERT INTO changes (run, recorded_at, at, digest) SELECT seq, applied_at, as_of, plan FROM runs ORDER BY seq;

-- What rules see of it: `rulec_plan::project::Kept` says what the columns mean.
CREATE VIEW kept_touches AS
    SELECT customer, at, channel, rule, campaign, step, opened_at, clicked_at, replied_at, redeemed_at, converted_at
    FROM touches JOIN messages ON messages.id = touches.message;

CREATE VIEW kept_coupons AS
    SELECT customer, at, channel, rule, campaign, coupons.code, amount, threshold, expires_at, coupons.redeemed_at
    FROM coupons JOIN touches ON touches.seq = coupons.touch JOIN messages ON messages.id = touches.message;

CREATE VIEW kept_chains AS
    SELECT chains.customer, due_at, rule, step, began_at, touched_at,
        min(opened_at) AS opened_at, min(clicked_at) AS clicked_at, min(replied_at) AS replied_at,
        min(redeemed_at) AS redeemed_at, min(converted_at) AS converted_at
    FROM chains LEFT JOIN touches ON touches.seq BETWEEN first_touch AND last_touch
    WHERE until IS NULL
    GROUP BY rule, chains.customer, began_at, step;

CREATE VIEW kept_members AS
    SELECT customer, entered_at AS at, segment FROM members WHERE left_at IS NULL;

CREATE VIEW kept_recorded AS
    SELECT segment, 1 AS recorded FROM recorded;
