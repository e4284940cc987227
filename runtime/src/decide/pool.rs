//! Codes: one for each customer whose message has a coupon from a pool.

/// Whose code is which, for one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Codes {
    /// The pool.
    pub(super) pool: String,
    /// Customers, ascending, with the places of their codes among those of the state that nobody has yet.
    pub(super) given: Vec<(u32, u32)>,
}

impl Codes {
    /// The place of this customer's code.
    pub(super) fn of(&self, customer: u32) -> Option<u32> {
        let place = self.given.binary_search_by_key(&customer, |(customer, _)| *customer).ok()?;
        Some(self.given[place].1)
    }
}
