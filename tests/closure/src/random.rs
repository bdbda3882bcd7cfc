//! Random programs: what compiles must neither hang, nor be reported, nor write at one time as another.
//!
//! A program is three functions of up to a dozen calls each, run by three threads at a time, several times over. Functions
//! are made at random, well-typed as far as the generator knows, and the compiler throws out those that are not: what is
//! left compiles, so the library's claim is about it. It runs under a deadline and under the run-time checker; data says when
//! two write it at one time.
//!
//! A wait that may lack a partner has a limit: what hangs waits for a lock, a permit, a promise, a server or a thread. A few
//! locks, short sleeps between calls, and positions chosen more often than the rest: so holes show within minutes.
//!
//! | module | what |
//! |---|---|
//! | [`chance`] | numbers that look random, from a seed |
//! | [`term`] | a function as a tree of calls, so that calls can be dropped from it |
//! | [`grammar`] | which calls there are |
//! | [`arena`] | compiling and running |

pub mod arena;
pub mod chance;
pub mod grammar;
pub mod term;
