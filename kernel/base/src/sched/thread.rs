//! One thread.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::cell::UnsafeCell;
use core::fmt;
use core::num::NonZeroU64;
use core::panic::Location;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, Ordering};

use intrusive_collections::RBTreeAtomicLink;
use lockorder::blocking::serial::HeldSerialTokens;
use lockorder::{Root, Task};

use super::inherited::Inheritance;
use super::table::{Place, Table};
use super::thread_id::ThreadId;
use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use crate::mm::fallible::try_arc;
use crate::mm::space::{self, Space as LoadedSpace};
use crate::mm::stacks::{self, Stack};
use crate::platform::Machine;
use crate::time::Instant;
use crate::user::space::Space;
use machine::cpu::CpuIndex;
use machine::paging::NoMemory;
use machine::{context, cpu, interrupts};

/// What a thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// It runs, or could: it is on a CPU, in a run queue, or in an inbox.
    Ready = 0,
    /// It waits, or is about to, until somebody wakes it.
    Waiting = 1,
    /// It has ended.
    Dead = 2,
}

/// CPUs that a thread may run on, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuSet(u64);

impl CpuSet {
    /// Every CPU.
    pub const ALL: Self = Self(u64::MAX);

    /// The CPUs of these bits; none where there are none.
    #[must_use]
    pub const fn of(bits: u64) -> Option<Self> {
        if bits == 0 { None } else { Some(Self(bits)) }
    }

    /// One CPU.
    #[must_use]
    pub const fn only(cpu: CpuIndex) -> Self {
        Self(1 << cpu.get())
    }

    /// The bits, by the CPUs' numbers.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether a CPU is in it.
    #[must_use]
    pub const fn contains(self, cpu: CpuIndex) -> bool {
        self.0 >> cpu.get() & 1 == 1
    }
}

/// What a thread runs.
pub(super) type Body = Box<dyn for<'r> FnOnce(Root<'r, Task>) + Send>;

/// What only the CPU that runs or switches the thread touches.
struct Saved {
    /// Where its registers are, while it does not run.
    stack_pointer: u64,
    /// Its interrupt and preemption counts, while it does not run.
    interrupts: interrupts::ThreadState,
    /// What it is to run, until it has begun.
    body: Option<Body>,
}

/// A thread.
pub struct Thread {
    id: ThreadId,
    /// The same, with its place in the table of threads.
    number: NonZeroU64,
    name: &'static str,
    /// Its stack; none for the threads that CPUs start on.
    stack: Option<Stack>,
    saved: UnsafeCell<Saved>,
    state: AtomicU8,
    /// The CPU it runs on, or ran on last: whose inbox wakes it.
    cpu: AtomicUsize,
    /// CPUs that it may run on, one bit each.
    allowed: AtomicU64,
    /// How much it has run, divided by its weight: the smallest runs next. Written by its own CPU only.
    virtual_runtime: AtomicU64,
    /// What it has run and was not charged for yet, in nanoseconds: less than its weight. Written by its own CPU only.
    uncharged: AtomicU64,
    /// How long it has run, in nanoseconds. Written by its own CPU only.
    runtime: AtomicU64,
    /// Its share of a CPU, against others'.
    weight: AtomicU64,
    /// The greatest weight that it is lent by those who wait for it; 0 where it is lent none.
    lent: AtomicU64,
    /// For how many locks it is lent a weight.
    lent_for: AtomicUsize,
    /// The address of the lock that it waits for; 0 while it waits for none.
    awaits: AtomicUsize,
    /// What it is lent, and what it waits for. A leaf.
    inheritance: LeafLock<Inheritance>,
    /// The weight with which it stands among the ready threads, where that is to be changed; 0 where it is not.
    reweighed_from: AtomicU64,
    /// Whether it stands in a list of those whose weight has risen.
    in_reweighed: AtomicBool,
    /// The next thread in that list.
    pub(super) next_reweighed: AtomicPtr<Self>,
    /// Where it waits; null while it does not.
    waits_at: AtomicPtr<Location<'static>>,
    /// Who owns what it waits for, its number plus one, as it looked last; 0 where that is nobody's.
    waits_for: AtomicU64,
    /// Since when, in nanoseconds; [`UNWATCHED`] where it may wait for ever.
    waits_since: AtomicU64,
    /// How many looks of the watchdog have found it in this wait.
    looks: AtomicU64,
    /// What its wait has come to, for who has it wait by name.
    note: AtomicUsize,
    /// When it is to be woken, while it is among the sleepers of its CPU.
    deadline: AtomicU64,
    /// Its place among the ready threads of its CPU.
    pub(super) ready_link: RBTreeAtomicLink,
    /// Its place among the sleepers of its CPU.
    pub(super) sleeper_link: RBTreeAtomicLink,
    /// Its address space. Touched by the thread itself only.
    space: UnsafeCell<Option<Arc<dyn Space>>>,
    /// What CPUs load when they switch to it; null for a thread of the kernel's.
    loads: AtomicPtr<LoadedSpace>,
    /// The serialising tokens that it holds.
    tokens: HeldSerialTokens<Machine>,
    /// What it holds, for the run-time checker.
    #[cfg(feature = "checker")]
    held_locks: lockorder::checker::HeldLocks,
    /// The next thread in an inbox.
    pub(super) next_in_inbox: AtomicPtr<Self>,
}

