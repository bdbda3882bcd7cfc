//! Programs with raw locks that freeze whenever they are told to.
//!
//! A raw lock has no token and no order: here is the only crate of this repository where programs are written with such locks, to
//! show what happens. The locks are steps of a [`machine`] with CPUs, interrupts and priorities, and every thread of a
//! program is a real thread that asks a scheduler before each step. So one interleaving can be had again and again, and all of them
//! can be tried.
//!
//! | module | what |
//! |---|---|
//! | [`machine`] | what a step does, who can move, and who waits for whom |
//! | [`run`] | raw locks and queues, as a program uses them, and the threads that run it |
//! | [`explore`] | all interleavings of a program, as a graph |
//! | [`scenarios`] | the programs |

#![forbid(unsafe_code)]

pub mod explore;
pub mod machine;
pub mod run;
pub mod scenarios;
