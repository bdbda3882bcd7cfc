//! A file's bytes.
//!
//! Bytes are in pages, found by number. Who reads or writes them takes a reference to a page with the lock of the pages held, and
//! copies after it; so user memory, which may fault, is touched with nothing of the file's held. One writer at a time is
//! in a file ([`FileContent`]): it has copied what it writes from the user before, so that two appenders do not tear
//! each other's write, and readers see each page whole or before.

use alloc::collections::BTreeMap;
use core::cmp::Ordering::{Equal, Greater, Less};
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use abi::{Errno, Result, general};
use base::mm::page::{PAGE_SIZE, Page};
use base::sched::{SleepLock, SleepRwLock};
use lockorder::{Before, Held, Root, Task, hierarchy};
use memory::Mappers;

use super::filesystem::Filesystem;
use crate::file::WriteAt;

hierarchy! {
    /// One writer of a file's bytes, or of its size, at a time.
    pub class FileContent in base::levels::Filesystem = 2;
    /// Which pages a file has.
    pub class PageCache in base::levels::Filesystem = 9;
}

/// The seals that forbid any change.
pub(super) const WRITING: u32 = general::F_SEAL_WRITE | general::F_SEAL_FUTURE_WRITE;
/// The most bytes that a file can have.
pub(super) const LARGEST: u64 = i64::MAX as u64;
/// The bytes of one file.
pub(super) struct Bytes {
    pub(super) size: AtomicU64,
    pub(super) count: AtomicU64,
    /// Its seals, `F_SEAL_`: written with the writer's lock held, or by nobody but who has just made it.
    pub(super) seals: AtomicU32,
    /// How often it is mapped.
    pub(super) mapped: AtomicUsize,
    /// That the file is written to; class `FileContent`.
    pub(super) writer: SleepLock<FileContent, ()>,
    /// Who maps them.
    pub(super) mappers: Mappers,
    /// Protects which pages there are; class `PageCache`.
    pub(super) pages: SleepRwLock<PageCache, BTreeMap<u64, Page>>,
}

/// In which page a place is, and where in it.
pub(super) fn place(at: u64) -> (u64, usize) {
    let page = PAGE_SIZE as u64;
    (at / page, usize::try_from(at % page).unwrap_or(0))
}

impl Bytes {
    /// None; it may be sealed if `sealable` says so.
    pub(super) const fn new(sealable: bool) -> Self {
        Self {
            size: AtomicU64::new(0),
            count: AtomicU64::new(0),
            seals: AtomicU32::new(if sealable { 0 } else { general::F_SEAL_SEAL }),
            mapped: AtomicUsize::new(0),
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
    pub(super) fn page<H: Before<PageCache>>(
        &self,
        held: &mut Held<'_, H, Task>,
        number: u64,
    ) -> Option<Page> {
        held.below::<PageCache>().with_read(&self.pages, |pages, _| pages.get(&number).cloned())
    }

    /// A page, made where it is not there.
    pub(super) fn page_to_write<H: Before<PageCache>>(
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
    pub(super) fn read<H: Before<PageCache>>(
        &self,
        held: &mut Held<'_, H, Task>,
        to: &mut [u8],
        at: u64,
    ) -> usize {
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
    pub(super) fn write<H: Before<FileContent>>(
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
            let grows = start.saturating_add(length as u64) > self.size();
            self.check_seals(WRITING | if grows { general::F_SEAL_GROW } else { 0 })?;
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
            let had = self.size();
            self.check_seals(match size.cmp(&had) {
                Less => general::F_SEAL_SHRINK,
                Equal => 0,
                Greater => general::F_SEAL_GROW,
            })?;
            self.size.store(size, Ordering::Release);
            if size >= had {
                return Ok((false, BTreeMap::new()));
            }
            let (last, offset) = place(size);
            // What is beyond the end reads as zeros when the file grows again.
            if offset > 0
                && let Some(page) = self.page(&mut held, last)
            {
                page.clear(offset, PAGE_SIZE - offset);
            }
            Ok::<_, Errno>((true, held.with_write(&self.pages, |pages, _| pages.split_off(&first_gone))))
        })?;
        if shrinks {
            self.mappers.forget(held, identity, first_gone);
        }
        let count = gone.len() as u64;
        self.count.fetch_sub(count, Ordering::Relaxed);
        filesystem.give_back(count);
        Ok(())
    }

    /// Whether none of these seals is there.
    pub(super) fn check_seals(&self, seals: u32) -> Result<()> {
        if self.seals.load(Ordering::Acquire) & seals == 0 { Ok(()) } else { Err(Errno::EPERM) }
    }

    /// Adds seals, none to look; gives those that there are.
    pub(super) fn seal(&self, more: u32) -> Result<u32> {
        let add = |had: u32| {
            let is_sealed = had & general::F_SEAL_SEAL != 0;
            (more == 0 || !is_sealed).then_some(had | more)
        };
        if more & general::F_SEAL_WRITE != 0 && self.mapped.load(Ordering::Acquire) > 0 {
            return Err(Errno::EBUSY);
        }
        let had = self.seals.fetch_update(Ordering::AcqRel, Ordering::Acquire, add);
        had.map(|had| had | more).map_err(|_| Errno::EPERM)
    }
}
