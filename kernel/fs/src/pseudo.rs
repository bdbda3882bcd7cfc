//! Directories and files that are made when they are looked at.
//!
//! What `/proc` has is nowhere until somebody looks: whoever knows it implements [`Directory`] and [`Content`], and this module makes
//! inodes and files of them. A file's content is made when it is opened, at the root, with nothing held, and read from that copy.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;

use abi::{Errno, Result};
use base::mm::fallible::{try_arc, try_copy, try_zeroed};
use base::user::{UserSlice, copy_in, copy_out};
use lockorder::{Held, Root, Task};

use crate::attributes::{Attributes, Change, Kind, Timestamp};
use crate::file::{FilePosition, WriteAt};
use crate::filesystem::{File, Inode, SeekableFile};
use crate::inode::{Entry, Usage};

/// The most that can be written to a file at once.
const LONGEST_WRITE: usize = 4096;

/// Who owns something, and who may do what with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Who may do what: twelve bits.
    pub permissions: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

impl Access {
    /// Root's.
    #[must_use]
    pub const fn root(permissions: u32) -> Self {
        Self { permissions, uid: 0, gid: 0 }
    }
}

/// What an entry of a directory is.
pub enum Item {
    /// A directory.
    Directory(Arc<dyn Directory>),
    /// A file.
    File(Arc<dyn Content>),
    /// A symbolic link to a path.
    Link(Vec<u8>),
    /// A symbolic link to an inode.
    Magic(Arc<dyn Magic>),
    /// A character device.
    Device(Arc<dyn Device>),
}

impl core::fmt::Debug for Item {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(match self {
            Self::Directory(_) => "Directory",
            Self::File(_) => "File",
            Self::Link(_) => "Link",
            Self::Magic(_) => "Magic",
            Self::Device(_) => "Device",
        })
    }
}

/// A directory that is made when it is looked at.
pub trait Directory: Send + Sync {
    /// What has a name, and a number that is its own in this filesystem.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`]; [`Errno::ENOMEM`].
    fn get(&self, held: &mut Root<'_, Task>, name: &[u8]) -> Result<(u64, Item)>;

    /// The names after the first `skip`, each with its number and kind, until `each` gives false.
    fn list(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        skip: u64,
        each: &mut dyn FnMut(&[u8], u64, Kind) -> bool,
    );

    /// Whose it is.
    fn access(&self, _held: &mut Root<'_, Task>) -> Access {
        Access::root(0o555)
    }

    /// Itself as what its maker knows it as, where somebody is to find that by [`directory_of`].
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }
}

/// The directory of a type that an inode is; none where it is another one, or of another filesystem.
#[must_use]
pub fn directory_of<T: Directory + 'static>(inode: &dyn Inode) -> Option<&T> {
    match &inode.as_any().downcast_ref::<Node>()?.item {
        Item::Directory(directory) => directory.as_any()?.downcast_ref(),
        _ => None,
    }
}

