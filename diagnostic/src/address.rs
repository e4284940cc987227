//! Addresses in messages: where they lead, without what opens the door there.

use std::ops::Range;

/// The parts of an address that may be secret, in bytes: the user and the password before the host, and the query or the
/// fragment behind the path. A part that is not there is empty. Of what is written wrongly rather too much is taken for
/// secret than too little.
pub fn secret_parts(address: &str) -> [Range<usize>; 2] {
    let start = address.find("://").map_or(0, |at| at + "://".len());
    let user = start..address.rfind('@').filter(|at| *at > start).unwrap_or(start);
    let query = address[user.end..].find(['?', '#']).map_or(address.len(), |at| user.end + at + 1);
    [user, query..address.len()]
}

/// An address as a message may say it: `https://…@host/path?…`.
///
/// ```
/// use rulec_diagnostic::without_secrets;
/// assert_eq!(without_secrets("https://me:word@host/path?token=t"), "https://…@host/path?…");
/// ```
pub fn without_secrets(address: &str) -> String {
    let [user, query] = secret_parts(address);
    let shown = |part: &Range<usize>| if part.is_empty() { "" } else { "…" };
    let (start, between) = (&address[..user.start], &address[user.end..query.start]);
    format!("{start}{}{between}{}", shown(&user), shown(&query))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_opens_no_door_is_said() {
        for (address, said) in [
            ("http://user:pa55w0rd@127.0.0.1:1/m?token=SECRET", "http://…@127.0.0.1:1/m?…"),
            ("https://u:p/a?b#c@d@h/", "https://…@h/"),
            ("user:pa55w0rd@h/m?token=SECRET", "…@h/m?…"),
            ("postgres://shop:密码@h/db?password=x", "postgres://…@h/db?…"),
            ("https://h/m?to=SECRET@x", "https://…@x"),
            ("https://h/#token=SECRET", "https://h/#…"),
            ("push.example.com/messages", "push.example.com/messages"),
            ("https://@h/?", "https://@h/?"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(address), said);
        }
    }
}
