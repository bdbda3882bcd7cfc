//! Lock levels and execution contexts as types: a bad lock order does not compile.
//!
//! Every lock belongs to a class, every class has a rank, and a lock may be acquired only while everything
//! held ranks outside of it. Here the compiler checks that. A zero-sized token, [`Held`], says what the
//! running code may still do; acquiring borrows it; the guard hands out the token for what lies inside.
//!
//! ```
//! use lockorder::{SpinLock, hierarchy, with_root};
//!
//! hierarchy! {
//!     /// A small file system.
//!     pub hierarchy EXAMPLE;
//!     /// Files and directories.
//!     pub level Filesystem = 40 {
//!         /// A directory's entries.
//!         pub class Directory = 1;
//!         /// A file's size.
//!         pub class Inode = 2;
//!     }
//! }
//!
//! static DIRECTORY: SpinLock<Directory, Vec<&str>> = SpinLock::new(Vec::new());
//! static INODE: SpinLock<Inode, u64> = SpinLock::new(0);
//!
//! with_root(|mut held| {
//!     held.with(&DIRECTORY, |entries, mut held| {
//!         entries.push("readme");
//!         held.with(&INODE, |size, _held| *size = 42);
//!     });
//! });
//! ```
//!
//! The other way round is an error, and says why:
//!
//! ```compile_fail,E0277
//! # use lockorder::{SpinLock, hierarchy, with_root};
//! # hierarchy! {
//! #     /// A small file system.
//! #     pub hierarchy EXAMPLE;
//! #     /// Files and directories.
//! #     pub level Filesystem = 40 {
//! #         /// A directory's entries.
//! #         pub class Directory = 1;
//! #         /// A file's size.
//! #         pub class Inode = 2;
//! #     }
//! # }
//! # static DIRECTORY: SpinLock<Directory, Vec<&str>> = SpinLock::new(Vec::new());
//! # static INODE: SpinLock<Inode, u64> = SpinLock::new(0);
//! with_root(|mut held| {
//!     held.with(&INODE, |size, mut held| {
//!         // error[E0277]: lock order violation: cannot acquire `Directory` while holding `Inode`
//!         held.with(&DIRECTORY, |entries, _held| entries.clear());
//!     });
//! });
//! ```
//!
//! # Where to look
//!
//! | for | see |
//! |---|---|
//! | declaring levels and classes | [`hierarchy!`] |
//! | what a token may do | [`Held`] |
//! | which locks exist in which context | [`context`] |
//! | functions that acquire | [`acquires`] |
//! | spin locks, in turn or in line | [`SpinLock`], [`QueueSpinLock`], [`IrqSpinLock`] |
//! | many readers | [`RwLock`], [`SeqLock`] |
//! | data that is made once | [`Once`], [`Lazy`] |
//! | data of one CPU | [`CpuLocal`] |
//! | locks whose waiters sleep, condition variables, completions, serialising tokens | [`blocking`] |
//! | two locks of one class | [`Held::lock_pair`], [`Guard::descend`], [`Held::lock_unrelated`] |
//! | paths no type can know | [`DynHeld`] |
//! | a kernel's entry points | [`entry`], [`Platform`] |
//! | what types cannot close | `docs/holes.md` in the repository |
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `std` | ordinary programs: module `host`, with threads, `with_root` and locks whose waiters sleep; brings `alloc` |
//! | `alloc` | guards that own an `Arc` of their lock (`Held::lock_arc`) |
//! | `checker` | the run-time cross-check: every acquisition is observed; reports are printed with `std` |
//! | `stats` | counts and times of acquisitions by class; brings `checker` |
//! | `lock_api` | the cores behind the traits of the `lock_api` crate, outside of the order |
//! | `bytemuck` | sequence locks of every type that derives `bytemuck::NoUninit` |
//!
//! None is on by default: a kernel takes what it needs. `examples/bank.rs` is an ordinary program, `examples/embedder.rs` a
//! kernel's side without `std`.
//!
//! # In the words of others
//!
//! | here | Fuchsia (`starnix_sync`, netstack3) | Redox | surelock | Linux |
//! |---|---|---|---|---|
//! | token, [`Held`] | `Locked`, `Unlocked` | `LockToken` | key | what lockdep keeps for each thread |
//! | [`After`], [`Before`] | `LockAfter`, `LockBefore` | levels `L1` to `L6` | level | an edge of lockdep's graph |
//! | class | level | level | level | lock class |
//! | kind and context | none | none | none | wait type, usage state |
//!
//! Nothing of this exists at run time: tokens are zero-sized, guards are one pointer, and the compiled code
//! is that of the raw locks (a test compares the instructions).

#![no_std]
#![deny(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

// The macros name this crate by its own path, also inside of it.
extern crate self as lockorder;

