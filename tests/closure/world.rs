//! What all programs share: a small hierarchy, and one object of each kind in each class.
//!
//! Two levels are enough: what can go wrong between two ranks goes wrong between any two. `A`, `B` and `C` have a lock of
//! every core, a cell, a sequence lock, a semaphore and an event; the classes with a discipline have what it needs.

#![deny(unsafe_code)]
#![allow(non_snake_case)]

pub use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
pub use std::time::Duration;

pub use lockorder::blocking::{self, *};
pub use lockorder::blocking::serial::*;
pub use lockorder::host::{self, Host, JoinHandle};
pub use lockorder::order::*;
pub use lockorder::raw::{self, Queue, ReadWrite, Ticket};
pub use lockorder::*;

lockorder::hierarchy! {
    /// Two levels.
    pub hierarchy WORLD;
    /// What comes first.
    pub level Outer = 10 {
        /// The first.
        pub class A = 1;
        /// Sorted by address.
        pub class Addr = 2, order = address;
        /// Along a tree.
        pub class Tree = 3, order = tree, pairs under A;
        /// Sorted by key.
        pub class Key = 4, order = key;
    }
    /// What comes next.
    pub level Inner = 20 {
        /// The second.
        pub class B = 1;
        /// Of serialising tokens.
        pub class Tok = 2, order = serial;
        /// The third.
        pub class C = 5;
    }
}

/// A moment.
pub const D: Duration = Duration::from_millis(1);

