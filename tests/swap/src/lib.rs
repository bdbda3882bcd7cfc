//! Breaks every nested acquisition of the kernel in turn, and sees that no broken kernel compiles.
//!
//! `cargo run -- swap` measures the mission on the kernel itself. The kernel's sources are read ([`places`]); each place where
//! something is acquired or waited for is broken in the ways that the rules forbid ([`breakage`]); each broken crate is
//! checked by the compiler ([`trial`]) and must be refused with the library's own message ([`messages`]). A twin of each
//! breakage, with a lock further out, must compile: so it is the rule that refuses, and not the form.
//!
//! | module | what |
//! |---|---|
//! | [`signatures`] | what functions ask of the token that they are given |
//! | [`places`] | where source uses a token to acquire or to wait |
//! | [`breakage`] | what is changed at a place, and its twin |
//! | [`edit`] | changes of a text, and where everything stands afterwards |
//! | [`probes`] | the locks and functions that changed text names |
//! | [`subject`] | the crates that are broken |
//! | [`compiler`] | a copy of the workspace, and the compiler |
//! | [`messages`] | what the compiler says, and which of it is the library's refusal |
//! | [`trial`] | breakages made and judged, several in each build |
//! | [`exceptions`] | what is not refused, with reasons |
//! | [`run`] | the whole of it |
//! | [`page`] | the table in `docs/swap.md` |

#![forbid(unsafe_code)]

pub mod breakage;
pub mod compiler;
pub mod edit;
pub mod exceptions;
pub mod failure;
pub mod messages;
pub mod page;
pub mod places;
pub mod probes;
pub mod run;
pub mod signatures;
pub mod subject;
mod syntax;
pub mod trial;
