//! Text to syntax tree. pest stays inside.
//!
//! | stage | file |
//! | --- | --- |
//! | bytes → text | `decode.rs` |
//! | text → comments, and mistakes that no grammar can place well | `survey.rs`, `lex.rs` |
//! | text → pest's pairs | `grammar.pest`, `parser.rs` |
//! | pairs → the tree | `build/`, [`tree`] |
//! | a text with mistakes → declarations that are read one by one | `cut.rs`, `recover.rs` |
//! | where pest stopped → what a person wants to know | `explain.rs`, `expected.rs`, `glued.rs`, `diagnostics.rs` |
//! | diagnostics → as many as a person will read | `findings.rs` |
//! | the words of both languages | [`keywords`] |

mod build;
mod cut;
mod decode;
mod diagnostics;
mod expected;
mod explain;
mod findings;
mod glued;
pub mod keywords;
mod lex;
mod parse;
mod parser;
mod recover;
mod survey;
pub mod tree;

pub use decode::decode;
pub use glued::{Glued, split_glued};
pub use parse::{Parsed, parse, parse_expression};

/// How many brackets may be open at once. Deeper nesting is refused with a diagnostic.
pub const MAX_NESTING: usize = 128;
