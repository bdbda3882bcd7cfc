//! The first root's content: an archive that the boot loader has left in memory.

use alloc::sync::Arc;

use abi::{Errno, Result};
use cpio::Kind as Stored;
use lockorder::{Root, Task};

use crate::attributes::{Caller, Change, Kind};
use crate::filesystem::Inode;
use crate::namespace::Namespace;
use crate::path::Start;
use crate::tmpfs;

/// Makes what an archive has below a root; gives how many entries it had.
///
/// # Errors
///
/// [`Errno::EINVAL`] for what is no archive; [`Errno::ENOMEM`], [`Errno::ENOSPC`] where it does not fit.
pub fn unpack(held: &mut Root<'_, Task>, namespace: &Namespace, archive: &[u8]) -> Result<usize> {
    let root: &Arc<dyn Inode> = namespace.root();
    let start = Start { namespace, root, directory: root, caller: Caller::KERNEL };
    let mut count = 0;
    for entry in cpio::entries(archive) {
        let entry = entry.map_err(|_| Errno::EINVAL)?;
        let (major, minor) = entry.device;
        let (kind, target) = match entry.kind() {
            Some(Stored::Regular) => (Kind::Regular, &[][..]),
            Some(Stored::Directory) => (Kind::Directory, &[][..]),
            Some(Stored::Symlink) => (Kind::Symlink, entry.data),
            Some(Stored::CharacterDevice) => (Kind::Character(major, minor), &[][..]),
            Some(Stored::BlockDevice) => (Kind::Block(major, minor), &[][..]),
            Some(Stored::Fifo) => (Kind::Fifo, &[][..]),
            Some(Stored::Socket) => (Kind::Socket, &[][..]),
            None => return Err(Errno::EINVAL),
        };
        let inode = match start.make(held, entry.name, kind, entry.permissions(), target) {
            Ok(inode) => inode,
            // A directory may be named twice, and the root is there.
            Err(Errno::EEXIST) if kind == Kind::Directory => start.find(held, entry.name, false)?,
            Err(error) => return Err(error),
        };
        let (uid, gid) = (Some(entry.uid), Some(entry.gid));
        let permissions = (kind != Kind::Symlink).then(|| entry.permissions());
        inode.change(held, Change { permissions, uid, gid, ..Change::default() })?;
        if kind == Kind::Regular {
            tmpfs::fill(held, &*inode, entry.data)?;
        }
        count += 1;
    }
    Ok(count)
}
