//! From what pest read to the tree, one file for each family of nodes.
//!
//! Building goes on after a mistake: it is reported, and something sensible takes its place in the tree, so that later
//! stages neither stop nor report the same thing again. A function gives `None` only where the mistake leaves nothing
//! to put in the tree.

mod action;
mod campaign;
mod declaration;
mod expression;
mod literal;
mod message;
mod parts;
mod rule;
mod text;
mod window;

use crate::findings::Findings;
use crate::parser::{Node, Rule};
use crate::tree::{Expr, Item, Member, Name, Spanned};
use crate::{MAX_NESTING, diagnostics};
use parts::Parts;
use rulec_diagnostic::{Diagnostic, FileId, Place, Span};
use unicode_normalization::{UnicodeNormalization, is_nfkc};

/// Builds trees from one stretch of a file.
pub(crate) struct Builder {
    file: FileId,
    /// Where the stretch that pest read starts in the file.
    base: usize,
    depth: usize,
    pub(crate) findings: Findings,
}

impl Builder {
    pub(crate) fn new(file: FileId, base: usize) -> Self {
        Self { file, base, depth: 0, findings: Findings::default() }
    }

    /// The declarations of `file`.
    pub(crate) fn items(&mut self, file: Node) -> Vec<Item> {
        file.into_inner()
            .filter(|node| node.as_rule() == Rule::item)
            .filter_map(|node| self.item(node))
            .collect()
    }

    /// The declaration of `next_item`, if it could be built; nothing where the text ends.
    pub(crate) fn next_item(&mut self, next: Node) -> Option<Option<Item>> {
        let item = next.into_inner().find(|node| node.as_rule() == Rule::item)?;
        Some(self.item(item))
    }

    /// The members of `member_list`.
    pub(crate) fn members(&mut self, list: Node) -> Vec<Member> {
        list.into_inner()
            .filter(|node| node.as_rule() == Rule::member)
            .filter_map(|node| self.member(node))
            .collect()
    }

    /// The expression of `expression_only`.
    pub(crate) fn only_expression(&mut self, node: Node) -> Option<Expr> {
        self.expr(Parts::of(node).part(Rule::expr)?)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.findings.report(|| diagnostic);
    }

    /// Where a token stands.
    fn span(&self, node: &Node) -> Span {
        let span = node.as_span();
        Span::new(self.base + span.start(), self.base + span.end())
    }

    /// Where a node stands that is made of tokens. pest counts white space after the last of them in, where something
    /// optional could have followed; this does not.
    fn span_of(&self, node: &Node) -> Span {
        let mut last = node.clone();
        while let Some(inner) = last.clone().into_inner().next_back() {
            last = inner;
        }
        Span::new(self.base + node.as_span().start(), self.base + last.as_span().end())
    }

    fn place(&self, span: Span) -> Place {
        span.at(self.file)
    }

    /// Goes `levels` deeper, or reports that this is too deep.
    fn enter(&mut self, levels: usize, at: Span) -> Option<()> {
        if self.depth + levels > MAX_NESTING {
            self.report(diagnostics::nesting(self.place(at), MAX_NESTING));
            return None;
        }
        self.depth += levels;
        Some(())
    }

    fn leave(&mut self, levels: usize) {
        self.depth -= levels;
    }

    fn name(&self, node: &Node) -> Name {
        Spanned { node: normal_name(node.as_str()), span: self.span(node) }
    }
}

/// A name as compared: without backticks, in NFKC.
pub(crate) fn normal_name(written: &str) -> String {
    let bare = written.trim_matches('`');
    if is_nfkc(bare) { bare.to_owned() } else { bare.nfkc().collect() }
}
