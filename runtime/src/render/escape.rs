//! Values that cannot become markup.

use rulec_plan::project::Escape;

/// Adds a value to a message so that its reader sees it as it stands.
pub(super) fn push(value: &str, escape: Escape, text: &mut String) {
    match escape {
        Escape::None => text.push_str(value),
        Escape::Html => value.chars().for_each(|letter| html(letter, text)),
        Escape::Markdown => {
            let is_line_start = text.is_empty() || text.ends_with('\n');
            for (place, letter) in value.chars().enumerate() {
                markdown(letter, is_line_start && place == 0, text);
            }
        }
    }
}

fn html(letter: char, text: &mut String) {
    match letter {
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        '"' => text.push_str("&quot;"),
        '\'' => text.push_str("&#39;"),
        other => text.push(other),
    }
}

/// `-`, `+` and `=` mean something only where a line begins; elsewhere they stand in amounts and dates.
fn markdown(letter: char, is_line_start: bool, text: &mut String) {
    let is_markup = matches!(
        letter,
        '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '<' | '>' | '#' | '~' | '|' | '!' | '&'
    );
    if is_markup || is_line_start && matches!(letter, '-' | '+' | '=') {
        text.push('\\');
    }
    text.push(letter);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_values() {
        for (value, escape, expected) in [
            ("<b>&'\"", Escape::None, "<b>&'\""),
            ("<b>&'\"", Escape::Html, "&lt;b&gt;&amp;&#39;&quot;"),
            ("[x](http://y) *z*", Escape::Markdown, "\\[x\\]\\(http://y\\) \\*z\\*"),
            ("-5.5", Escape::Markdown, "\\-5.5"),
            ("2026-11-21", Escape::Markdown, "2026-11-21"),
        ] {
            let mut text = String::new();
            push(value, escape, &mut text);
            assert_eq!(text, expected);
        }
    }
}
