//! The typed reader-writer lock: many readers or one writer, in the order either way.
//!
//! [`Held::read`], [`Held::write`] and [`Held::upgradeable`] have the bounds of [`Held::lock`]: reading waits for a
//! writer as writing waits for readers, so both can close a cycle. A second read of the same class does
//! not compile either. Other libraries leave reader recursion to a flag or to luck, since it deadlocks only when a writer comes in
//! between; refusing it is what lets writers go first here.
//!
//! - A [`WriteGuard`] becomes a [`ReadGuard`] by [`downgrade`](WriteGuard::downgrade).
//! - An [`UpgradeableGuard`] reads beside other readers and becomes a [`WriteGuard`] by
//!   [`upgrade`](UpgradeableGuard::upgrade). There is one at a time, so no two wait for each other to stop reading. Both
//!   consume the guard, so no token or data from before the change is alive after it.
//! - The kind is the core's, whichever way the lock is held: readers of a [`Spinning`] one are not preempted, those of
//!   an [`IrqSafe`] one not interrupted.
//!
//! [`Held::read`]: crate::Held::read
//! [`Held::write`]: crate::Held::write
//! [`Held::upgradeable`]: crate::Held::upgradeable
//! [`Held::lock`]: crate::Held::lock

mod acquire;
mod read_guard;
mod upgradeable_guard;
mod write_guard;

pub use read_guard::ReadGuard;
pub use upgradeable_guard::UpgradeableGuard;
pub use write_guard::WriteGuard;

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;

use crate::acquisition::{Acquired, Entered, Listed};
use crate::context::{IrqSafe, Spinning};
use crate::level::{Class, has_true_rank};
use crate::mode::Mode;
use crate::observe::{self, Waiting};
use crate::order::Keyless;
use crate::raw::{RawReadWriteLock, ReadWrite, WaitsOn};

/// The context inside a reader-writer lock with core `R` that was acquired in context `C`.
pub type InsideReadWrite<R, C> = <<R as RawReadWriteLock>::Kind as crate::context::Kind>::Inside<C>;

/// A spinning reader-writer lock: whoever is in is not preempted. For data that interrupt handlers never touch.
pub type SpinRwLock<L, T> = RwLock<L, ReadWrite<Spinning>, T>;

/// An interrupt-safe reader-writer lock: whoever is in is not interrupted.
pub type IrqRwLock<L, T> = RwLock<L, ReadWrite<IrqSafe>, T>;

/// Data of type `T` behind a reader-writer core `R`, in class `L`.
///
/// # Examples
///
/// ```
/// # use lockorder::{hierarchy, with_root, SpinRwLock};
/// hierarchy! {
///     /// Example.
///     hierarchy EXAMPLE;
///     /// Files.
///     level Filesystem = 40 {
///         /// The mounted file systems.
///         class Mounts = 0;
///     }
/// }
/// static MOUNTS: SpinRwLock<Mounts, Vec<&str>> = SpinRwLock::new(Vec::new());
/// with_root(|mut held| {
///     held.write(&MOUNTS).push("/");
///     let mounts = held.upgradeable(&MOUNTS);
///     assert!(!mounts.contains(&"/tmp"));
///     mounts.upgrade().push("/tmp");
///     assert_eq!(held.read(&MOUNTS).len(), 2);
/// });
/// ```
pub struct RwLock<L: Class, R, T: ?Sized> {
    raw: R,
    // Invariant in the class, as `Lock` is.
    class: PhantomData<fn(L) -> L>,
    data: UnsafeCell<T>,
}

// SAFETY: moving the lock moves `T`, and the core is free or forgotten then.
unsafe impl<L: Class, R: Send, T: ?Sized + Send> Send for RwLock<L, R, T> {}
// SAFETY: readers share `&T` between threads, hence `T: Sync`; a writer has `&mut T` on its own, hence `T: Send`.
unsafe impl<L: Class, R: Sync, T: ?Sized + Send + Sync> Sync for RwLock<L, R, T> {}

impl<L: Class, R: RawReadWriteLock, T> RwLock<L, R, T> {
    /// A free lock around `data`.
    #[must_use]
    pub const fn new(data: T) -> Self
    where
        L::Order: Keyless,
        R: WaitsOn<L::Platform>,
    {
        has_true_rank::<L>();
        Self { raw: R::INIT, class: PhantomData, data: UnsafeCell::new(data) }
    }

    /// Takes the data out; owning the lock proves that nobody is in.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<L: Class, R: RawReadWriteLock, T: ?Sized> RwLock<L, R, T> {
    /// The data, without locking: `&mut` proves that nobody else has the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    /// Whether anybody is in at this moment: for assertions and reports, never for decisions.
    pub fn is_held(&self) -> bool {
        self.raw.is_held()
    }

    /// Whether a writer is in at this moment: for assertions and reports, never for decisions.
    pub fn is_held_exclusively(&self) -> bool {
        self.raw.is_held_exclusively()
    }

    /// The lock's address, for the run-time checker.
    #[inline]
    fn address(&self) -> usize {
        core::ptr::from_ref(self).cast::<()>().addr()
    }

