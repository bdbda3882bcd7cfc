//! What an open socket is a file of: an inode of a filesystem that nobody mounts.

use alloc::sync::Arc;
use core::any::Any;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use abi::{Errno, Result};
use fs::attributes::{Timestamp, device_number};
use fs::filesystem::Label;
use fs::{Attributes, Change, File, Inode, Kind};
use lockorder::{Root, Task};

/// The filesystem that sockets are in; no other one has its number.
const DEVICE: u64 = device_number(0, 0xf_ff02);

/// The number of the next socket.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A socket, as a file's inode.
#[derive(Debug)]
pub struct SocketInode {
    number: u64,
    permissions: AtomicU32,
    uid: AtomicU32,
    gid: AtomicU32,
    made: Timestamp,
}

impl SocketInode {
    /// A new one of a user and a group.
    #[must_use]
    pub fn new(uid: u32, gid: u32) -> Self {
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            permissions: AtomicU32::new(0o777),
            uid: AtomicU32::new(uid),
            gid: AtomicU32::new(gid),
            made: Timestamp::now(),
        }
    }
}

impl Inode for SocketInode {
    fn kind(&self) -> Kind {
        Kind::Socket
    }

    fn identity(&self) -> (u64, u64) {
        (DEVICE, self.number)
    }

    fn attributes(&self, _held: &mut Root<'_, Task>) -> Attributes {
        Attributes {
            kind: Kind::Socket,
            permissions: self.permissions.load(Ordering::Relaxed),
            uid: self.uid.load(Ordering::Relaxed),
            gid: self.gid.load(Ordering::Relaxed),
            links: 1,
            size: 0,
            blocks: 0,
            device: DEVICE,
            number: self.number,
            accessed: self.made,
            modified: self.made,
            changed: self.made,
        }
    }

    fn change(&self, _held: &mut Root<'_, Task>, change: Change) -> Result<()> {
        for (place, value) in [
            (&self.permissions, change.permissions.map(|bits| bits & 0o7777)),
            (&self.uid, change.uid),
            (&self.gid, change.gid),
        ] {
            if let Some(value) = value {
                place.store(value, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// A socket is made, never opened.
    fn open(self: Arc<Self>, _held: &mut Root<'_, Task>) -> Result<File> {
        Err(Errno::ENXIO)
    }

    fn label(&self, _held: &mut Root<'_, Task>) -> Option<Label> {
        Some(Label::Whole(alloc::format!("socket:[{}]", self.number).into_bytes()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
