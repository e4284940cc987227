//! What only channels of kind `smtp` know.

use super::diagnostics as says;
use super::outlet::{has_places, is_address};
use super::reader::{Report, Section, Word};
use indexmap::IndexMap;
use rulec_diagnostic::Text;
use rulec_plan::outlet;
use rulec_plan::project::{Channel, ChannelKind};

/// The place that a subject may have.
const SHOP: &str = "{shop}";

/// What does not go together.
pub(super) fn check(section: &Section<'_>, read: &IndexMap<String, String>, report: &mut Report) {
    let has = |stem: &str| ["env", "file"].iter().any(|by| read.contains_key(&format!("{stem}_{by}")));
    if has("user") != has("password") {
        let missing = if has("user") { "password_env" } else { "user_env" };
        report.add(says::channel_needs(section.place, "smtp", &section.path, missing));
    }
    let in_clear = read.get("tls").is_some_and(|tls| tls == "none");
    let away = read.get("host").is_some_and(|host| !outlet::is_local(host));
    if in_clear && away && has("password") {
        let place = section.key_place("tls", report).unwrap_or(section.place);
        report.add(says::password_in_clear(place));
    }
}

/// `Name <name@host>`, or the address alone.
pub(super) fn is_mailbox(word: &Word, name: &str, report: &mut Report) -> bool {
    let (label, address) = match word.text.trim().strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((label, address)) => (label, address),
        None => ("", word.text.trim()),
    };
    let sound =
        is_address_of_mail(address) && !label.chars().any(|letter| letter.is_control() || letter == '>');
    if !sound {
        report.add(says::mail_address(word, name));
    }
    sound
}

fn is_address_of_mail(text: &str) -> bool {
    let Some((user, host)) = text.rsplit_once('@') else { return false };
    let forbidden =
        |letter: char| letter.is_whitespace() || letter.is_control() || "<>()[],;:\\\"@".contains(letter);
    !user.is_empty()
        && !text.replacen('@', "", 1).contains(forbidden)
        && host.split('.').all(|part| !part.is_empty())
}

/// One line, in which only `{shop}` is a place.
pub(super) fn is_subject(text: &str) -> bool {
    let rest = text.replace(SHOP, "");
    !text.trim().is_empty()
        && !rest.contains(|letter: char| letter.is_control() || letter == '{' || letter == '}')
}

/// An address behind which a click, or a mail, ends the messages.
pub(super) fn is_unsubscribe(word: &Word, name: &str, report: &mut Report) -> bool {
    if word.text.starts_with("https://") {
        return is_address(word, name, report);
    }
    if !has_places(word, name, report) {
        return false;
    }
    let forbidden = |letter: char| letter.is_whitespace() || letter.is_control() || "<>,".contains(letter);
    let sound =
        word.text.strip_prefix("mailto:").is_some_and(|to| to.contains('@') && !to.contains(forbidden));
    if !sound {
        let expected = Text::new(
            "an address that begins with `https://` or `mailto:`",
            "以 `https://` 或 `mailto:` 开头的地址",
        );
        report.add(says::wrong_text(word, name, &expected));
    }
    sound
}

/// Writes the shop's name into the subject.
pub(super) fn name_shop(channel: &mut Channel, shop: &str) {
    if channel.kind == ChannelKind::Smtp
        && let Some(subject) = channel.settings.get_mut("subject")
    {
        *subject = subject.replace(SHOP, shop);
    }
}
