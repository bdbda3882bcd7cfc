//! Non-maskable interrupts: they reach a CPU whatever it does.
//!
//! One comes for one of three reasons: another CPU panics and stops this one; another CPU asks for this one's place; or
//! nobody of the kernel's has asked, and somebody outside wants to know what hangs, or a device says that it fails.
//!
//! **What runs here has interrupted anything**, a holder of any lock and the counting of interrupts included. So it takes no
//! lock, counts nothing, wakes nobody and prints nothing: it touches atomics of its own only. It must not fault either:
//! the return from an exception lets the next one in, on top of this one's stack. What nobody has asked for is noted, and
//! every other CPU asked for its place at once; the next beat of any CPU reports it, as an ordinary handler.

use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use super::cpu::CpuIndex;
use super::{cpu, local_apic, timer};

/// No CPU's number.
const NOBODY: usize = usize::MAX;
/// How long one may wait for its report, in nanoseconds: after that no CPU has a beat, of which there is one a second.
const PATIENCE: u64 = 3_000_000_000;

/// Which CPU stops the others.
static STOPPED_BY: AtomicUsize = AtomicUsize::new(NOBODY);
/// Whether CPUs ask each other for their places: every one that is started then answers.
static ANSWERED: AtomicBool = AtomicBool::new(false);
/// Whether there is one that is to be reported.
static UNREPORTED: AtomicBool = AtomicBool::new(false);
/// Since when, in nanoseconds.
static SINCE: AtomicU64 = AtomicU64::new(0);
/// How many came that nobody asked for.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// What each CPU notes for the report.
struct Notes {
    /// Where it was when one came that nobody asked for; 0 where none has come.
    came_at: AtomicU64,
    /// Whether it is asked for its place.
    asked: AtomicBool,
    /// Where it was when it was asked; 0 where it has not answered.
    place: AtomicU64,
}

static NOTES: [Notes; cpu::MAXIMUM] =
    [const { Notes { came_at: AtomicU64::new(0), asked: AtomicBool::new(false), place: AtomicU64::new(0) } };
        cpu::MAXIMUM];

/// Stops every other CPU for good, each where it is.
pub fn stop_others() {
    STOPPED_BY.store(cpu::current().index().get(), Ordering::SeqCst);
    local_apic::send_nonmaskable_to_others();
}

/// Lets those from outside in, which come to the first CPU. Once, by the first CPU, when the others have been started.
pub fn accept() {
    ANSWERED.store(true, Ordering::Release);
    local_apic::accept_nonmaskable();
}

/// Deals with one that has interrupted this CPU at `place`; false if nobody has reported an earlier one for so long that
/// nobody will.
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "only the stubs' target calls it"))]
pub(super) fn take(place: u64) -> bool {
    let own = cpu::current().index();
    let notes = &NOTES[own.get()];
    match STOPPED_BY.load(Ordering::SeqCst) {
        NOBODY => {}
        // It panics, and reports already.
        by if by == own.get() => return true,
        _ => cpu::stop_at(place),
    }
    if notes.asked.load(Ordering::Acquire) {
        notes.place.store(place, Ordering::Relaxed);
        notes.asked.store(false, Ordering::Release);
        return true;
    }
    TAKEN.fetch_add(1, Ordering::Relaxed);
    notes.came_at.store(place, Ordering::Release);
    let now = timer::nanoseconds();
    if UNREPORTED.load(Ordering::Acquire) {
        return now.saturating_sub(SINCE.load(Ordering::Relaxed)) < PATIENCE;
    }
    SINCE.store(now, Ordering::Relaxed);
    if ANSWERED.load(Ordering::Acquire) {
        for notes in others(own) {
            notes.place.store(0, Ordering::Relaxed);
            notes.asked.store(true, Ordering::Release);
        }
        local_apic::send_nonmaskable_to_others();
    }
    UNREPORTED.store(true, Ordering::Release);
    true
}

/// The notes of the CPUs but one.
fn others(own: CpuIndex) -> impl Iterator<Item = &'static Notes> {
    cpu::all().filter(move |&index| index != own).map(|index| &NOTES[index.get()])
}

/// Whether one came that is to be reported; whoever is told reports it.
#[must_use]
pub fn is_to_be_reported() -> bool {
    UNREPORTED.load(Ordering::Acquire) && UNREPORTED.swap(false, Ordering::AcqRel)
}

/// Where a CPU was when one came to it, if one has since this was asked last.
#[must_use]
pub fn came_at(index: CpuIndex) -> Option<u64> {
    Some(NOTES[index.get()].came_at.swap(0, Ordering::AcqRel)).filter(|&place| place != 0)
}

/// Where a CPU was when it was asked, once it has answered.
#[must_use]
pub fn place_of(index: CpuIndex) -> Option<u64> {
    let notes = &NOTES[index.get()];
    let answered = !notes.asked.load(Ordering::Acquire);
    Some(notes.place.load(Ordering::Relaxed)).filter(|&place| answered && place != 0)
}

/// How many came so far that nobody asked for.
#[must_use]
pub fn taken() -> u64 {
    TAKEN.load(Ordering::Relaxed)
}
