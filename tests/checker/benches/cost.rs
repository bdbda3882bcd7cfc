//! What the checker adds to one acquisition and release, with nothing held and with eight locks held.
//!
//! A compare-and-swap and a store stand for the lock, once alone and once with the checker told before and after, in
//! turn; shown is the median of the differences, in time-stamp counts. What is measured is the usual case: a sequence of
//! classes that has been seen before.
//!
//! Then a whole workload: requests that go through three nested locks, and in each look into a table of some thousand
//! entries and change it, as a path through directory, file and cache does. Once with the library's locks, which tell the
//! checker; once with the same cores, which tell nobody.

use std::cell::UnsafeCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use checker_tests::{Name, Thread};
use lockorder::checker::{Mode, Request, Wait};
use lockorder::context::Spinning;
use lockorder::host::Host;
use lockorder::raw::{RawLock, Ticket};
use lockorder::{SpinLock, with_root};

/// Pairs in a round.
const PAIRS: u64 = 50_000;
/// Rounds.
const ROUNDS: usize = 101;

/// The time-stamp counter.
#[allow(unsafe_code, reason = "the counter has no safe name")]
fn counter() -> u64 {
    // SAFETY: every x86_64 CPU has it, and reading it has no effect.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Counts for one pair.
fn each(body: impl Fn()) -> u64 {
    let before = counter();
    (0..PAIRS).for_each(|_| body());
    (counter() - before) / PAIRS
}

/// The lock itself.
fn pair(word: &AtomicU32, inside: impl FnOnce()) {
    // It is free: nobody else is here.
    let _ = word.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed);
    inside();
    word.store(0, Ordering::Release);
}

lockorder::hierarchy! {
    /// The locks of the workload.
    hierarchy WORKLOAD;
    /// Files.
    level Filesystem = 40 {
        /// Names.
        class Directory = 1;
        /// Files.
        class Inode = 3;
        /// Pages.
        class PageCache = 5;
    }
}

/// Entries of a table.
const ENTRIES: u64 = 4096;
/// Requests in a round of the workload.
const REQUESTS: u64 = 20_000;

/// What a lock of the workload protects.
type Table = BTreeMap<u64, u64>;

/// A table with everything in it.
fn table() -> Table {
    (0..ENTRIES).map(|key| (key * 7, key)).collect()
}

/// One look, and one change.
fn work(table: &mut Table, key: u64) -> u64 {
    let entry = table.entry(key % ENTRIES * 7).or_insert(0);
    *entry = entry.wrapping_add(key);
    *entry
}

/// A core and a table: the same lock, and nobody is told.
struct Untold(Ticket<Spinning>, UnsafeCell<Table>);

impl Untold {
    /// Calls `section` with the table.
    #[allow(unsafe_code, reason = "a core protects what it is put beside")]
    fn with<O>(&self, section: impl FnOnce(&mut Table) -> O) -> O {
        // SAFETY: the tables are locked in one order, as the typed ones are.
        unsafe { self.0.acquire::<Host>() }
        // SAFETY: the core is held.
        let result = section(unsafe { &mut *self.1.get() });
        // SAFETY: acquired above.
        unsafe { self.0.release() }
        result
    }
}

/// What the checker adds to the whole, in hundredths: the median of paired rounds.
fn workload() -> f64 {
    let told = (
        SpinLock::<Directory, _>::new(table()),
        SpinLock::<Inode, _>::new(table()),
        SpinLock::<PageCache, _>::new(table()),
    );
    let untold = [(); 3].map(|()| Untold(Ticket::INIT, UnsafeCell::new(table())));
    let mut added: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let before = counter();
            with_root(|mut held| {
                for key in 0..REQUESTS {
                    held.with(&told.0, |names, mut held| {
                        let key = work(names, key);
                        held.with(&told.1, |files, mut held| {
                            let key = work(files, key);
                            held.with(&told.2, |pages, _| black_box(work(pages, key)));
                        });
                    });
                }
            });
            let between = counter();
            for key in 0..REQUESTS {
                untold[0].with(|names| {
                    let key = work(names, key);
                    untold[1].with(|files| {
                        let key = work(files, key);
                        untold[2].with(|pages| black_box(work(pages, key)));
                    });
                });
            }
            let after = counter();
            #[allow(clippy::cast_precision_loss, reason = "some millions")]
            let ratio = (between - before) as f64 / (after - between) as f64;
            (ratio - 1.0) * 100.0
        })
        .collect();
    added.sort_by(f64::total_cmp);
    added[ROUNDS / 2]
}

fn main() -> ExitCode {
    let thread = Thread::new();
    let word = AtomicU32::new(0);
    let mut text = String::from("| locks held | pair alone | the checker adds |\n|---:|---:|---:|\n");
    for held in [0_u64, 1, 2, 4, 8] {
        // The same class again and again, by recursive readers: the depth is what matters.
        for _ in 0..held {
            thread.acquire(Name::parse("A"), Mode::SharedRecursive, Wait::Spins);
        }
        let request =
            Request { tried: false, ..thread.request(Name::parse("B"), Mode::Exclusive, Wait::Spins) };
        let mut rounds: Vec<(u64, u64)> = (0..ROUNDS)
            .map(|_| {
                let alone = each(|| pair(black_box(&word), || ()));
                let checked = each(|| {
                    thread.checker().acquire::<Host>(thread.held(), black_box(&request));
                    pair(black_box(&word), || ());
                    thread.checker().release(thread.held(), request.class, request.lock, request.place);
                });
                (alone, checked.saturating_sub(alone))
            })
            .collect();
        rounds.sort_unstable_by_key(|&(_, added)| added);
        let (_, added) = rounds[ROUNDS / 2];
        rounds.sort_unstable();
        writeln!(text, "| {held} | {} | +{added} |", rounds[ROUNDS / 2].0)
            .expect("a string takes everything");
        for _ in 0..held {
            thread.release(Name::parse("A"));
        }
    }
    println!("{text}");
    println!("checks in full: {}", thread.checker().counts().checks);
    println!("a whole workload, three nested locks for each request: +{:.1} %", workload());
    ExitCode::SUCCESS
}
