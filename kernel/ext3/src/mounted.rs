//! A mounted filesystem: its journal, its disk, and which of its inodes somebody has.

use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::println;
use base::sched::deferred::{Deferred, Teardown};
use base::sched::{Mutex, Placement, SleepLock, sleep, try_spawn};
use block::{BlockDevice, VirtioDisk};
use ext2::{Access, Filesystem, Inode, Number, Operations, Superblock};
use fs::attributes::Kind;
use fs::inode::Usage;
use lockorder::{Before, Held, Root, Task, hierarchy};

use crate::buffers::{Buffers, Cache};
use crate::errors::{errno, now};
use crate::pages::Pages;
use crate::sectors::{JournalHandle, Sectors};

hierarchy! {
    /// Which inodes of a filesystem on a disk somebody has.
    pub class InodeCache in base::levels::Filesystem = 7;
}

/// The name of such filesystems where one is asked for.
const TYPE: u64 = 0xEF53;

/// How long what was done may be lost by a cut of the power, where nobody asks.
pub(crate) const INTERVAL: Duration = Duration::from_secs(5);

/// Whether the disk is mounted: there is one.
static IN_USE: AtomicBool = AtomicBool::new(false);

/// A mounted filesystem.
pub(crate) struct Mounted {
    disk: VirtioDisk,
    block_size: u32,
    /// Its number among filesystems.
    device: u64,
    /// Protects the filesystem's journal; class `JournalHandle`. Empty once it is unmounted.
    state: SleepLock<JournalHandle, Option<Filesystem>>,
    /// Protects the table of inodes; class `InodeCache`.
    inodes: Mutex<InodeCache, BTreeMap<Number, Weak<Node>>>,
    /// Protects blocks in memory; class `Buffers`.
    buffers: Mutex<Buffers, Cache>,
}

/// What is done when nobody has a node any more.
pub(crate) struct Ending {
    mounted: Arc<Mounted>,
    number: Number,
}

impl Ending {
    pub(crate) fn new(mounted: &Arc<Mounted>, number: Number) -> Self {
        Self { mounted: Arc::clone(mounted), number }
    }
}

impl Teardown for Ending {
    fn tear_down(self, held: &mut Root<'_, Task>) {
        self.mounted.let_go(held, self.number);
    }
}

/// An inode.
pub(crate) struct Node {
    /// Its filesystem.
    pub(crate) mounted: Arc<Mounted>,
    /// Its number.
    pub(crate) number: Number,
    /// What it is. It never changes.
    pub(crate) kind: Kind,
    /// Pages that somebody maps.
    pub(crate) pages: Pages,
    /// Has the reaper look at it when the node goes.
    _ending: Deferred<Ending>,
}

/// The kernel's kind of an inode's.
fn kind_of(inode: &Inode) -> Result<Kind> {
    let (major, minor) = inode.device();
    Ok(match inode.kind().ok_or(Errno::EIO)? {
        ext2::Kind::Regular => Kind::Regular,
        ext2::Kind::Directory => Kind::Directory,
        ext2::Kind::Symlink => Kind::Symlink,
        ext2::Kind::CharacterDevice => Kind::Character(major, minor),
        ext2::Kind::BlockDevice => Kind::Block(major, minor),
        ext2::Kind::Fifo => Kind::Fifo,
        ext2::Kind::Socket => Kind::Socket,
    })
}

impl Node {
    pub(crate) fn new(
        mounted: &Arc<Mounted>,
        number: Number,
        inode: &Inode,
        ending: Deferred<Ending>,
    ) -> Result<Self> {
        Ok(Self {
            mounted: Arc::clone(mounted),
            number,
            kind: kind_of(inode)?,
            pages: Pages::new(),
            _ending: ending,
        })
    }
}

impl Node {
    /// The number by which address spaces know the file.
    pub(crate) fn page_identity(&self) -> u64 {
        self.mounted.device() << 48 | u64::from(self.number.0)
    }
}

/// The filesystem's operations, with what an operation holds.
pub(crate) type Over<'a, 'b, 'h> = Operations<'a, Sectors<'b, 'h>>;

impl Mounted {
    /// Its number among filesystems.
    pub(crate) const fn device(&self) -> u64 {
        self.device
    }