// SAFETY: `saved` is touched by one CPU at a time: the one that runs the thread or switches to or from it.
// Hand-overs go through an inbox, which synchronises. `tokens` and `space` are touched by the thread itself only.
unsafe impl Sync for Thread {}
// SAFETY: as above; a body is `Send`.
unsafe impl Send for Thread {}

impl fmt::Debug for Thread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({}, {:?}, cpu {})", self.name, self.id, self.state(), self.cpu())
    }
}

/// Sentinel: the watchdog ignores this wait.
const UNWATCHED: u64 = u64::MAX;

/// What a thread of a weight is charged for `nanoseconds`, and how many of those are left.
const fn share(nanoseconds: u64, weight: u64) -> (u64, u64) {
    (nanoseconds / weight, nanoseconds % weight)
}

/// What a thread waits for.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    /// Where in the source.
    pub place: &'static Location<'static>,
    /// Since when; none where it may last for ever.
    pub since: Option<Instant>,
    /// The thread that owns what is waited for, where it is owned, as it was last seen.
    pub owner: Option<ThreadId>,
}

impl Drop for Thread {
    /// Leaves the table before the stack, and with it the place there, can be another thread's.
    fn drop(&mut self) {
        THREADS.leave(self.place());
    }
}

/// All threads there are, by their places.
pub(super) static THREADS: Table<Thread> = Table::new();

impl Thread {
    /// A thread that does not run yet, and begins in `first`.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when there is none for its stack, or for itself; the body is dropped.
    pub(super) fn new(
        name: &'static str,
        allowed: CpuSet,
        weight: u64,
        cpu: CpuIndex,
        first: context::First,
        body: Body,
    ) -> Result<Arc<Self>, NoMemory> {
        let stack = stacks::allocate()?;
        // SAFETY: the stack is this thread's from here on.
        let stack_pointer = unsafe { context::prepare(stack.top(), first) };
        let saved = Saved { stack_pointer, interrupts: interrupts::ThreadState::NEW, body: Some(body) };
        Self::with(name, Some(stack), saved, allowed, weight, cpu)
    }

    /// The thread that a CPU has been running since it started: its idle thread from now on.
    ///
    /// # Panics
    ///
    /// When there is no memory for it.
    pub(super) fn adopt(cpu: CpuIndex) -> Arc<Self> {
        let saved = Saved { stack_pointer: 0, interrupts: interrupts::ThreadState::NEW, body: None };
        Self::with("idle", None, saved, CpuSet::only(cpu), 1, cpu)
            .unwrap_or_else(|NoMemory| panic!("no memory for the idle thread of CPU {cpu}"))
    }

