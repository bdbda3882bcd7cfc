//! A machine that a test drives: CPU numbers, interrupts, which threads run, and what waiting threads have done.
//!
//! Each thread says on which CPU it is. When a lock tells the CPU that it spins ([`Platform::relax`]), an interrupt may come: the
//! next of the handlers that the test has put up runs right there, on the same CPU and on top of the wait, and so may another
//! one on top of it. What a thread does is counted in its [`Record`], which other threads can read.
//!
//! A thread that spins longer than the limit panics. So does one that sleeps longer: a wake-up that is lost is not
//! covered up by the look at the end of a limited wait.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use lockorder::Platform;
use lockorder::blocking::serial::HeldSerialTokens;
use lockorder::blocking::{Blocking, Patience, RawWaitQueue, Waiting};
use lockorder::host::{Host, RawWaitQueue as HostQueue};

use crate::deadline::{LIMIT, until};

/// How often a thread says that it spins before it gives its real CPU away.
const RELAXES_PER_YIELD: u64 = 32;

/// What one thread has done, and may do.
#[derive(Debug)]
pub struct Record {
    /// Its CPU.
    pub cpu: AtomicUsize,
    /// Whether it finds that CPUs are scarce, and does not stand in line.
    pub scarce: AtomicBool,
    /// How often it said that it spins.
    pub relaxed: AtomicU64,
    /// How often it gave its CPU away while it waited.
    pub backed_off: AtomicU64,
    /// How often it went to a queue to sleep.
    pub slept: AtomicU64,
    /// How often it has looked at its condition in a queue.
    pub looked: AtomicU64,
    /// How often it may look; it stands still before it looks more often.
    pub may_look: AtomicU64,
    /// Interrupts off, counted.
    pub interrupts_off: AtomicU64,
    /// Preemption off, counted.
    pub preemption_off: AtomicU64,
    /// Its number as an owner; 0 until it has begun.
    pub number: AtomicU64,
}

impl Record {
    /// A thread on a CPU that has done nothing.
    #[must_use]
    pub const fn on_cpu(cpu: usize) -> Self {
        Self {
            cpu: AtomicUsize::new(cpu),
            scarce: AtomicBool::new(false),
            relaxed: AtomicU64::new(0),
            backed_off: AtomicU64::new(0),
            slept: AtomicU64::new(0),
            looked: AtomicU64::new(0),
            may_look: AtomicU64::new(u64::MAX),
            interrupts_off: AtomicU64::new(0),
            preemption_off: AtomicU64::new(0),
            number: AtomicU64::new(0),
        }
    }
}

type Handler = Box<dyn FnOnce()>;

std::thread_local! {
    static RECORD: RefCell<Arc<Record>> = RefCell::new(Arc::new(Record::on_cpu(0)));
    static HANDLERS: RefCell<Vec<Handler>> = const { RefCell::new(Vec::new()) };
    static BEGAN: Cell<Instant> = Cell::new(Instant::now());
    static TOKENS: HeldSerialTokens<Machine> = const { HeldSerialTokens::new() };
}

/// The threads that do not run at the moment, as the machine tells the locks.
static DESCHEDULED: Mutex<BTreeSet<NonZeroU64>> = Mutex::new(BTreeSet::new());

/// The record of the thread that runs here.
#[must_use]
pub fn record() -> Arc<Record> {
    RECORD.with_borrow(Arc::clone)
}

/// What the thread that runs here is called.
fn own_name() -> String {
    thread::current().name().unwrap_or("a thread").to_owned()
}

/// Panics when this thread waits too long; looks at the clock once in a while.
fn give_up_when_stuck(waited: u64) {
    // No thread of a test lives that long: it must be stuck.
    assert!(
        !waited.is_multiple_of(1024) || BEGAN.get().elapsed() < 2 * LIMIT,
        "`{}` spins, and nobody frees what it waits for",
        own_name()
    );
}

/// Makes `record` the one of this thread.
pub fn becomes(record: &Arc<Record>) {
    record.number.store(Host::thread().get(), Ordering::SeqCst);
    BEGAN.set(Instant::now());
    RECORD.set(Arc::clone(record));
}

/// Puts up an interrupt handler for this thread, to come when it spins next; the one put up last comes first.
pub fn interrupts_with(handler: impl FnOnce() + 'static) {
    HANDLERS.with_borrow_mut(|handlers| handlers.push(Box::new(handler)));
}

/// Whether a handler that was put up for this thread has not come yet.
#[must_use]
pub fn has_interrupts_to_come() -> bool {
    HANDLERS.with_borrow(|handlers| !handlers.is_empty())
}

