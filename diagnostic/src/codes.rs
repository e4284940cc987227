//! Every code there is, by family. A code without a page in both languages does not build.

use crate::Code;

/// Declares codes: `CONST = "S0001", "slug", Error;`. The pages are `pages/en/S0001.md` and `pages/zh/S0001.md`.
macro_rules! codes {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $slug:literal, $severity:ident;)*) => {
        use crate::{Code, Page, Severity, code::Entry};
        $($(#[$doc])* pub const $id: Code = Code(&Entry {
            name: $name,
            slug: $slug,
            severity: Severity::$severity,
            page: Page {
                en: include_str!(concat!("../../pages/en/", $name, ".md")),
                zh: include_str!(concat!("../../pages/zh/", $name, ".md")),
            },
        });)*
        /// All of this family, in order.
        pub const ALL: &[Code] = &[$($id),*];
    };
}

pub mod lints;
pub mod names;
pub mod project;
pub mod run;
pub mod syntax;
pub mod types;

/// All codes, in the order of the manual.
pub fn all() -> impl Iterator<Item = Code> {
    [syntax::ALL, names::ALL, types::ALL, lints::ALL, project::ALL, run::ALL].into_iter().flatten().copied()
}
