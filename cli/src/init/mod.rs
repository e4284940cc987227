//! A first project file, guessed from what a database looks like.
//!
//! | what | file |
//! | --- | --- |
//! | what names usually mean | [`words`] |
//! | what tables and columns probably mean | [`guess`] |
//! | the guess as `rulec.toml` and a first rule | [`write`] |

pub mod guess;
mod words;
pub mod write;
