//! Whether the compiler lets through what the rules let through, and nothing else.
//!
//! The theorem of `docs/soundness.md` is proved of rules (`docs/proof/Rules.v`), and programs are judged by a compiler that
//! knows traits. That the two agree is asked here: for each operation of the library, each position in a small hierarchy and
//! each context, one function is written, in which a token at that position, in that context, does it. The compiler
//! lets some of these functions through. The rules' answers are in `docs/proof/answers.txt`, printed by `docs/proof/Table.v`
//! (`cargo run -- proof` prints them again and compares); an ordinary test compares the two and needs no proof assistant.
//!
//! | module | what |
//! |---|---|
//! | [`questions`] | the operations and the columns, in Rust |
//! | [`table`] | the rules' answers, read from the file |
//! | [`compiler`] | the compiler's answers: thousands of functions, one a line, in a few calls ([`closure_tests::compiler`]) |
//! | [`difference`] | where they differ, in words |

pub mod compiler;
pub mod difference;
pub mod questions;
pub mod table;
