//! Starting threads, and joining them.
//!
//! A thread begins with a root of its own. Joining asks for a context that may sleep and for nothing held:
//! the thread waited for may need whatever the waiter holds.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use lockorder::{Held, MaySleep, NothingHeld, Root, Task};

use super::blocking::WaitQueue;
use super::core::{first_code, with_current};
use super::inbox;
use super::thread::{Body, CpuSet, Thread};
use crate::mm::fallible::{try_arc, try_box};
use machine::cpu::CpuIndex;
use machine::cpus;
use machine::paging::NoMemory;

/// Where a thread runs, and with what share.
#[derive(Clone, Copy, Debug)]
pub struct Placement {
    /// CPUs that it may run on.
    pub allowed: CpuSet,
    /// Its share of a CPU against others', 1 or more; 100 is usual.
    pub weight: u64,
}

impl Default for Placement {
    fn default() -> Self {
        Self { allowed: CpuSet::ALL, weight: 100 }
    }
}

/// What a thread leaves for who joins it.
struct Result<T> {
    value: UnsafeCell<Option<T>>,
    finished: AtomicBool,
    joiners: WaitQueue,
}

// SAFETY: the value is written by the thread before `finished`, and read by the one joiner after.
unsafe impl<T: Send> Sync for Result<T> {}
// SAFETY: the value is a `T`, which may be sent; the joiners are reached through their queue only.
unsafe impl<T: Send> Send for Result<T> {}

/// A thread that may be joined. Dropping it lets the thread run on by itself.
pub struct JoinHandle<T> {
    thread: Arc<Thread>,
    result: Arc<Result<T>>,
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "JoinHandle({:?})", self.thread)
    }
}

impl<T> JoinHandle<T> {
    /// The thread.
    #[must_use]
    pub fn thread(&self) -> &Arc<Thread> {
        &self.thread
    }

    /// Whether it has finished, without waiting.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.result.finished.load(Ordering::Acquire)
    }

    /// Waits until the thread has finished, and gives what it returned. However long that takes: the watchdog looks
    /// at the thread that is waited for.
    ///
    /// # Panics
    ///
    /// When this thread is not older than that one: threads that join each other in a circle wait for ever, so each joins only
    /// threads that were created after it. The panic names both.
    #[track_caller]
    pub fn join<H: NothingHeld, C: MaySleep>(self, held: &mut Held<'_, H, C>) -> T {
        let Self { result, thread } = self;
        with_current(|this| {
            assert!(
                this.id() < thread.id(),
                "thread `{}` ({}) cannot join `{}` ({}): a thread joins only threads that were created after it",
                this.name(),
                this.id(),
                thread.name(),
                thread.id()
            );
        });
        result.joiners.wait_for_work(held, |_| result.finished.load(Ordering::Acquire));
        // SAFETY: the thread wrote the value before it said that it had finished, and this handle is the only
        // one to take it.
        let value = unsafe { (*result.value.get()).take() };
        value.expect("a finished thread has left its value, and it is taken once")
    }
}

/// The first CPU to try for the next thread.
static NEXT_CPU: AtomicUsize = AtomicUsize::new(0);

/// A CPU for a new thread: in turn, among the allowed ones.
fn choose(allowed: CpuSet) -> CpuIndex {
    let online = cpus::online();
    let first = NEXT_CPU.fetch_add(1, Ordering::Relaxed);
    let numbers = (0..online).map(|step| (first + step) % online);
    numbers.filter_map(CpuIndex::new).find(|&cpu| allowed.contains(cpu)).unwrap_or(CpuIndex::FIRST)
}

/// Starts a thread.
///
/// # Errors
///
/// [`NoMemory`] when there is none for its stack, for the page tables of that, or on the heap for the thread, its body
/// and its result, and when there are as many threads as stacks already. The body is dropped.
pub fn try_spawn<T: Send + 'static>(
    name: &'static str,
    placement: Placement,
    body: impl for<'r> FnOnce(Root<'r, Task>) -> T + Send + 'static,
) -> core::result::Result<JoinHandle<T>, NoMemory> {
    let result = try_arc(Result {
        value: UnsafeCell::new(None),
        finished: AtomicBool::new(false),
        joiners: WaitQueue::new(),
    })?;
    let left = Arc::clone(&result);
    let body: Body = try_box(move |held: Root<'_, Task>| {
        let value = body(held);
        // SAFETY: nobody reads it before `finished` says so.
        unsafe { *left.value.get() = Some(value) }
        left.finished.store(true, Ordering::Release);
        left.joiners.wake_all();
    })?;
    let cpu = choose(placement.allowed);
    let thread = Thread::new(name, placement.allowed, placement.weight, cpu, first_code, body)?;
    inbox::push(cpu, Arc::clone(&thread));
    Ok(JoinHandle { thread, result })
}

/// Starts a thread that the kernel cannot do without.
///
/// # Panics
///
/// When there is no memory for it.
pub fn spawn<T: Send + 'static>(
    name: &'static str,
    placement: Placement,
    body: impl for<'r> FnOnce(Root<'r, Task>) -> T + Send + 'static,
) -> JoinHandle<T> {
    match try_spawn(name, placement, body) {
        Ok(handle) => handle,
        Err(NoMemory) => panic!("no memory for thread `{name}`"),
    }
}

/// Runs `body` on every CPU at once, with the CPU's number, and waits for all.
pub fn on_every_cpu<H: NothingHeld, C: MaySleep>(
    held: &mut Held<'_, H, C>,
    name: &'static str,
    body: for<'r> fn(Root<'r, Task>, CpuIndex),
) {
    let threads: Vec<_> = cpus::all()
        .map(|cpu| {
            let placement = Placement { allowed: CpuSet::only(cpu), ..Placement::default() };
            spawn(name, placement, move |held| body(held, cpu))
        })
        .collect();
    for thread in threads {
        thread.join(held);
    }
}