    /// Does something under the journal's lock.
    pub(crate) fn with<H: Before<JournalHandle>, R>(
        &self,
        held: &mut Held<'_, H, Task>,
        operation: impl FnOnce(&mut Filesystem, &mut Held<'_, JournalHandle, Task>) -> Result<R>,
    ) -> Result<R> {
        held.below::<JournalHandle>()
            .with(&self.state, |state, mut held| operation(state.as_mut().ok_or(Errno::EIO)?, &mut held))
    }

    /// Does something with the filesystem, under the journal's lock.
    pub(crate) fn over<R>(
        &self,
        filesystem: &mut Filesystem,
        held: &mut Held<'_, JournalHandle, Task>,
        operation: impl FnOnce(&mut Over<'_, '_, '_>) -> core::result::Result<R, ext2::Error>,
    ) -> Result<R> {
        let mut sectors = self.sectors(held);
        operation(&mut filesystem.over(&mut sectors)).map_err(errno)
    }

    /// Both.
    pub(crate) fn run<H: Before<JournalHandle>, R>(
        &self,
        held: &mut Held<'_, H, Task>,
        operation: impl FnOnce(&mut Over<'_, '_, '_>) -> core::result::Result<R, ext2::Error>,
    ) -> Result<R> {
        self.with(held, |filesystem, held| self.over(filesystem, held, operation))
    }

    fn sectors<'a, 'h>(&'a self, held: &'a mut Held<'h, JournalHandle, Task>) -> Sectors<'a, 'h> {
        Sectors { disk: self.disk, block_size: self.block_size, buffers: &self.buffers, held }
    }

    /// The one node of an inode. Under the journal's lock, so that none is deleted in between.
    pub(crate) fn node(
        self: &Arc<Self>,
        held: &mut Held<'_, JournalHandle, Task>,
        number: Number,
        inode: &Inode,
    ) -> Result<Arc<Node>> {
        let known = held.with(&self.inodes, |inodes, _| inodes.get(&number).and_then(Weak::upgrade));
        if let Some(node) = known {
            return Ok(node);
        }
        let ending = Deferred::try_new(Ending::new(self, number)).map_err(|_| Errno::ENOMEM)?;
        let node = try_arc(Node::new(self, number, inode, ending)?).map_err(|_| Errno::ENOMEM)?;
        held.with(&self.inodes, |inodes, _| inodes.insert(number, Arc::downgrade(&node)));
        Ok(node)
    }

    /// Nobody has a node of this inode any more, unless it was found again: if it has no name, it is deleted.
    pub(crate) fn let_go(&self, held: &mut Root<'_, Task>, number: Number) {
        // What fails is left to the next mount.
        let _ = self.with(held, |filesystem, held| {
            let in_use = held.with(&self.inodes, |inodes, _| {
                let in_use = inodes.get(&number).is_some_and(|node| node.strong_count() > 0);
                if !in_use {
                    inodes.remove(&number);
                }
                in_use
            });
            if in_use {
                return Ok(());
            }
            self.over(filesystem, held, |over| {
                if over.inode(number)?.links == 0 { over.reap(number, now()) } else { Ok(()) }
            })
        });
    }

    /// What was done so far survives a cut of the power.
    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method's path is of one lifetime only")]
    pub(crate) fn commit(
        &self,
        filesystem: &mut Filesystem,
        held: &mut Held<'_, JournalHandle, Task>,
    ) -> Result<()> {
        self.over(filesystem, held, |over| over.commit())
    }

    /// How much there is, and how much of it is free.
    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method's path is of one lifetime only")]
    pub(crate) fn usage(&self, held: &mut Root<'_, Task>) -> Result<Usage> {
        self.with(held, |filesystem, held| {
            let layout = filesystem.volume().superblock;
            let free = self.over(filesystem, held, |over| over.free())?;
            Ok(Usage {
                kind: TYPE,
                block_size: layout.block_size.into(),
                blocks: layout.blocks.into(),
                free_blocks: free.blocks.into(),
                available_blocks: free.blocks.saturating_sub(layout.reserved_blocks).into(),
                inodes: layout.inodes.into(),
                free_inodes: free.inodes.into(),
            })
        })
    }

    /// Brings everything home, and ends the use of the disk.
    pub(crate) fn unmount(&self, held: &mut Root<'_, Task>) -> Result<()> {
        held.with(&self.state, |state, mut held| {
            let others = held.with(&self.inodes, |inodes, _| {
                let used = |(number, node): (&Number, &Weak<Node>)| {
                    *number != Number::ROOT && node.strong_count() > 0
                };
                inodes.iter().any(used)
            });
            if others {
                return Err(Errno::EBUSY);
            }
            let mut filesystem = state.take().ok_or(Errno::EINVAL)?;
            // What the reaper has not come to yet.
            let reaped = self.over(&mut filesystem, &mut held, |over| over.reap_orphans(now()));
            let ended = filesystem.unmount(&mut self.sectors(&mut held), now()).map_err(errno);
            IN_USE.store(false, Ordering::Release);
            reaped.and(ended)
        })
    }
}

/// Mounts the filesystem of the machine's disk; gives its root.
///
/// # Errors
///
/// [`Errno::ENXIO`] where there is no disk; [`Errno::EBUSY`] where it is mounted; [`Errno::EROFS`] where it cannot be written and is to be;
/// [`Errno::EINVAL`] where there is no filesystem, or one with features that are not known, after a line that says which;
/// [`Errno::EIO`]; [`Errno::ENOMEM`].
pub fn mount(held: &mut Root<'_, Task>, read_only: bool) -> Result<Arc<dyn fs::Inode>> {
    let disk = VirtioDisk::find(held).ok_or(Errno::ENXIO)?;
    if disk.is_read_only() && !read_only {
        return Err(Errno::EROFS);
    }
    if IN_USE.swap(true, Ordering::Acquire) {
        return Err(Errno::EBUSY);
    }
    let mounted = mount_disk(held, disk, read_only);
    if mounted.is_err() {
        IN_USE.store(false, Ordering::Release);
    }
    mounted
}

/// Commits what has changed, again and again, until the filesystem is unmounted.
fn commit_for_ever(mut held: Root<'_, Task>, of: &Weak<Mounted>) {
    loop {
        sleep(&mut held, INTERVAL);
        let Some(mounted) = of.upgrade() else { return };
        let committed = held.with(&mounted.state, |state, mut held| {
            let filesystem = state.as_mut().ok_or(Errno::EIO)?;
            if !filesystem.has_changes() {
                return Ok(());
            }
            mounted.commit(filesystem, &mut held)
        });
        if committed.is_err() {
            // It is unmounted, or read-only for good: whoever writes is told.
            return;
        }
    }
}

fn mount_disk(held: &mut Root<'_, Task>, disk: VirtioDisk, read_only: bool) -> Result<Arc<dyn fs::Inode>> {
    let said = |error: ext2::Error| {
        println!("kernel: cannot mount the disk: {error}");
        errno(error)
    };
    let mut superblock = [0; ext2::superblock::SIZE];
    disk.read(held, 2, &mut superblock).map_err(|_| Errno::EIO)?;
    let block_size = Superblock::read(&superblock).map_err(said)?.block_size;
    let mounted = try_arc(Mounted {
        disk,
        block_size,
        device: fs::tmpfs::next_device(),
        state: SleepLock::new(None),
        inodes: Mutex::new(BTreeMap::new()),
        buffers: Mutex::new(Cache::new(base::mm::available_frames())),
    })
    .map_err(|_| Errno::ENOMEM)?;
    let access = if read_only { Access::ReadOnly } else { Access::ReadWrite };
    let root = held.with(&mounted.state, |state, mut held| {
        let filesystem = Filesystem::mount(&mut mounted.sectors(&mut held), block_size, access, now());
        let filesystem = state.insert(filesystem.map_err(said)?);
        if !filesystem.was_clean() {
            println!("kernel: the disk was not unmounted: run e2fsck when it is");
        }
        if filesystem.access() != access {
            println!("kernel: the disk has features that are not known; it is mounted read-only");
        }
        let root = mounted.over(filesystem, &mut held, |over| over.inode(Number::ROOT))?;
        mounted.node(&mut held, Number::ROOT, &root)
    })?;
    if !read_only {
        let of = Arc::downgrade(&mounted);
        let started = try_spawn("commits", Placement::default(), move |held| commit_for_ever(held, &of));
        if started.is_err() {
            mounted.unmount(held)?;
            return Err(Errno::ENOMEM);
        }
    }
    Ok(root)
}
