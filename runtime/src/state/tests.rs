use super::*;
use crate::fixture::Folder;
use rulec_plan::project::Kept;
use sha2::Digest;

fn code(result: Result<State>) -> &'static str {
    result.unwrap_err().code.name()
}

#[test]
fn looking_creates_nothing() {
    let folder = Folder::new();
    assert!(State::open_existing(&folder.join("state.db")).unwrap().is_none());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_newer_state_is_refused() {
    let folder = Folder::new();
    let path = folder.join("state.db");
    State::open(&path).unwrap().connection.pragma_update(None, "user_version", 99).unwrap();
    assert_eq!(code(State::open(&path)), "R0102");
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let folder = Folder::new();
    let path = folder.join("shop.db");
    let shop = Connection::open(&path).unwrap();
    shop.execute_batch("CREATE TABLE customers (id)").unwrap();
    drop(shop);
    let before = std::fs::read(&path).unwrap();
    assert_eq!(code(State::open(&path)), "R0104");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    std::fs::write(&path, "a text that is long enough to be looked at as a database").unwrap();
    assert_eq!(code(State::open(&path)), "R0104");
}

#[test]
fn a_folder_is_no_state() {
    let folder = Folder::new();
    assert_eq!(code(State::open(folder.path())), "R0101");
}

#[test]
fn a_busy_state_is_reported() {
    let folder = Folder::new();
    let path = folder.join("state.db");
    let mut other = State::open(&path).unwrap();
    let mut state = State::open(&path).unwrap();
    state.connection.busy_timeout(Duration::from_millis(1)).unwrap();
    let busy = other.write(|_| Ok(state.write(|_| Ok(())).unwrap_err().code.name()));
    assert_eq!(busy.unwrap(), "R0103");
}

#[test]
fn it_lies_where_the_project_says() {
    let mut project = crate::fixture::World::new(0).project;
    let path = State::path_of(&project, Path::new("shop")).unwrap();
    assert_eq!(path, Path::new("shop/.rulec/state.db"));
    project.state = "postgres://crm/rulec".to_owned();
    assert_eq!(State::path_of(&project, Path::new("shop")).unwrap_err().code.name(), "R0105");
}

/// A state as the first version left it: one run with a message that was sent, one that was not, and a tag.
fn first_version(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(include_str!("migrations/1.sql")).unwrap();
    connection
        .execute_batch(
            "INSERT INTO runs VALUES (1, 'plan one', 1000, 2000, 'rulec', 'rules', 'data');
             INSERT INTO outbox VALUES
                (1, '11111111111111111111111111111111', 1, '7', 'a', 0, 'send', 'sms', NULL, 'sent'),
                (2, '22222222222222222222222222222222', 1, '7', 'a', 1, 'tag', NULL, NULL, 'sent'),
                (3, '33333333333333333333333333333333', 1, '8', 'a', 2, 'send', 'app', '{}', 'pending');
             INSERT INTO spells VALUES ('a', '7', 1000, NULL);
             INSERT INTO audit VALUES (1, 1, '7', 'a', 'hash', 'send', NULL, '{}', '[]');
             PRAGMA application_id = 0x52554c43;
             PRAGMA user_version = 1;",
        )
        .unwrap();
}

#[test]
fn an_old_state_is_brought_up_to_date_and_loses_nothing() {
    let folder = Folder::new();
    let path = folder.join("state.db");
    first_version(&path);
    let state = State::open(&path).unwrap();
    let texts = |query: &str| -> Vec<String> {
        let mut query = state.connection.prepare(query).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    };
    assert_eq!(
        texts(
            "SELECT concat_ws(' ', customer, at, channel, rule, campaign, step) FROM kept_touches ORDER BY 1"
        ),
        ["7 1000 sms a  0", "8 1000 app a  0"]
    );
    assert_eq!(
        texts(
            "SELECT concat_ws(' ', name, action, kind, marketing) FROM actions JOIN rules ON rules.id = rule ORDER BY 1"
        ),
        ["a 0 send 1", "a 1 tag 0", "a 2 send 1"]
    );
    assert_eq!(
        texts("SELECT hex(key) FROM outbox WHERE status = 'waiting' AND due_at <= 0"),
        ["3".repeat(32)]
    );
    assert_eq!(
        state.read(|connection| changes::hash(connection, changes::Sees::Runs)).unwrap(),
        crate::hash::hex(&sha2::Sha256::digest("plan one\n"))
    );
    // The run, the decision, all that it put into the outbox, and two messages that were sent.
    assert_eq!(state.audit(AuditFilter::default()).unwrap().count(), 5);
    drop(state);
    assert!(State::open(&path).is_ok(), "once is enough");
}

/// A state as version 0.2 left it after three runs: with coupons and codes, tags, tasks and points, a budget, a chain, members,
/// outcomes, something that waits, and suppressed and outranked customers.
const VERSION_2: &[u8] = include_bytes!("fixtures/version-2.db.gz");

fn second_version(path: &Path) {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(VERSION_2), &mut bytes).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// All rows of a query, each as a text.
fn rows(path: &Path, query: &str) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut query = connection.prepare(query).unwrap();
    let columns = query.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let cells = (0..columns).map(|column| Ok(format!("{:?}", row.get_ref(column)?)));
        Ok(cells.collect::<rusqlite::Result<Vec<_>>>()?.join(" "))
    };
    let mut rows = query.query_map([], row).unwrap().collect::<rusqlite::Result<Vec<String>>>().unwrap();
    rows.sort_unstable();
    rows
}

