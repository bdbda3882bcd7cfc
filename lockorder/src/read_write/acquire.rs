//! Acquiring a reader-writer lock: a token's ways to do it, all with the bounds of [`Held::lock`].

use core::time::Duration;

use super::{InsideReadWrite, ReadGuard, RwLock, UpgradeableGuard, WriteGuard};
use crate::context::{Context, UsableIn};
use crate::held::Held;
use crate::level::{After, Class, Level};
use crate::mode::Mode;
use crate::raw::{RawReadWriteLock, RawTimedReadWriteLock};

impl<H: Level, C: Context> Held<'_, H, C> {
    /// Acquires a reader-writer lock for reading, waiting while a writer is in or waits.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn read<'s, L: Class + After<H>, R: RawReadWriteLock, T: ?Sized>(
        &'s mut self,
        lock: &'s RwLock<L, R, T>,
    ) -> ReadGuard<'s, RwLock<L, R, T>, C>
    where
        R::Kind: UsableIn<C>,
    {
        lock.enter(Mode::Shared, |core| {
            // SAFETY: this token's bounds: the kind may be waited for here, and `L` comes after all that is held.
            unsafe { core.acquire_shared::<L::Platform>() };
            true
        });
        ReadGuard::adopt(lock)
    }

    /// Acquires a reader-writer lock for reading, calls `critical_section` with its data and the token for what lies further
    /// in, and releases it. The guard is never handed out, so it cannot be forgotten.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn with_read<L: Class + After<H>, R: RawReadWriteLock, T: ?Sized, O>(
        &mut self,
        lock: &RwLock<L, R, T>,
        critical_section: impl for<'i> FnOnce(&'i T, Held<'i, L, InsideReadWrite<R, C>>) -> O,
    ) -> O
    where
        R::Kind: UsableIn<C>,
    {
        let guard = self.read(lock);
        critical_section(&guard, Held::mint())
    }

    /// The same for writing.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn with_write<L: Class + After<H>, R: RawReadWriteLock, T: ?Sized, O>(
        &mut self,
        lock: &RwLock<L, R, T>,
        critical_section: impl for<'i> FnOnce(&'i mut T, Held<'i, L, InsideReadWrite<R, C>>) -> O,
    ) -> O
    where
        R::Kind: UsableIn<C>,
    {
        let mut guard = self.write(lock);
        let (data, held) = guard.split();
        critical_section(data, held)
    }

    /// Acquires a reader-writer lock for reading, waiting for it no longer than `time`.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn read_for<'s, L: Class + After<H>, R: RawTimedReadWriteLock, T: ?Sized>(
        &'s mut self,
        lock: &'s RwLock<L, R, T>,
        time: Duration,
    ) -> Option<ReadGuard<'s, RwLock<L, R, T>, C>>
    where
        R::Kind: UsableIn<C>,
    {
        // SAFETY: as in `read`.
        let acquire = |core: &R| unsafe { core.acquire_shared_for::<L::Platform>(time) };
        lock.enter(Mode::Shared, acquire).then(|| ReadGuard::adopt(lock))
    }

    /// Acquires a reader-writer lock for writing, waiting for it no longer than `time`.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn write_for<'s, L: Class + After<H>, R: RawTimedReadWriteLock, T: ?Sized>(
        &'s mut self,
        lock: &'s RwLock<L, R, T>,
        time: Duration,
    ) -> Option<WriteGuard<'s, RwLock<L, R, T>, C>>
    where
        R::Kind: UsableIn<C>,
    {
        // SAFETY: as in `read`.
        let acquire = |core: &R| unsafe { core.acquire_exclusive_for::<L::Platform>(time) };
        lock.enter(Mode::Exclusive, acquire).then(|| WriteGuard::adopt(lock))
    }

    /// Acquires a reader-writer lock for reading if no writer is in or waits.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn try_read<'s, L: Class + After<H>, R: RawReadWriteLock, T: ?Sized>(
        &'s mut self,
        lock: &'s RwLock<L, R, T>,
    ) -> Option<ReadGuard<'s, RwLock<L, R, T>, C>>
    where
        R::Kind: UsableIn<C>,
    {
        lock.try_enter(Mode::Shared, R::try_acquire_shared, R::release_shared).then(|| ReadGuard::adopt(lock))
    }

    /// Acquires a reader-writer lock for writing, waiting until nobody is in.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn write<'s, L: Class + After<H>, R: RawReadWriteLock, T: ?Sized>(
        &'s mut self,
        lock: &'s RwLock<L, R, T>,
    ) -> WriteGuard<'s, RwLock<L, R, T>, C>
    where
        R::Kind: UsableIn<C>,
    {
        lock.enter(Mode::Exclusive, |core| {
            // SAFETY: this token's bounds: the kind may be waited for here, and `L` comes after all that is held.
            unsafe { core.acquire_exclusive::<L::Platform>() };
            true
        });
        WriteGuard::adopt(lock)
    }

    /// Acquires a reader-writer lock for writing if nobody is in.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn try_write<'s, L: Class + After<H>, R: RawReadWriteLock, T: ?Sized>(
        &'s mut self,
        lock: &'s RwLock<L, R, T>,
    ) -> Option<WriteGuard<'s, RwLock<L, R, T>, C>>
    where
        R::Kind: UsableIn<C>,
    {
        lock.try_enter(Mode::Exclusive, R::try_acquire_exclusive, R::release_exclusive)
            .then(|| WriteGuard::adopt(lock))
    }

    /// Acquires a reader-writer lock for reading, and perhaps for writing later, waiting while a writer or another
    /// upgradeable reader is in.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn upgradeable<'s, L: Class + After<H>, R: RawReadWriteLock, T: ?Sized>(
        &'s mut self,
        lock: &'s RwLock<L, R, T>,
    ) -> UpgradeableGuard<'s, RwLock<L, R, T>, C>
    where
        R::Kind: UsableIn<C>,
    {
        lock.enter(Mode::Exclusive, |core| {
            // SAFETY: this token's bounds: the kind may be waited for here, and `L` comes after all that is held.
            unsafe { core.acquire_upgradeable::<L::Platform>() };
            true
        });
        UpgradeableGuard::adopt(lock)
    }

    /// Acquires a reader-writer lock for reading, and perhaps for writing later, if that is possible at once.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn try_upgradeable<'s, L: Class + After<H>, R: RawReadWriteLock, T: ?Sized>(
        &'s mut self,
        lock: &'s RwLock<L, R, T>,
    ) -> Option<UpgradeableGuard<'s, RwLock<L, R, T>, C>>
    where
        R::Kind: UsableIn<C>,
    {
        lock.try_enter(Mode::Exclusive, R::try_acquire_upgradeable, R::release_upgradeable)
            .then(|| UpgradeableGuard::adopt(lock))
    }
}
