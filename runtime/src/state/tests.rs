use super::*;
use crate::fixture::Folder;

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
