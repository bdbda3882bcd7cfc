//! What `/proc` says.
//!
//! | module | what |
//! |---|---|
//! | `root` | `/proc` itself: processes, and the files of the whole system |
//! | `fixed` | directories whose entries are always the same |
//! | `system` | memory, CPUs, times, mounts |
//! | `settings` | `sys`: what is told, and what may be set |
//! | `lockorder` | the lock classes, and what the run-time checker has seen of them |
//! | `subject` | whom files tell of, and the numbers of their inodes |
//! | `objects` | objects of System V |
//! | `of_process` | the directory of a process, and of one of its threads |
//! | `status` | `stat`, `status`, `statm`, `limits` |
//! | `of_memory` | `maps`, `cmdline`, `environ` |
//! | `open_files` | `fd` and `fdinfo` |
//! | `asking` | who asks, and whether they may |
//! | `text` | text that grows as far as there is memory |
//!
//! Each file is written when it is opened, with nothing held: numbers are snapshots. What belongs to a process is its user's, and what
//! shows its memory or its files is for that user and for root.

mod asking;
mod fixed;
mod lockorder;
mod net;
mod objects;
mod of_memory;
mod of_process;
mod open_files;
mod root;
mod settings;
mod status;
mod subject;
mod system;
mod text;

pub use of_process::process_of;
pub use root::Root;
