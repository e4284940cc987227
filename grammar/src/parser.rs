//! The parser that pest makes of `grammar.pest`. Nothing outside this crate sees it.

#![allow(missing_docs, reason = "generated from the grammar, which explains itself")]

use pest::Parser;
use pest::error::Error;
use pest::iterators::{Pair, Pairs};

#[derive(pest_derive::Parser)]
#[grammar = "grammar.pest"]
struct RuleParser;

/// What pest read, with its place in the parsed slice.
pub(crate) type Node<'t> = Pair<'t, Rule>;

/// What pest says about a text that it could not read.
pub(crate) type Unread = Box<Error<Rule>>;

/// Reads the start of `text` by one of the rules for entry.
pub(crate) fn parse(rule: Rule, text: &str) -> Result<Pairs<'_, Rule>, Unread> {
    let parsed = RuleParser::parse(rule, text).map_err(Box::new);
    #[cfg(test)]
    work::count(&parsed);
    parsed
}

/// What parsing costs, counted and not timed: the calls of pest, and the bytes that they went over.
#[cfg(test)]
mod work {
    use super::{Pairs, Rule, Unread};
    use pest::error::InputLocation;
    use rulec_diagnostic::FileId;
    use std::cell::Cell;

    thread_local! {
        static WORK: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    }

    pub(super) fn count(parsed: &Result<Pairs<'_, Rule>, Unread>) {
        let bytes = match parsed {
            Ok(pairs) => pairs.as_str().len(),
            Err(error) => match error.location {
                InputLocation::Pos(at) | InputLocation::Span((_, at)) => at,
            },
        };
        WORK.with(|work| work.set((work.get().0 + 1, work.get().1 + bytes)));
    }

    fn of(text: &str) -> (usize, usize) {
        WORK.with(|work| work.set((0, 0)));
        crate::parse(FileId(0), text);
        WORK.with(Cell::get)
    }

    /// Good declarations, broken ones, good ones with a broken one at the end, a campaign of broken members.
    fn texts(n: usize) -> [String; 6] {
        let good = "rule a { when b > 1 then send sms \"c {d}\" }\n".repeat(n);
        [
            good.clone(),
            "let a = = 1\n".repeat(n),
            "rule a { when then }\n".repeat(n),
            "let a = (\n".repeat(n),
            format!("{good}let a =\n"),
            format!("campaign c {{\n{}}}\n", "rule a { when then }\n".repeat(n)),
        ]
    }

    #[test]
    fn twice_the_declarations_cost_twice_the_work() {
        for (once, twice) in texts(300).iter().zip(&texts(600)) {
            let ((calls, bytes), (calls_twice, bytes_twice)) = (of(once), of(twice));
            let start = &once[..20];
            assert!(calls_twice * 10 <= calls * 22, "{calls}, then {calls_twice} calls for {start}");
            assert!(bytes_twice * 10 <= bytes * 22, "{bytes}, then {bytes_twice} bytes for {start}");
            assert!(bytes <= 4 * once.len(), "{bytes} of {} bytes for {start}", once.len());
        }
    }
}
