//! What teaches: the book's programs, exercises, and the laboratory of deadlocks.
//!
//! | module | what |
//! |---|---|
//! | [`compiler`] | compiles and runs one small program against the library |
//! | [`book`] | the chapters of `docs/book`: their programs, their links, the generated reference |
//! | [`exercise`] | the exercises of `docs/exercises`, and whether a text solves one |
//! | [`learn`] | the exercises, one after the other |
//! | [`lab`] | programs that freeze, in four lights |

#![forbid(unsafe_code)]

pub mod book;
pub mod compiler;
pub mod exercise;
pub mod lab;
pub mod learn;
