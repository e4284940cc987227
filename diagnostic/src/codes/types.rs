//! Types: what goes with what.

codes! {}