/// A token in a context.
pub fn in_context<X: Context, P: Level>(_: &Held<'_, P, X>) {}

/// A token under which nothing is held.
pub fn nothing<H: NothingHeld, X: Context>(_: &Held<'_, H, X>) {}

/// Uses a token.
pub fn u<P: Level, C: Context>(_: &mut Held<'_, P, C>) {}

macro_rules! objects {
    ($($module:ident: $class:ident;)*) => {$(
        /// One object of each kind in one class.
        pub mod $module {
            use super::*;
            pub static MUTEX: host::Mutex<$class, u32> = Lock::new(0);
            pub static SLEEP: Lock<$class, Sleep<Host>, u32> = Lock::new(0);
            pub static ADAPTIVE: Lock<$class, Adaptive<Host>, u32> = Lock::new(0);
            pub static TICKET: SpinLock<$class, u32> = Lock::new(0);
            pub static IRQ: IrqSpinLock<$class, u32> = Lock::new(0);
            pub static QUEUE: QueueSpinLock<$class, u32> = Lock::new(0);
            pub static IRQ_QUEUE: IrqQueueSpinLock<$class, u32> = Lock::new(0);
            pub static SLEEP_RW: host::RwLock<$class, u32> = RwLock::new(0);
            pub static RW: SpinRwLock<$class, u32> = RwLock::new(0);
            pub static IRQ_RW: IrqRwLock<$class, u32> = RwLock::new(0);
            pub static ONCE: Once<$class, u32> = Once::new();
            pub static IRQ_ONCE: IrqOnce<$class, u32> = Once::new();
            pub static LAZY: Lazy<$class, u32> = Lazy::new(|_| 1);
            pub static SEQ: SpinSeqLock<$class, u32> = SeqLock::new(0);
            pub static IRQ_SEQ: IrqSeqLock<$class, u32> = SeqLock::new(0);
            pub static SEMAPHORE: Semaphore<$class> = Semaphore::new(1);
            pub static EVENT: Event<$class> = Event::new();
            pub static COMPLETION: Completion<$class> = Completion::new();
            pub static RANKED: RankedCondvar<$class> = RankedCondvar::new();
            pub fn FRESH() -> &'static host::Mutex<$class, u32> { Box::leak(Box::new(Lock::new(0))) }
            pub fn arc_MUTEX() -> &'static Arc<host::Mutex<$class, u32>> { Box::leak(Box::new(Arc::new(Lock::new(0)))) }
            pub fn arc_TICKET() -> &'static Arc<SpinLock<$class, u32>> { Box::leak(Box::new(Arc::new(Lock::new(0)))) }
            pub fn arc_IRQ() -> &'static Arc<IrqSpinLock<$class, u32>> { Box::leak(Box::new(Arc::new(Lock::new(0)))) }
        }
    )*};
}

objects! { a: A; b: B; c: C; }

macro_rules! pairs {
    ($($module:ident: $class:ident, $new:ident, $($key:literal,)?;)*) => {$(
        /// Two locks of one class.
        pub mod $module {
            use super::*;
            pub static MUTEX: host::Mutex<$class, u32> = Lock::$new($($key,)? 0);
            pub static OTHER: host::Mutex<$class, u32> = Lock::$new($($key + 1,)? 0);
            pub static TICKET: SpinLock<$class, u32> = Lock::$new($($key + 2,)? 0);
            pub static OTHER_TICKET: SpinLock<$class, u32> = Lock::$new($($key + 3,)? 0);
        }
    )*};
}

pairs! {
    addr: Addr, new,;
    tree: Tree, new,;
    key: Key, with_key, 1,;
}

pub static TOKEN: SerialToken<Tok, u32> = SerialToken::new(0);
pub static SIGNALS: host::SignallingSemaphore = host::SignallingSemaphore::new();
pub static CONDVAR: host::Condvar = host::Condvar::new();
pub static WAIT_QUEUE: host::WaitQueue = host::WaitQueue::new();

/// Objects that are locked as a kind is.
pub trait OfKind<K> {}
impl<L: Class, R: RawLock, T> OfKind<R::Kind> for Lock<L, R, T> {}
impl<L: Class, R: RawReadWriteLock, T> OfKind<R::Kind> for RwLock<L, R, T> {}
impl<L: Class, T, K> OfKind<K> for Once<L, T, K> {}
impl<L: Class, T, F, K> OfKind<K> for Lazy<L, T, F, K> {}
impl<L: Class, R: RawLock, T> OfKind<R::Kind> for SeqLock<L, R, T> {}

static HOLDING: AtomicBool = AtomicBool::new(false);
static INSIDE: AtomicBool = AtomicBool::new(false);
static ENOUGH: AtomicBool = AtomicBool::new(false);

/// Looks until a condition holds, for five seconds at most.
fn comes(condition: impl Fn() -> bool) -> bool {
    (0..5000).any(|_| condition() || { std::thread::sleep(D); false })
}

/// Holds until it has been enough, after having said so.
pub fn hold_on() {
    HOLDING.store(true, SeqCst);
    // Longer than anybody looks at the token.
    while !ENOUGH.load(SeqCst) {
        std::thread::sleep(D);
    }
}

/// Says whether a thread that waits as `wait` does, for what another one has taken, keeps its serialising token.
pub fn keeps(
    name: &str,
    take: impl FnOnce(&mut Held<'_, Nothing, Task>) + Send,
    wait: impl FnOnce(&mut Held<'_, Nothing, Task>) + Send,
) {
    [&HOLDING, &INSIDE, &ENOUGH].map(|flag| flag.store(false, SeqCst));
    std::thread::scope(|scope| {
        scope.spawn(|| with_root(|mut root| take(&mut root)));
        comes(|| HOLDING.load(SeqCst));
        scope.spawn(|| with_root(|mut root| with_serial(&mut root, wait)));
        comes(|| INSIDE.load(SeqCst));
        println!("{} {name}", if comes(|| !TOKEN.is_held()) { "GIVES" } else { "KEEPS" });
        ENOUGH.store(true, SeqCst);
    });
}

fn with_serial(held: &mut Held<'_, Nothing, Task>, wait: impl FnOnce(&mut Held<'_, Nothing, Task>)) {
    held.with_serial_token(&TOKEN, |scope| {
        INSIDE.store(true, SeqCst);
        wait(&mut scope.held());
    });
}