    /// Enters by `acquire`, which may wait, as the kind demands; says whether it did. A panic on the way leaves nothing
    /// entered, listed or counted.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    fn enter(&self, mode: Mode, acquire: impl FnOnce(&R) -> bool) -> bool {
        // SAFETY: the guard that is made of this borrows the token, and gives out one of the inner context.
        let entered = unsafe { Entered::<R::Kind, L::Platform>::enter() };
        observe::acquiring::<L, R::Kind>(self.address(), mode, 0);
        let listed = Listed::<L, R::Kind>::new(self.address());
        let waiting = Waiting::begin::<L, R::Kind>(|| self.raw.is_held());
        let acquired = acquire(&self.raw);
        if acquired {
            listed.keep();
            entered.keep();
            waiting.end::<L>(self.address());
        }
        acquired
    }

    /// Enters by `attempt`, if it succeeds; `undo` leaves again where a report panics.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    fn try_enter(&self, mode: Mode, attempt: impl FnOnce(&R) -> bool, undo: unsafe fn(&R)) -> bool {
        // SAFETY: the guard that is made of this borrows the token, and gives out one of the inner context.
        let entered = unsafe { Entered::<R::Kind, L::Platform>::enter() };
        if !attempt(&self.raw) {
            return false;
        }
        // SAFETY: it has just been entered in the way that `undo` leaves, and has no guard.
        let acquired = unsafe { Acquired::new(&self.raw, undo) };
        observe::got::<L, R::Kind>(self.address(), mode, 0);
        acquired.keep();
        entered.keep();
        Waiting::NONE.end::<L>(self.address());
        true
    }

    /// Leaves by `release`, then undoes what the kind did to the CPU, also where a report panics.
    ///
    /// # Safety
    ///
    /// The caller is in through one `enter` or successful `try_enter`, and gives that up; `release` leaves by the way by
    /// which it is in.
    #[inline]
    unsafe fn leave(&self, release: impl FnOnce(&R)) {
        // SAFETY: the acquisition that the caller gives up has entered the kind once.
        let _entered = unsafe { Entered::<R::Kind, L::Platform>::adopt() };
        release(&self.raw);
        observe::released::<L, R::Kind>(self.address());
    }
}

impl<L: Class, R: RawReadWriteLock, T: ?Sized> fmt::Debug for RwLock<L, R, T> {
    /// Never locks: formatting under a lock is a bug of its own.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RwLock")
            .field("class", &L::NAME)
            .field("held", &self.is_held())
            .field("exclusively", &self.is_held_exclusively())
            .finish_non_exhaustive()
    }
}

impl<L: Class, R: RawReadWriteLock + WaitsOn<L::Platform>, T: Default> Default for RwLock<L, R, T>
where
    L::Order: Keyless,
{
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// A typed reader-writer lock: what its guards are generic over. Sealed.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a typed reader-writer lock")]
pub trait ReadWriteLockable: sealed::ReadWriteLockable {}

impl<L: Class, R: RawReadWriteLock, T: ?Sized> ReadWriteLockable for RwLock<L, R, T> {}

/// Keeps [`ReadWriteLockable`] closed, and leaves for guards that know no more of a lock than that.
mod sealed {
    use crate::level::Class;
    use crate::raw::RawReadWriteLock;

    /// The three ways out. Each is unsafe as [`RwLock::leave`](super::RwLock) is: the caller is in this way.
    pub trait ReadWriteLockable {
        unsafe fn leave_shared(&self);
        unsafe fn leave_exclusive(&self);
        unsafe fn leave_upgradeable(&self);
    }

    impl<L: Class, R: RawReadWriteLock, T: ?Sized> ReadWriteLockable for super::RwLock<L, R, T> {
        #[inline]
        unsafe fn leave_shared(&self) {
            // SAFETY: the caller is a reader, and gives it up.
            unsafe { self.leave(|raw| raw.release_shared()) }
        }
        #[inline]
        unsafe fn leave_exclusive(&self) {
            // SAFETY: the caller is the writer, and gives it up.
            unsafe { self.leave(|raw| raw.release_exclusive()) }
        }
        #[inline]
        unsafe fn leave_upgradeable(&self) {
            // SAFETY: the caller is the upgradeable reader, and gives it up.
            unsafe { self.leave(|raw| raw.release_upgradeable()) }
        }
    }
}

/// Writes what guards have in common: they give the data and the inner token, and show the data.
macro_rules! shared_access {
    ($guard:ident) => {
        impl<'a, L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> $guard<'a, RwLock<L, R, T>, C> {
            /// Wraps a lock that this thread has just entered in this form.
            #[inline]
            pub(super) const fn adopt(lock: &'a RwLock<L, R, T>) -> Self {
                Self { lock, mark: PhantomData }
            }

            /// The token for what lies further in, where the data is not needed beside it.
            #[inline]
            pub fn held(&mut self) -> Held<'_, L, InsideReadWrite<R, C>> {
                Held::mint()
            }

            /// Evidence, while the guard is borrowed, that this thread stays on its CPU.
            #[inline]
            #[must_use]
            pub fn preemption_off(&self) -> PreemptionOff<'_>
            where
                R::Kind: StopsPreemption,
            {
                PreemptionOff::mint()
            }

            /// Evidence, while the guard is borrowed, that interrupts are off on this CPU.
            #[inline]
            #[must_use]
            pub fn irqs_off(&self) -> IrqsOff<'_>
            where
                R::Kind: MasksInterrupts,
            {
                IrqsOff::mint()
            }
        }

        impl<L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> Deref for $guard<'_, RwLock<L, R, T>, C> {
            type Target = T;
            #[inline]
            fn deref(&self) -> &T {
                // SAFETY: the guard is in, so nobody writes but through it.
                unsafe { &*self.lock.data.get() }
            }
        }

        impl<L: Class, R: RawReadWriteLock, T: ?Sized + fmt::Debug, C: Context> fmt::Debug
            for $guard<'_, RwLock<L, R, T>, C>
        {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(formatter)
            }
        }
    };
}
use shared_access;
