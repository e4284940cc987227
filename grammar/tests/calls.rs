//! How many of pest's calls a text takes, found by limiting them. The limit holds for the process, so these tests have
//! one of their own, and run one after the other.

use rulec_diagnostic::FileId;
use rulec_grammar::{MAX_NESTING, parse_expression};
use std::num::NonZeroUsize;

/// The fewest calls with which `expression` can be read.
fn calls(expression: &str) -> usize {
    let reads = |limit| {
        pest::set_call_limit(NonZeroUsize::new(limit));
        parse_expression(FileId(0), expression).is_ok()
    };
    let (mut too_few, mut enough) = (0, 1 << 24);
    assert!(reads(enough), "{expression}");
    while enough - too_few > 1 {
        let limit = usize::midpoint(too_few, enough);
        if reads(limit) { enough = limit } else { too_few = limit }
    }
    pest::set_call_limit(None);
    enough
}

#[test]
fn calls_grow_with_the_text_and_not_with_its_depth() {
    let flat = |open: &str, n: usize, close: &str| vec![format!("{open}b{close}"); n].join(" and ");
    let once_deep = [("(", ")"), ("f(", ")"), ("{", "}"), ("(x and ", ")"), ("f(a where ", ")")];
    // A bracket and a sign are two levels.
    let twice_deep = [("(not ", ")"), ("(- ", ")")];
    let all = once_deep.map(|pair| (pair, MAX_NESTING)).into_iter();
    for ((open, close), n) in all.chain(twice_deep.map(|pair| (pair, MAX_NESTING / 2))) {
        let (once, twice) = (calls(&flat(open, n, close)), calls(&flat(open, 2 * n, close)));
        assert!(twice * 10 <= once * 22, "{once}, then {twice} calls for {open}");
        let deep = calls(&format!("{}b{}", open.repeat(n), close.repeat(n)));
        assert!(deep <= 2 * once, "{deep} calls for {n} times {open} inside each other, {once} side by side");
    }
}
