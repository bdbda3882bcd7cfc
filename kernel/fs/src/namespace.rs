//! Which filesystem is mounted where.
//!
//! A mount covers a directory with another filesystem's root: a walk that comes to the directory goes on at that root, and `..` of the root is
//! `..` of the directory. There are few, so a list serves.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::sched::SleepRwLock;
use lockorder::{Before, Held, Root, Task, hierarchy};

use crate::attributes::Kind;
use crate::filesystem::Inode;

hierarchy! {
    /// Which filesystem is mounted where: read at each step of a walk.
    pub class Mounts in base::levels::Filesystem = 1;
}

/// One mount.
#[derive(Clone)]
struct Mount {
    /// What is covered.
    covered: Arc<dyn Inode>,
    /// What it is covered with.
    root: Arc<dyn Inode>,
    /// The filesystem's name.
    kind: &'static str,
    /// Where, as it was said.
    path: Arc<[u8]>,
}

/// What is told of a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    /// The filesystem's name.
    pub kind: &'static str,
    /// Where, as it was said.
    pub path: Arc<[u8]>,
    /// The filesystem's number.
    pub device: u64,
}

impl Mount {
    /// What is told of it.
    fn told(&self) -> Mounted {
        Mounted { kind: self.kind, path: Arc::clone(&self.path), device: self.root.identity().0 }
    }
}

/// What all processes see.
pub struct Namespace {
    root: Arc<dyn Inode>,
    /// Protects the list of mounts; class `Mounts`.
    mounts: SleepRwLock<Mounts, Vec<Mount>>,
}

impl core::fmt::Debug for Namespace {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Namespace")
    }
}

/// Whether two are one.
#[must_use]
pub fn is_same(one: &dyn Inode, other: &dyn Inode) -> bool {
    one.identity() == other.identity()
}

impl Namespace {
    /// A namespace with one filesystem.
    #[must_use]
    pub const fn new(root: Arc<dyn Inode>) -> Self {
        Self { root, mounts: SleepRwLock::new(Vec::new()) }
    }

    /// The root of all paths.
    #[must_use]
    pub const fn root(&self) -> &Arc<dyn Inode> {
        &self.root
    }

    /// Covers a directory.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTDIR`] for what is none; [`Errno::EBUSY`] where something is mounted already; [`Errno::ENOMEM`].
    pub fn mount(
        &self,
        held: &mut Root<'_, Task>,
        covered: Arc<dyn Inode>,
        root: Arc<dyn Inode>,
        kind: &'static str,
        path: &[u8],
    ) -> Result<()> {
        if covered.kind() != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        let mount = Mount { covered, root, kind, path: Arc::from(path) };
        held.with_write(&self.mounts, |mounts, _| {
            if mounts.iter().any(|other| is_same(&*other.root, &*mount.covered)) {
                return Err(Errno::EBUSY);
            }
            mounts.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            mounts.push(mount);
            Ok(())
        })
    }

    /// Uncovers the directory that a root covers.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for what is no root of a mount.
    pub fn unmount(&self, held: &mut Root<'_, Task>, root: &dyn Inode) -> Result<()> {
        let gone = held.with_write(&self.mounts, |mounts, _| {
            let place = mounts.iter().rposition(|mount| is_same(&*mount.root, root)).ok_or(Errno::EINVAL)?;
            Ok(mounts.remove(place))
        })?;
        // After the lock: the last reference to a filesystem may go here.
        drop(gone);
        Ok(())
    }

    /// What a directory is covered with, or itself.
    #[must_use]
    pub fn uncovered<H: Before<Mounts>>(
        &self,
        held: &mut Held<'_, H, Task>,
        inode: Arc<dyn Inode>,
    ) -> Arc<dyn Inode> {
        if inode.kind() != Kind::Directory {
            return inode;
        }
        held.below::<Mounts>().with_read(&self.mounts, |mounts, _| {
            let mut inode = inode;
            while let Some(mount) = mounts.iter().rev().find(|mount| is_same(&*mount.covered, &*inode)) {
                inode = Arc::clone(&mount.root);
            }
            inode
        })
    }

    /// What a root covers, if it is one of a mount.
    #[must_use]
    pub fn covered_by<H: Before<Mounts>>(
        &self,
        held: &mut Held<'_, H, Task>,
        root: &dyn Inode,
    ) -> Option<Arc<dyn Inode>> {
        held.below::<Mounts>().with_read(&self.mounts, |mounts, _| {
            mounts
                .iter()
                .rev()
                .find(|mount| is_same(&*mount.root, root))
                .map(|mount| Arc::clone(&mount.covered))
        })
    }

    /// What was done to all filesystems so far survives a cut of the power.
    ///
    /// # Errors
    ///
    /// The last of what they gave: all are tried.
    pub fn sync(&self, held: &mut Root<'_, Task>) -> Result<()> {
        let roots: Vec<_> = held.with_read(&self.mounts, |mounts, _| {
            mounts.iter().map(|mount| Arc::clone(&mount.root)).collect()
        });
        let mut done = Ok(());
        for root in roots {
            done = root.sync(held).and(done);
        }
        done
    }

    /// The mount at a place, the root's at the first one.
    pub fn mount_at(&self, held: &mut Root<'_, Task>, place: usize) -> Option<Mounted> {
        let Some(place) = place.checked_sub(1) else {
            let path = Arc::from(&b"/"[..]);
            return Some(Mounted { kind: "tmpfs", path, device: self.root.identity().0 });
        };
        held.with_read(&self.mounts, |mounts, _| mounts.get(place).map(Mount::told))
    }

    /// The mount that was made last of a filesystem, by its number; none for the first root's.
    pub fn mount_of(&self, held: &mut Root<'_, Task>, device: u64) -> Option<Mounted> {
        held.with_read(&self.mounts, |mounts, _| {
            mounts.iter().rev().find(|mount| mount.root.identity().0 == device).map(Mount::told)
        })
    }
}
