//! Pages of files: for who maps them for himself, and for who shares them.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::Errno;
use abi::general::{MAP_PRIVATE, MAP_SHARED, MS_SYNC, PROT_EXEC, PROT_READ};
use base::mm::page::Page;
use base::user::{Access, AddressSpace as Class};
use lockorder::{Held, Root, Task};
use memory::{
    AddressSpace, Backing, Description, File, Limits, Mappers, Plain, Protection, Refusal, Request,
};

use super::{Checked, PAGE, READ_WRITE, empty, expect, refused, same, store, with_space};

/// Pages of the file.
const SIZE: u64 = 40;

/// A file in memory, which counts what is done with it. Each page begins with its number.
struct Pages {
    all: Vec<Page>,
    /// How many there are now.
    size: AtomicU64,
    asked: AtomicU64,
    written: AtomicU64,
    synced: AtomicU64,
    closed: AtomicU64,
    mappers: Mappers,
}

impl Pages {
    fn new() -> Result<Arc<Self>, &'static str> {
        let mut pages = Vec::new();
        for number in 0..SIZE {
            let page = Page::zeroed().map_err(|_| "no memory")?;
            page.write(0, &number.to_le_bytes());
            pages.push(page);
        }
        Ok(Arc::new(Self {
            all: pages,
            size: AtomicU64::new(SIZE),
            asked: AtomicU64::new(0),
            written: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            closed: AtomicU64::new(0),
            mappers: Mappers::new(),
        }))
    }

    fn get(&self, index: u64) -> Option<Page> {
        let index = usize::try_from(index).ok().filter(|_| index < self.size.load(Ordering::SeqCst))?;
        self.all.get(index).cloned()
    }

    /// The number at the beginning of a page.
    fn number(&self, index: usize) -> u64 {
        let mut bytes = [0; 8];
        if let Some(page) = self.all.get(index) {
            page.read(0, &mut bytes);
        }
        u64::from_le_bytes(bytes)
    }
}

impl Backing for Pages {
    fn page(&self, _held: &mut Held<'_, Class, Task>, index: u64, write: bool) -> abi::Result<Page> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.written.fetch_add(u64::from(write), Ordering::Relaxed);
        self.get(index).ok_or(Errno::ENXIO)
    }

    fn cached(&self, _held: &mut Held<'_, Class, Task>, pages: Range<u64>, give: &mut dyn FnMut(u64, Page)) {
        for index in pages {
            if let Some(page) = self.get(index) {
                give(index, page);
            }
        }
    }

    fn describe(&self, _held: &mut Held<'_, Class, Task>) -> abi::Result<Description> {
        Description::named("/file")
    }

    fn identity(&self) -> u64 {
        core::ptr::from_ref(self).addr() as u64
    }

    fn mappers(&self) -> Option<&Mappers> {
        Some(&self.mappers)
    }

