//! Taking pages away: no CPU may go on using what is gone.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use lockorder::{Root, SpinLock, Task};

use super::{Verdict, check};
use crate::classes::Pipe;
use base::cpu;
use base::mm::frames;
use base::mm::kernel_space::Mapping;
use base::mm::kernel_space::Permissions;
use base::platform::Machine;
use base::sched::thread::CpuSet;
use base::sched::{self, Placement};
use base::time::Instant;

/// How often the storm maps, has every CPU read, and unmaps.
const ROUNDS: u64 = 30;
/// How long interrupts stay off at a time, in nanoseconds.
const MASKED: u64 = 1_000_000;

/// What the readers of one page are told.
struct Page {
    mapping: SpinLock<Pipe, Option<Arc<Mapping>>>,
    /// Which round may be read; the content must be its number.
    round: AtomicU64,
    /// Readers that have read in this round.
    readers: AtomicU64,
    wrong: AtomicU64,
    stop: AtomicBool,
}

/// A frame filled with a number, mapped, and its address.
fn map(held: &mut Root<'_, Task>, content: u64) -> Result<Mapping, String> {
    let mut frame = frames::allocate().ok_or("no frame")?;
    frame.words().fill(content);
    Mapping::new(held, vec![frame], Permissions::WRITABLE).map_err(|_| "no memory for a mapping".into())
}

/// Reads the page of each round, until told to stop.
fn read(held: &mut Root<'_, Task>, page: &Page) {
    let mut seen = 0;
    while !page.stop.load(Ordering::Acquire) {
        let round = page.round.load(Ordering::Acquire);
        if round == seen {
            sched::yield_now(held);
            continue;
        }
        seen = round;
        let mapping = held.lock(&page.mapping).clone();
        // The mapping stays until every reader has answered for this round.
        if mapping.as_deref().map(Mapping::first_word) != Some(round) {
            page.wrong.fetch_add(1, Ordering::Relaxed);
        }
        drop(mapping);
        page.readers.fetch_add(1, Ordering::AcqRel);
    }
}

/// One address, mapped to a new frame again and again, is read by every CPU each time: what a CPU remembers of the
/// frame before shows. Meanwhile the other CPUs keep interrupts off for a millisecond at a time, and map and unmap
/// for themselves.
pub(super) fn shoot_down_storm(held: &mut Root<'_, Task>) -> Verdict {
    let page = Arc::new(Page {
        mapping: SpinLock::new(None),
        round: AtomicU64::new(0),
        readers: AtomicU64::new(0),
        wrong: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    });
    let mut threads = Vec::new();
    for cpu in cpu::all() {
        let placement = Placement { allowed: CpuSet::only(cpu), ..Placement::default() };
        let shared = Arc::clone(&page);
        threads.push(sched::spawn("reader", placement, move |mut held| read(&mut held, &shared)));
        let shared = Arc::clone(&page);
        threads.push(sched::spawn("masker", placement, move |mut held| {
            while !shared.stop.load(Ordering::Acquire) {
                {
                    let _off = held.irqs_off::<Machine>();
                    let end = Instant::now().as_nanos() + MASKED;
                    while Instant::now().as_nanos() < end {
                        core::hint::spin_loop();
                    }
                }
                if let Ok(mapping) = map(&mut held, 0) {
                    mapping.unmap(&mut held).into_iter().for_each(frames::free);
                }
            }
        }));
    }
    let readers = cpu::online() as u64;
    let mut result = Ok(());
    let mut addresses = Vec::new();
    for round in 1..=ROUNDS {
        let mapping = match map(held, round) {
            Ok(mapping) => Arc::new(mapping),
            Err(wrong) => {
                result = Err(wrong);
                break;
            }
        };
        addresses.push(mapping.start());
        *held.lock(&page.mapping) = Some(Arc::clone(&mapping));
        page.readers.store(0, Ordering::Relaxed);
        page.round.store(round, Ordering::Release);
        while page.readers.load(Ordering::Acquire) < readers {
            sched::yield_now(held);
        }
        drop(held.lock(&page.mapping).take());
        let Ok(mapping) = Arc::try_unwrap(mapping) else {
            result = Err("a reader has answered and not let go".into());
            break;
        };
        mapping.unmap(held).into_iter().for_each(frames::free);
    }
    page.stop.store(true, Ordering::Release);
    for thread in threads {
        thread.join(held);
    }
    result?;
    addresses.sort_unstable();
    addresses.dedup();
    check((addresses.len() as u64) < ROUNDS, || "no address was ever used again: nothing was tested".into())?;
    let wrong = page.wrong.load(Ordering::Relaxed);
    check(wrong == 0, || format!("{wrong} reads saw a frame that had been taken away"))
}
