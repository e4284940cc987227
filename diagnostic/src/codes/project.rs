//! The project file.

codes! {}
