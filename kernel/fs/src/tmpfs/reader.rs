//! An open file of a filesystem in memory.
//!
//! What is read or written goes through a buffer of the kernel ([`pieces`]): user memory is touched with the position held and nothing of the
//! file's.

use alloc::sync::Arc;

use abi::{Errno, Result};
use base::mm::fallible::{try_arc, try_zeroed};
use base::mm::page::PAGE_SIZE;
use base::user::UserSlice;
use lockorder::{Held, Task};
use memory::Backing;

use super::mapped::Mapped;
use super::node::Node;
use crate::file::{FilePosition, Sought, WriteAt};
use crate::filesystem::{Inode as AnyInode, SeekableFile};
use crate::pieces::{self, PIECE};

/// How many bytes are appended in one step, where there is memory for a copy of them.
const TOGETHER: usize = 1024 * PAGE_SIZE;

/// An open file of bytes.
pub(super) struct Reader {
    node: Arc<Node>,
    inode: Arc<dyn AnyInode>,
}

impl Reader {
    /// Opens a file.
    pub(super) fn open(node: Arc<Node>, inode: Arc<dyn AnyInode>) -> Result<Arc<dyn SeekableFile>> {
        Ok(try_arc(Self { node, inode }).map_err(|_| Errno::ENOMEM)?)
    }
}

impl SeekableFile for Reader {
    fn inode(&self) -> &Arc<dyn AnyInode> {
        &self.inode
    }

    fn read(&self, held: &mut Held<'_, FilePosition, Task>, to: UserSlice, at: u64) -> Result<usize> {
        let bytes = self.node.bytes()?;
        let there = usize::try_from(bytes.size().saturating_sub(at)).unwrap_or(usize::MAX);
        pieces::read(held, to.take(there), |held, piece, done| Ok(bytes.read(held, piece, at + done)))
    }

    fn backing(&self) -> Option<Arc<dyn Backing>> {
        Mapped::new(&self.node).ok().map(|mapped| mapped as Arc<dyn Backing>)
    }

    fn sought(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        at: u64,
        _size: u64,
        what: Sought,
    ) -> Option<u64> {
        self.node.bytes().ok()?.sought(held, at, what)
    }

    fn write_kernel(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        from: &[u8],
        at: WriteAt,
    ) -> Result<(usize, u64)> {
        let written = self.node.bytes()?.write(held, &self.node.filesystem, from, at)?;
        if written.0 > 0 {
            self.node.touch(held);
        }
        Ok(written)
    }

    fn read_kernel(&self, held: &mut Held<'_, FilePosition, Task>, to: &mut [u8], at: u64) -> Result<usize> {
        Ok(self.node.bytes()?.read(held, to, at))
    }

    fn write(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        from: UserSlice,
        at: WriteAt,
    ) -> Result<(usize, u64)> {
        let node = &self.node;
        let bytes = node.bytes()?;
        // What is appended is written whole, so that what others append comes before or after it.
        let most = if at == WriteAt::End { TOGETHER } else { PIECE };
        let whole = try_zeroed(from.len().min(most));
        let buffer = whole.or_else(|_| try_zeroed(from.len().min(PIECE)));
        let mut buffer = buffer.map_err(|_| Errno::ENOMEM)?;
        let end = match at {
            WriteAt::Position(at) => at,
            WriteAt::End => bytes.size(),
        };
        let (done, end) = pieces::write(held, from, &mut buffer, (at, end), |held, piece, at| {
            bytes.write(held, &node.filesystem, piece, at)
        })?;
        if done > 0 {
            node.touch(held);
        }
        Ok((done, end))
    }
}
