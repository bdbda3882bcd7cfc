//! What teaches: the book's programs, exercises, and the laboratory of deadlocks.
//!
//! | module | what |
//! |---|---|
//! | [`compiler`] | compiles and runs one small program against the library |
//! | [`book`] | the chapters of `docs/book`: their programs, their links, the generated reference |

pub mod book;
pub mod compiler;
