//! Run time: database, state, files.

codes! {}
