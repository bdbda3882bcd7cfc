//! Threads that wait for each other, by futexes alone: nobody spins, so every step is a wake-up and a wait.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::system::{futex_wait, futex_wake};

/// Threads of the ring.
const THREADS: usize = 64;
/// Their stacks: they call nothing deep.
const STACK: usize = 64 * 1024;

/// A turn that has not come, has come, and will not come any more.
const WAITING: u32 = 0;
const TURN: u32 = 1;
const END: u32 = 2;

/// Waits for a turn, and takes it; `false` at the end.
fn take(word: &AtomicU32) -> bool {
    loop {
        match word.load(Ordering::Acquire) {
            WAITING => futex_wait(word, WAITING),
            TURN => {
                word.store(WAITING, Ordering::Relaxed);
                return true;
            }
            _ => return false,
        }
    }
}

/// Gives a turn, or ends them.
fn give(word: &AtomicU32, what: u32) {
    word.store(what, Ordering::Release);
    futex_wake(word);
}

/// Turns that go `count` steps around a ring of `threads` threads, this one among them.
fn turns(threads: usize, count: u64) -> io::Result<Duration> {
    let words: Vec<_> = (0..threads).map(|_| AtomicU32::new(WAITING)).collect();
    // The turn is given around once before the clock starts: every thread is there then.
    let rounds = count.div_ceil(threads as u64);
    thread::scope(|scope| {
        let end = || words.iter().for_each(|word| give(word, END));
        for number in 1..threads {
            let (mine, next) = (&words[number], &words[(number + 1) % threads]);
            let body = move || {
                while take(mine) {
                    give(next, TURN);
                }
            };
            // Those that are there already must not wait for ever.
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, body).inspect_err(|_| end())?;
        }
        let around = || {
            give(&words[1], TURN);
            take(&words[0])
        };
        around();
        let began = Instant::now();
        for _ in 0..rounds {
            around();
        }
        let took = began.elapsed();
        end();
        // As if it had been `count` steps.
        Ok(took.mul_f64(steps(count) / steps(rounds * threads as u64)))
    })
}

/// A number of steps to divide by.
#[allow(clippy::cast_precision_loss, reason = "a measurement has fewer digits")]
fn steps(count: u64) -> f64 {
    count as f64
}

/// Steps between two threads.
pub(crate) fn hand_over(count: u64) -> io::Result<Duration> {
    turns(2, count)
}

/// Steps around many.
pub(crate) fn ring(count: u64) -> io::Result<Duration> {
    turns(THREADS, count)
}

/// Threads that do nothing.
pub(crate) fn life(count: u64) -> io::Result<Duration> {
    let began = Instant::now();
    for _ in 0..count {
        let thread = thread::Builder::new().stack_size(STACK).spawn(|| ())?;
        thread.join().map_err(|_| io::Error::other("a thread panicked"))?;
    }
    Ok(began.elapsed())
}
