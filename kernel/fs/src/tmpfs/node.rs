//! One inode of a filesystem in memory.

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};

use abi::{Errno, Result};
use base::mm::fallible::{try_arc, try_copy};
use base::sched::{Mutex, SleepLock};
use lockorder::{Before, Held, Task, hierarchy};

use super::bytes::Bytes;
use super::entries::{Directory, Entries};
use super::filesystem::Filesystem;
use crate::attributes::{Kind, Timestamp};
use crate::filesystem::Inode as AnyInode;
use crate::inode::New;

hierarchy! {
    /// What an inode says of itself.
    pub class Inode in base::levels::Filesystem = 5;
}

/// What of its attributes changes.
pub(super) struct Facts {
    pub(super) permissions: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) links: u32,
    pub(super) accessed: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) changed: Timestamp,
    /// Whether it may get a name though it has none: it was made without.
    pub(super) linkable: bool,
    /// The directory that it lies in, or lay in last; a directory's stands with its entries.
    pub(super) home: Option<Weak<Node>>,
    /// What is shown of it: of what was never in a directory, or the name that it has lost last.
    pub(super) label: Option<Box<[u8]>>,
}

impl Facts {
    /// Those of a new inode.
    fn new(new: &New<'_>) -> Self {
        let now = Timestamp::now();
        Self {
            permissions: new.permissions,
            uid: new.uid,
            gid: new.gid,
            links: if new.kind == Kind::Directory { 2 } else { 1 },
            accessed: now,
            modified: now,
            changed: now,
            linkable: false,
            home: None,
            label: None,
        }
    }
}

/// What it has, by its kind.
pub(super) enum Content {
    /// Protects the entries; class `Directory`.
    Directory(SleepLock<Directory, Entries<Node>>),
    Regular(Bytes),
    Symlink(Box<[u8]>),
    /// Others know what it leads to.
    Special,
}

/// One inode.
pub(super) struct Node {
    pub(super) filesystem: Arc<Filesystem>,
    pub(super) number: u64,
    pub(super) kind: Kind,
    /// Whether it was never to have a name.
    pub(super) is_anonymous: bool,
    /// Protects what changes of the attributes; class `Inode`.
    facts: Mutex<Inode, Facts>,
    pub(super) content: Content,
}

/// The node behind an inode, if it is of a filesystem in memory.
pub(super) fn node(inode: &dyn AnyInode) -> Option<&Node> {
    inode.as_any().downcast_ref::<Node>()
}

impl Node {
    /// A new inode, in a directory, or a root.
    pub(super) fn new(
        filesystem: &Arc<Filesystem>,
        parent: Option<Weak<Self>>,
        new: New<'_>,
    ) -> Result<Arc<Self>> {
        let (content, home) = match new.kind {
            Kind::Directory => (Content::Directory(SleepLock::new(Entries::new(parent))), None),
            Kind::Regular => (Content::Regular(Bytes::new(false)), parent),
            Kind::Symlink => {
                let target = try_copy(new.target).map_err(|_| Errno::ENOMEM)?;
                (Content::Symlink(target.into_boxed_slice()), parent)
            }
            Kind::Character(..) | Kind::Block(..) | Kind::Fifo | Kind::Socket => (Content::Special, parent),
        };
        let mut facts = Facts::new(&new);
        facts.home = home;
        Self::with(filesystem, new.kind, facts, content, false)
    }

    /// A new file that has no name, and gets one if `linkable` says so. `home` is where it was asked for.
    pub(super) fn unnamed(home: &Arc<Self>, new: New<'_>, linkable: bool) -> Result<Arc<Self>> {
        let mut facts = Facts::new(&new);
        (facts.links, facts.linkable, facts.home) = (0, linkable, Some(Arc::downgrade(home)));
        let content = Content::Regular(Bytes::new(false));
        let node = Self::with(&home.filesystem, new.kind, facts, content, false)?;
        let label = alloc::format!("#{}", node.number).into_bytes().into_boxed_slice();
        // Nobody else knows it yet, and a lock would want a token.
        let mut node = node;
        if let Some(node) = Arc::get_mut(&mut node) {
            node.facts.get_mut().label = Some(label);
        }
        Ok(node)
    }

