//! Making every CPU forget translations: after a page is taken away, before its frame is used again.
//!
//! Each CPU caches translations for itself and must forget them itself: whoever takes pages away interrupts the
//! others and waits until all have answered. Waiting for another CPU is blocking. A CPU that waits with interrupts
//! off, or with a spin lock held, waits for ever for one that waits for it in the same way; so [`shoot_down`] asks
//! for a token that may sleep: interrupts are on and no spin lock is held. A sleeping lock may be.
//!
//! What is taken away from a user's space concerns the CPUs that have it, and no other one is interrupted (`forget`); before
//! a space is freed, those load the kernel's own tables (`leave`).
//!
//! There is no lock in here. A request is a row of a table, claimed by a compare-exchange; the bits of the CPUs
//! that have not answered are one atomic word, of which each CPU clears its own.

use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

use lockorder::{Held, Level, MaySleep, Platform};

use machine::interrupts::InterruptsOff;
use machine::{cpu, cpus, translations};
use x86_64::VirtAddr;

use super::space::{self, Space};
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
    /// The space that it concerns; null for the kernel's half, which all have.
    space: AtomicPtr<Space>,
    /// Whether that is to be left.
    leaves: AtomicBool,
    start: AtomicU64,
    pages: AtomicU64,
    /// The CPUs that have not forgotten yet, one bit each. Written after the other fields, and read before them.
    unanswered: AtomicU64,
}

static REQUESTS: [Request; ROWS] = [const {
    Request {
        taken: AtomicBool::new(false),
        space: AtomicPtr::new(core::ptr::null_mut()),
        leaves: AtomicBool::new(false),
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

/// Whom a request concerns, and what it asks.
#[derive(Clone, Copy)]
enum Concern<'a> {
    /// Every CPU: forget addresses of the kernel's half.
    Kernel,
    /// Those that have a space: forget addresses of it.
    Space(&'a Space),
    /// Those that have a space: leave it.
    Leave(&'a Space),
}

impl Concern<'_> {
    /// The CPUs that it concerns, one bit each.
    fn cpus(self) -> u64 {
        match self {
            Self::Kernel => cpus::all().fold(0, |set, cpu| set | 1 << cpu.get()),
            Self::Space(space) | Self::Leave(space) => space.cpus(),
        }
    }

    /// The space, or null.
    fn space(self) -> *const Space {
        match self {
            Self::Kernel => core::ptr::null(),
            Self::Space(space) | Self::Leave(space) => space,
        }
    }
}

/// Does on this CPU what a request asks. Interrupts are off.
fn comply(space: *const Space, leaves: bool, start: VirtAddr, pages: u64) {
    if leaves {
        space::leave(space);
    } else if space.is_null() || space::is_loaded(space) {
        translations::forget(start, pages);
    }
}

/// Has every CPU forget what it has cached of `pages` small pages of the kernel's half from `start`, which have been taken
/// away. When this returns no CPU can reach what was mapped there.
pub fn shoot_down<H: Level, C: MaySleep>(held: &mut Held<'_, H, C>, start: VirtAddr, pages: u64) {
    request(held, Concern::Kernel, start, pages);
}

/// Has the CPUs that have a space forget `pages` small pages of it from `start`, which have been taken away or may do less.
pub(super) fn forget<H: Level, C: MaySleep>(
    held: &mut Held<'_, H, C>,
    space: &Space,
    start: VirtAddr,
    pages: u64,
) {
    request(held, Concern::Space(space), start, pages);
}

/// Has every CPU leave a space.
pub(super) fn leave<H: Level, C: MaySleep>(held: &mut Held<'_, H, C>, space: &Space) {
    request(held, Concern::Leave(space), VirtAddr::zero(), 0);
}

/// Asks those that are concerned, and waits for them.
fn request<H: Level, C: MaySleep>(
    held: &mut Held<'_, H, C>,
    concern: Concern<'_>,
    start: VirtAddr,
    pages: u64,
) {
    let leaves = matches!(concern, Concern::Leave(_));
    // Before preemption is off: who has a row may wait for its turn on this CPU.
    let request = claim();
    {
        let mut held = held.to_task();
        // Until the others have been told, this stays one of the CPUs that need not be.
        let _stay = held.no_preempt::<Machine>();
        let own = cpu::current().index();
        let off = InterruptsOff::new();
        comply(concern.space(), leaves, start, pages);
        drop(off);
        let others = concern.cpus() & !(1 << own.get());
        if others != 0 {
            request.space.store(concern.space().cast_mut(), Ordering::Relaxed);
            request.leaves.store(leaves, Ordering::Relaxed);
            request.start.store(start.as_u64(), Ordering::Relaxed);
            request.pages.store(pages, Ordering::Relaxed);
            request.unanswered.store(others, Ordering::Release);
            let concerned = cpus::all().filter(|cpu| others >> cpu.get() & 1 == 1);
            concerned.for_each(|cpu| interrupt::send(cpu, VECTOR));
        }
    }
    while request.unanswered.load(Ordering::Acquire) != 0 {
        Machine::relax();
    }
    request.taken.store(false, Ordering::Release);
}

/// Does what others ask this CPU for. In the interrupt handler.
fn answer() {
    let own = 1_u64 << cpu::current().index().get();
    for request in &REQUESTS {
        if request.unanswered.load(Ordering::Acquire) & own != 0 {
            comply(
                request.space.load(Ordering::Relaxed),
                request.leaves.load(Ordering::Relaxed),
                VirtAddr::new_truncate(request.start.load(Ordering::Relaxed)),
                request.pages.load(Ordering::Relaxed),
            );
            request.unanswered.fetch_and(!own, Ordering::AcqRel);
        }
    }
}
