//! What the copies stand on: the kernel's parts below them, on the scheduler's threads.

use std::cell;
use std::sync::Arc;

use lockorder::context::Spinning;
use lockorder::{Lock, Platform, RawLock, Root, Task, WaitsOn};
use shuttle::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use shuttle::sync::{Mutex, PoisonError};

pub use schedules::world::Instant;

/// The machine: the scheduler's threads, without interrupts.
#[derive(Debug)]
pub enum Machine {}

#[allow(unsafe_code, reason = "a platform is unsafe to implement")]
// SAFETY: the scheduler's threads have no handlers; exclusion is what the models check.
unsafe impl Platform for Machine {
    const HAS_INTERRUPTS: bool = false;
    const STANDS_BESIDE_OTHERS: bool = true;

    unsafe fn disable_interrupts() {}
    unsafe fn enable_interrupts() {}
    unsafe fn disable_preemption() {}
    unsafe fn enable_preemption() {}
    fn cpu() -> usize {
        0
    }
    fn relax() {
        shuttle::thread::yield_now();
    }
    fn oversubscribed() -> bool {
        true
    }
    fn back_off() {
        shuttle::thread::yield_now();
    }
}

/// The core of a spinning lock.
#[derive(Debug)]
pub struct Core(AtomicBool);

#[allow(unsafe_code, reason = "a core is unsafe to implement")]
// SAFETY: whoever makes the flag true holds it.
unsafe impl RawLock for Core {
    type Kind = Spinning;
    const INIT: Self = Self(AtomicBool::new(false));

    unsafe fn acquire<P: Platform>(&self) {
        while !self.try_acquire() {
            P::relax();
        }
    }

    fn try_acquire(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }

    unsafe fn release(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    fn is_held(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[allow(unsafe_code, reason = "which platform a core waits on is unsafe to say")]
// SAFETY: its waiters spin, by the function of the platform.
unsafe impl<P: Platform> WaitsOn<P> for Core {}

/// A spinning lock.
pub type SpinLock<L, T> = Lock<L, Core, T>;

/// What the copies name by `lockorder::blocking`.
pub mod blocking {
    pub use lockorder::blocking::{Patience, Waiting};

    /// Blocks: nobody has a serialising token here.
    ///
    /// # Safety
    ///
    /// As the library's.
    #[allow(unsafe_code, reason = "it stands for a function that is")]
    pub unsafe fn without_serial_tokens<P, O>(_: &Waiting, block: impl FnOnce() -> O) -> O {
        block()
    }
}

/// What the copies name by `machine::interrupts`.
pub mod interrupts {
    /// Preemption off: every thread of a model has a CPU to itself.
    #[derive(Debug)]
    pub struct PreemptionOff;

    impl PreemptionOff {
        /// Turns it off.
        #[must_use]
        pub const fn new() -> Self {
            Self
        }
    }

    impl Default for PreemptionOff {
        fn default() -> Self {
            Self::new()
        }
    }
}

/// What the copies name by `machine::paging`.
pub mod paging {
    /// There is no memory.
    #[derive(Debug)]
    pub struct NoMemory;
}

/// A counted pointer: there is memory here.
///
/// # Errors
///
/// None.
pub fn try_arc<T>(value: T) -> Result<Arc<T>, paging::NoMemory> {
    Ok(Arc::new(value))
}

/// What is made once.
#[derive(Debug)]
pub struct Once<T>(std::sync::OnceLock<T>);

impl<T> Once<T> {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(std::sync::OnceLock::new())
    }

    /// Makes it, if it has not been made.
    pub fn call_once(&self, make: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(make)
    }

    /// It, if it has been made.
    pub fn get(&self) -> Option<&T> {
        self.0.get()
    }
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// The names of leaf locks.
#[derive(Clone, Copy, Debug)]
pub enum Leaf {
    /// The list of a source.
    Source,
    /// The list of a gathering.
    Gathering,
}

/// A leaf lock.
#[derive(Debug)]
pub struct LeafLock<T>(Mutex<T>);

impl<T> LeafLock<T> {
    /// A free one.
    pub const fn new(_: Leaf, data: T) -> Self {
        Self(Mutex::new(data))
    }

    /// Runs `closed` with the data.
    ///
    /// # Safety
    ///
    /// As the kernel's.
    #[allow(unsafe_code, reason = "it stands for a function that is")]
    pub unsafe fn with<O>(&self, closed: impl FnOnce(&mut T) -> O) -> O {
        closed(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What is in a cell that is there.
const THERE: u64 = 0x7e11_da7a_7e11_da7a;

/// A cell that panics when it is used after it has dropped, as far as its memory shows that. Others run before each use.
#[derive(Debug)]
pub struct Cell<T: Copy> {
    value: cell::Cell<T>,
    there: AtomicU64,
}

impl<T: Copy> Cell<T> {
    /// A cell.
    pub const fn new(value: T) -> Self {
        Self { value: cell::Cell::new(value), there: AtomicU64::new(THERE) }
    }

    /// Its value.
    ///
    /// # Panics
    ///
    /// When it is gone.
    pub fn get(&self) -> T {
        assert_eq!(self.there.load(Ordering::Relaxed), THERE, "a cell is read after it is gone");
        self.value.get()
    }

    /// Sets its value.
    ///
    /// # Panics
    ///
    /// When it is gone.
    pub fn set(&self, value: T) {
        assert_eq!(self.there.load(Ordering::Relaxed), THERE, "a cell is written after it is gone");
        self.value.set(value);
    }
}

impl<T: Copy> Drop for Cell<T> {
    fn drop(&mut self) {
        self.there.store(0, Ordering::Relaxed);
    }
}

/// A thread of the kernel.
#[derive(Debug)]
pub struct Thread {
    task: shuttle::thread::Thread,
    waits: AtomicBool,
    /// Whether it is on its way into its run queue.
    arrives: AtomicBool,
    note: AtomicUsize,
}

impl Thread {
    /// As the kernel's.
    pub const fn note(&self) -> &AtomicUsize {
        &self.note
    }

    /// As the kernel's.
    ///
    /// # Panics
    ///
    /// When the thread is in an inbox already.
    pub fn wake(self: &Arc<Self>) -> bool {
        let waited = self.cancel_wait();
        if waited {
            assert!(!self.arrives.swap(true, Ordering::SeqCst), "a thread is in an inbox twice");
            self.task.unpark();
            // Mostly it runs at once.
            shuttle::thread::yield_now();
        }
        waited
    }

    /// As the kernel's.
    pub fn prepare_to_wait(&self) {
        self.waits.store(true, Ordering::SeqCst);
    }

    /// As the kernel's.
    pub fn cancel_wait(&self) -> bool {
        self.waits.swap(false, Ordering::SeqCst)
    }

    /// A wait begins, or has ended.
    ///
    /// # Panics
    ///
    /// When it has ended, and the thread waits still or is in an inbox.
    pub fn set_wait(&self, place: Option<&'static std::panic::Location<'static>>, _: bool) {
        let ended = !self.waits.load(Ordering::SeqCst) && !self.arrives.load(Ordering::SeqCst);
        assert!(place.is_some() || ended, "a thread that has stopped waiting waits, or is in an inbox");
    }
}

shuttle::thread_local! {
    static CURRENT: Arc<Thread> = Arc::new(Thread {
        task: shuttle::thread::current(),
        waits: AtomicBool::new(false),
        arrives: AtomicBool::new(false),
        note: AtomicUsize::new(0),
    });
    static DEADLINE: cell::Cell<Option<Instant>> = cell::Cell::new(None);
}

/// The thread that runs here.
#[must_use]
pub fn current() -> Arc<Thread> {
    CURRENT.with(Arc::clone)
}

/// Waits until this thread, which has prepared to wait, has been woken: by another one, or by the clock.
pub fn block() {
    let current = current();
    while !current.arrives.swap(false, Ordering::SeqCst) {
        let Some(deadline) = DEADLINE.with(cell::Cell::get) else {
            shuttle::thread::park();
            continue;
        };
        if Instant::now() < deadline || !current.wake() {
            shuttle::thread::yield_now();
        }
    }
}

/// Has the clock wake this thread.
pub fn wake_at(deadline: Instant) {
    DEADLINE.with(|own| own.set(Some(deadline)));
}

/// Has it wake this thread no more.
pub fn forget_wake_at() {
    DEADLINE.with(|own| own.set(None));
}

/// Runs `body` with a root.
pub fn with_root<O>(body: impl for<'r> FnOnce(Root<'r, Task>) -> O) -> O {
    #[allow(unsafe_code, reason = "an entry point is unsafe to call")]
    // SAFETY: the models call this where a thread begins, and hold nothing.
    unsafe {
        lockorder::entry::thread(body)
    }
}
