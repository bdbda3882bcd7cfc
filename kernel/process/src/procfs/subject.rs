//! Whom files of `/proc` tell of, and the numbers of their inodes.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::Result;
use fs::Inode;
use lockorder::{Root, Task};

use crate::process::Process;

/// Bits of an inode's number below the number of the process or thread that it is of.
pub(super) const BITS: u32 = 22;
/// The first number of what is below `fd`, and below `fdinfo`; a descriptor's number is added.
pub(super) const FILES: u64 = 1 << 20;
/// See [`FILES`].
pub(super) const FILE_FACTS: u64 = 2 << 20;

/// Whom a file tells of: a process, and which of its threads.
pub(super) struct Subject<'a> {
    pub(super) process: &'a Process,
    pub(super) thread: u32,
}

/// What is shown of an inode to who asks: its path from the root of all, or what else its filesystem says.
pub(super) fn shown(held: &mut Root<'_, Task>, process: &Process, inode: &Arc<dyn Inode>) -> Result<Vec<u8>> {
    let program = process.program(held);
    let namespace = process.namespace();
    fs::Start { root: namespace.root(), ..program.start(namespace) }.shown(held, inode)
}
