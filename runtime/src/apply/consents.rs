//! Whether the customers of a plan still agree to be written to: a plan may be days old.

use crate::diagnostics;
use crate::send::Standing;
use indexmap::IndexMap;
use rulec_diagnostic::Diagnostic;

/// Asks while a plan is recorded, so that the plan is read once.
pub(super) struct Consents<'a> {
    standing: Option<&'a Standing>,
    /// Customers who do not agree, by channel.
    lost: IndexMap<String, Vec<String>>,
}

impl<'a> Consents<'a> {
    /// Of customers who stand like this; none: nobody is asked.
    pub(super) fn new(standing: Option<&'a Standing>) -> Consents<'a> {
        Consents { standing, lost: IndexMap::new() }
    }

    /// Asks whether this customer agrees to this channel.
    pub(super) fn ask(&mut self, customer: &str, channel: &str) {
        if self.standing.is_none_or(|standing| standing.may_write(customer, channel)) {
            return;
        }
        let customers = self.lost.entry(channel.to_owned()).or_default();
        // Decisions come by customer, who may have several messages.
        if customers.last().is_none_or(|last| last != customer) {
            customers.push(customer.to_owned());
        }
    }

    /// `R0129` if anybody does not agree any more.
    pub(super) fn check(&self) -> Result<(), Box<Diagnostic>> {
        match self.lost.first() {
            Some((channel, customers)) => Err(diagnostics::consents_gone(channel, customers)),
            None => Ok(()),
        }
    }
}