    /// A new file that never has a name; `label` is shown in place of one.
    pub(super) fn anonymous(
        filesystem: &Arc<Filesystem>,
        new: New<'_>,
        label: &[u8],
        sealable: bool,
    ) -> Result<Arc<Self>> {
        let mut facts = Facts::new(&new);
        let label = try_copy(label).map_err(|_| Errno::ENOMEM)?;
        (facts.links, facts.label) = (0, Some(label.into_boxed_slice()));
        Self::with(filesystem, new.kind, facts, Content::Regular(Bytes::new(sealable)), true)
    }

    fn with(
        filesystem: &Arc<Filesystem>,
        kind: Kind,
        facts: Facts,
        content: Content,
        is_anonymous: bool,
    ) -> Result<Arc<Self>> {
        let filesystem = Arc::clone(filesystem);
        let number = filesystem.next_number();
        try_arc(Self { filesystem, number, kind, is_anonymous, facts: Mutex::new(facts), content })
            .map_err(|_| Errno::ENOMEM)
    }

    /// The number by which address spaces know it.
    pub(super) fn mapped_as(&self) -> u64 {
        self.filesystem.device << 48 | self.number
    }

    /// Its entries.
    pub(super) fn directory(&self) -> Result<&SleepLock<Directory, Entries<Self>>> {
        match &self.content {
            Content::Directory(entries) => Ok(entries),
            _ => Err(Errno::ENOTDIR),
        }
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> Result<&Bytes> {
        match &self.content {
            Content::Regular(bytes) => Ok(bytes),
            Content::Directory(_) => Err(Errno::EISDIR),
            Content::Symlink(_) | Content::Special => Err(Errno::EINVAL),
        }
    }

    /// Changes its facts.
    pub(super) fn with_facts<H: Before<Inode>, O>(
        &self,
        held: &mut Held<'_, H, Task>,
        change: impl FnOnce(&mut Facts) -> O,
    ) -> O {
        held.below::<Inode>().with(&self.facts, |facts, _| change(facts))
    }

    /// Notes that its bytes or entries have changed.
    pub(super) fn touch<H: Before<Inode>>(&self, held: &mut Held<'_, H, Task>) {
        let now = Timestamp::now();
        self.with_facts(held, |facts| (facts.modified, facts.changed) = (now, now));
    }

    /// Changes the number of its names.
    pub(super) fn count_links<H: Before<Inode>>(&self, held: &mut Held<'_, H, Task>, by: i32) {
        let now = Timestamp::now();
        self.with_facts(held, |facts| {
            facts.links = facts.links.saturating_add_signed(by);
            facts.changed = now;
        });
    }

    /// Notes that it has lost so many of its links, one of them by this name where that could be kept.
    pub(super) fn lose<H: Before<Inode>>(
        &self,
        held: &mut Held<'_, H, Task>,
        links: i32,
        name: Option<Box<[u8]>>,
    ) {
        self.count_links(held, -links);
        // What stood there goes after the lock.
        drop(self.with_facts(held, |facts| core::mem::replace(&mut facts.label, name)));
    }

    /// Notes in which directory it lies now.
    pub(super) fn settle_in<H: Before<Inode>>(&self, held: &mut Held<'_, H, Task>, home: &Arc<Self>) {
        let home = Some(Arc::downgrade(home));
        drop(self.with_facts(held, |facts| core::mem::replace(&mut facts.home, home)));
    }
}

impl Drop for Node {
    /// Gives the file's pages back to the account.
    fn drop(&mut self) {
        if let Content::Regular(bytes) = &self.content {
            self.filesystem.give_back(bytes.pages());
        }
    }
}