    fn with(
        name: &'static str,
        stack: Option<Stack>,
        saved: Saved,
        allowed: CpuSet,
        weight: u64,
        cpu: CpuIndex,
    ) -> Result<Arc<Self>, NoMemory> {
        let id = ThreadId::next();
        let place = Place::of(stack.as_ref().map(Stack::number), cpu);
        let thread = try_arc(Self {
            id,
            number: place.number(id),
            name,
            stack,
            saved: UnsafeCell::new(saved),
            state: AtomicU8::new(State::Ready as u8),
            cpu: AtomicUsize::new(cpu.get()),
            allowed: AtomicU64::new(allowed.bits()),
            virtual_runtime: AtomicU64::new(0),
            uncharged: AtomicU64::new(0),
            runtime: AtomicU64::new(0),
            weight: AtomicU64::new(weight.max(1)),
            lent: AtomicU64::new(0),
            lent_for: AtomicUsize::new(0),
            awaits: AtomicUsize::new(0),
            inheritance: LeafLock::new(Leaf::Inheritance, Inheritance::new()),
            reweighed_from: AtomicU64::new(0),
            in_reweighed: AtomicBool::new(false),
            next_reweighed: AtomicPtr::new(core::ptr::null_mut()),
            waits_at: AtomicPtr::new(core::ptr::null_mut()),
            waits_for: AtomicU64::new(0),
            waits_since: AtomicU64::new(0),
            looks: AtomicU64::new(0),
            note: AtomicUsize::new(0),
            deadline: AtomicU64::new(0),
            ready_link: RBTreeAtomicLink::new(),
            sleeper_link: RBTreeAtomicLink::new(),
            space: UnsafeCell::new(None),
            loads: AtomicPtr::new(core::ptr::null_mut()),
            tokens: HeldSerialTokens::new(),
            #[cfg(feature = "checker")]
            held_locks: lockorder::checker::HeldLocks::new(),
            next_in_inbox: AtomicPtr::new(core::ptr::null_mut()),
        })?;
        THREADS.enter(place, &thread);
        Ok(thread)
    }

    /// Its place in the table of threads.
    fn place(&self) -> Place {
        Place::of(self.stack.as_ref().map(Stack::number), self.cpu())
    }

    /// What it waits for, if it does. By the thread itself at the begin and the end of a wait.
    pub(super) fn set_wait(&self, place: Option<&'static Location<'static>>, watched: bool) {
        let since = if watched { Instant::now().as_nanos() } else { UNWATCHED };
        self.waits_for.store(0, Ordering::Relaxed);
        self.waits_since.store(since, Ordering::Relaxed);
        self.looks.store(0, Ordering::Relaxed);
        let place = place.map_or(core::ptr::null_mut(), |place| core::ptr::from_ref(place).cast_mut());
        self.waits_at.store(place, Ordering::Release);
    }

    /// Notes who owns what it waits for. By the thread itself, while it waits.
    pub(super) fn set_waits_for(&self, owner: Option<ThreadId>) {
        self.waits_for.store(owner.map_or(0, |owner| owner.number() + 1), Ordering::Relaxed);
    }

