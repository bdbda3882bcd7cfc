//! A file's bytes.
//!
//! Bytes are in pages, found by number. Who reads or writes them takes a reference to a page with the lock of the pages held, and
//! copies after it; so user memory, which may fault, is touched with nothing of the file's held. One writer at a time is
//! in a file ([`FileContent`]): it has copied what it writes from the user before, in pieces, so that two appenders do not tear
//! each other's piece, and readers see each page whole or before.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::mm::page::{PAGE_SIZE, Page};
use base::sched::{SleepLock, SleepRwLock};
use base::user::{AddressSpace, UserSlice, copy_in, copy_out};
use lockorder::{Before, Held, Root, Task};
use memory::{Backing, Description, Mappers};

use super::node::{Node, node};
use super::{FileContent, Filesystem, PageCache};
use crate::file::{FilePosition, SeekableFile, WriteAt};
use crate::inode::Inode as AnyInode;

/// The most bytes that a file can have.
const LARGEST: u64 = i64::MAX as u64;
/// How many bytes are copied at once.
const PIECE: usize = 16 * PAGE_SIZE;

/// The bytes of one file.
pub(super) struct Bytes {
    size: AtomicU64,
    count: AtomicU64,
    /// That the file is written to; class `FileContent`.
    writer: SleepLock<FileContent, ()>,
    /// Who maps them.
    mappers: Mappers,
    /// Protects which pages there are; class `PageCache`.
    pages: SleepRwLock<PageCache, BTreeMap<u64, Page>>,
}

/// In which page a place is, and where in it.
fn place(at: u64) -> (u64, usize) {
    let page = PAGE_SIZE as u64;
    (at / page, usize::try_from(at % page).unwrap_or(0))
}

/// A buffer of zeros.
pub(super) fn buffer(length: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| Errno::ENOMEM)?;
    bytes.resize(length, 0);
    Ok(bytes)
}

impl Bytes {
    /// None.
    pub(super) const fn new() -> Self {
        Self {
            size: AtomicU64::new(0),
            count: AtomicU64::new(0),
            writer: SleepLock::new(()),
            mappers: Mappers::new(),
            pages: SleepRwLock::new(BTreeMap::new()),
        }
    }

    /// How many there are.
    pub(super) fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }

    /// How many pages they take.
    pub(super) fn pages(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// A page, if it was ever written to.
    fn page<H: Before<PageCache>>(&self, held: &mut Held<'_, H, Task>, number: u64) -> Option<Page> {
        held.below::<PageCache>().with_read(&self.pages, |pages, _| pages.get(&number).cloned())
    }

    /// A page, made where it is not there.
    fn page_to_write<H: Before<PageCache>>(
        &self,
        held: &mut Held<'_, H, Task>,
        filesystem: &Filesystem,
        number: u64,
    ) -> Result<Page> {
        if let Some(page) = self.page(held, number) {
            return Ok(page);
        }
        filesystem.take_page()?;
        let Ok(page) = Page::zeroed() else {
            filesystem.give_back(1);
            return Err(Errno::ENOMEM);
        };
        page.mark_as_cache();
        // A writer and a fault may both have made one: the first that is put in is the file's.
        let (page, is_new) = held.below::<PageCache>().with_write(&self.pages, |pages, _| {
            let mut is_new = false;
            let there = pages.entry(number).or_insert_with(|| {
                is_new = true;
                page
            });
            (there.clone(), is_new)
        });
        if is_new {
            self.count.fetch_add(1, Ordering::Relaxed);
        } else {
            filesystem.give_back(1);
        }
        Ok(page)
    }

    /// Copies bytes to the kernel's memory; gives how many there were.
    fn read<H: Before<PageCache>>(&self, held: &mut Held<'_, H, Task>, to: &mut [u8], at: u64) -> usize {
        let there = usize::try_from(self.size().saturating_sub(at)).unwrap_or(usize::MAX);
        let length = to.len().min(there);
        let mut done = 0;
        while done < length {
            let (number, offset) = place(at + done as u64);
            let part = (PAGE_SIZE - offset).min(length - done);
            let to = &mut to[done..done + part];
            match self.page(held, number) {
                Some(page) => page.read(offset, to),
                None => to.fill(0),
            }
            done += part;
        }
        length
    }

    /// Writes bytes; gives where the last one ends.
    fn write<H: Before<FileContent>>(
        &self,
        held: &mut Held<'_, H, Task>,
        filesystem: &Filesystem,
        from: &[u8],
        at: WriteAt,
    ) -> Result<(usize, u64)> {
        held.below::<FileContent>().with(&self.writer, |(), mut held| {
            let start = match at {
                WriteAt::Position(at) => at,
                WriteAt::End => self.size(),
            };
            let room = usize::try_from(LARGEST.saturating_sub(start)).unwrap_or(usize::MAX);
            if room == 0 && !from.is_empty() {
                return Err(Errno::EFBIG);
            }
            let length = from.len().min(room);
            let mut done = 0;
            while done < length {
                let (number, offset) = place(start + done as u64);
                let part = (PAGE_SIZE - offset).min(length - done);
                let page = match self.page_to_write(&mut held, filesystem, number) {
                    Ok(page) => page,
                    Err(error) if done == 0 => return Err(error),
                    Err(_) => break,
                };
                page.write(offset, &from[done..done + part]);
                done += part;
                // After its bytes: a reader who sees the size sees them.
                self.size.fetch_max(start + done as u64, Ordering::AcqRel);
            }
            Ok((done, start + done as u64))
        })
    }

    /// Cuts the file, or extends it with zeros.
    pub(super) fn truncate(
        &self,
        held: &mut Root<'_, Task>,
        filesystem: &Filesystem,
        identity: u64,
        size: u64,
    ) -> Result<()> {
        if size > LARGEST {
            return Err(Errno::EFBIG);
        }
        let first_gone = size.div_ceil(PAGE_SIZE as u64);
        let (shrinks, gone) = held.with(&self.writer, |(), mut held| {
            let had = self.size.swap(size, Ordering::AcqRel);
            if size >= had {
                return (false, BTreeMap::new());
            }
            let (last, offset) = place(size);
            // What is beyond the end reads as zeros when the file grows again.
            if offset > 0
                && let Some(page) = self.page(&mut held, last)
            {
                page.clear(offset, PAGE_SIZE - offset);
            }
            (true, held.with_write(&self.pages, |pages, _| pages.split_off(&first_gone)))
        });
        if shrinks {
            self.mappers.forget(held, identity, first_gone);
        }
        let count = gone.len() as u64;
        self.count.fetch_sub(count, Ordering::Relaxed);
        filesystem.give_back(count);
        Ok(())
    }
}

