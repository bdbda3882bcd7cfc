//! Locks that programs have on parts of files, or on whole ones: `fcntl` and `flock`. They keep nobody from a file but those who ask for
//! them too.
//!
//! | module | what |
//! |---|---|
//! | [`ranges`] | who has which part of one file, and how |
//! | `waits` | who waits for whom: a circle would never end |
//! | `table` | all files that have locks |
//!
//! There are two families, which know nothing of each other. A **record lock** is on a range of bytes; it belongs to a process, that
//! is to its table of open files, and goes when that closes *any* descriptor of the file; or, where it was asked for so, to one open file
//! description. A lock on a **whole** file belongs to a description. What belongs to a description goes with that.
//!
//! **Locks of the kernel.** All of it is behind one lock, class [`RecordLocks`]: a circle of waiters may go through any files. It is held
//! for a step, never while somebody waits: who waits is woken when anything of the file's locks goes, and asks again.

pub mod ranges;
mod table;
mod waits;

pub use ranges::{Lock, Mode, Owner};
pub use table::{Family, RecordLocks, Request, acquire, conflict, release};
