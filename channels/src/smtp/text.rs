//! A message in HTML as plain text, for those whose programs show no HTML.

/// Elements whose contents nobody is to see.
const HIDDEN: &[&str] = &["head", "style", "script", "title"];
/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &[
    "address",
    "blockquote",
    "div",
    "dl",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];

/// Whether there is an element in it; if not, it is text whose lines count.
pub(super) fn has_markup(html: &str) -> bool {
    html.split('<').skip(1).any(|rest| {
        rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/' || first == '!')
    })
}

/// Text in which only characters stand for others, as HTML that shows its lines.
pub(super) fn with_breaks(text: &str) -> String {
    text.replace('\n', "<br>\n")
}

/// What a reader of the HTML sees: lines for its blocks, the addresses of its links in brackets.
pub(super) fn plain(html: &str) -> String {
    let mut writer = Writer::default();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        writer.text(&rest[..start]);
        let tag = &rest[start..];
        rest = match tag_end(tag) {
            Some(end) => writer.tag(&tag[..end], &tag[end..]),
            None => {
                writer.text("&lt;");
                &tag[1..]
            }
        };
    }
    writer.text(rest);
    writer.finished()
}

/// Text without elements: what its characters stand for.
pub(super) fn decoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        written.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(';').filter(|end| *end <= 12);
        match end.and_then(|end| Some((end, character(&rest[1..end])?))) {
            Some((end, letter)) => {
                written.push(letter);
                rest = &rest[end + 1..];
            }
            None => {
                written.push('&');
                rest = &rest[1..];
            }
        }
    }
    written.push_str(rest);
    written
}

fn character(name: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let letter = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        "yen" => Some('¥'),
        "copy" => Some('©'),
        "mdash" => Some('—'),
        "ndash" => Some('–'),
        "hellip" => Some('…'),
        _ => match name.strip_prefix('#')?.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16),
            None => number(&name[1..], 10),
        },
    };
    letter.filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'))
}

/// Behind the end of the tag or comment that the text begins with.
fn tag_end(text: &str) -> Option<usize> {
    if text.starts_with("<!--") {
        return text.find("-->").map(|end| end + 3);
    }
    let mut letters = text.char_indices().skip(1);
    if !letters.next().is_some_and(|(_, first)| first.is_ascii_alphabetic() || first == '/' || first == '!') {
        return None;
    }
    let mut quote = None;
    for (place, letter) in letters {
        match (quote, letter) {
            (None, '>') => return Some(place + 1),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

#[derive(Default)]
struct Writer {
    written: String,
    /// Whether a space is due before the next word.
    space: bool,
    /// Where the open link leads, and where in the text it began.
    link: Option<(String, usize)>,
}

impl Writer {
    /// Words, whatever white space is between them.
    fn text(&mut self, text: &str) {
        let decoded = decoded(text);
        for letter in decoded.chars() {
            if letter.is_whitespace() && letter != '\u{a0}' {
                self.space = true;
            } else {
                if std::mem::take(&mut self.space) && !self.at_line_start() {
                    self.written.push(' ');
                }
                self.written.push(letter);
            }
        }
    }

    fn at_line_start(&self) -> bool {
        self.written.is_empty() || self.written.ends_with('\n')
    }

    /// A tag; gives what is to be read behind it.
    fn tag<'t>(&mut self, tag: &str, rest: &'t str) -> &'t str {
        let inner = tag.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
        let closing = inner.starts_with('/');
        let inner = inner.trim_start_matches('/');
        let name = inner.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        if HIDDEN.contains(&name.as_str()) && !closing {
            return behind(rest, &name);
        }
        match (name.as_str(), closing) {
            ("br", _) => self.line(),
            ("a", false) => self.link = attribute(inner, "href").map(|to| (to, self.written.len())),
            ("a", true) => self.end_link(),
            ("img", _) => self.text(&attribute(inner, "alt").unwrap_or_default()),
            ("td" | "th", _) => self.space = true,
            (name, _) if BLOCKS.contains(&name) => {
                if !self.at_line_start() {
                    self.line();
                }
                if name == "li" && !closing {
                    self.written.push_str("- ");
                }
                if name == "p" {
                    self.line();
                }
            }
            _ => {}
        }
        rest
    }

    fn line(&mut self) {
        self.space = false;
        if !self.written.is_empty() && !self.written.ends_with("\n\n") {
            self.written.push('\n');
        }
    }

    fn end_link(&mut self) {
        let Some((to, start)) = self.link.take() else { return };
        let shown = self.written.get(start..).unwrap_or_default().trim();
        if !to.is_empty() && shown != to {
            self.space = true;
            self.text(&format!("({})", to.replace('&', "&amp;")));
        }
    }

    fn finished(self) -> String {
        self.written.trim().to_owned()
    }
}

/// What stands behind the end of an element; nothing if it never ends.
fn behind<'t>(text: &'t str, name: &str) -> &'t str {
    let end = text.match_indices("</").find(|(place, _)| {
        text.get(place + 2..place + 2 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
    });
    end.and_then(|(place, _)| text[place..].find('>').map(|close| &text[place + close + 1..]))
        .unwrap_or_default()
}

/// The value of an attribute, decoded.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let start = lower.match_indices(name).find_map(|(place, _)| {
        let before = tag[..place].ends_with(|letter: char| letter.is_ascii_whitespace());
        let value = tag[place + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        before.then_some(value)
    })?;
    let value = match start.chars().next()? {
        quote @ ('"' | '\'') => start[1..].split(quote).next(),
        _ => start.split_ascii_whitespace().next(),
    };
    value.map(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_of_text_sees_what_a_reader_of_html_sees() {
        for (html, text) in [
            ("<p>Hi <b>Fang</b>,</p><p>new tea.</p>", "Hi Fang,\n\nnew tea."),
            ("a<br>b<br/>c", "a\nb\nc"),
            ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
            ("<a href=\"https://h/?a=1&amp;b=2\">Look</a>!", "Look (https://h/?a=1&b=2)!"),
            ("<a href='https://h/'>https://h/</a>", "https://h/"),
            ("<style>p { x }</style><head><title>t</title></head>Hi<!-- no > -->", "Hi"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("<img src=x alt=\"茶 &amp; 点心\">", "茶 & 点心"),
            ("&lt;script&gt; &#39;x&#x27; &nope; &", "<script> 'x' &nope; &"),
            ("1 < 2 <3", "1 < 2 <3"),
            ("<a title=\"a > b\" href=\"u\">x</a>", "x (u)"),
            ("<p", "<p"),
            ("", ""),
            ("<script>never ends", ""),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn lines_count_where_there_is_no_markup() {
        assert!(!has_markup("1 < 2\n&lt;b&gt;") && has_markup("a<br>b") && has_markup("</p>"));
        assert_eq!(with_breaks("a &amp; b\nc"), "a &amp; b<br>\nc");
        assert_eq!(decoded("a &amp; b\nc&#0;"), "a & b\nc&#0;");
    }

    proptest::proptest! {
        #[test]
        fn no_html_breaks_it(html in "[<>a-c/!\"'&;# =\\-\n茶]{0,60}") {
            let text = plain(&html);
            proptest::prop_assert!(text.len() <= 4 * html.len() + 8);
        }
    }
}