    fn sync(&self, _held: &mut Root<'_, Task>, pages: Range<u64>) -> abi::Result<()> {
        self.synced.fetch_add(pages.end - pages.start, Ordering::Relaxed);
        Ok(())
    }

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Maps a file from its second page on.
fn map(
    held: &mut Root<'_, Task>,
    space: &Arc<AddressSpace>,
    file: Arc<dyn Backing>,
    (protection, flags): (u32, u32),
    allowed: Protection,
) -> abi::Result<u64> {
    let request = Request { at: 0, length: SIZE * PAGE, protection, flags };
    space.map(held, &request, Some(File { backing: file, offset: PAGE, allowed }))
}

/// Runs the checks of this file.
pub(super) fn run(held: &mut Root<'_, Task>) -> Checked {
    let file = Pages::new()?;
    for check in [private_areas_are_copied, shared_areas_are_not, files_say_what_may_be, files_are_cut] {
        let space = empty(&Limits::default())?;
        file.size.store(SIZE, Ordering::SeqCst);
        let opened = with_space(held, &space, |held| check(held, &space, &file))?;
        drop(space);
        base::sched::reaper::settle(held);
        same(file.closed.swap(0, Ordering::Relaxed), opened, "references that were closed")?;
        same(Arc::strong_count(&file), 1, "references that are left")?;
    }
    let space = empty(&Limits::default())?;
    with_space(held, &space, |held| pages_are_handed_in(held, &space))
}

/// How many references a check has opened.
type Opened = Result<u64, String>;

/// Who writes to a private area has a copy.
fn private_areas_are_copied(
    held: &mut Root<'_, Task>,
    space: &Arc<AddressSpace>,
    file: &Arc<Pages>,
) -> Opened {
    let how = (READ_WRITE, MAP_PRIVATE);
    let at = map(held, space, Arc::clone(file) as _, how, Protection::READ | Protection::EXECUTE)
        .map_err(|error| format!("cannot be mapped: {error}"))?;
    let asked = file.asked.load(Ordering::Relaxed);
    for page in 0..SIZE - 1 {
        expect(held, at + page * PAGE, page + 1)?;
    }
    let asked = file.asked.load(Ordering::Relaxed) - asked;
    same(asked <= 4, true, "pages are mapped together")?;
    refused(held, space, at + (SIZE - 1) * PAGE, Access::Read, Refusal::NoPage)?;
    store(held, at + 3 * PAGE, 0xabcd)?;
    // What was not there before.
    space
        .advise(held, at + 5 * PAGE, PAGE, abi::general::MADV_DONTNEED)
        .map_err(|error| format!("{error}"))?;
    store(held, at + 5 * PAGE, 0xef01)?;
    expect(held, at + 3 * PAGE, 0xabcd)?;
    expect(held, at + 5 * PAGE, 0xef01)?;
    same((file.number(4), file.number(6)), (4, 6), "pages of the file")?;
    // Cut in three, and the middle away: two references are left, one more was made by each cut.
    space.unmap(held, at + 8 * PAGE, PAGE).map_err(|error| format!("{error}"))?;
    same(file.closed.load(Ordering::Relaxed), 1, "references that were closed")?;
    let child = space.fork(held).map_err(|error| format!("no child: {error}"))?;
    let mut bytes = [0; 8];
    child.read(held, at + 3 * PAGE, &mut bytes).map_err(|error| format!("{error}"))?;
    same(u64::from_le_bytes(bytes), 0xabcd, "what the child has")?;
    child.write(held, at + 3 * PAGE, &[1; 8]).map_err(|error| format!("{error}"))?;
    expect(held, at + 3 * PAGE, 0xabcd)?;
    Ok(5)
}

/// Who writes to a shared area writes to the file, and it is told.
fn shared_areas_are_not(held: &mut Root<'_, Task>, space: &Arc<AddressSpace>, file: &Arc<Pages>) -> Opened {
    let how = (READ_WRITE, MAP_SHARED);
    let at = map(held, space, Arc::clone(file) as _, how, Protection::all())
        .map_err(|error| format!("cannot be mapped: {error}"))?;
    expect(held, at + 2 * PAGE, 3)?;
    let written = file.written.load(Ordering::Relaxed);
    store(held, at + 2 * PAGE, 0x7777)?;
    store(held, at + 2 * PAGE + 8, 0x7777)?;
    store(held, at + 30 * PAGE, 0x8888)?;
    same(file.written.load(Ordering::Relaxed) - written, 2, "pages that the file knows of")?;
    same((file.number(3), file.number(31)), (0x7777, 0x8888), "pages of the file")?;
    same(space.sync(held, at, 4 * PAGE, MS_SYNC), Ok(()), "syncing")?;
    same(file.synced.swap(0, Ordering::Relaxed), 4, "pages that were synced")?;
    let place = space.shared_place(held, at + 2 * PAGE + 12);
    same(place, Ok(Some((file.identity(), 3 * PAGE + 12))), "where a shared word is")?;
    let child = space.fork(held).map_err(|error| format!("no child: {error}"))?;
    child.write(held, at + 2 * PAGE, &3_u64.to_le_bytes()).map_err(|error| format!("{error}"))?;
    child.write(held, at + 30 * PAGE, &31_u64.to_le_bytes()).map_err(|error| format!("{error}"))?;
    expect(held, at + 2 * PAGE, 3)?;
    // The reference that was synced with, too.
    Ok(3)
}

/// A file that was opened for reading is not written to.
fn files_say_what_may_be(held: &mut Root<'_, Task>, space: &Arc<AddressSpace>, file: &Arc<Pages>) -> Opened {
    let map = |held: &mut Root<'_, Task>, how, allowed| map(held, space, Arc::clone(file) as _, how, allowed);
    same(map(held, (READ_WRITE, MAP_SHARED), Protection::READ), Err(Errno::EACCES), "writing")?;
    same(map(held, (PROT_READ, MAP_PRIVATE), Protection::WRITE), Err(Errno::EACCES), "reading")?;
    same(map(held, (PROT_EXEC, MAP_PRIVATE), Protection::READ), Err(Errno::EPERM), "executing")?;
    same(map(held, (PROT_READ, 0), Protection::READ), Err(Errno::EINVAL), "neither private nor shared")?;
    let at = map(held, (PROT_READ, MAP_SHARED), Protection::READ).map_err(|error| format!("{error}"))?;
    same(space.protect(held, at, PAGE, READ_WRITE), Err(Errno::EACCES), "writing by protection")?;
    refused(held, space, at, Access::Write, Refusal::Denied)?;
    Ok(5)
}

/// What a file has not any more, nobody has.
fn files_are_cut(held: &mut Root<'_, Task>, space: &Arc<AddressSpace>, file: &Arc<Pages>) -> Opened {
    let at = map(held, space, Arc::clone(file) as _, (PROT_READ, MAP_PRIVATE), Protection::READ)
        .map_err(|error| format!("cannot be mapped: {error}"))?;
    let child = space.fork(held).map_err(|error| format!("no child: {error}"))?;
    for page in 0..20 {
        expect(held, at + page * PAGE, page + 1)?;
        child.read(held, at + page * PAGE, &mut [0; 8]).map_err(|error| format!("{error}"))?;
    }
    file.size.store(11, Ordering::SeqCst);
    file.mappers.forget(held, file.identity(), 11);
    expect(held, at + 9 * PAGE, 10)?;
    refused(held, space, at + 10 * PAGE, Access::Read, Refusal::NoPage)?;
    refused(held, &child, at + 19 * PAGE, Access::Read, Refusal::NoPage)?;
    Ok(2)
}

/// Pages of the kernel's are read by all, and changed by nobody.
fn pages_are_handed_in(held: &mut Root<'_, Task>, space: &Arc<AddressSpace>) -> Checked {
    let page = Page::zeroed().map_err(|_| "no memory")?;
    page.write(0, &77_u64.to_le_bytes());
    let plain: Arc<dyn Backing> = Arc::new(Plain::new("[vvar]", [page.clone()].into()));
    let request = Request { at: 0, length: PAGE, protection: READ_WRITE, flags: MAP_PRIVATE };
    let file = File { backing: plain, offset: 0, allowed: Protection::READ };
    let at = space.map(held, &request, Some(file)).map_err(|error| format!("{error}"))?;
    expect(held, at, 77)?;
    page.write(0, &78_u64.to_le_bytes());
    expect(held, at, 78)?;
    store(held, at, 5)?;
    let mut bytes = [0; 8];
    page.read(0, &mut bytes);
    same(u64::from_le_bytes(bytes), 78, "the kernel's page")
}