    /// Counts a look of the watchdog that has found it in this wait; gives how many have.
    pub(crate) fn count_look(&self) -> u64 {
        self.looks.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// How many looks of the watchdog have found it in this wait.
    pub(crate) fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    /// What it waits for.
    #[must_use]
    pub fn wait(&self) -> Option<Wait> {
        // SAFETY: null, or made from a static reference in `set_wait`.
        let place: &'static Location<'static> = unsafe { self.waits_at.load(Ordering::Acquire).as_ref() }?;
        let since = self.waits_since.load(Ordering::Relaxed);
        let since = (since != UNWATCHED).then_some(Instant::from_nanos(since));
        let owner = self.waits_for.load(Ordering::Relaxed).checked_sub(1).map(ThreadId::from_number);
        Some(Wait { place, since, owner })
    }

    /// Who it is.
    #[must_use]
    pub const fn id(&self) -> ThreadId {
        self.id
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it is doing.
    #[must_use]
    pub fn state(&self) -> State {
        match self.state.load(Ordering::Acquire) {
            0 => State::Ready,
            1 => State::Waiting,
            _ => State::Dead,
        }
    }

    /// How long it has run, in nanoseconds, up to when it was charged last: at a switch, or a tick.
    #[must_use]
    pub fn runtime(&self) -> u64 {
        self.runtime.load(Ordering::Relaxed)
    }

    /// The CPU it runs on, or ran on last.
    #[must_use]
    pub fn cpu(&self) -> CpuIndex {
        CpuIndex::new(self.cpu.load(Ordering::Acquire)).unwrap_or(CpuIndex::FIRST)
    }

    /// Where it may run.
    #[must_use]
    pub fn allowed(&self) -> CpuSet {
        CpuSet(self.allowed.load(Ordering::Relaxed))
    }

    /// Says where it may run. Where it runs on another CPU it leaves that at its next switch, or at its next turn.
    pub fn set_allowed(&self, allowed: CpuSet) {
        self.allowed.store(allowed.bits(), Ordering::Relaxed);
    }

    /// Sets its own share of a CPU, 1 or more: what it runs from now on is charged by that.
    pub fn set_weight(&self, weight: u64) {
        self.weight.store(weight.max(1), Ordering::Relaxed);
    }

    /// Its own share of a CPU, without what it is lent.
    #[must_use]
    pub fn own_weight(&self) -> u64 {
        self.weight.load(Ordering::Relaxed)
    }

    /// Whether it is a CPU's idle thread.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.stack.is_none()
    }

    /// The number by which the library's locks know it.
    pub(super) const fn number(&self) -> NonZeroU64 {
        self.number
    }

    /// Its share of a CPU now: its own, or what it is lent, if that is more.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.own_weight().max(self.lent.load(Ordering::SeqCst))
    }

    /// Runs an operation on what it is lent, and what it waits for.
    pub(super) fn with_inheritance<O>(&self, operation: impl FnOnce(&mut Inheritance) -> O) -> O {
        // SAFETY: the operations of `inheritance` change notes and atomics of threads, and look at a lock's owner, an atomic.
        unsafe { self.inheritance.with(operation) }
    }

    /// Whether it is lent anything.
    pub(super) fn is_lent(&self) -> bool {
        self.lent_for.load(Ordering::SeqCst) != 0
    }

    /// Sets the greatest weight that it is lent, and for how many locks. Under its leaf.
    pub(super) fn set_lent(&self, weight: u64, locks: usize) {
        self.lent_for.store(locks, Ordering::SeqCst);
        self.lent.store(weight, Ordering::SeqCst);
    }

    /// Notes the address of the lock that it waits for, or 0. By the thread itself.
    pub(super) fn set_awaits(&self, lock: usize) {
        self.awaits.store(lock, Ordering::SeqCst);
    }

    /// Whether it waits for the lock at an address.
    pub(super) fn awaits(&self, lock: usize) -> bool {
        self.awaits.load(Ordering::SeqCst) == lock
    }

