//! What all inodes of one filesystem in memory share.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::SleepLock;
use lockorder::hierarchy;

hierarchy! {
    /// Which directory of a filesystem lies below which, while one moves.
    pub class Rename in base::levels::Filesystem = 0;
}

/// The numbers of filesystems: what `st_dev` has.
static DEVICES: AtomicU64 = AtomicU64::new(1);

/// A number for another filesystem.
#[must_use]
pub fn next_device() -> u64 {
    DEVICES.fetch_add(1, Ordering::Relaxed)
}

/// What all inodes of one filesystem share.
pub(super) struct Filesystem {
    pub(super) device: u64,
    numbers: AtomicU64,
    /// That a directory moves; class `Rename`.
    pub(super) rename: SleepLock<Rename, ()>,
    /// Pages that its files have.
    pages: AtomicU64,
    /// The most that they may have.
    most_pages: u64,
}

impl Filesystem {
    /// One whose files have so many pages at most.
    pub(super) fn new(most_pages: u64) -> Result<Arc<Self>> {
        let filesystem = Self {
            device: next_device(),
            numbers: AtomicU64::new(1),
            rename: SleepLock::new(()),
            pages: AtomicU64::new(0),
            most_pages,
        };
        try_arc(filesystem).map_err(|_| Errno::ENOMEM)
    }

    /// The number of another inode.
    pub(super) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes a page into account.
    pub(super) fn take_page(&self) -> Result<()> {
        if self.pages.fetch_add(1, Ordering::Relaxed) >= self.most_pages {
            self.pages.fetch_sub(1, Ordering::Relaxed);
            return Err(Errno::ENOSPC);
        }
        Ok(())
    }

    /// How many more pages its files may have.
    pub(super) fn room(&self) -> u64 {
        self.most_pages.saturating_sub(self.pages.load(Ordering::Relaxed))
    }

    /// Gives pages back to the account.
    pub(super) fn give_back(&self, pages: u64) {
        self.pages.fetch_sub(pages, Ordering::Relaxed);
    }
}
