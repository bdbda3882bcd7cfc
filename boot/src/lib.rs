//! Host program library.
