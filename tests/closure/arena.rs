//! What random programs run in: locks over data that notices two writers, and threads that meet under a deadline.
//!
//! It is a library of its own, on top of `world`; the programs forbid `unsafe` code.

#![allow(non_snake_case)]

pub use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::SeqCst;
pub use std::sync::atomic::{AtomicU32, AtomicUsize};
pub use std::sync::{Barrier, Mutex};
pub use std::thread;
pub use std::time::Instant;

pub use world::*;

/// A token as programs take it.
pub type H<'a, P, C> = Held<'a, P, C>;
/// A moment.
pub const MS: Duration = Duration::from_millis(1);

/// How often each program runs.
const ROUNDS: usize = 6;

static BOTH: AtomicU32 = AtomicU32::new(0);
static REPORTS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static ROUND: AtomicUsize = AtomicUsize::new(0);

/// Data that knows who uses it.
pub struct Data {
    written: u64,
    writers: AtomicU32,
    readers: AtomicU32,
}

impl Data {
    /// Data that nobody uses.
    pub const fn new() -> Self {
        Self { written: 0, writers: AtomicU32::new(0), readers: AtomicU32::new(0) }
    }
}

/// Writes, and notices others.
pub fn w(data: &mut Data) {
    let others = data.writers.fetch_add(1, SeqCst) + data.readers.load(SeqCst);
    BOTH.fetch_add(u32::from(others != 0), SeqCst);
    let written = data.written;
    thread::yield_now();
    data.written = written + 1;
    data.writers.fetch_sub(1, SeqCst);
}

/// Reads, and notices writers.
pub fn r(data: &Data) {
    data.readers.fetch_add(1, SeqCst);
    BOTH.fetch_add(u32::from(data.writers.load(SeqCst) != 0), SeqCst);
    thread::yield_now();
    data.readers.fetch_sub(1, SeqCst);
}

/// Gives others the time to come in between.
pub fn j() {
    thread::sleep(Duration::from_micros(150));
}

/// Panics every other round.
pub fn p() {
    if ROUND.load(SeqCst) % 2 == 1 {
        std::panic::panic_any("chance");
    }
}

/// This round's event.
pub fn event<L: Class<Platform = Host>>(events: &'static [Event<L>; 8]) -> &'static Event<L> {
    &events[ROUND.load(SeqCst) % 8]
}

macro_rules! objects {
    ($($module:ident: $class:ident;)*) => {$(
        /// One object of each kind in one class.
        pub mod $module {
            use super::*;
            pub static MUTEX: host::Mutex<$class, Data> = Lock::new(Data::new());
            pub static SLEEP: Lock<$class, Sleep<Host>, Data> = Lock::new(Data::new());
            pub static ADAPTIVE: Lock<$class, Adaptive<Host>, Data> = Lock::new(Data::new());
            pub static TICKET: SpinLock<$class, Data> = Lock::new(Data::new());
            pub static QUEUE: QueueSpinLock<$class, Data> = Lock::new(Data::new());
            pub static IRQ: IrqSpinLock<$class, Data> = Lock::new(Data::new());
            pub static SLEEP_RW: host::RwLock<$class, Data> = RwLock::new(Data::new());
            pub static RW: SpinRwLock<$class, Data> = RwLock::new(Data::new());
            pub static ON_MUTEX: host::Condvar = host::Condvar::new();
            pub static ON_SLEEP: host::Condvar = host::Condvar::new();
            pub static ON_ADAPTIVE: host::Condvar = host::Condvar::new();
            pub static ON_TICKET: host::Condvar = host::Condvar::new();
            pub static ON_QUEUE: host::Condvar = host::Condvar::new();
            pub static ON_IRQ: host::Condvar = host::Condvar::new();
            pub static ONCE: Once<$class, u32> = Once::new();
            pub static SEQ: SpinSeqLock<$class, u32> = SeqLock::new(0);
            pub static SEMAPHORE: Semaphore<$class> = Semaphore::new(1);
            pub static EVENTS: [Event<$class>; 8] = [const { Event::new() }; 8];
            // One for each lock that is waited with.
            pub static RANKED: [RankedCondvar<$class>; 3] = [const { RankedCondvar::new() }; 3];
            pub fn arc() -> &'static Arc<host::Mutex<$class, Data>> {
                static MADE: std::sync::OnceLock<Arc<host::Mutex<$class, Data>>> = std::sync::OnceLock::new();
                MADE.get_or_init(|| Arc::new(Lock::new(Data::new())))
            }
        }
    )*};
}