    /// Requests repositioning among the ready threads, where it is still keyed by the weight `before`.
    pub(super) fn reweigh_from(&self, before: u64) {
        let _ = self.reweighed_from.compare_exchange(0, before, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// The weight with which it stands among the ready threads, if that is to be changed; once.
    pub(super) fn take_reweighed_from(&self) -> Option<u64> {
        Some(self.reweighed_from.swap(0, Ordering::AcqRel)).filter(|&before| before != 0)
    }

    /// Whether its place among the ready threads is to be changed.
    pub(super) fn is_to_be_reweighed(&self) -> bool {
        self.reweighed_from.load(Ordering::Acquire) != 0
    }

    /// Says that it enters a list of those whose weight has risen; false where it stands in one.
    pub(super) fn enter_reweighed(&self) -> bool {
        !self.in_reweighed.swap(true, Ordering::SeqCst)
    }

    /// Says that it has left that list. Before its weight is looked at, so that a weight that rises after that is listed again.
    pub(super) fn leave_reweighed(&self) {
        self.in_reweighed.store(false, Ordering::SeqCst);
    }

    /// Keeps its distance to the queue's minimum, in real time, when its weight changes from `before`. While it is in no tree.
    pub(super) fn scale_runtime(&self, least: u64, before: u64) {
        let ahead = self.virtual_runtime().saturating_sub(least);
        let ahead = u128::from(ahead) * u128::from(before) / u128::from(self.weight());
        let ahead = u64::try_from(ahead).unwrap_or(u64::MAX);
        self.virtual_runtime.store(least.saturating_add(ahead), Ordering::Relaxed);
    }

    /// How much it has run, divided by its weight, in nanoseconds.
    pub(super) fn virtual_runtime(&self) -> u64 {
        self.virtual_runtime.load(Ordering::Relaxed)
    }

    /// Counts time that it has run. What is left by the division counts the next time: a heavy thread that runs for a moment
    /// only, over and over, would run for nothing.
    pub(super) fn charge(&self, nanoseconds: u64) {
        let runtime = self.runtime.load(Ordering::Relaxed).wrapping_add(nanoseconds);
        self.runtime.store(runtime, Ordering::Relaxed);
        let (charged, left) = share(self.uncharged.load(Ordering::Relaxed) + nanoseconds, self.weight());
        self.virtual_runtime.store(self.virtual_runtime().saturating_add(charged), Ordering::Relaxed);
        self.uncharged.store(left, Ordering::Relaxed);
    }

    /// Forgets what it has run, to catch up with others elsewhere.
    pub(super) fn forget_runtime(&self) {
        self.virtual_runtime.store(0, Ordering::Relaxed);
    }

    /// Catches up with the others, after it has not wanted to run for long.
    pub(super) fn catch_up(&self, virtual_runtime: u64) {
        self.virtual_runtime.store(self.virtual_runtime().max(virtual_runtime), Ordering::Relaxed);
    }

    /// The serialising tokens that it holds.
    ///
    /// # Safety
    ///
    /// By the thread itself.
    pub(super) const unsafe fn tokens(&self) -> &HeldSerialTokens<Machine> {
        &self.tokens
    }

    /// What it holds.
    #[cfg(feature = "checker")]
    pub(super) const fn held_locks(&self) -> &lockorder::checker::HeldLocks {
        &self.held_locks
    }

    /// What its wait has come to, for who has it wait by name ([`waiting::wait`](super::waiting::wait) without sources) and
    /// [wakes](Self::wake) it: a thread is in one such wait at a time, and what the number means is that wait's.
    #[must_use]
    pub const fn note(&self) -> &AtomicUsize {
        &self.note
    }

    /// When it is to be woken.
    pub(super) fn deadline(&self) -> Instant {
        Instant::from_nanos(self.deadline.load(Ordering::Relaxed))
    }

    /// Sets when it is to be woken, while it is not among the sleepers.
    pub(super) fn set_deadline(&self, deadline: Instant) {
        self.deadline.store(deadline.as_nanos(), Ordering::Relaxed);
    }

    /// Moves it to another CPU. Only the CPU whose run queue it was taken from does this.
    pub(super) fn move_to(&self, cpu: CpuIndex) {
        self.cpu.store(cpu.get(), Ordering::Release);
    }

    /// Declares that it waits: from here on a wake-up is not lost. By the thread itself.
    pub(super) fn prepare_to_wait(&self) {
        self.state.store(State::Waiting as u8, Ordering::SeqCst);
    }

    /// Cancels `prepare_to_wait`; false if somebody has woken the thread meanwhile, and it is in an inbox already.
    pub(super) fn cancel_wait(&self) -> bool {
        self.state
            .compare_exchange(State::Waiting as u8, State::Ready as u8, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }

    /// Marks it dead. By the thread itself, last.
    pub(super) fn die(&self) {
        self.state.store(State::Dead as u8, Ordering::Release);
    }

    /// What it is to run; once.
    ///
    /// # Safety
    ///
    /// By the thread itself.
    pub(super) unsafe fn take_body(&self) -> Option<Body> {
        // SAFETY: only the running thread comes here, and nobody else touches `saved` while it runs.
        unsafe { (*self.saved.get()).body.take() }
    }

    /// Its address space, for itself.
    pub(crate) fn space(&self) -> Option<Arc<dyn Space>> {
        debug_assert!(self.is_current(), "a thread's space is its own");
        // SAFETY: only the thread itself touches it, and this is that thread.
        unsafe { (*self.space.get()).clone() }
    }

    /// Whether it has an address space.
    pub(crate) fn has_space(&self) -> bool {
        !self.loads.load(Ordering::Relaxed).is_null()
    }

    /// Gives it another address space; gives the one before.
    pub(crate) fn set_space(&self, space: Option<Arc<dyn Space>>) -> Option<Arc<dyn Space>> {
        debug_assert!(self.is_current(), "a thread's space is its own");
        let loads =
            space.as_ref().map_or(core::ptr::null(), |space| core::ptr::from_ref(space.tables().space()));
        let off = interrupts::InterruptsOff::new();
        // SAFETY: only the thread itself touches it, and this is that thread; a handler that copies finds one or the other.
        let had = unsafe { core::mem::replace(&mut *self.space.get(), space) };
        self.loads.store(loads.cast_mut(), Ordering::Relaxed);
        if !loads.is_null() {
            // SAFETY: the thread holds the space, whose tables are freed after every CPU has left them.
            unsafe { space::load(loads) }
        }
        drop(off);
        had
    }

    /// Whether it is the thread that runs this.
    fn is_current(&self) -> bool {
        core::ptr::eq(cpu::thread().cast::<Self>(), self)
    }

    /// Switches to `next`; returns when somebody switches back to this thread, which thread ran before.
    ///
    /// # Safety
    ///
    /// This thread runs on this CPU; `next` is an [`Arc`]'s pointer to a thread of this CPU that runs nowhere; both stay alive
    /// until they are switched away from; interrupts are counted off once. What is returned owns a reference, as `previous`
    /// does, which is one to this thread.
    pub(super) unsafe fn switch_to(previous: Arc<Self>, next: *const Self) -> Arc<Self> {
        let this = Arc::into_raw(previous);
        // SAFETY: this thread is running and `next` is not, on this CPU: both `saved` are ours to touch. What is set for this
        // CPU lives as long as it stays set, since `next` does, and so does its address space. Every switch brings a reference of its own.
        unsafe {
            debug_assert_eq!((*next).cpu(), cpu::current().index(), "a thread of another CPU");
            #[cfg(feature = "checker")]
            cpu::set_held_locks(&(*next).held_locks);
            cpu::set_thread(next.cast());
            machine::user::save_floating_point();
            let loads = (*next).loads.load(Ordering::Relaxed);
            if !loads.is_null() {
                space::load(loads);
            }
            let (saved, own) = ((*next).saved.get(), (*this).saved.get());
            (*own).interrupts = interrupts::exchange((*saved).interrupts);
            Self::ran_before(context::switch(
                &raw mut (*own).stack_pointer,
                (*saved).stack_pointer,
                this.cast(),
            ))
        }
    }

    /// The thread that ran before a switch.
    ///
    /// # Safety
    ///
    /// `brought` is what the switch has brought, for the first time.
    pub(super) unsafe fn ran_before(brought: *const ()) -> Arc<Self> {
        // SAFETY: `switch_to` has made it from a reference, which nobody else takes.
        unsafe { Arc::from_raw(brought.cast()) }
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn short_runs_are_charged_as_a_long_one() {
        for weight in [1, 7, 100, 1_000_000] {
            let (mut charged, mut left) = (0, 0);
            for _ in 0..10_000 {
                let (now, rest) = share(left + 999, weight);
                (charged, left) = (charged + now, rest);
            }
            assert_eq!((charged, left), share(9_990_000, weight));
        }
    }
}
