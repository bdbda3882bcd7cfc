//! What blocks, frames and pages cost.

use alloc::vec::Vec;
use core::hint::black_box;

use base::mm::frames::{self, Frame};
use base::mm::page::Page;

use super::{SHORT, median, report};

/// Blocks or frames of a burst: more than a CPU keeps.
const BURST: usize = 256;
/// Bursts of a sample.
const BURSTS: u64 = 16;

/// What one block of a size costs, allocated and freed.
fn block(size: usize) -> u64 {
    median(SHORT, || (0..SHORT).for_each(|_| drop(black_box(Vec::<u8>::with_capacity(size)))))
}

/// What one of many blocks of a size costs.
fn blocks(size: usize) -> u64 {
    let mut held: Vec<Vec<u8>> = Vec::with_capacity(BURST);
    median(BURSTS * BURST as u64, || {
        for _ in 0..BURSTS {
            held.extend((0..BURST).map(|_| black_box(Vec::with_capacity(size))));
            held.clear();
        }
    })
}

/// What one of many frames costs.
fn many_frames() -> u64 {
    let mut held: Vec<Frame> = Vec::with_capacity(BURST);
    median(BURSTS * BURST as u64, || {
        for _ in 0..BURSTS {
            held.extend(core::iter::from_fn(frames::allocate).take(BURST));
            held.drain(..).for_each(frames::free);
        }
    })
}

/// Measures, and prints.
pub(super) fn run(plain: u64) {
    report("block of 64 bytes, allocated and freed", block(64), plain);
    report("block of 2 KiB", block(2048), plain);
    report("block of 4 KiB", block(4096), plain);
    report("block of 16 KiB", block(16_384), plain);
    report("one of 256 blocks of 64 bytes", blocks(64), plain);
    report("one of 256 blocks of 1 KiB", blocks(1024), plain);
    let frame = median(SHORT, || {
        for _ in 0..SHORT {
            frames::allocate().into_iter().for_each(frames::free);
        }
    });
    report("frame, taken and given back", frame, plain);
    report("one of 256 frames", many_frames(), plain);
    let page = median(SHORT, || (0..SHORT).for_each(|_| drop(black_box(Page::zeroed()))));
    report("page of zeroes, made and dropped", page, plain);
    if let Ok(page) = Page::zeroed() {
        let cloned = median(SHORT, || (0..SHORT).for_each(|_| drop(black_box(page.clone()))));
        report("reference to a page, made and dropped", cloned, plain);
    }
}
