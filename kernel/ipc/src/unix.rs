//! Sockets between processes of one machine: streams, datagrams, and packets of connections; with names of the filesystem, names of
//! bytes, or none; and open files that are sent.
//!
//! | module | what |
//! |---|---|
//! | `endpoint` | a socket as others know it: its lock, its readiness, its peer |
//! | `bytes`, `packets` | what was received: a pipe's ring with marks; messages |
//! | `name`, `names` | names, and which socket has which |
//! | `binding`, `connecting`, `sending`, `receiving`, `ending` | what is done with sockets |
//! | `graph` | sockets in flight as open files, and the end of those that nobody can reach |
//! | `open_files` | a socket as the system calls know it, and the way from an open file to it |
//! | `socket`, `family` | what the system calls ask of it, and what makes it |
//!
//! **Locks, outermost first.** None is held while anybody waits or a fault is resolved, and no two of one class are held together.
//!
//! | class | protects |
//! |---|---|
//! | [`UnixGraph`] | which sockets are in flight; sleeping, held while open files go in or out |
//! | [`UnixListener`] | connections to one socket that wait to be accepted |
//! | [`UnixSocket`](UnixSocketClass) | what one socket has received, its name and its peer |
//! | [`UnixNames`] | which socket has which name |

mod binding;
mod bytes;
mod connecting;
mod ending;
mod endpoint;
mod family;
mod graph;
mod name;
mod names;
mod open_files;
mod packets;
mod receiving;
mod sending;
mod shown;
mod socket;

pub use endpoint::{UnixListener, UnixSocket as UnixSocketClass};
pub use family::Unix;
pub use graph::UnixGraph;
pub use names::UnixNames;
