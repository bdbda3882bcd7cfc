//! An open file of a filesystem in memory.
//!
//! What is read or written goes through a buffer of the kernel, a piece at a time: user memory is touched with the position held and
//! nothing of the file's.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::mm::page::PAGE_SIZE;
use base::user::{UserSlice, copy_in, copy_out};
use lockorder::{Held, Task};
use memory::Backing;

use super::mapped::Mapped;
use super::node::Node;
use crate::file::{FilePosition, Sought, WriteAt};
use crate::filesystem::{Inode as AnyInode, SeekableFile};

/// How many bytes are copied at once.
const PIECE: usize = 16 * PAGE_SIZE;
/// How many bytes are appended in one step, where there is memory for a copy of them.
const TOGETHER: usize = 1024 * PAGE_SIZE;

/// A buffer of zeros.
fn buffer(length: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| Errno::ENOMEM)?;
    bytes.resize(length, 0);
    Ok(bytes)
}

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
        let length = to.len().min(there);
        let mut piece = buffer(length.min(PIECE))?;
        let mut done = 0;
        while done < length {
            let part = piece.len().min(length - done);
            let count = bytes.read(held, &mut piece[..part], at + done as u64);
            if count == 0 {
                break;
            }
            match copy_out(held, to.skip(done).take(count), &piece[..count]) {
                Ok(()) => done += count,
                Err(_) if done > 0 => break,
                Err(_) => return Err(Errno::EFAULT),
            }
        }
        Ok(done)
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
        let whole = buffer(from.len().min(most));
        let mut piece = whole.or_else(|_| buffer(from.len().min(PIECE)))?;
        let (mut done, mut at) = (0, at);
        let mut end = match at {
            WriteAt::Position(at) => at,
            WriteAt::End => bytes.size(),
        };
        while done < from.len() {
            let part = piece.len().min(from.len() - done);
            let written = copy_in(held, from.skip(done).take(part), &mut piece[..part])
                .map_err(|_| Errno::EFAULT)
                .and_then(|()| bytes.write(held, &node.filesystem, &piece[..part], at));
            match written {
                Ok((count, now)) => {
                    (done, end) = (done + count, now);
                    if count < part {
                        break;
                    }
                    if at != WriteAt::End {
                        at = WriteAt::Position(now);
                    }
                }
                Err(_) if done > 0 => break,
                Err(error) => return Err(error),
            }
        }
        if done > 0 {
            node.touch(held);
        }
        Ok((done, end))
    }
}