objects! { a: A; b: B; c: C; }

pub static TREE: [host::Mutex<Tree, Data>; 2] = [const { Lock::new(Data::new()) }; 2];
pub static ADDR: [host::Mutex<Addr, Data>; 3] = [const { Lock::new(Data::new()) }; 3];
pub static TOKENS: [SerialToken<Tok, Data>; 2] = [const { SerialToken::new(Data::new()) }; 2];
pub static ON_TOKENS: [host::Condvar; 2] = [const { host::Condvar::new() }; 2];

/// What a program is.
pub type Function = fn(&mut H<'_, Nothing, Task>);

fn report(violation: &lockorder::checker::Violation<'_>) {
    if let Ok(mut reports) = REPORTS.lock() {
        reports.push(format!("{:?}: {}", violation.problem, violation.to_string().replace('\n', " / ")));
    }
}

/// Says how it went, and ends everything.
fn end(how: &str) -> ! {
    let told = |of: &Mutex<Vec<String>>| of.lock().map(|list| list.join(" // ")).unwrap_or_default();
    println!("{how}\tboth {}\treports {}\tpanics {}", BOTH.load(SeqCst), told(&REPORTS), told(&PANICS));
    std::process::exit(0)
}

/// Runs three of the functions, whose numbers are the arguments, at the same time, and again.
pub fn run(functions: &'static [Function]) {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|number| number.parse().ok()).collect();
    let [patience, chosen @ ..] = numbers.as_slice() else { panic!("a deadline and functions") };
    lockorder::checker::CHECKER.set_sink(report);
    std::panic::set_hook(Box::new(|info| {
        let text = info.payload().downcast_ref::<String>().cloned();
        let text = text.or_else(|| info.payload().downcast_ref::<&str>().map(|text| (*text).to_owned()));
        match (text, PANICS.lock()) {
            // The standard library's own words where a thread of a scope has panicked.
            (Some(text), _) if ["chance", "a scoped thread panicked"].contains(&text.as_str()) => {}
            (Some(text), Ok(mut panics)) => panics.push(text),
            _ => {}
        }
    }));
    let done: &AtomicUsize = Box::leak(Box::new(AtomicUsize::new(0)));
    let together: &Barrier = Box::leak(Box::new(Barrier::new(chosen.len() + 1)));
    for number in chosen {
        let function = functions[*number];
        thread::spawn(move || {
            for _ in 0..ROUNDS {
                together.wait();
                let _ = catch_unwind(AssertUnwindSafe(|| with_root(|mut root| function(&mut root))));
                done.fetch_add(1, SeqCst);
            }
        });
    }
    for round in 0..ROUNDS {
        ROUND.store(round, SeqCst);
        together.wait();
        let began = Instant::now();
        while done.load(SeqCst) < (round + 1) * chosen.len() {
            thread::sleep(Duration::from_micros(100));
            if began.elapsed() > Duration::from_millis(*patience as u64) {
                end("HANG");
            }
        }
    }
    // A younger thread than the one that does what has been deferred, as its order demands.
    let drained = host::spawn(|mut root| host::drain_deferred(&mut root).is_ok());
    let began = Instant::now();
    while !drained.is_finished() {
        thread::sleep(Duration::from_micros(100));
        if began.elapsed() > Duration::from_millis(*patience as u64) {
            end("HANG, in what was deferred");
        }
    }
    end("OK")
}
