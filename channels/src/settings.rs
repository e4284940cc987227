//! The settings of one channel, as its kind reads them.

use crate::diagnostics::{self as says, Result};
use crate::{Outside, secret::Secret};
use indexmap::IndexMap;
use rulec_diagnostic::Text;
use rulec_plan::{outlet, project};
use std::time::Duration;

/// How long the other side may take unless the project file says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a header field says.
#[derive(Debug)]
pub(crate) enum HeaderText<'a> {
    /// As the project file has it, places and all.
    Open(&'a str),
    Secret(Secret),
}

/// The settings of one channel. The compiler has checked them as far as one can without looking outside; whatever it let
/// through is refused here, never guessed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings<'a> {
    /// The project's name of the channel.
    pub(crate) channel: &'a str,
    pub(crate) outside: &'a Outside,
    settings: &'a IndexMap<String, String>,
}

impl<'a> Settings<'a> {
    pub(crate) fn new(channel: &'a str, of: &'a project::Channel, outside: &'a Outside) -> Settings<'a> {
        Settings { channel, outside, settings: &of.settings }
    }

    /// The setting as written, if it is there.
    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.settings.get(key).map(String::as_str)
    }

    /// A setting that must be there.
    pub(crate) fn required(&self, key: &str) -> Result<&'a str> {
        self.text(key).ok_or_else(|| says::missing_setting(self.channel, key))
    }

    /// The header fields that every request has, in the order of the file.
    pub(crate) fn headers(&self) -> Result<Vec<(&'a str, HeaderText<'a>)>> {
        let read = |(name, text): (&'a str, &'a str)| match name.split_once(outlet::SECRET_MARK) {
            None => Ok((name, HeaderText::Open(text))),
            Some((name, by)) => {
                let setting = format!("headers.{name}.{by}");
                let secret = match by {
                    "env" => self.secret_of_env(&setting, text)?,
                    _ => self.secret_of_file(&setting, text)?,
                };
                Ok((name, HeaderText::Secret(secret)))
            }
        };
        self.table("headers").map(read).collect()
    }

    /// The members of a setting that is a table, such as `headers`, in the order of the file.
    pub(crate) fn table(&self, key: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.settings.iter().filter_map(move |(name, value)| {
            let member = name.strip_prefix(key)?.strip_prefix('.')?;
            Some((member, value.as_str()))
        })
    }

    /// `true` or `false`; `false` if it is not there.
    pub(crate) fn flag(&self, key: &str) -> Result<bool> {
        let expected = Text::new("`true` or `false`", "`true` 或 `false`");
        Ok(self.parsed(key, &expected)?.unwrap_or(false))
    }

    /// A whole number of at least 1.
    pub(crate) fn count(&self, key: &str) -> Result<Option<usize>> {
        let expected = Text::new("a whole number of at least 1", "不小于 1 的整数");
        match self.parsed(key, &expected)? {
            Some(0) => Err(self.wrong(key, &expected)),
            count => Ok(count),
        }
    }

    /// `timeout`: how long the other side may take.
    pub(crate) fn timeout(&self) -> Result<Duration> {
        let Some(text) = self.text("timeout") else { return Ok(TIMEOUT) };
        let expected = Text::new("a time above 0, such as `\"10s\"`", "大于 0 的时长，例如 `\"10s\"`");
        outlet::time_out(text).ok_or_else(|| self.wrong("timeout", &expected))
    }

    /// What the environment variable that `STEM_env` names holds, or the file that `STEM_file` names.
    pub(crate) fn secret(&self, stem: &str) -> Result<Option<Secret>> {
        let (by_env, by_file) = (format!("{stem}_env"), format!("{stem}_file"));
        match (self.text(&by_env), self.text(&by_file)) {
            (Some(_), Some(_)) => {
                let (en, zh) =
                    (format!("left out beside `{by_env}`"), format!("去掉，因为已经写了 `{by_env}`"));
                Err(self.wrong(&by_file, &Text::new(en, zh)))
            }
            (Some(variable), None) => self.secret_of_env(&by_env, variable).map(Some),
            (None, Some(path)) => self.secret_of_file(&by_file, path).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The same where nothing goes without it.
    pub(crate) fn required_secret(&self, stem: &str) -> Result<Secret> {
        self.secret(stem)?.ok_or_else(|| says::missing_setting(self.channel, &format!("{stem}_env")))
    }

    /// That a setting is not what it must be; `expected` completes the sentence «… must be …».
    pub(crate) fn wrong(&self, key: &str, expected: &Text) -> Box<rulec_diagnostic::Diagnostic> {
        says::wrong_setting(self.channel, key, expected)
    }

    fn parsed<T: std::str::FromStr>(&self, key: &str, expected: &Text) -> Result<Option<T>> {
        let Some(text) = self.text(key) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.wrong(key, expected))
    }

    fn secret_of_env(&self, setting: &str, variable: &str) -> Result<Secret> {
        match (self.outside.env)(variable) {
            Some(text) if !text.is_empty() => Ok(Secret::new(text)),
            _ => Err(says::unset_variable(self.channel, setting, variable)),
        }
    }

    /// The file without the ends of lines behind it, which editors put there.
    fn secret_of_file(&self, setting: &str, path: &str) -> Result<Secret> {
        let path = self.outside.folder.join(path);
        if crate::secret::is_open_to_others(&path) {
            return Err(says::open_secret(self.channel, &path));
        }
        let text = std::fs::read_to_string(&path)
            .map_err(|error| says::unreadable_secret(self.channel, setting, &path, &error))?;
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(says::empty_secret(self.channel, setting, &path)),
            text => Ok(Secret::new(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::testing;
    use rulec_plan::time::{Clock, Instant};
    use std::sync::Arc;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Instant {
            Instant(0)
        }
    }

    fn outside(folder: &std::path::Path) -> Outside {
        let env = |name: &str| (name == "TOKEN").then(|| "s3cret".to_owned());
        Outside { folder: folder.to_owned(), outbox: folder.join("outbox"), env, clock: Arc::new(Noon) }
    }

    fn settings(pairs: &[(&str, &str)]) -> IndexMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_secret_comes_from_the_environment_or_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        testing::write_secret(&folder.path().join("key"), "from file\r\n");
        testing::write_secret(&folder.path().join("empty"), "\n");
        let outside = outside(folder.path());
        let read = |key: &str, value: &str| {
            let settings = settings(&[(key, value)]);
            let settings = Settings { channel: "sms", outside: &outside, settings: &settings };
            settings.required_secret("secret").map_err(|problem| problem.code.name())
        };
        assert_eq!(read("secret_env", "TOKEN").unwrap().expose(), "s3cret");
        assert_eq!(read("secret_file", "key").unwrap().expose(), "from file");
        assert_eq!(read("secret_env", "UNSET"), Err("R0181"));
        assert_eq!(read("secret_file", "empty"), Err("R0181"));
        assert_eq!(read("secret_file", "missing"), Err("R0181"));
        assert_eq!(read("other_env", "TOKEN"), Err("R0180"));
        let both = settings(&[("secret_env", "TOKEN"), ("secret_file", "key")]);
        let both = Settings { channel: "sms", outside: &outside, settings: &both };
        assert_eq!(both.secret("secret").unwrap_err().code.name(), "R0180");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_everybody_can_read_is_none() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (path, outside) = (folder.path().join("key"), outside(folder.path()));
        std::fs::write(&path, "s3cret").unwrap();
        let settings = settings(&[("secret_file", "key"), ("headers.X-Key:file", "key")]);
        let settings = Settings { channel: "sms", outside: &outside, settings: &settings };
        for (mode, is_read) in [(0o600, true), (0o640, true), (0o644, false), (0o666, false), (0o602, false)]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let code = |problem: Box<rulec_diagnostic::Diagnostic>| problem.code.name();
            let expected = if is_read { Ok(()) } else { Err("R0181") };
            assert_eq!(settings.secret("secret").map(drop).map_err(code), expected, "{mode:o}");
            assert_eq!(settings.headers().map(drop).map_err(code), expected, "{mode:o}");
        }
    }
}