/// A file that is made when it is opened.
pub trait Content: Send + Sync {
    /// What it says now.
    ///
    /// # Errors
    ///
    /// [`Errno::ESRCH`] where what it tells of has gone; [`Errno::EACCES`] for who may not see it.
    fn text(&self, held: &mut Root<'_, Task>) -> Result<Vec<u8>>;

    /// Takes what is written to it.
    ///
    /// # Errors
    ///
    /// [`Errno::EACCES`] where that is not for writing; [`Errno::EINVAL`].
    fn take(&self, _held: &mut Held<'_, FilePosition, Task>, _bytes: &[u8]) -> Result<()> {
        Err(Errno::EACCES)
    }

    /// Whose it is.
    fn access(&self, _held: &mut Root<'_, Task>) -> Access {
        Access::root(0o444)
    }
}

/// A symbolic link that leads to an inode, whatever has become of its path.
pub trait Magic: Send + Sync {
    /// What it leads to.
    ///
    /// # Errors
    ///
    /// [`Errno::EACCES`] for who may not follow it; [`Errno::ENOENT`] where there is nothing.
    fn leads_to(&self, held: &mut Root<'_, Task>) -> Result<Arc<dyn Inode>>;

    /// What is read of it.
    ///
    /// # Errors
    ///
    /// As for [`leads_to`](Self::leads_to); [`Errno::ENOMEM`].
    fn text(&self, held: &mut Root<'_, Task>) -> Result<Vec<u8>>;

    /// Whose it is.
    fn access(&self, _held: &mut Root<'_, Task>) -> Access {
        Access::root(0o777)
    }
}

/// A device that comes and goes.
pub trait Device: Send + Sync {
    /// Its number, major and minor.
    fn number(&self) -> (u32, u32);

    /// Whose it is.
    fn access(&self, held: &mut Root<'_, Task>) -> Access;

    /// Makes it somebody else's.
    ///
    /// # Errors
    ///
    /// [`Errno::EPERM`] where that cannot be.
    fn set_access(&self, held: &mut Root<'_, Task>, access: Access) -> Result<()>;
}

/// An inode of such a filesystem.
struct Node {
    device: u64,
    /// The magic number of its filesystem.
    magic: u32,
    number: u64,
    parent: Option<Arc<Self>>,
    item: Item,
}

/// Makes a filesystem, which is known by a magic number; gives its root.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub fn new(root: Arc<dyn Directory>, magic: u32) -> Result<Arc<dyn Inode>> {
    let device = crate::tmpfs::next_device();
    let node = Node { device, magic, number: 1, parent: None, item: Item::Directory(root) };
    Ok(try_arc(node).map_err(|_| Errno::ENOMEM)?)
}

impl Inode for Node {
    fn kind(&self) -> Kind {
        match &self.item {
            Item::Directory(_) => Kind::Directory,
            Item::File(_) => Kind::Regular,
            Item::Link(_) | Item::Magic(_) => Kind::Symlink,
            Item::Device(device) => {
                let (major, minor) = device.number();
                Kind::Character(major, minor)
            }
        }
    }

    fn identity(&self) -> (u64, u64) {
        (self.device, self.number)
    }

    fn attributes(&self, held: &mut Root<'_, Task>) -> Attributes {
        let now = Timestamp::now();
        let access = self.access(held);
        Attributes {
            kind: self.kind(),
            permissions: access.permissions,
            uid: access.uid,
            gid: access.gid,
            links: 1,
            size: 0,
            blocks: 0,
            device: self.device,
            number: self.number,
            accessed: now,
            modified: now,
            changed: now,
        }
    }

    fn change(&self, held: &mut Root<'_, Task>, change: Change) -> Result<()> {
        let Item::Device(device) = &self.item else { return Err(Errno::EPERM) };
        let had = device.access(held);
        let permissions = change.permissions.map_or(had.permissions, |bits| bits & 0o7777);
        let (uid, gid) = (change.uid.unwrap_or(had.uid), change.gid.unwrap_or(had.gid));
        device.set_access(held, Access { permissions, uid, gid })
    }

    fn usage(&self, _held: &mut Root<'_, Task>) -> Option<Result<Usage>> {
        let kind = self.magic.into();
        let nothing = Usage {
            kind,
            block_size: 4096,
            blocks: 0,
            free_blocks: 0,
            available_blocks: 0,
            inodes: 0,
            free_inodes: 0,
        };
        Some(Ok(nothing))
    }

    fn truncate(&self, _held: &mut Root<'_, Task>, _size: u64) -> Result<()> {
        Ok(())
    }

    fn open(self: Arc<Self>, held: &mut Root<'_, Task>) -> Result<File> {
        let text = match &self.item {
            Item::Directory(_) => Vec::new(),
            Item::File(content) => content.text(held)?,
            Item::Link(_) | Item::Magic(_) => return Err(Errno::ELOOP),
            Item::Device(_) => return Err(Errno::ENXIO),
        };
        let inode: Arc<dyn Inode> = Arc::clone(&self) as Arc<dyn Inode>;
        let opened = Opened { node: self, inode, text };
        Ok(File::Seekable(try_arc(opened).map_err(|_| Errno::ENOMEM)?))
    }

    fn target(&self, held: &mut Root<'_, Task>) -> Result<Vec<u8>> {
        match &self.item {
            Item::Link(target) => try_copy(target).map_err(|_| Errno::ENOMEM),
            Item::Magic(magic) => magic.text(held),
            _ => Err(Errno::EINVAL),
        }
    }

    fn jump(&self, held: &mut Root<'_, Task>) -> Result<Option<Arc<dyn Inode>>> {
        match &self.item {
            Item::Magic(magic) => magic.leads_to(held).map(Some),
            _ => Ok(None),
        }
    }

    fn look_up(&self, held: &mut Root<'_, Task>, name: &[u8]) -> Result<Arc<dyn Inode>> {
        let Item::Directory(directory) = &self.item else { return Err(Errno::ENOTDIR) };
        let (number, item) = directory.get(held, name)?;
        let parent = self.as_parent()?;
        let node = Self { device: self.device, magic: self.magic, number, parent: Some(parent), item };
        Ok(try_arc(node).map_err(|_| Errno::ENOMEM)?)
    }

    fn parent(self: Arc<Self>, _held: &mut Root<'_, Task>) -> Result<Arc<dyn Inode>> {
        Ok(self.parent.clone().unwrap_or(self))
    }

    fn name_of(&self, held: &mut Root<'_, Task>, child: &dyn Inode) -> Result<Vec<u8>> {
        let Item::Directory(directory) = &self.item else { return Err(Errno::ENOTDIR) };
        let (mut name, wanted) = (None, child.identity().1);
        directory.list(&mut held.at::<FilePosition>(), 0, &mut |found, number, _| {
            if number == wanted {
                name = try_copy(found).ok();
            }
            name.is_none()
        });
        name.ok_or(Errno::ENOENT)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl Node {
    /// Whose it is.
    fn access(&self, held: &mut Root<'_, Task>) -> Access {
        match &self.item {
            Item::Directory(directory) => directory.access(held),
            Item::File(content) => content.access(held),
            Item::Link(_) => Access::root(0o777),
            Item::Magic(magic) => magic.access(held),
            Item::Device(device) => device.access(held),
        }
    }

    /// Itself, for what lies below it.
    fn as_parent(&self) -> Result<Arc<Self>> {
        let Item::Directory(directory) = &self.item else { return Err(Errno::ENOTDIR) };
        let item = Item::Directory(Arc::clone(directory));
        let parent = self.parent.clone();
        try_arc(Self { device: self.device, magic: self.magic, number: self.number, parent, item })
            .map_err(|_| Errno::ENOMEM)
    }
}

/// An open file or directory.
struct Opened {
    node: Arc<Node>,
    inode: Arc<dyn Inode>,
    /// What it said when it was opened.
    text: Vec<u8>,
}

impl Opened {
    /// What there is from a place on.
    fn from(&self, at: u64) -> &[u8] {
        usize::try_from(at).ok().and_then(|at| self.text.get(at..)).unwrap_or_default()
    }
}

impl SeekableFile for Opened {
    fn inode(&self) -> &Arc<dyn Inode> {
        &self.inode
    }

    fn read(&self, held: &mut Held<'_, FilePosition, Task>, to: UserSlice, at: u64) -> Result<usize> {
        if self.inode.kind() == Kind::Directory {
            return Err(Errno::EISDIR);
        }
        let there = self.from(at);
        let length = there.len().min(to.len());
        copy_out(held, to.take(length), &there[..length]).map_err(|_| Errno::EFAULT)?;
        Ok(length)
    }

    fn read_kernel(&self, _held: &mut Held<'_, FilePosition, Task>, to: &mut [u8], at: u64) -> Result<usize> {
        let there = self.from(at);
        let length = there.len().min(to.len());
        to[..length].copy_from_slice(&there[..length]);
        Ok(length)
    }

    fn write(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        from: UserSlice,
        at: WriteAt,
    ) -> Result<(usize, u64)> {
        let Item::File(content) = &self.node.item else { return Err(Errno::EISDIR) };
        let length = from.len().min(LONGEST_WRITE);
        let mut bytes = try_zeroed(length).map_err(|_| Errno::ENOMEM)?;
        copy_in(held, from.take(length), &mut bytes).map_err(|_| Errno::EFAULT)?;
        content.take(held, &bytes)?;
        let start = if let WriteAt::Position(at) = at { at } else { 0 };
        Ok((length, start + length as u64))
    }

    fn entries(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        after: u64,
        each: &mut dyn FnMut(&Entry<'_>) -> bool,
    ) -> Result<()> {
        let Item::Directory(directory) = &self.node.item else { return Err(Errno::ENOTDIR) };
        let above = self.node.parent.as_ref().map_or(self.node.number, |parent| parent.number);
        let dots = [(1, &b"."[..], self.node.number), (2, &b".."[..], above)];
        for (next, name, number) in dots.into_iter().filter(|&(next, ..)| next > after) {
            if !each(&Entry { number, kind: Kind::Directory, next, name }) {
                return Ok(());
            }
        }
        let mut next = after.max(2);
        directory.list(held, next - 2, &mut |name, number, kind| {
            next += 1;
            each(&Entry { number, kind, next, name })
        });
        Ok(())
    }
}
