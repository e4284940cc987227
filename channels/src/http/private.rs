//! What a provider may repeat, and no reason may.

use super::{escape, word};
use crate::secret::Secret;
use crate::{Content, Reason};
use std::borrow::Cow;

/// Texts that stand in no reason, in every way in which a request writes them and an answer may give them back.
pub(crate) struct Private<'a>(Vec<Cow<'a, str>>);

impl<'a> Private<'a> {
    /// These secrets.
    pub(crate) fn of(secrets: &[&'a Secret]) -> Private<'a> {
        Private(secrets.iter().map(|secret| secret.expose().into()).collect())
    }

    /// And what tells who is written to, and what.
    pub(crate) fn and(mut self, content: &'a Content) -> Private<'a> {
        self.0.extend([content.to.as_str(), &content.message, &content.customer].map(Cow::from));
        self.0.extend(content.code.as_deref().map(Cow::from));
        self
    }

    /// And a header that is one: all of it, and what stands behind a word such as `Bearer`.
    pub(crate) fn and_header(self, value: &'a Secret) -> Private<'a> {
        let whole = value.expose();
        match whole.split_once(' ') {
            Some((_, behind)) => self.and_text(whole).and_text(behind.trim()),
            None => self.and_text(whole),
        }
    }

    /// And this.
    pub(crate) fn and_text(mut self, text: impl Into<Cow<'a, str>>) -> Private<'a> {
        self.0.push(text.into());
        self
    }

    /// A reason in which none of them stands.
    pub(crate) fn reason(&self, code: &str, said: &str) -> Reason {
        let mut forms: Vec<_> = self.0.iter().flat_map(|text| forms(text)).collect();
        // The longest first, so that no part of a form is masked before the whole.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        let forms: Vec<_> = forms.iter().map(String::as_str).collect();
        let code = Reason::new("", &word(code), &forms).text;
        Reason::new(code, said, &forms)
    }
}

/// All that a text may be written as.
fn forms(text: &str) -> Vec<String> {
    let mut forms = vec![
        text.to_owned(),
        escape::url(text),
        escape::form(text),
        escape::inside_json(text),
        escape::ascii_json(text),
        escape::xml(text),
    ];
    // A number is masked also where a gateway leaves out its spaces and its sign.
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= 7 && text.chars().all(|letter| letter.is_ascii_digit() || " +-()".contains(letter)) {
        forms.push(digits);
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_a_secret_stands_in_a_reason() {
        let secret = Secret::new("let me in & \"茶\"");
        let private = Private::of(&[&secret]);
        for echo in [
            "let me in & \"茶\"",
            "let%20me%20in%20%26%20%22%E8%8C%B6%22",
            "let+me+in+%26+%22%E8%8C%B6%22",
            "let me in & \\\"茶\\\"",
            "let me in & \\\"\\u8336\\\"",
            "let me in &amp; &quot;茶&quot;",
            "LET me In & \"茶\"",
            "let%20me%20in%20%26%20%22%e8%8c%b6%22",
        ] {
            assert_eq!(private.reason("c", &format!("<{echo}>")).text, "<…>", "{echo}");
        }
        let reason = private.reason("E\n\u{202e}1 let me in & \"茶\"", "");
        assert_eq!((reason.code.as_str(), reason.text.as_str()), ("E1 …", ""));
        let number = Secret::new("+86 138-0000-0000");
        let private = Private::of(&[&number]);
        assert_eq!(private.reason("c", "no 8613800000000!").text, "no …!");
    }
}
