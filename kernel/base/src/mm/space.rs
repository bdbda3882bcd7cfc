//! Which CPUs have which user address space.
//!
//! A word of bits beside a space's root names the CPUs that have it. A CPU enters itself before it loads the root, and leaves
//! after it has loaded another one; a space that one CPU has is flushed without an interrupt to others. A CPU that runs a
//! thread of the kernel's keeps the space that it had: loading a root empties the cache of translations, and the thread before
//! is often the thread after.

use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

use lockorder::{Held, Level, MaySleep, Platform};
use machine::cpu::{self, CpuIndex, Line, PerCpu};
use machine::paging;
use machine::user_tables::UserRoot;

use crate::platform::Machine;

/// A space's root, and who has it.
pub(crate) struct Space {
    /// The tables.
    pub(super) root: UserRoot,
    /// The CPUs that have the root loaded, or are about to.
    cpus: AtomicU64,
    /// Whether somebody excludes others.
    claimed: AtomicBool,
    /// How many entries own a page.
    pub(super) pages: AtomicU64,
}

/// The space that each CPU has loaded; null for the kernel's own tables. It is alive: a space is freed after all CPUs have left it.
static LOADED: PerCpu<AtomicPtr<Space>> =
    PerCpu::new([const { Line::new(AtomicPtr::new(core::ptr::null_mut())) }; cpu::MAXIMUM]);

/// Nobody else changes a space in a way that excludes others. Dropping it lets the next one.
pub(super) struct Claim<'a>(&'a Space);

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.claimed.store(false, Ordering::Release);
    }
}

impl Space {
    /// A space that no CPU has.
    pub(super) const fn new(root: UserRoot) -> Self {
        Self { root, cpus: AtomicU64::new(0), claimed: AtomicBool::new(false), pages: AtomicU64::new(0) }
    }

    /// Excludes others. The token shows that interrupts are on and no spin lock is held, so that whoever has the claim goes on.
    pub(super) fn claim<H: Level, C: MaySleep>(&self, _held: &mut Held<'_, H, C>) -> Claim<'_> {
        while self.claimed.swap(true, Ordering::Acquire) {
            Machine::relax();
        }
        Claim(self)
    }

    /// The CPUs that have it, one bit each.
    pub(super) fn cpus(&self) -> u64 {
        self.cpus.load(Ordering::SeqCst)
    }
}

/// Makes this CPU use a space's tables. Interrupts are off.
///
/// # Safety
///
/// The space is freed only after every CPU has left it.
pub(crate) unsafe fn load(space: *const Space) {
    let own = cpu::current().index();
    let had = LOADED[own].load(Ordering::Relaxed);
    if had.cast_const() == space {
        return;
    }
    // SAFETY: the space is alive, since its owner is, and is freed only after this CPU has left it.
    unsafe {
        // Before the root is loaded: whoever takes pages away and does not see this bit has done so before, and then this
        // CPU never has what was there.
        (*space).cpus.fetch_or(1 << own.get(), Ordering::SeqCst);
        (*space).root.load();
    }
    LOADED[own].store(space.cast_mut(), Ordering::Relaxed);
    note_left(had, own);
}

/// Notes that a CPU has left a space.
fn note_left(had: *mut Space, own: CpuIndex) {
    // SAFETY: null, or a space that is freed only after this bit is cleared.
    if let Some(had) = unsafe { had.as_ref() } {
        had.cpus.fetch_and(!(1 << own.get()), Ordering::SeqCst);
    }
}

/// Whether this CPU has the space with an address. Interrupts are off.
pub(super) fn is_loaded(space: *const Space) -> bool {
    LOADED[cpu::current().index()].load(Ordering::Relaxed).cast_const() == space
}

/// Makes this CPU leave a space, if it has it. Interrupts are off.
pub(super) fn leave(space: *const Space) {
    if is_loaded(space) {
        let own = cpu::current().index();
        paging::load_kernel();
        let had = LOADED[own].swap(core::ptr::null_mut(), Ordering::Relaxed);
        note_left(had, own);
    }
}
