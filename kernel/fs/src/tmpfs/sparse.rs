//! Holes: what of a file was never written to, or was punched out, takes no place.

use core::ops::Range;
use core::sync::atomic::Ordering;

use abi::{Errno, Result, general};
use base::mm::page::PAGE_SIZE;
use lockorder::{Before, Held, Root, Task};

use super::bytes::{Bytes, LARGEST, PageCache, WRITING, place};
use super::filesystem::Filesystem;
use crate::file::Sought;
use crate::inode::Allocation;

/// A page's size, as a length of files.
const PAGE: u64 = PAGE_SIZE as u64;

impl Bytes {
    /// Where the next data or the next hole begins, from `at` on, which is before the end.
    pub(super) fn sought<H: Before<PageCache>>(
        &self,
        held: &mut Held<'_, H, Task>,
        at: u64,
        what: Sought,
    ) -> Option<u64> {
        let size = self.size();
        let first = at / PAGE;
        let found = held.below::<PageCache>().with_read(&self.pages, |pages, _| match what {
            Sought::Data => pages.range(first..).next().map(|(&number, _)| number),
            Sought::Hole => {
                let mut hole = first;
                for (&number, _) in pages.range(first..) {
                    if number != hole {
                        break;
                    }
                    hole += 1;
                }
                Some(hole)
            }
        });
        let found = found.map(|number| number.saturating_mul(PAGE).max(at));
        match what {
            Sought::Data => found.filter(|&found| found < size),
            Sought::Hole => found.map(|found| found.min(size)),
        }
    }

    /// Gives a part its place, or takes it away.
    pub(super) fn allocate(
        &self,
        held: &mut Root<'_, Task>,
        filesystem: &Filesystem,
        identity: u64,
        how: Allocation,
        part: Range<u64>,
    ) -> Result<()> {
        if part.end > LARGEST {
            return Err(Errno::EFBIG);
        }
        let clears = matches!(how, Allocation::Punch | Allocation::Zero | Allocation::ZeroKeep);
        let grows = matches!(how, Allocation::Extend | Allocation::Zero);
        held.with(&self.writer, |(), mut held| {
            let seals = if grows && part.end > self.size() { general::F_SEAL_GROW } else { 0 };
            self.check_seals(seals | if clears { WRITING } else { 0 })?;
            if clears {
                self.clear(&mut held, filesystem, part.clone());
            }
            if how != Allocation::Punch {
                self.fill_in(&mut held, filesystem, part.clone())?;
            }
            if grows {
                self.size.fetch_max(part.end, Ordering::AcqRel);
            }
            Ok::<(), Errno>(())
        })?;
        if clears {
            self.mappers.forget(held, identity, part.start / PAGE);
        }
        Ok(())
    }

    /// Gives every page of a part its place.
    fn fill_in(
        &self,
        held: &mut Held<'_, impl Before<PageCache>, Task>,
        filesystem: &Filesystem,
        part: Range<u64>,
    ) -> Result<()> {
        let pages = part.start / PAGE..part.end.div_ceil(PAGE);
        // Before it takes what there is and then fails: nobody would give that back.
        let there =
            held.below::<PageCache>().with_read(&self.pages, |there, _| there.range(pages.clone()).count());
        if pages.end - pages.start > filesystem.room().saturating_add(there as u64) {
            return Err(Errno::ENOSPC);
        }
        pages.into_iter().try_for_each(|number| self.page_to_write(held, filesystem, number).map(drop))
    }

    /// Makes zeros of a part: whole pages go, the ends of others are cleared.
    fn clear(
        &self,
        held: &mut Held<'_, impl Before<PageCache>, Task>,
        filesystem: &Filesystem,
        part: Range<u64>,
    ) {
        let whole = part.start.div_ceil(PAGE)..part.end / PAGE;
        let (first, begin) = place(part.start);
        let (last, end) = place(part.end);
        let mut zero = |number: u64, from: usize, to: usize| {
            if from < to
                && let Some(page) = self.page(held, number)
            {
                page.clear(from, to - from);
            }
        };
        if first == last {
            zero(first, begin, end);
            return;
        }
        if begin > 0 {
            zero(first, begin, PAGE_SIZE);
        }
        zero(last, 0, end);
        loop {
            // One at a time: its frame is given back with the lock released.
            let gone = held.below::<PageCache>().with_write(&self.pages, |pages, _| {
                let number = *pages.range(whole.clone()).next()?.0;
                pages.remove(&number)
            });
            let Some(page) = gone else { return };
            drop(page);
            self.count.fetch_sub(1, Ordering::Relaxed);
            filesystem.give_back(1);
        }
    }
}
