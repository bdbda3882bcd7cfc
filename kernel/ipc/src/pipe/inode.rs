//! What an open pipe without a name is a file of.

use alloc::format;
use alloc::sync::Arc;
use core::any::Any;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Errno, Result};
use fs::attributes::device_number;
use fs::filesystem::Label;
use fs::{Attributes, Change, File, Inode, Kind, Unlisted};
use lockorder::{Root, Task};

use super::Channel;

/// The filesystem that pipes are in, which nobody mounts; no other one has its number.
const DEVICE: u64 = device_number(0, 0xf_ff01);

/// The number of the next pipe.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A pipe that has no name.
pub(crate) struct PipeInode {
    channel: Arc<Channel>,
    facts: Unlisted,
}

impl PipeInode {
    /// A new one of a user and a group.
    pub(crate) fn new(channel: &Arc<Channel>, uid: u32, gid: u32) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let facts = Unlisted::new((DEVICE, number), Kind::Fifo, 0o600, [uid, gid]);
        Self { channel: Arc::clone(channel), facts }
    }

    /// The pipe.
    pub(crate) const fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }
}

impl Inode for PipeInode {
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

    /// It is opened again by [`fifo::open`](crate::fifo::open), which knows how.
    fn open(self: Arc<Self>, _held: &mut Root<'_, Task>) -> Result<File> {
        Err(Errno::ENXIO)
    }

    fn label(&self, _held: &mut Root<'_, Task>) -> Option<Label> {
        let (_, number) = self.facts.identity();
        Some(Label::Whole(format!("pipe:[{number}]").into_bytes()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
