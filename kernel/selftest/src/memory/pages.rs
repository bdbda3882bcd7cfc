//! Pages: zeroed when they are new, free when the last reference is dropped, whichever CPU drops it.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use base::mm;
use base::mm::frames::{self, Owner};
use base::mm::page::{PAGE_SIZE, Page};
use base::sched::{self, Mutex};

use crate::classes::Pipe;

/// Pages that are alive at once.
const PAGES: usize = 256;
/// References that each CPU has to each page.
const REFERENCES: usize = 8;

/// New pages.
fn pages() -> Result<Vec<Page>, String> {
    let pages: Result<Vec<_>, _> = (0..PAGES).map(|_| Page::zeroed()).collect();
    pages.map_err(|_| String::from("no memory for pages"))
}

/// Whether all bytes of a page are the same.
fn is_filled_with(page: &Page, byte: u8) -> bool {
    let mut chunk = [0; 512];
    (0..PAGE_SIZE).step_by(chunk.len()).all(|offset| {
        page.read(offset, &mut chunk);
        chunk.iter().all(|&found| found == byte)
    })
}

/// Fills a page with a byte.
fn fill(page: &Page, byte: u8) {
    (0..PAGE_SIZE).step_by(512).for_each(|offset| page.write(offset, &[byte; 512]));
}

/// Frames that were written to come back as pages of zeroes.
fn are_zeroed() -> Result<(), String> {
    for round in 0..3 {
        let pages = pages()?;
        for (number, page) in pages.iter().enumerate() {
            if !is_filled_with(page, 0) {
                return Err(format!("page {number} of round {round} was not zeroed"));
            }
            fill(page, 0xa5);
        }
    }
    Ok(())
}

/// CPUs that idle zero frames ahead, which pages and page tables begin with.
fn are_zeroed_ahead(held: &mut Root<'_, Task>) -> Result<(), String> {
    sched::sleep(held, Duration::from_millis(50));
    let stocked = frames::zeroed_count();
    let page = Page::zeroed().map_err(|_| "no memory for a page")?;
    if stocked == 0 || !is_filled_with(&page, 0) {
        return Err(format!("{stocked} frames were zeroed ahead, while all CPUs idled"));
    }
    Ok(())
}

/// A copy is a page of its own; what is written lands where it belongs.
fn are_copied() -> Result<(), String> {
    let failed = || String::from("a page was not copied, written or cleared as it should be");
    let page = Page::zeroed().map_err(|_| failed())?;
    fill(&page, 7);
    let copy = page.copied().map_err(|_| failed())?;
    page.write(PAGE_SIZE - 3, b"end");
    page.clear(1, PAGE_SIZE - 4);
    let mut ends = [[0; 4]; 2];
    page.read(0, &mut ends[0]);
    page.read(PAGE_SIZE - 4, &mut ends[1]);
    let is_right = ends == [[7, 0, 0, 0], *b"\0end"]
        && is_filled_with(&copy, 7)
        && copy != page
        && !copy.is_shared()
        && page == page.clone();
    is_right.then_some(()).ok_or_else(failed)
}

/// Every CPU clones and drops references to the same pages; the last of all frees them.
fn are_shared(held: &mut Root<'_, Task>) -> Result<(), String> {
    static SHARED: Mutex<Pipe, Vec<Page>> = Mutex::new(Vec::new());
    static SUM: AtomicU64 = AtomicU64::new(0);
    let before = frames::count(Owner::User);
    let pages = pages()?;
    for page in &pages {
        fill(page, 1);
    }
    held.with(&SHARED, |shared, _| shared.clone_from(&pages));
    if !pages.iter().all(Page::is_shared) || frames::count(Owner::User) < before + PAGES as u64 {
        return Err(String::from("references or owners are not counted"));
    }
    SUM.store(0, Ordering::Relaxed);
    let kept = Arc::new(pages);
    sched::on_every_cpu(held, "pages", |held, _| {
        let mut held = held;
        let mut own = Vec::new();
        for _ in 0..REFERENCES {
            held.with(&SHARED, |shared, _| own.extend(shared.iter().cloned()));
        }
        let mut byte = [0];
        for page in own.drain(..) {
            page.read(PAGE_SIZE / 2, &mut byte);
            SUM.fetch_add(u64::from(byte[0]), Ordering::Relaxed);
        }
    });
    held.with(&SHARED, |shared, _| *shared = Vec::new());
    let expected = (PAGES * REFERENCES * base::cpu::online()) as u64;
    if SUM.load(Ordering::Relaxed) != expected || kept.iter().any(Page::is_shared) {
        return Err(format!("of {expected} references some were lost, or others' frames were freed"));
    }
    Ok(())
}

/// The most frames of a machine on which all are used up.
const MOST: u64 = 1 << 18;

/// Processes leave a reserve to the kernel, which goes on when they have no memory any more.
fn leave_a_reserve() -> Result<(), String> {
    if frames::total() > MOST {
        return Ok(());
    }
    let most = usize::try_from(frames::total()).unwrap_or(0);
    let mut pages = Vec::new();
    pages.try_reserve_exact(most).map_err(|_| "no memory for a list of pages")?;
    while let Ok(page) = Page::zeroed() {
        pages.push(page);
    }
    let frame = frames::allocate();
    let is_scarce = frames::is_scarce();
    let left = frames::free_count();
    drop(pages);
    let Some(frame) = frame else {
        return Err(format!("processes left nothing to the kernel, while {left} frames were free"));
    };
    frames::free(frame);
    if !is_scarce || frames::is_scarce() {
        return Err(format!("scarcity is not seen: {left} frames were left"));
    }
    Ok(())
}

/// Runs all of it; the frames come back.
pub(super) fn behave(held: &mut Root<'_, Task>) -> Result<(), String> {
    are_zeroed()?;
    are_zeroed_ahead(held)?;
    are_copied()?;
    are_shared(held)?;
    // Page tables and stacks are made by now.
    let before = (super::settled(held), frames::count(Owner::User));
    are_zeroed()?;
    are_shared(held)?;
    leave_a_reserve()?;
    let after = (super::settled(held), frames::count(Owner::User));
    if before != after {
        return Err(format!("available frames and users' frames are {after:?} and were {before:?}"));
    }
    let owned: u64 = Owner::ALL.into_iter().map(frames::count).sum();
    if owned > frames::total() || mm::available_frames() > frames::total() {
        return Err(format!("{owned} frames are owned or free, and {} are there", frames::total()));
    }
    Ok(())
}
