//! What the tests of the whole program share.
//!
//! | what | file |
//! | --- | --- |
//! | what a rule means, plainly | [`mod@reference`] |
//! | random projects, data and rules | [`random`] |
//! | where program and reference differ | [`difference`], [`coverage`] |
//! | one question asked in every way that an engine can go about it | [`ways`] |
//! | servers to send to | [`servers`] |
//! | texts to plans, tables to databases | [`whole`], [`database`] |

pub mod coverage;
pub mod database;
pub mod difference;
pub mod random;
pub mod reference;
pub mod servers;
pub mod ways;
pub mod whole;