/// What a state says, with the tables of the second version, and with those of now.
const SAID: [(&str, &str); 6] = [
    (
        "SELECT lower(key), customer, rule, step, kind, channel, due_at, coalesce(payload, ''), status FROM outbox",
        "SELECT lower(hex(key)), customer, rules.name, step, kind, iif(kind = 'send', channels.name, NULL), due_at,
            coalesce(payload, ''), iif(status = 'waiting', 'pending', status)
         FROM outbox JOIN actions ON actions.id = outbox.action JOIN rules ON rules.id = rule
            JOIN channels ON channels.id = outbox.channel JOIN people ON people.id = person
            LEFT JOIN payloads USING (seq)",
    ),
    (
        "SELECT customer, at, tag, put, NULL, NULL, NULL FROM tags UNION ALL
         SELECT customer, at, NULL, NULL, who, what, NULL FROM tasks UNION ALL
         SELECT customer, at, NULL, NULL, NULL, NULL, points FROM points",
        "SELECT customer, at, iif(kind = 'task', NULL, nullif(what, '')),
            CASE kind WHEN 'tag' THEN 1 WHEN 'untag' THEN 0 END,
            nullif(who, ''), iif(kind = 'task', what, NULL), nullif(points, 0)
         FROM outbox JOIN actions ON actions.id = outbox.action JOIN people ON people.id = person WHERE kind <> 'send'",
    ),
    (
        "SELECT rule, customer, fired_at, ended_at, control, arm FROM spells",
        "SELECT name, customer, fired_at, ended_at, control, arm
         FROM spells JOIN rules ON rules.id = rule JOIN people ON people.id = person",
    ),
    (
        "SELECT plan, customer, rule, rule_hash, verdict, reason, facts, actions, step, arm
         FROM audit JOIN runs ON runs.seq = run",
        "SELECT plan, customer, rule, rule_hash, verdict, reason, detail, actions, step, arm
         FROM audit JOIN causes ON causes.id = cause JOIN runs ON runs.seq = run JOIN people ON people.id = person
         WHERE causes.kind = 'decision'",
    ),
    (
        "SELECT pool, code, key, parts, cost_micros, coupon_micros
         FROM codes JOIN touches ON touches.seq = touch JOIN outbox ON outbox.seq = touch",
        "SELECT pool, code, lower(hex(key)), parts, cost_micros, coupon_micros
         FROM codes JOIN outbox ON outbox.seq = message",
    ),
    ("SELECT change, touch, kind, at FROM outcomes", "SELECT change, message, kind, at FROM outcomes"),
];

#[test]
fn a_state_of_the_second_version_says_the_same_afterwards() {
    let folder = Folder::new();
    let path = folder.join("state.db");
    second_version(&path);
    let kept = [Kept::Touches, Kept::Coupons, Kept::Chains, Kept::Members, Kept::Recorded]
        .map(|kept| format!("SELECT * FROM {}", kept.name()));
    let before = SAID.map(|(before, _)| rows(&path, before));
    let kept_before = kept.each_ref().map(|query| rows(&path, query));
    assert!(before.iter().chain(&kept_before).all(|rows| !rows.is_empty()), "{before:?} {kept_before:?}");
    let state = State::open(&path).unwrap();
    for ((_, query), before) in SAID.iter().zip(before) {
        assert_eq!(rows(&path, query), before, "{query}");
    }
    for (query, before) in kept.iter().zip(kept_before) {
        assert_eq!(rows(&path, query), before, "{query}");
    }
    assert_sound(&state);
}

