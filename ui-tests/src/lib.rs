//! Rejected programs.
