//! Names: what a word refers to.

codes! {}
