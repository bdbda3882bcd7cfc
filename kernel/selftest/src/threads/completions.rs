//! Waiting for interrupts with locks held, as a driver of a disk does.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use lockorder::{Before, HardIrq, Held, IrqSpinLock, Root, Task};

use super::{Verdict, check};
use crate::classes::{BlockAnswer, BlockQueue, Inode};
use base::cpu;
use base::interrupt::{self, Vector};
use base::sched::{self, Completion, Mutex, Placement, TimedOut};

/// Threads that read.
const THREADS: usize = 4;
/// What each reads.
const REQUESTS: usize = 100;
/// How long a request may take.
const LIMIT: Duration = Duration::from_secs(20);
/// How long a thread waits for a disk that has not been told of its request.
const SHORT: Duration = Duration::from_millis(2);
/// The disk's.
const VECTOR: Vector = Vector::new(0x78);

/// One request. The disk's slot keeps it until a thread takes it out: a handler frees no memory.
type Request = Arc<Completion<BlockAnswer>>;

/// What the disk has been asked for.
struct Queue {
    slots: [Option<Request>; THREADS + 1],
    /// How many requests have been answered.
    answered: usize,
}

/// The disk's. Protects its slots; class `BlockQueue`.
static QUEUE: IrqSpinLock<BlockQueue, Queue> =
    IrqSpinLock::new(Queue { slots: [const { None }; THREADS + 1], answered: 0 });

/// The disk has answered all that it was asked for.
fn disk_interrupts(mut held: Root<'_, HardIrq>) {
    let handler = held.in_handler();
    held.with(&QUEUE, |queue, _held| {
        let requests = queue.slots.iter().flatten();
        queue.answered += requests.filter(|request| request.complete(handler)).count();
    });
}

/// Puts a request into a slot; gives the one that was there, to be freed where interrupts are on.
fn submit(
    held: &mut Held<'_, impl Before<BlockQueue>, Task>,
    slot: usize,
    request: &Request,
) -> Option<Request> {
    let request = Arc::clone(request);
    held.below::<BlockQueue>().with(&QUEUE, |queue, _held| queue.slots[slot].replace(request))
}

/// Threads read from a disk, each with a file's lock held; then one gives up before the disk is told, which answers late.
pub(super) fn interrupts_are_waited_for_with_locks_held(held: &mut Root<'_, Task>) -> Verdict {
    interrupt::register(VECTOR, disk_interrupts).map_err(|taken| format!("{taken}"))?;
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            sched::spawn("reader", Placement::default(), move |mut held| {
                let inode = Mutex::<Inode, usize>::with_key(number as u64, 0);
                held.with(&inode, |size, mut held| {
                    for _ in 0..REQUESTS {
                        let request = Request::default();
                        drop(submit(&mut held, number, &request));
                        interrupt::send(cpu::last(), VECTOR);
                        *size += usize::from(request.wait_for(&mut held, LIMIT).is_ok());
                    }
                    *size
                })
            })
        })
        .collect();
    let read: usize = threads.into_iter().map(|thread| thread.join(held)).sum();
    check(read == THREADS * REQUESTS, || format!("{read} of {} requests were answered", THREADS * REQUESTS))?;

    let request = Request::default();
    drop(submit(held, THREADS, &request));
    let early = request.wait_for(held, SHORT);
    check(early == Err(TimedOut), || "a disk that was not told has answered".into())?;
    interrupt::send(cpu::last(), VECTOR);
    let late = request.wait_for(held, LIMIT);
    let answered = held.with(&QUEUE, |queue, _held| queue.answered);
    check(late == Ok(()) && answered == read + 1, || format!("{late:?}, {answered} answers"))
}
