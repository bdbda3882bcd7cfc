//! What a socket is, whatever its family: the interface between the system calls and the families.
//!
//! | module | what |
//! |---|---|
//! | [`contract`] | [`Socket`]: what every family's sockets do |
//! | [`family`] | [`Family`]: what makes them; the table that the kernel is started with |
//! | [`call`] | how a call may wait, until when, and who makes it |
//! | [`address`] | addresses, as bytes |
//! | [`ranges`] | bytes of user memory that are sent, and room for those that are received |
//! | [`message`] | flags, control messages, what a receiver is told |
//! | [`common`](mod@common) | what all sockets have: kind, pending error, options of the level `SOL_SOCKET` |
//! | [`options`] | asking for options and setting them |
//! | [`file`](mod@file) | a socket as an open file; from a file back to its socket |
//! | [`inode`] | what an open socket is a file of |
//!
//! **How a call gets to a family.** A descriptor leads to an `OpenFile`, its file is a [`SocketFile`], which is one type for all families,
//! and that has the `Arc<dyn Socket>`. `read` and `write` go the same way.
//!
//! **To write a family**: implement [`Socket`] for its sockets, with a [`Common`] in each, implement [`Family`], and name that in the list
//! that the image hands to `process::boot::boot`.
//!
//! **Locks.** None here. A socket's methods are called with nothing held, but for [`Socket::readiness`] and [`Socket::sources`], which
//! have no token and acquire nothing: readiness is atomics. A method that waits uses [`Call::wait`].

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod address;
pub mod call;
pub mod common;
pub mod contract;
pub mod family;
pub mod file;
pub mod inode;
pub mod message;
pub mod options;
pub mod ranges;

pub use address::Address;
pub use call::{Call, Caller, Credentials};
pub use common::{Common, Kind};
pub use contract::{Halves, Socket};
pub use family::{Families, Family, New};
pub use file::SocketFile;
pub use message::{Control, MessageFlags, Outgoing, Received};
pub use ranges::{Bytes, Room};
