//! The token: what the running code may still do.
//!
//! [`Held<'a, L, C>`](Held) is a zero-sized value. `L` is a ceiling: every lock held on this thread ranks at
//! `L` or outside of it. `C` is the context. To acquire is to borrow the token mutably for as long as the
//! guard lives, so one thread has one usable token at any moment: the innermost.
//!
//! **A ceiling, never a proof.** A token can be weakened ([`at`](Held::at), [`below`](Held::below)) and may
//! outlive the guard it came from, so it never proves that something *is* held, or that interrupts *are*
//! off. What needs such a proof takes a guard, or evidence borrowed from one ([`crate::evidence`]).
//!
//! Tokens come from [`crate::entry`] (kernels), `with_root` (hosts) and guards. They are not `Clone`, not
//! `Send`, not `Sync`, and borrow what they came from, so none can be stored, smuggled or used twice.
//!
//! What depends on a feature of its own adds its verbs to [`Held`] in its own file: sets (`lock_pair`), reader-writer locks
//! (`read`, `write`), sequence locks, data that is made once, serialising tokens, dynamic paths (`erase`).

use core::fmt;
use core::marker::PhantomData;
use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::context::{Atomic, Context, IrqOff, MaySleep, MaySpin, Task, UsableIn};
use crate::guard::{Guard, Inside, TryGuard};
use crate::level::{After, AnythingOutside, AtOrAfter, Before, Class, Declared, Level, Nothing, NothingHeld};
use crate::lock::{Lock, Lockable, Permission};
use crate::raw::{RawLock, RawTimedLock};

/// The right to acquire locks that rank inside of `L`, in context `C`, during `'a`.
#[must_use = "a token does nothing by itself: acquire with it"]
pub struct Held<'a, L: Level, C: Context> {
    // Covariant in 'a, invariant in the others, neither Send nor Sync.
    mark: PhantomData<(&'a mut (), fn(L, C) -> (L, C), StaysOnItsThread)>,
}

/// What a token and a guard are made of that stay on their thread. A trait object's name is what the compiler prints where one
/// of them is sent to another thread.
pub(crate) type StaysOnItsThread = PhantomData<dyn TokensAndGuardsStayOnTheirThread>;

/// Nothing implements it; see [`StaysOnItsThread`].
pub(crate) trait TokensAndGuardsStayOnTheirThread: UnwindSafe + RefUnwindSafe {}

/// A token with which nothing is held: what an entry point starts with.
pub type Root<'r, C> = Held<'r, Nothing, C>;

impl<L: Level, C: Context> fmt::Debug for Held<'_, L, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Held(up to {}, {})", L::CEILING, C::NAME)
    }
}

