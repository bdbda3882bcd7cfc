//! The heap grows with what is allocated and gives the frames back, whichever CPU frees the blocks.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::sync::atomic::{AtomicUsize, Ordering};

use lockorder::{Root, Task};

use base::cpu::{self, CpuIndex};
use base::mm::frames::{self, FRAME_SIZE, Owner};
use base::mm::heap;
use base::sched::{self, Mutex};

use crate::classes::Pipe;

/// Sizes of blocks: of every class, and larger than any.
const SIZES: [usize; 18] =
    [1, 16, 24, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1000, 2048, 2049, 4096, 4097, 20_000];
/// Blocks of each size that a CPU has.
const EACH: usize = 40;
/// The most bytes that all CPUs together have: one in so many of the free ones.
const SHARE: u64 = 4;

/// Each CPU's blocks.
static BLOCKS: [Mutex<Pipe, Vec<Vec<u8>>>; cpu::MAXIMUM] = [const { Mutex::new(Vec::new()) }; cpu::MAXIMUM];

/// What a block is filled with.
fn stamp(owner: CpuIndex, size: usize) -> u8 {
    let [low, ..] = (owner.get() * 7 + size).to_le_bytes();
    low
}

/// Frames that the heap has, those that are available once nobody keeps any, and bytes in use.
fn counts(held: &mut Root<'_, Task>) -> (u64, u64, usize) {
    let available = super::settled(held);
    (frames::count(Owner::Slab) + frames::count(Owner::Heap), available, heap::allocated())
}

/// How many blocks of each size a CPU has on this machine.
fn each() -> usize {
    let all: usize = SIZES.iter().sum::<usize>() * cpu::online();
    let most = frames::free_count() * FRAME_SIZE / SHARE;
    (usize::try_from(most).unwrap_or(usize::MAX) / all).min(EACH)
}

/// How many blocks of each size each CPU has.
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// Blocks that were missing or not as they were left.
static WRONG: AtomicUsize = AtomicUsize::new(0);

/// Allocates this CPU's blocks.
fn allocate(held: Root<'_, Task>, own: CpuIndex) {
    let mut held = held;
    let count = COUNT.load(Ordering::Relaxed);
    let blocks = (0..count).flat_map(|_| SIZES).filter_map(|size| {
        let mut block = Vec::new();
        block.try_reserve_exact(size).ok()?;
        block.resize(size, stamp(own, size));
        Some(block)
    });
    let blocks: Vec<_> = blocks.collect();
    WRONG.fetch_add(count * SIZES.len() - blocks.len(), Ordering::Relaxed);
    held.with(&BLOCKS[own.get()], |place, _| *place = blocks);
}

/// Looks at the blocks of the CPU with the next number, and frees them.
fn free(held: Root<'_, Task>, own: CpuIndex) {
    let mut held = held;
    let owner = cpu::all().find(|cpu| cpu.get() == own.get() + 1).unwrap_or(CpuIndex::FIRST);
    let blocks = held.with(&BLOCKS[owner.get()], |place, _| mem::take(place));
    let is_wrong = |block: &&Vec<u8>| block.iter().any(|&byte| byte != stamp(owner, block.len()));
    WRONG.fetch_add(blocks.iter().filter(is_wrong).count(), Ordering::Relaxed);
}

/// Allocates on every CPU, and frees on another one. Gives how many frames the heap had in between.
fn burst(held: &mut Root<'_, Task>) -> Result<u64, String> {
    sched::on_every_cpu(held, "burst", allocate);
    let heap = frames::count(Owner::Slab) + frames::count(Owner::Heap);
    sched::on_every_cpu(held, "burst", free);
    let wrong = WRONG.load(Ordering::Relaxed);
    if wrong > 0 {
        return Err(format!("{wrong} blocks were missing, or somebody else wrote to them"));
    }
    Ok(heap)
}

/// A block that grows inside of its class stays where it is, and one that leaves it takes its bytes along.
fn grows() -> Result<(), String> {
    let mut block: Vec<u8> = Vec::with_capacity(70);
    let at_first = block.as_ptr();
    block.resize(70, 7);
    block.reserve_exact(26);
    let stays = block.as_ptr() == at_first;
    for size in [97, 2048, 2049, 4096, 9000, 12_288, 50_000] {
        block.resize(size, 7);
    }
    block.truncate(100);
    block.shrink_to_fit();
    let is_whole = block.len() == 100 && block.iter().all(|&byte| byte == 7);
    (stays && is_whole).then_some(()).ok_or_else(|| String::from("a block that grew moved or lost bytes"))
}

/// The frames come back.
pub(super) fn comes_back(held: &mut Root<'_, Task>) -> Result<(), String> {
    COUNT.store(each(), Ordering::Relaxed);
    grows()?;
    burst(held)?;
    let before = counts(held);
    let most = burst(held)?;
    let after = counts(held);
    let bytes = SIZES.iter().sum::<usize>() * COUNT.load(Ordering::Relaxed) * cpu::online();
    if most < before.0 + bytes as u64 / FRAME_SIZE {
        return Err(format!("the heap had {most} frames for {bytes} bytes more than {before:?}"));
    }
    if before != after {
        return Err(format!(
            "frames of the heap, available ones, and bytes are {after:?}, and were {before:?}"
        ));
    }
    base::println!("memory: the heap grew from {} to {most} frames and gave them back", before.0);
    Ok(())
}
