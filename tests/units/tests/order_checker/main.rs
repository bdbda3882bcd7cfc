//! The run-time order checker, which keeps a graph of classes: one file for each planned group.
//!
//! Most tests drive a checker of their own with locks that are only names; a few acquire real ones, which report to the
//! checker of the library.

mod depth;
mod order;
mod overhead;
mod violation;
