//! Text to syntax tree. pest stays inside.
//!
//! | stage | file |
//! | --- | --- |
//! | the tree | [`tree`] |

pub mod tree;

/// How many brackets may be open at once. Deeper nesting is refused with a diagnostic.
pub const MAX_NESTING: usize = 128;
