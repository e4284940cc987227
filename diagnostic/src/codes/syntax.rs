//! Syntax: the form of a rule file.

codes! {}