mod acquire;
#[allow(unsafe_code, reason = "what a kind did to the CPU is undone once")]
mod acquisition;
#[allow(
    unsafe_code,
    reason = "a platform that blocks is unsafe to implement, and so are lock cores; tokens reach their data"
)]
pub mod blocking;
#[cfg(feature = "checker")]
#[allow(
    unsafe_code,
    reason = "places and sinks are kept as raw pointers, and a search works in shared memory"
)]
#[allow(clippy::cast_possible_truncation, reason = "class numbers have twelve bits, rows fourteen")]
#[allow(clippy::large_stack_arrays, reason = "the tables are statics")]
pub mod checker;
pub mod context;
#[allow(unsafe_code, reason = "a value that one CPU uses alone is reached mutably")]
mod cpu_local;
pub mod dynamic;
#[allow(unsafe_code, reason = "entry points are unsafe to call: the caller vouches that nothing is held")]
pub mod entry;
#[allow(unsafe_code, reason = "evidence guards undo what they did to the CPU")]
pub mod evidence;
#[allow(unsafe_code, reason = "guards reach the data they protect")]
mod guard;
mod held;
#[cfg(feature = "checker")]
#[allow(unsafe_code, reason = "places are kept as raw pointers to static locations")]
#[allow(clippy::cast_possible_truncation, reason = "class numbers have twelve bits")]
mod held_locks;
#[cfg(feature = "std")]
#[allow(unsafe_code, reason = "the host's platform is an unsafe implementation")]
pub mod host;
#[allow(unsafe_code, reason = "positions are unsafe to implement; the few of this crate are here")]
mod level;
#[allow(unsafe_code, reason = "the lock shares its data between threads")]
mod lock;
mod mode;
mod observe;
#[allow(unsafe_code, reason = "the data is shared between threads once it is made")]
mod once;
pub mod order;
#[allow(unsafe_code, reason = "a lock that is given up is released")]
mod pair;
#[allow(unsafe_code, reason = "a platform is unsafe to implement: locks rely on it")]
mod platform;
#[cfg(test)]
mod promises;
#[allow(unsafe_code, reason = "lock cores are unsafe to implement and to release")]
pub mod raw;
#[allow(unsafe_code, reason = "the lock shares its data between threads, and its guards reach it")]
mod read_write;
mod refusals;
#[allow(unsafe_code, reason = "data that is copied while it is written lies in atomic words")]
mod sequence;
#[allow(unsafe_code, reason = "guards reach the data they protect")]
mod set;
#[cfg(feature = "stats")]
pub mod statistics;
mod table;
mod tree;

pub use context::{
    Atomic, Context, HandlesInterrupts, HardIrq, IrqOff, IrqSafe, Kind, MaySleep, MaySpin, Sleeping,
    Spinning, Task, UsableIn,
};
pub use cpu_local::{CpuLocal, Exclusive, InUse, OwnLine, StaysOnCpu};
pub use dynamic::{DynGuard, DynHeld, OrderViolation};
pub use evidence::{
    HeldExclusively, InHandler, IrqGuard, IrqsOff, PreemptGuard, PreemptionOff, with_irqs_off,
};
#[cfg(feature = "alloc")]
pub use guard::ArcGuard;
pub use guard::{Guard, Inside, Loose, MappedGuard, TryGuard};
pub use held::{Held, Root};
#[cfg(feature = "std")]
pub use host::with_root;
pub use level::{
    After, AnythingOutside, AtOrAfter, Band, Before, BothOf, Ceiling, Class, Declared, Level, Nothing,
    NothingHeld,
};
pub use lock::{IrqQueueSpinLock, IrqSpinLock, Lock, Lockable, QueueSpinLock, SpinLock};
pub use lockorder_macros::{Acquire, acquire, acquires, entry as entry_point, hierarchy};
pub use mode::Mode;
pub use once::{IrqLazy, IrqOnce, Lazy, Once};
pub use platform::{MAXIMUM_CPUS, Platform};
pub use raw::{RawLock, RawReadWriteLock, RawTimedLock, RawTimedReadWriteLock, WaitsOn};
pub use read_write::{
    InsideReadWrite, IrqRwLock, ReadGuard, ReadWriteLockable, RwLock, SpinRwLock, UpgradeableGuard,
    WriteGuard,
};
pub use sequence::{IrqSeqLock, PlainData, SeqLock, SpinSeqLock};
pub use set::{ArrayGuard, LockSetError, Members, SliceGuard};
pub use table::{
    CLASSES, ClassInfo, ClassNumber, Hierarchy, LevelInfo, LinkedClasses, OrderKind, PlatformInfo,
    RANKS_PER_LEVEL, Rank, TwoPlatforms, one_platform,
};
pub use tree::OwnParent;

// Messages name these by what can be reached; nobody else need.
#[doc(hidden)]
pub use held::TokensAndGuardsStayOnTheirThread;
#[doc(hidden)]
pub use refusals::{ChangedByAReader, LockedWithoutToken, ReadOrWrittenWithoutToken, SerialisedWithoutToken};
/// What expanded macros name. Not part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use typenum;
}
