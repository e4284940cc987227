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
                (1, 'k1', 1, '7', 'a', 0, 'send', 'sms', NULL, 'sent'),
                (2, 'k2', 1, '7', 'a', 1, 'tag', NULL, NULL, 'sent'),
                (3, 'k3', 1, '8', 'a', 2, 'send', 'app', '{}', 'pending');
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
        texts("SELECT concat_ws(' ', rule, action, marketing) FROM messages ORDER BY 1"),
        ["a 0 1", "a 2 1"]
    );
    assert_eq!(texts("SELECT key FROM outbox WHERE status = 'pending' AND due_at <= 0"), ["k3"]);
    assert_eq!(
        state.read(|connection| changes::hash(connection, changes::Sees::Runs)).unwrap(),
        crate::hash::hex(&sha2::Sha256::digest("plan one\n"))
    );
    assert_eq!(state.audit(AuditFilter::default()).unwrap().count(), 1);
    drop(state);
    assert!(State::open(&path).is_ok(), "once is enough");
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
