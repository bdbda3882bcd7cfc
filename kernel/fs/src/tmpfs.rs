//! A filesystem in memory.
//!
//! Its inodes are counted pointers; a directory owns those it names, so what has no name goes with its last user. A file's bytes are
//! pages, of which those that were never written to are not there: they read as zeros.
//!
//! **Locks.** A directory's entries, an inode's attributes and a file's pages each have a lock of a class of its own, and no two of
//! one class are held but the two directories of a rename: that is done with [`Rename`] held, of which each filesystem has one,
//! so that no directory moves while it is looked whether it would go below itself.

mod directory;
mod node;
mod regular;
mod rename;

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::SleepLock;
use lockorder::hierarchy;

use crate::attributes::Kind;
use crate::inode::{Inode as AnyInode, New};
use node::Node;
pub(crate) use regular::fill;

hierarchy! {
    /// Which directory of a filesystem lies below which, while one moves.
    pub class Rename in base::levels::Filesystem = 0;
    /// One writer of a file's bytes, or of its size, at a time.
    pub class FileContent in base::levels::Filesystem = 2;
    /// A directory's entries.
    pub class Directory in base::levels::Filesystem = 4, order = tree, pairs under Rename;
    /// What an inode says of itself.
    pub class Inode in base::levels::Filesystem = 5;
    /// Which pages a file has.
    pub class PageCache in base::levels::Filesystem = 9;
}

/// The numbers of filesystems: what `st_dev` has.
static DEVICES: AtomicU64 = AtomicU64::new(1);

/// A number for another filesystem, of whatever kind.
#[must_use]
pub fn next_device() -> u64 {
    DEVICES.fetch_add(1, Ordering::Relaxed)
}

/// What all inodes of one filesystem share.
struct Filesystem {
    device: u64,
    numbers: AtomicU64,
    /// That a directory moves; class `Rename`.
    rename: SleepLock<Rename, ()>,
    /// Pages that its files have.
    pages: AtomicU64,
    /// The most that they may have.
    most_pages: u64,
}

impl Filesystem {
    /// The number of another inode.
    fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes a page into account.
    fn take_page(&self) -> Result<()> {
        if self.pages.fetch_add(1, Ordering::Relaxed) >= self.most_pages {
            self.pages.fetch_sub(1, Ordering::Relaxed);
            return Err(Errno::ENOSPC);
        }
        Ok(())
    }

    /// Gives pages back to the account.
    fn give_back(&self, pages: u64) {
        self.pages.fetch_sub(pages, Ordering::Relaxed);
    }
}

/// Makes a filesystem whose files have so many pages at most; gives its root.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub fn new(most_pages: u64, permissions: u32) -> Result<Arc<dyn AnyInode>> {
    let filesystem = Filesystem {
        device: next_device(),
        numbers: AtomicU64::new(1),
        rename: SleepLock::new(()),
        pages: AtomicU64::new(0),
        most_pages,
    };
    let filesystem = try_arc(filesystem).map_err(|_| Errno::ENOMEM)?;
    let new = New { kind: Kind::Directory, permissions, uid: 0, gid: 0, target: &[] };
    Ok(Node::new(&filesystem, None, new)?)
}
