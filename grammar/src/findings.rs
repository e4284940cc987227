//! The mistakes of one text, as many of them as anybody will read.

use crate::diagnostics;
use rulec_diagnostic::{Diagnostic, sort};

/// How many diagnostics one file gets; more help nobody.
const MOST: usize = 1000;

/// The first mistakes that were found, and how many more there are: a text of millions of mistakes must not take the
/// memory of millions of diagnostics.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// One more than are shown, for the place where those begin that are not.
    kept: Vec<Diagnostic>,
    more: usize,
}

impl Findings {
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.kept.len() + self.more
    }

    /// Takes in what comes after all others of the same stage. It is only made if it is kept.
    pub(crate) fn report(&mut self, finding: impl FnOnce() -> Diagnostic) {
        if self.kept.len() <= MOST { self.kept.push(finding()) } else { self.more += 1 }
    }

    /// Takes in those of a later stretch of the text.
    pub(crate) fn append(&mut self, later: Findings) {
        self.more += later.more;
        later.kept.into_iter().for_each(|finding| self.report(|| finding));
    }

    /// Takes in those of another stage, which may stand anywhere.
    pub(crate) fn merge(&mut self, other: Findings) {
        self.more += other.more;
        self.kept.extend(other.kept);
    }

    /// Goes back to when there were `count` of them.
    pub(crate) fn forget_after(&mut self, count: usize) {
        self.more = count.saturating_sub(self.kept.len());
        self.kept.truncate(count);
    }

    /// In the order of the text, with a word on how many are left out.
    pub(crate) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        let more = self.count().saturating_sub(MOST);
        sort(&mut self.kept);
        let place = self.kept.get(MOST).and_then(|first_left_out| first_left_out.place);
        self.kept.truncate(MOST);
        self.kept.extend(place.map(|place| diagnostics::too_many(place, more)));
        self.kept
    }
}
