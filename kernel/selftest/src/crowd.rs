//! Ten thousand threads that wait at once, are woken together, and end.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use super::FAILED;
use base::mm;
use base::sched::{self, Placement, WaitQueue, reaper};
use base::time::Instant;

/// How many threads there are.
const THREADS: usize = 10_000;

/// What they wait for.
#[derive(Default)]
struct Gate {
    queue: WaitQueue,
    arrived: AtomicUsize,
    open: AtomicBool,
}

/// Starts them all, lets them through, joins them, and sees that their memory comes back.
pub(super) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    let frames = mm::available_frames();
    let gate = Arc::new(Gate::default());
    let began = Instant::now();
    let mut threads = Vec::new();
    for _ in 0..THREADS {
        let shared = Arc::clone(&gate);
        let thread = sched::try_spawn("one of a crowd", Placement::default(), move |mut held| {
            shared.arrived.fetch_add(1, Ordering::AcqRel);
            shared.queue.wait_for_work(&mut held, |_| shared.open.load(Ordering::Acquire));
        });
        let Ok(thread) = thread else {
            base::println!("crowd: wrong: no memory for thread {} of {THREADS}", threads.len());
            return FAILED;
        };
        threads.push(thread);
    }
    while gate.arrived.load(Ordering::Acquire) < THREADS {
        sched::sleep(&mut held, Duration::from_millis(10));
    }
    let waiting = began.elapsed();
    let taken = frames - mm::available_frames();
    gate.open.store(true, Ordering::Release);
    gate.queue.wake_all();
    for thread in threads {
        thread.join(&mut held);
    }
    reaper::settle(&mut held);
    base::println!(
        "crowd: {THREADS} threads waited after {} ms, in {} MiB of frames, and ended after {} ms",
        waiting.as_millis(),
        (taken * mm::frames::FRAME_SIZE) >> 20,
        began.elapsed().as_millis()
    );
    0
}
