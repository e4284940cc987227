//! What nobody may see.

use std::fmt;
use std::path::Path;

/// A text that stands in no log, no error and no dump. Whoever writes it out does so by [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself: for signatures and for what the other side gets.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Whether people who are neither the owner nor of the owner's group can read or change this file; where files have no such
/// permissions, nobody knows.
pub fn is_open_to_others(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o006 != 0)
    }
    #[cfg(not(unix))]
    {
        let _no_such_permissions = path;
        false
    }
}

#[test]
fn a_secret_is_not_shown() {
    assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(Secret(…))");
}
