//! Open files and directories on a disk.
//!
//! Bytes go by way of a buffer: user memory is copied with the file's position held only, since a fault acquires what is outside of
//! every filesystem.

use alloc::sync::Arc;

use abi::{Errno, Result};
use base::mm::fallible::{try_arc, try_zeroed};
use base::user::UserSlice;
use fs::attributes::Kind;
use fs::file::WriteAt;
use fs::inode::Entry;
use fs::pieces::{self, PIECE};
use fs::{FilePosition, SeekableFile};
use lockorder::{Held, Task};
use memory::Backing;

use crate::errors::now;
use crate::mapped::Mapped;
use crate::mounted::Node;

/// An open file.
pub(crate) struct Bytes {
    node: Arc<Node>,
    inode: Arc<dyn fs::Inode>,
}

impl Bytes {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self { inode: Arc::clone(&node) as Arc<dyn fs::Inode>, node }
    }

    /// Reads a piece.
    fn piece(&self, held: &mut Held<'_, FilePosition, Task>, to: &mut [u8], at: u64) -> Result<usize> {
        self.node.mounted.run(held, |over| over.read(self.node.number, at, to))
    }

    /// Writes a piece; gives how many bytes, and where the last one ends.
    fn write_piece(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        from: &[u8],
        at: WriteAt,
    ) -> Result<(usize, u64)> {
        let node = &self.node;
        node.mounted.with(held, |filesystem, held| {
            let (start, count) = node.mounted.over(filesystem, held, |over| {
                // The end is looked for under the same lock.
                let start = match at {
                    WriteAt::Position(at) => at,
                    WriteAt::End => over.inode(node.number)?.size,
                };
                Ok((start, over.write(node.number, start, from, now())?))
            })?;
            node.pages.update(held, start, &from[..count]);
            Ok((count, start.saturating_add(count as u64)))
        })
    }
}

impl SeekableFile for Bytes {
    fn inode(&self) -> &Arc<dyn fs::Inode> {
        &self.inode
    }

    fn read(&self, held: &mut Held<'_, FilePosition, Task>, to: UserSlice, at: u64) -> Result<usize> {
        // The journal's lock is held over a piece.
        pieces::read(held, to, |held, piece, done| self.piece(held, piece, at.saturating_add(done)))
    }

    fn read_kernel(&self, held: &mut Held<'_, FilePosition, Task>, to: &mut [u8], at: u64) -> Result<usize> {
        let mut done = 0;
        for part in to.chunks_mut(PIECE) {
            let count = self.piece(held, part, at.saturating_add(done as u64))?;
            done += count;
            if count < part.len() {
                break;
            }
        }
        Ok(done)
    }

    fn backing(&self) -> Option<Arc<dyn Backing>> {
        let mapped = try_arc(Mapped(Arc::clone(&self.node)));
        mapped.ok().map(|mapped| mapped as Arc<dyn Backing>)
    }

    fn write(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        from: UserSlice,
        at: WriteAt,
    ) -> Result<(usize, u64)> {
        let mut buffer = try_zeroed(from.len().min(PIECE)).map_err(|_| Errno::ENOMEM)?;
        let end = match at {
            WriteAt::Position(at) => at,
            WriteAt::End if from.is_empty() => {
                self.node.mounted.run(held, |over| over.inode(self.node.number))?.size
            }
            // The first piece says where it ends.
            WriteAt::End => 0,
        };
        pieces::write(held, from, &mut buffer, (at, end), |held, piece, at| self.write_piece(held, piece, at))
    }
}

/// An open directory.
pub(crate) struct Listing {
    node: Arc<Node>,
    inode: Arc<dyn fs::Inode>,
}

impl Listing {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self { inode: Arc::clone(&node) as Arc<dyn fs::Inode>, node }
    }
}

/// The kernel's kind of what an entry says; where it says nothing, the inode would.
const fn kind_of(kind: Option<ext2::Kind>) -> Kind {
    match kind {
        Some(ext2::Kind::Directory) => Kind::Directory,
        Some(ext2::Kind::Symlink) => Kind::Symlink,
        Some(ext2::Kind::CharacterDevice) => Kind::Character(0, 0),
        Some(ext2::Kind::BlockDevice) => Kind::Block(0, 0),
        Some(ext2::Kind::Fifo) => Kind::Fifo,
        Some(ext2::Kind::Socket) => Kind::Socket,
        Some(ext2::Kind::Regular) | None => Kind::Regular,
    }
}

impl SeekableFile for Listing {
    fn inode(&self) -> &Arc<dyn fs::Inode> {
        &self.inode
    }

    fn entries(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        after: u64,
        each: &mut dyn FnMut(&Entry<'_>) -> bool,
    ) -> Result<()> {
        let mut at = after;
        loop {
            let found = self.node.mounted.run(held, |over| {
                let Some(entry) = over.next_entry(self.node.number, at)? else { return Ok(None) };
                let kind = match entry.kind {
                    Some(kind) => Some(kind),
                    None => over.inode(entry.number)?.kind(),
                };
                Ok(Some((entry, kind)))
            })?;
            let Some((entry, kind)) = found else { return Ok(()) };
            at = entry.next;
            let shown =
                Entry { number: entry.number.0.into(), kind: kind_of(kind), next: at, name: &entry.name };
            if !each(&shown) {
                return Ok(());
            }
        }
    }
}
