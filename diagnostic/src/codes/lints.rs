//! Lints: legal, but hardly meant.

codes! {}