/// That everything refers to what there is, and that the chain of the audit holds.
pub(crate) fn assert_sound(state: &State) {
    let number = |query: &str| -> i64 {
        state.read(|connection| connection.query_row(query, [], |row| row.get(0))).unwrap()
    };
    assert_eq!(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_eq!(
        number(
            "SELECT count(*) FROM outbox JOIN people ON people.id = person
                JOIN actions ON actions.id = outbox.action AND actions.channel = outbox.channel
                JOIN keys ON keys.key = outbox.key AND keys.seq = outbox.seq"
        ),
        number("SELECT count(*) FROM outbox"),
        "each has its action, person, channel and key"
    );
    assert_eq!(
        number(
            "SELECT count(*) FROM outbox LEFT JOIN payloads USING (seq) WHERE (status IN ('waiting', 'marked', 'dead', 'doubt')) <> (payload NOTNULL)"
        ),
        0,
        "what is not sent can be handed over, and of the rest nothing is left"
    );
    assert_eq!(number("SELECT count(*) FROM keys"), number("SELECT count(*) FROM outbox"));
    let columns = "SELECT count(*) FROM sqlite_schema AS one, pragma_table_info(one.name) AS column
         WHERE one.type = 'table' AND one.name <> 'people' AND column.name = 'customer'";
    assert_eq!(number(columns), 0, "a person stands in no table but people");
    let verified = crate::audit::verify::verify(state, &[]).unwrap();
    let found: Vec<_> = verified.findings.iter().map(|finding| finding.diagnostic().message.en).collect();
    assert_eq!(found, <[String; 0]>::default());
}

/// The power fails in the middle of a migration, when part of it is on the disk already.
#[test]
fn a_migration_that_is_cut_off_leaves_what_was_there() {
    let folder = Folder::new();
    let (path, copy) = (folder.join("state.db"), folder.join("copy.db"));
    second_version(&path);
    let said = SAID.map(|(before, _)| rows(&path, before));
    let mut connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    connection.pragma_update(None, "cache_size", 4).unwrap();
    migrations::half_done(&mut connection, || {
        std::fs::copy(&path, &copy).unwrap();
        std::fs::copy(folder.join("state.db-wal"), folder.join("copy.db-wal")).unwrap();
    });
    assert!(std::fs::metadata(folder.join("copy.db-wal")).unwrap().len() > 0, "some of it was written");
    for path in [path, copy] {
        assert_eq!(rows(&path, "PRAGMA user_version"), ["Integer(2)"]);
        assert_eq!(SAID.map(|(before, _)| rows(&path, before)), said);
        assert_sound(&State::open(&path).unwrap());
    }
}

#[test]
fn what_rules_see_has_the_columns_that_they_know() {
    let folder = Folder::new();
    let state = State::open(&folder.join("state.db")).unwrap();
    let columns = |kept: Kept| {
        let view = state.connection.prepare(&format!("SELECT * FROM {}", kept.name())).unwrap();
        view.column_names().collect::<Vec<_>>().join(" ")
    };
    let outcomes = "opened_at clicked_at replied_at redeemed_at converted_at";
    assert_eq!(columns(Kept::Touches), format!("customer at channel rule campaign step {outcomes}"));
    assert_eq!(
        columns(Kept::Coupons),
        "customer at channel rule campaign code amount threshold expires_at redeemed_at"
    );
    assert_eq!(columns(Kept::Chains), format!("customer due_at rule step began_at touched_at {outcomes}"));
    assert_eq!(columns(Kept::Members), "customer at segment");
    assert_eq!(columns(Kept::Recorded), "segment recorded");
}

#[test]
fn the_work_of_a_list_of_opt_outs_grows_with_its_lines() {
    use crate::optouts::{OptOut, Who};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    let work = |lines: u32| {
        let folder = Folder::new();
        let mut state = State::open(&folder.join("state.db")).unwrap();
        let steps = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&steps);
        let count = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            false
        };
        state.connection.progress_handler(10, Some(count)).unwrap();
        let optout = |line: u32| OptOut {
            who: Who::Customer(line.to_string()),
            channel: None,
            at: Instant(0),
            line: None,
        };
        let list: Vec<OptOut> = (0..lines).map(optout).collect();
        let hearing = Hearing { source: "list", now: Instant(1), entropy: [7; 32] };
        assert_eq!(state.opt_out(&list, hearing).unwrap().new, u64::from(lines));
        steps.load(Ordering::Relaxed)
    };
    let (few, many) = (work(200), work(1_600));
    assert!(many < few * 10, "{few} steps for 200 lines, {many} for 1600");
}
