//! What an open socket is a file of: an inode of a filesystem that nobody mounts.

use alloc::format;
use alloc::sync::Arc;
use core::any::Any;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Errno, Result};
use fs::attributes::device_number;
use fs::filesystem::Label;
use fs::{Attributes, Change, File, Inode, Kind, Unlisted};
use lockorder::{Root, Task};

/// The filesystem that sockets are in; no other one has its number.
const DEVICE: u64 = device_number(0, 0xf_ff02);

/// The number of the next socket.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A socket, as a file's inode.
#[derive(Debug)]
pub struct SocketInode {
    facts: Unlisted,
}

impl SocketInode {
    /// A new one of a user and a group.
    #[must_use]
    pub fn new(uid: u32, gid: u32) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { facts: Unlisted::new((DEVICE, number), Kind::Socket, 0o777, [uid, gid]) }
    }
}

impl Inode for SocketInode {
    fn kind(&self) -> Kind {
        self.facts.kind()
    }

    fn identity(&self) -> (u64, u64) {
        self.facts.identity()
    }

    fn attributes(&self, _held: &mut Root<'_, Task>) -> Attributes {
        self.facts.attributes()
    }

    fn change(&self, _held: &mut Root<'_, Task>, change: Change) -> Result<()> {
        self.facts.change(change);
        Ok(())
    }

    /// A socket is made, never opened.
    fn open(self: Arc<Self>, _held: &mut Root<'_, Task>) -> Result<File> {
        Err(Errno::ENXIO)
    }

    fn label(&self, _held: &mut Root<'_, Task>) -> Option<Label> {
        let (_, number) = self.facts.identity();
        Some(Label::Whole(format!("socket:[{number}]").into_bytes()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
