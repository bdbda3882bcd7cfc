//! A check of the frame allocator and the heap, from all CPUs at once.

mod burst;
mod contiguous;
mod exhausted;
mod pages;
mod protected;

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use super::FAILED;
use base::cpu;
use base::cpu::CpuIndex;
use base::mm;
use base::mm::drain;
use base::mm::frames::{self, Frame};
use base::mm::kernel_space::{self, Census};
use base::sched;

/// Frames and blocks that each CPU holds at once.
const HELD: usize = 256;
/// How often each CPU takes and gives them back.
const ROUNDS: usize = 20;

/// CPUs that found something wrong.
static WRONG: AtomicU32 = AtomicU32::new(0);

/// Takes frames and blocks, writes them, checks them, gives them back.
fn exercise(_held: Root<'_, Task>, cpu: CpuIndex) {
    let stamp = |number: usize| (cpu.get() << 32 | number) as u64;
    for round in 0..ROUNDS {
        let mut frames: Vec<Frame> = core::iter::from_fn(frames::allocate).take(HELD).collect();
        for (number, frame) in frames.iter_mut().enumerate() {
            frame.words().fill(stamp(number + round));
        }
        let blocks: Vec<Vec<u64>> =
            (0..HELD).map(|number| (0..number % 64).map(|_| stamp(number + round)).collect()).collect();
        let right = frames.len() == HELD
            && frames
                .iter_mut()
                .enumerate()
                .all(|(number, frame)| frame.words().iter().all(|&word| word == stamp(number + round)))
            && blocks
                .iter()
                .enumerate()
                .all(|(number, block)| block.iter().all(|&value| value == stamp(number + round)));
        if !right {
            WRONG.fetch_add(1, Ordering::Relaxed);
        }
        frames.into_iter().for_each(frames::free);
    }
}

/// Frames that are available, once the threads that have ended have left their CPUs, and no CPU keeps any blocks.
fn settled(held: &mut Root<'_, Task>) -> u64 {
    sched::sleep(held, Duration::from_millis(100));
    drain::every_cpu(held);
    mm::available_frames()
}

/// Runs the check on all CPUs and compares the free memory before and after.
pub(super) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    let protected = protected::every_cpu_forgot_where_it_woke(&mut held)
        .and_then(|()| protected::stacks_of_cpus_have_guards());
    if let Err(wrong) = protected {
        base::println!("memory: wrong: {wrong}");
        return FAILED;
    }
    let Census { memory, tables, devices } = kernel_space::census();
    base::println!(
        "memory: mapped are {} MiB of memory, {} KiB of tables, {} KiB of devices",
        memory >> 20,
        tables >> 10,
        devices >> 10
    );
    // Whatever is made once, stacks for one, is made before the count.
    sched::on_every_cpu(&mut held, "memory", exercise);
    let before = settled(&mut held);
    sched::on_every_cpu(&mut held, "memory", exercise);
    let after = settled(&mut held);
    let wrong = WRONG.load(Ordering::Relaxed);
    if wrong > 0 || before != after {
        base::println!("memory: wrong: {wrong} rounds failed, {before} frames free before and {after} after");
        return FAILED;
    }
    if let Err(wrong) = pages::behave(&mut held)
        .and_then(|()| contiguous::come_and_go(&mut held))
        .and_then(|()| burst::comes_back(&mut held))
    {
        base::println!("memory: wrong: {wrong}");
        return FAILED;
    }
    match exhausted::threads_without_memory(&mut held) {
        Ok(failures) => base::println!("memory: a thread was refused {failures} times and then ran"),
        Err(wrong) => {
            base::println!("memory: wrong: {wrong}");
            return FAILED;
        }
    }
    base::println!("memory: ok: {} CPUs, {before} frames free before and after", cpu::online());
    0
}