/// An open file of bytes.
pub(super) struct Reader {
    inode: Arc<dyn AnyInode>,
}

impl Reader {
    /// Opens a file.
    pub(super) fn open(node: Arc<Node>) -> Result<Arc<dyn SeekableFile>> {
        Ok(try_arc(Self { inode: node }).map_err(|_| Errno::ENOMEM)?)
    }

    /// Its node.
    fn node(&self) -> Result<&Node> {
        node(&*self.inode).ok_or(Errno::EINVAL)
    }
}

impl SeekableFile for Reader {
    fn inode(&self) -> &Arc<dyn AnyInode> {
        &self.inode
    }

    fn read(&self, held: &mut Held<'_, FilePosition, Task>, to: UserSlice, at: u64) -> Result<usize> {
        let bytes = self.node()?.bytes()?;
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
        let mapped = try_arc(Mapped { inode: Arc::clone(&self.inode) });
        mapped.ok().map(|mapped| mapped as Arc<dyn Backing>)
    }

    fn read_kernel(&self, held: &mut Held<'_, FilePosition, Task>, to: &mut [u8], at: u64) -> Result<usize> {
        Ok(self.node()?.bytes()?.read(held, to, at))
    }

    fn write(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        from: UserSlice,
        at: WriteAt,
    ) -> Result<(usize, u64)> {
        let node = self.node()?;
        let bytes = node.bytes()?;
        let mut piece = buffer(from.len().min(PIECE))?;
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

/// The number by which address spaces know a file.
pub(super) fn identity(inode: &dyn AnyInode) -> u64 {
    let (device, number) = inode.identity();
    device << 48 | number
}

/// A file's pages, as address spaces see them: those of the file itself, so that who maps it sees what others write.
struct Mapped {
    inode: Arc<dyn AnyInode>,
}

impl Backing for Mapped {
    fn page(&self, held: &mut Held<'_, AddressSpace, Task>, index: u64, _write: bool) -> Result<Page> {
        let node = node(&*self.inode).ok_or(Errno::EIO)?;
        let bytes = node.bytes()?;
        let beyond = index.checked_mul(PAGE_SIZE as u64).is_none_or(|start| start >= bytes.size());
        if beyond {
            return Err(Errno::EFAULT);
        }
        bytes.page_to_write(held, &node.filesystem, index)
    }

    fn cached(
        &self,
        held: &mut Held<'_, AddressSpace, Task>,
        pages: Range<u64>,
        give: &mut dyn FnMut(u64, Page),
    ) {
        let Some(Ok(bytes)) = node(&*self.inode).map(Node::bytes) else { return };
        let end = bytes.size().div_ceil(PAGE_SIZE as u64).min(pages.end);
        for number in pages.start..end {
            if let Some(page) = bytes.page(held, number) {
                give(number, page);
            }
        }
    }

    fn describe(&self, _held: &mut Held<'_, AddressSpace, Task>) -> Result<Description> {
        let (device, inode) = self.inode.identity();
        let minor = u32::try_from(device).unwrap_or(u32::MAX);
        Ok(Description { device: (0, minor), inode, name: Vec::new() })
    }

    fn identity(&self) -> u64 {
        identity(&*self.inode)
    }

    fn mappers(&self) -> Option<&Mappers> {
        node(&*self.inode).and_then(|node| node.bytes().ok()).map(|bytes| &bytes.mappers)
    }

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {}
}

/// Writes a new file's bytes, from the kernel's memory.
pub(crate) fn fill(held: &mut Root<'_, Task>, inode: &dyn AnyInode, bytes: &[u8]) -> Result<()> {
    let node = node(inode).ok_or(Errno::EINVAL)?;
    let (count, _) = node.bytes()?.write(held, &node.filesystem, bytes, WriteAt::Position(0))?;
    if count == bytes.len() { Ok(()) } else { Err(Errno::ENOSPC) }
}
