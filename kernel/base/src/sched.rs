//! Threads: preemptive, on every CPU.
//!
//! **No scheduler lock.** What a CPU needs to pick its next thread, its `run_queue`, is data that only this CPU
//! touches, interrupts off. Others reach it through the CPU's [`inbox`], a lock-free list: waking pushes the thread there
//! and interrupts the CPU, which switches if that thread has run less than its current one. So waking is legal under any
//! lock and in any context, and switching threads takes no lock at all.
//!
//! | module | what |
//! |---|---|
//! | [`thread`] | a thread: its stack, its state, what it runs |
//! | `run_queue` | one CPU's threads that could run, the fairest next |
//! | [`inbox`] | threads that others woke for a CPU |
//! | [`core`](mod@core) | switching, yielding, blocking |
//! | [`timer`] | the timer's interrupt: sleepers, slices, beats |
//! | `balance` | giving threads to CPUs that idle |
//! | `reweighed` | threads whose weight has risen |
//! | `thread_list` | the lock-free lists that these go through |
//! | [`wait_queue`] | threads that wait |
//! | [`waiting`] | waiting for any of several things, to be interrupted |
//! | [`blocking`] | the library's sleeping locks, made of these threads |
//! | `inheritance` | whoever is waited for runs with the weight of those who wait |
//! | [`spawn`](mod@spawn) | starting threads and joining them |
//! | [`deferred`], [`reaper`] | teardown by a thread, for what is dropped anywhere |
//! | [`registry`], [`report`] | all threads, and each in a line |
//! | [`load`] | how many threads could run, on average; how long CPUs have idled |
//!
//! **States.** A thread is *running* or *ready*; it declares itself *waiting* before it looks at its condition
//! (prepare to wait), so that a wake-up between the look and the sleep is not lost: whoever wakes it moves it
//! from waiting to ready, once, and pushes it to the inbox of the CPU it last ran on.

mod balance;
pub mod blocking;
pub mod core;
pub mod deferred;
mod idling;
pub mod inbox;
mod inheritance;
mod inherited;
pub mod load;
pub mod reaper;
pub mod registry;
pub mod report;
mod reweighed;
mod run_queue;
pub mod spawn;
mod table;
pub mod thread;
pub mod thread_id;
mod thread_list;
pub mod timer;
pub mod wait_queue;
pub mod waiting;

pub use self::core::{sleep, yield_now};
pub use blocking::{Condvar, Mutex, SleepLock, SleepRwLock, WaitQueue};
pub use lockorder::blocking::{Completion, Event, Semaphore, SerialToken, TimedOut};
pub use spawn::{JoinHandle, Placement, on_every_cpu, spawn, try_spawn};
