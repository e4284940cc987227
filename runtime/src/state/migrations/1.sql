-- Instants are microseconds since 1970-01-01T00:00:00Z, customers their keys as text.
CREATE TABLE runs (
    seq         INTEGER PRIMARY KEY,
    plan        TEXT    NOT NULL UNIQUE,
    as_of       INTEGER NOT NULL,
    applied_at  INTEGER NOT NULL,
    created_by  TEXT    NOT NULL,
    rules_hash  TEXT    NOT NULL,
    data_hash   TEXT    NOT NULL
) STRICT;

-- payload: what is to be sent, as one JSON line; NULL once it is.
CREATE TABLE outbox (
    seq         INTEGER PRIMARY KEY,
    key         TEXT    NOT NULL UNIQUE,
    run         INTEGER NOT NULL REFERENCES runs (seq),
    customer    TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    step        INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    channel     TEXT,
    payload     TEXT,
    status      TEXT    NOT NULL CHECK (status IN ('pending', 'sent')),
    CHECK ((payload IS NULL) = (status = 'sent'))
) STRICT;
CREATE INDEX outbox_pending ON outbox (run, seq) WHERE status = 'pending';

-- One row each time that a rule fired for a customer, so that the past can be replayed.
-- ended_at: the run in which the customer was seen outside the condition.
CREATE TABLE spells (
    rule        TEXT    NOT NULL,
    customer    TEXT    NOT NULL,
    fired_at    INTEGER NOT NULL,
    ended_at    INTEGER,
    PRIMARY KEY (rule, customer, fired_at)
) STRICT, WITHOUT ROWID;

-- facts and actions: JSON. Personal facts stand as "(personal)".
CREATE TABLE audit (
    seq         INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES runs (seq),
    customer    TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    rule_hash   TEXT    NOT NULL,
    verdict     TEXT    NOT NULL,
    reason      TEXT,
    facts       TEXT    NOT NULL,
    actions     TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_customer ON audit (customer);
