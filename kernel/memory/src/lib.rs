//! Policy of address spaces: what is mapped where, and what happens when it is touched.
//!
//! An [`AddressSpace`] has areas, each a range of pages that are mapped in the same way, and page tables (`base`), which have what
//! was touched so far. System calls change areas; faults fill pages in; a fork lets a child have both, and pages are copied
//! when one of the two writes.
//!
//! | module | what |
//! |---|---|
//! | `area`, `areas` | one area; all of a space, in order |
//! | [`backing`], [`shared`], [`plain`] | where pages come from: files; memory that processes share; pages handed in |
//! | [`mappers`] | who maps a file |
//! | [`space`] | an address space, and its lock |
//! | [`fault`] | a page is wanted |
//! | [`map`], `unmap`, `protect`, `remap`, [`heap`], [`advise`], `sync` | the system calls |
//! | `fork`, `foreign`, `residence` | a child's space; reading and writing a space that is not loaded; which pages are there |
//! | `attached` | what is detached by its address |
//! | [`maps`], [`layout`], [`limits`] | what is shown of a space; where its parts are; how much it may have |
//!
//! **Locks.** The space's own, class [`base::user::AddressSpace`], and inside of it that of memory that processes share
//! ([`shared::SharedPages`]), the list of who maps a file ([`mappers::MappedBy`]), and whatever a file acquires. User memory may be copied with neither held: a copy faults.
//!
//! **Memory.** What a process can size is asked for before anything changes, and the process gets `ENOMEM`.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod advise;
mod area;
mod areas;
mod attached;
pub mod backing;
pub mod fault;
mod foreign;
mod fork;
pub mod heap;
pub mod layout;
pub mod limits;
pub mod map;
pub mod mappers;
pub mod maps;
pub mod plain;
mod protect;
mod remap;
mod residence;
pub mod shared;
pub mod space;
mod sync;
mod unmap;

pub use backing::{Backing, Description};
pub use base::mm::user_tables::Protection;
pub use fault::Refusal;
pub use layout::{Layout, Randomness};
pub use limits::Limits;
pub use map::{File, Request};
pub use mappers::Mappers;
pub use plain::Plain;
pub use shared::SharedMemory;
pub use space::AddressSpace;
