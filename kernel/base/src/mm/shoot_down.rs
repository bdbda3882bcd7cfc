//! Making every CPU forget translations: after a page is taken away, before its frame is used again.
//!
//! Each CPU caches translations for itself and must forget them itself: whoever takes pages away interrupts the
//! others and waits until all have answered. Waiting for another CPU is blocking. A CPU that waits with interrupts
//! off, or with a spin lock held, waits for ever for one that waits for it in the same way; so [`shoot_down`] asks
//! for a token that may sleep: interrupts are on and no spin lock is held. A sleeping lock may be.
//!
//! There is no lock in here. A request is a row of a table, claimed by a compare-exchange; the bits of the CPUs
//! that have not answered are one atomic word, of which each CPU clears its own.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use lockorder::{Held, Level, MaySleep, Platform};

use machine::{cpu, cpus, translations};
use x86_64::VirtAddr;

use crate::interrupt::{self, Taken, Vector};
use crate::platform::Machine;

/// The interrupt by which a CPU asks another to forget.
pub const VECTOR: Vector = Vector::new(0xf1);

/// Registers that interrupt. Once, at boot.
pub(crate) fn register() -> Result<(), Taken> {
    interrupt::register(VECTOR, |_| answer())
}

/// Requests that can be under way at once; who finds no row free waits for one.
const ROWS: usize = 32;

/// One request.
struct Request {
    taken: AtomicBool,
    start: AtomicU64,
    pages: AtomicU64,
    /// The CPUs that have not forgotten yet, one bit each. Written after the other fields, and read before them.
    unanswered: AtomicU64,
}

static REQUESTS: [Request; ROWS] = [const {
    Request {
        taken: AtomicBool::new(false),
        start: AtomicU64::new(0),
        pages: AtomicU64::new(0),
        unanswered: AtomicU64::new(0),
    }
}; ROWS];

/// Takes a free row.
fn claim() -> &'static Request {
    loop {
        let free = REQUESTS.iter().find(|request| !request.taken.swap(true, Ordering::Acquire));
        match free {
            Some(request) => return request,
            None => Machine::relax(),
        }
    }
}

/// Has every CPU forget what it has cached of `pages` small pages from `start`, which have been taken away. When
/// this returns no CPU can reach what was mapped there.
pub fn shoot_down<H: Level, C: MaySleep>(held: &mut Held<'_, H, C>, start: VirtAddr, pages: u64) {
    let request = claim();
    request.start.store(start.as_u64(), Ordering::Relaxed);
    request.pages.store(pages, Ordering::Relaxed);
    {
        let mut held = held.to_task();
        // Until the others have been told, this stays one of the CPUs that need not be.
        let _stay = held.no_preempt::<Machine>();
        translations::forget(start, pages);
        let own = cpu::current().index();
        let others = cpus::all().filter(|&cpu| cpu != own);
        let unanswered = others.clone().fold(0, |set, cpu| set | 1 << cpu.get());
        request.unanswered.store(unanswered, Ordering::Release);
        others.for_each(|cpu| interrupt::send(cpu, VECTOR));
    }
    while request.unanswered.load(Ordering::Acquire) != 0 {
        Machine::relax();
    }
    request.taken.store(false, Ordering::Release);
}

/// Forgets what others ask this CPU to. In the interrupt handler.
fn answer() {
    let own = 1_u64 << cpu::current().index().get();
    for request in &REQUESTS {
        if request.unanswered.load(Ordering::Acquire) & own != 0 {
            translations::forget(
                VirtAddr::new_truncate(request.start.load(Ordering::Relaxed)),
                request.pages.load(Ordering::Relaxed),
            );
            request.unanswered.fetch_and(!own, Ordering::AcqRel);
        }
    }
}
