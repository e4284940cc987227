//! The parser that pest makes of `grammar.pest`. Nothing outside this crate sees it.

#![allow(missing_docs, reason = "generated from the grammar, which explains itself")]

#[derive(pest_derive::Parser)]
#[grammar = "grammar.pest"]
pub(crate) struct RuleParser;

/// What pest read, with its place in the parsed slice.
pub(crate) type Node<'t> = pest::iterators::Pair<'t, Rule>;
