//! What earlier runs did.

mod view;

pub use view::{Spell, StateView};
