//! Everything that safe calls can do to a token, searched to the end; and random programs, run.
//!
//! The library claims that from a token no sequence of safe calls reaches one that allows more. Its public functions are
//! finitely many, and what a call may do depends on its token's position and context only: so the claim is asked of the
//! compiler, call by call, and searched as a graph.
//!
//! | module | what |
//! |---|---|
//! | [`source`] | the library's public functions, read from its source |
//! | [`table`] | how each of them is called, and what it waits for: `tables/` |
//! | [`compiler`] | the compiler, asked in batches |
//! | [`questions`] | one function for each call, position and context |
//! | [`values`] | what is decided when a program runs: ranks, dynamic tokens, waits |
//! | [`search`] | the graph |
//! | [`closure`] | all of it in turn, and what is found |
//! | [`expansions`] | what exported macros expand to |
//! | [`mutants`] | rules broken on purpose |
//! | [`random`] | random programs, compiled and run |
//! | [`waits`] | every function that may wait, as a page |
//!
//! `world.rs` is the hierarchy and the objects that all programs share. `cargo run -- soak closure` searches positions of
//! twice the depth; `cargo run -- soak programs` runs random programs for half an hour.

pub mod closure;
pub mod compiler;
pub mod expansions;
pub mod mutants;
pub mod questions;
pub mod random;
pub mod search;
pub mod source;
pub mod table;
pub mod values;
pub mod waits;