/// Says whether the machine tells the locks that a thread runs.
///
/// # Panics
///
/// When the thread has not begun.
pub fn says_it_runs(thread: &Record, runs: bool) {
    let number = NonZeroU64::new(thread.number.load(Ordering::SeqCst)).expect("the thread has begun");
    let mut descheduled = DESCHEDULED.lock().unwrap_or_else(PoisonError::into_inner);
    if runs {
        descheduled.remove(&number);
    } else {
        descheduled.insert(number);
    }
}

/// Has the machine for one test alone: the queued lock's nodes belong to CPUs, whose numbers tests choose.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    becomes(&Arc::new(Record::on_cpu(63)));
    guard
}

/// The machine.
#[derive(Debug)]
pub enum Machine {}

// SAFETY: threads have no handlers but those that they run themselves, and these take other locks; a thread keeps its CPU's
// number unless the test says otherwise. The locks' exclusion depends on neither.
#[allow(unsafe_code, reason = "a platform is unsafe to implement; the argument is beside it")]
unsafe impl Platform for Machine {
    const HAS_INTERRUPTS: bool = false;
    const STANDS_BESIDE_OTHERS: bool = true;

    unsafe fn disable_interrupts() {
        record().interrupts_off.fetch_add(1, Ordering::SeqCst);
    }

    unsafe fn enable_interrupts() {
        record().interrupts_off.fetch_sub(1, Ordering::SeqCst);
    }

    unsafe fn disable_preemption() {
        record().preemption_off.fetch_add(1, Ordering::SeqCst);
    }

    unsafe fn enable_preemption() {
        record().preemption_off.fetch_sub(1, Ordering::SeqCst);
    }

    fn cpu() -> usize {
        record().cpu.load(Ordering::SeqCst)
    }

    fn relax() {
        let relaxed = record().relaxed.fetch_add(1, Ordering::SeqCst);
        if let Some(handler) = HANDLERS.with_borrow_mut(Vec::pop) {
            handler();
        }
        give_up_when_stuck(relaxed);
        // The test's threads share few real CPUs, also with other programs: giving the CPU away can take long.
        if relaxed % RELAXES_PER_YIELD == RELAXES_PER_YIELD - 1 {
            thread::yield_now();
        }
    }

    fn oversubscribed() -> bool {
        record().scarce.load(Ordering::SeqCst)
    }

    fn back_off() {
        give_up_when_stuck(record().backed_off.fetch_add(1, Ordering::SeqCst));
        thread::yield_now();
    }
}

// SAFETY: the numbers are the host's, which never come again; the list of tokens is the thread's own.
#[allow(unsafe_code, reason = "owners are known by their numbers; the argument is beside it")]
unsafe impl Blocking for Machine {
    type WaitQueue = WatchedQueue;

    fn thread() -> NonZeroU64 {
        Host::thread()
    }

    fn runs(thread: NonZeroU64) -> bool {
        !DESCHEDULED.lock().unwrap_or_else(PoisonError::into_inner).contains(&thread)
    }

    fn with_serial_tokens<O>(look: impl FnOnce(&HeldSerialTokens<Self>) -> O) -> O {
        TOKENS.with(look)
    }
}

/// The host's queue of sleeping threads, counted, and with a limit.
#[derive(Debug)]
pub struct WatchedQueue(HostQueue);

#[allow(unsafe_code, reason = "waiting in a queue is unsafe; the contract is passed on")]
// SAFETY: the host's queue does it all; what is added looks at the condition no more often, and has a limit that fails the test.
unsafe impl RawWaitQueue for WatchedQueue {
    const INIT: Self = Self(HostQueue::INIT);

    unsafe fn wait(&self, waiting: &Waiting, condition: &mut dyn FnMut() -> bool) -> bool {
        let own = record();
        own.slept.fetch_add(1, Ordering::SeqCst);
        let unlimited = !matches!(waiting.patience, Patience::For(_));
        let limited =
            if unlimited { Waiting { patience: Patience::For(LIMIT), ..*waiting } } else { *waiting };
        let began = Instant::now();
        let mut look = || {
            until("the test lets the waiter look", || {
                own.looked.load(Ordering::SeqCst) < own.may_look.load(Ordering::SeqCst)
            });
            let holds = condition();
            own.looked.fetch_add(1, Ordering::SeqCst);
            holds
        };
        // SAFETY: the caller promises the same.
        let holds = unsafe { self.0.wait(&limited, &mut look) };
        assert!(
            !unlimited || began.elapsed() < LIMIT,
            "slept {LIMIT:?}, and nobody woke what waits at {}",
            waiting.place
        );
        holds
    }

    fn wake_one(&self) -> bool {
        self.0.wake_one()
    }

    fn wake_all(&self) {
        self.0.wake_all();
    }

    fn others_wait_with(&self, address: usize) -> bool {
        self.0.others_wait_with(address)
    }

    unsafe fn requeue(&self, other: &Self, with: usize) {
        // SAFETY: the caller promises the same.
        unsafe { self.0.requeue(&other.0, with) }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
