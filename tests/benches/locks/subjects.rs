//! The locks that are measured.

use std::hint::black_box;

use lockorder::blocking::SerialToken;
use lockorder::host::{Mutex, RwLock, SleepLock};
use lockorder::{QueueSpinLock, SpinLock, SpinRwLock, hierarchy, with_root};
use mcslock::raw::MutexNode;

hierarchy! {
    /// The locks of the benchmarks.
    hierarchy BENCHMARKS;

    /// What is measured.
    level Memory = 20 {
        /// A ticket lock's counter.
        class Ticketed = 0;
        /// A queued lock's counter.
        class Queued = 1;
        /// A reader-writer lock's counter.
        class Shared = 2;
        /// A sleeping lock's counter.
        class Parked = 3;
        /// What a serialising token protects.
        class Serialised = 4, order = serial;
    }
}

/// What a lock is like: it is compared with others of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Waiters spin.
    Spinning,
    /// Waiters sleep.
    Sleeping,
    /// Readers share it; readers are measured.
    Reading,
    /// Readers share it; a writer is measured.
    Writing,
}

/// A lock that can be measured.
pub(crate) trait Subject: Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// What it is like.
    fn kind(&self) -> Kind;
    /// Whether it is of this project.
    fn is_ours(&self) -> bool {
        self.name().starts_with("lockorder")
    }
    /// Acquires and releases it so often, nobody else wanting it.
    fn pairs(&self, count: u64);
    /// Goes on acquiring it, doing `inside` with it, and releasing it, until `inside` says that it is enough.
    fn contend(&self, inside: &mut dyn FnMut(&mut u64) -> bool);
}

/// Writes a subject for a lock whose guard is taken by an expression.
macro_rules! subject {
    ($name:literal, $kind:ident, $type:ty, $new:expr, |$lock:ident| $guard:expr) => {{
        struct Measured($type);
        impl Subject for Measured {
            fn name(&self) -> &'static str {
                $name
            }
            fn kind(&self) -> Kind {
                Kind::$kind
            }
            fn pairs(&self, count: u64) {
                let $lock = black_box(&self.0);
                for _ in 0..count {
                    black_box(&*$guard);
                }
            }
            fn contend(&self, inside: &mut dyn FnMut(&mut u64) -> bool) {
                let $lock = &self.0;
                let mut own = 0;
                loop {
                    let guard = $guard;
                    black_box(&*guard);
                    if !inside(&mut own) {
                        return;
                    }
                    drop(guard);
                }
            }
        }
        Box::new(Measured($new)) as Box<dyn Subject>
    }};
}

/// Writes a subject for one of our locks: the token comes from the thread's root.
macro_rules! ours {
    ($name:literal, $kind:ident, $type:ty, $new:expr, |$held:ident, $lock:ident| $guard:expr) => {{
        struct Measured($type);
        impl Subject for Measured {
            fn name(&self) -> &'static str {
                $name
            }
            fn kind(&self) -> Kind {
                Kind::$kind
            }
            fn pairs(&self, count: u64) {
                with_root(|mut $held| {
                    let $lock = black_box(&self.0);
                    for _ in 0..count {
                        black_box(&*$guard);
                    }
                });
            }
            fn contend(&self, inside: &mut dyn FnMut(&mut u64) -> bool) {
                with_root(|mut $held| {
                    let $lock = &self.0;
                    let mut own = 0;
                    loop {
                        let guard = $guard;
                        black_box(&*guard);
                        if !inside(&mut own) {
                            return;
                        }
                        drop(guard);
                    }
                });
            }
        }
        Box::new(Measured($new)) as Box<dyn Subject>
    }};
}

/// The queue of `mcslock`: it lends its data to a closure.
struct McsQueue(mcslock::raw::spins::Mutex<u64>);

impl Subject for McsQueue {
    fn name(&self) -> &'static str {
        "mcslock"
    }
    fn kind(&self) -> Kind {
        Kind::Spinning
    }
    fn pairs(&self, count: u64) {
        let lock = black_box(&self.0);
        let mut node = MutexNode::new();
        for _ in 0..count {
            lock.lock_with_then(&mut node, |data| {
                black_box(&*data);
            });
        }
    }
    fn contend(&self, inside: &mut dyn FnMut(&mut u64) -> bool) {
        let mut node = MutexNode::new();
        let mut own = 0;
        while self.0.lock_with_then(&mut node, |data| {
            black_box(&*data);
            inside(&mut own)
        }) {}
    }
}

/// A serialising token: it lends its data to a closure, and is acquired `AGAIN` by the thread that has it, or not.
struct Serial<const AGAIN: bool>(SerialToken<Serialised, u64>);

