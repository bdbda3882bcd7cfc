//! Acquiring a lock: a token's ways to do it, all with the same two bounds. The class comes after everything held, and the
//! lock's kind is usable in the token's context.

use core::time::Duration;

use crate::context::{Context, UsableIn};
use crate::guard::{Guard, Inside, TryGuard};
use crate::held::Held;
use crate::level::{After, Class, Level};
use crate::lock::{Lock, Lockable};
use crate::raw::{RawLock, RawTimedLock};

impl<H: Level, C: Context> Held<'_, H, C> {
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
        time: Duration,
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
    pub fn acquire<'s, M: Lockable + ?Sized>(&'s mut self, lock: &'s M) -> Guard<'s, M, H, C>
    where
        M::Class: After<H>,
        M::Kind: UsableIn<C>,
    {
        Guard::acquire(lock)
    }
}