impl<H: Level, C: Context> Held<'_, H, C> {
    /// Makes a token out of nothing. Callers tie the lifetime to a guard or to an entry closure.
    #[inline]
    pub(crate) const fn mint() -> Self {
        Self { mark: PhantomData }
    }

    /// Acquires a lock that ranks inside of everything held, waiting for it.
    ///
    /// Prefer [`with`](Self::with): a guard can be forgotten (`mem::forget`), and then its lock stays held
    /// while the token comes back.
    ///
    /// # Examples
    ///
    /// ```
    /// # use lockorder::{hierarchy, with_root, SpinLock};
    /// hierarchy! {
    ///     /// Example.
    ///     hierarchy EXAMPLE;
    ///     /// Files.
    ///     level Filesystem = 40 {
    ///         /// Size of a file.
    ///         class Inode = 3;
    ///     }
    /// }
    /// static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);
    /// with_root(|mut held| {
    ///     *held.lock(&SIZE) += 512;
    ///     assert_eq!(held.with(&SIZE, |size, _| *size), 512);
    /// });
    /// ```
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn lock<'s, L: Class, R: RawLock, T: ?Sized>(
        &'s mut self,
        lock: &'s Lock<L, R, T>,
    ) -> Guard<'s, Lock<L, R, T>, H, C>
    where
        L: After<H>,
        R::Kind: UsableIn<C>,
    {
        Guard::acquire(lock)
    }

    /// Acquires a lock, calls `critical_section` with its data and the token for what lies further in, and
    /// releases it. The guard is never handed out, so it cannot be forgotten.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn with<L: Class, R: RawLock, T: ?Sized, O>(
        &mut self,
        lock: &Lock<L, R, T>,
        critical_section: impl for<'i> FnOnce(&'i mut T, Held<'i, L, Inside<R, C>>) -> O,
    ) -> O
    where
        L: After<H>,
        R::Kind: UsableIn<C>,
    {
        let mut guard = Guard::<Lock<L, R, T>, H, C>::acquire(lock);
        let (data, held) = guard.split();
        critical_section(data, held)
    }

    /// Acquires a lock, waiting for it no longer than `time`.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn lock_for<'s, L: Class, R: RawTimedLock, T: ?Sized>(
        &'s mut self,
        lock: &'s Lock<L, R, T>,
        time: core::time::Duration,
    ) -> Option<Guard<'s, Lock<L, R, T>, H, C>>
    where
        L: After<H>,
        R::Kind: UsableIn<C>,
    {
        lock.acquire_raw_for(time).then(|| Guard::adopt(lock))
    }

    /// Acquires a lock if it is free. The same bounds as [`lock`](Self::lock), so that the guard is a full one.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn try_lock<'s, L: Class, R: RawLock, T: ?Sized>(
        &'s mut self,
        lock: &'s Lock<L, R, T>,
    ) -> Option<Guard<'s, Lock<L, R, T>, H, C>>
    where
        L: After<H>,
        R::Kind: UsableIn<C>,
    {
        lock.try_acquire_raw().then(|| Guard::adopt(lock))
    }

    /// Acquires a lock of any rank if it is free: trying never waits, so the order cannot deadlock.
    ///
    /// What is acquired under it must rank inside of both; the context must still allow the kind.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn try_lock_any<'s, L: Class, R: RawLock, T: ?Sized>(
        &'s mut self,
        lock: &'s Lock<L, R, T>,
    ) -> Option<TryGuard<'s, Lock<L, R, T>, H, C>>
    where
        R::Kind: UsableIn<C>,
    {
        lock.try_acquire_raw().then(|| TryGuard::adopt(lock))
    }

    /// Acquires anything lockable: what generated accessors call.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn acquire<'s, M: Lockable + ?Sized>(&'s mut self, lock: &'s M) -> M::Guard<'s, H, C>
    where
        M::Class: After<H>,
        M::Kind: UsableIn<C>,
    {
        lock.acquire_with_permission(Permission(()))
    }

    /// The same token, for a shorter time: to pass it on and have it back.
    #[inline]
    pub const fn reborrow(&mut self) -> Held<'_, H, C> {
        Held::mint()
    }

    /// The token weakened to the ceiling `L`, a level or a class, as if `L` were held.
    #[inline]
    pub const fn at<L: Declared>(&mut self) -> Held<'_, L, C>
    where
        L: AtOrAfter<H>,
    {
        Held::mint()
    }

    /// The token weakened to "everything held is outside of `L`".
    ///
    /// Functions that acquire `L` start with it: what they acquire inside is then the same for every caller.
    #[inline]
    pub const fn below<L: Declared>(&mut self) -> Held<'_, AnythingOutside<L>, C>
    where
        H: Before<L>,
    {
        Held::mint()
    }

    /// The token in a context that may sleep, which is the one it has: [`Task`] by name.
    #[inline]
    pub const fn to_task(&mut self) -> Held<'_, H, Task>
    where
        C: MaySleep,
    {
        Held::mint()
    }

    /// The token weakened to spinning: nothing inside may sleep. Preemption itself is untouched.
    #[inline]
    pub const fn to_atomic(&mut self) -> Held<'_, H, Atomic>
    where
        C: MaySpin,
    {
        Held::mint()
    }

    /// The token weakened to interrupt-safe locks. Interrupts themselves are untouched.
    #[inline]
    pub const fn to_irq_off(&mut self) -> Held<'_, H, IrqOff> {
        Held::mint()
    }

    /// The token as a root, where nothing is held.
    #[inline]
    pub const fn to_nothing(&mut self) -> Held<'_, Nothing, C>
    where
        H: NothingHeld,
    {
        Held::mint()
    }
}