impl<const AGAIN: bool> Subject for Serial<AGAIN> {
    fn name(&self) -> &'static str {
        if AGAIN { "lockorder, token, again" } else { "lockorder, token" }
    }
    fn kind(&self) -> Kind {
        Kind::Sleeping
    }
    fn pairs(&self, count: u64) {
        with_root(|mut held| {
            let token = black_box(&self.0);
            if AGAIN {
                held.with_serial_token(token, |scope| {
                    let mut held = scope.held();
                    for _ in 0..count {
                        held.with_serial_token(token, |scope| {
                            black_box(scope);
                        });
                    }
                });
            } else {
                for _ in 0..count {
                    held.with_serial_token(token, |scope| {
                        black_box(scope);
                    });
                }
            }
        });
    }
    fn contend(&self, inside: &mut dyn FnMut(&mut u64) -> bool) {
        with_root(|mut held| {
            let mut own = 0;
            while held.with_serial_token(&self.0, |scope| scope.with(|_, _| inside(&mut own))) {}
        });
    }
}

/// Every lock, ours first within its kind.
pub(crate) fn all() -> Vec<Box<dyn Subject>> {
    vec![
        ours!("lockorder, ticket", Spinning, SpinLock<Ticketed, u64>, SpinLock::new(0), |held, lock| held.lock(lock)),
        ours!(
            "lockorder, queue",
            Spinning,
            QueueSpinLock<Queued, u64>,
            QueueSpinLock::new(0),
            |held, lock| held.lock(lock)
        ),
        subject!("spin", Spinning, spin::mutex::SpinMutex<u64>, spin::mutex::SpinMutex::new(0), |lock| lock
            .lock()),
        subject!(
            "spin, ticket",
            Spinning,
            spin::mutex::TicketMutex<u64>,
            spin::mutex::TicketMutex::new(0),
            |lock| lock.lock()
        ),
        subject!(
            "spinning_top",
            Spinning,
            spinning_top::Spinlock<u64>,
            spinning_top::Spinlock::new(0),
            |lock| lock.lock()
        ),
        Box::new(McsQueue(mcslock::raw::spins::Mutex::new(0))),
        ours!("lockorder, mutex", Sleeping, Mutex<Parked, u64>, Mutex::new(0), |held, lock| held.lock(lock)),
        ours!("lockorder, sleep lock", Sleeping, SleepLock<Parked, u64>, SleepLock::new(0), |held, lock| held
            .lock(lock)),
        Box::new(Serial::<false>(SerialToken::new(0))),
        Box::new(Serial::<true>(SerialToken::new(0))),
        subject!("std", Sleeping, std::sync::Mutex<u64>, std::sync::Mutex::new(0), |lock| lock
            .lock()
            .expect("nobody panics with it")),
        subject!("parking_lot", Sleeping, parking_lot::Mutex<u64>, parking_lot::Mutex::new(0), |lock| lock
            .lock()),
        ours!(
            "lockorder, read",
            Reading,
            SpinRwLock<Shared, u64>,
            SpinRwLock::new(0),
            |held, lock| held.read(lock)
        ),
        ours!(
            "lockorder, sleeping read",
            Reading,
            RwLock<Shared, u64>,
            RwLock::new(0),
            |held, lock| held.read(lock)
        ),
        subject!("spin, read", Reading, spin::RwLock<u64>, spin::RwLock::new(0), |lock| lock.read()),
        subject!(
            "parking_lot, read",
            Reading,
            parking_lot::RwLock<u64>,
            parking_lot::RwLock::new(0),
            |lock| lock.read()
        ),
        subject!("std, read", Reading, std::sync::RwLock<u64>, std::sync::RwLock::new(0), |lock| lock
            .read()
            .expect("nobody panics with it")),
        ours!(
            "lockorder, write",
            Writing,
            SpinRwLock<Shared, u64>,
            SpinRwLock::new(0),
            |held, lock| held.write(lock)
        ),
        ours!(
            "lockorder, sleeping write",
            Writing,
            RwLock<Shared, u64>,
            RwLock::new(0),
            |held, lock| held.write(lock)
        ),
        subject!("spin, write", Writing, spin::RwLock<u64>, spin::RwLock::new(0), |lock| lock.write()),
        subject!(
            "parking_lot, write",
            Writing,
            parking_lot::RwLock<u64>,
            parking_lot::RwLock::new(0),
            |lock| lock.write()
        ),
        subject!("std, write", Writing, std::sync::RwLock<u64>, std::sync::RwLock::new(0), |lock| lock
            .write()
            .expect("nobody panics with it")),
    ]
}
