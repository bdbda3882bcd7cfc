//! The cores behind the traits of the `lock_api` crate, for code that asks for those. Feature `lock_api`.
//!
//! **This is outside of the order.** Whoever locks through `lock_api` needs no token and gets none, so nothing of what this
//! library promises holds for such a lock: not its place in the order, not that the holder does not sleep. Interrupts
//! and preemption are counted as the core's kind demands, so that the lock itself excludes as it should. It is for what
//! cannot take a token: an allocator, a logger, a crate written against `lock_api`. That its holders acquire
//! nothing inside is the platform's promise, [`AllowsUnordered`].

use core::fmt;
use core::marker::PhantomData;

use ::lock_api::{
    GuardNoSend, RawMutex, RawRwLock, RawRwLockDowngrade, RawRwLockUpgrade, RawRwLockUpgradeDowngrade,
};

use super::{RawLock, RawReadWriteLock};
use crate::context::sealed::Kind;
use crate::platform::Platform;

/// A platform on which locks may be held that no token knows of.
///
/// # Safety
///
/// Whoever acquires an [`Unordered`] lock of this platform may wait for it there, as [`RawLock::acquire`] demands: in a context
/// in which its kind is usable, holding nothing that others acquire inside of it. Whoever holds one does not sleep and, until it
/// lets go, acquires only what the context inside of the core's kind allows. No type sees to that: whoever implements this
/// looks at each use.
pub unsafe trait AllowsUnordered: Platform {}

/// A core `R` on platform `P`, outside of the order.
pub struct Unordered<R, P> {
    core: R,
    platform: PhantomData<fn(P) -> P>,
}

impl<R: fmt::Debug, P> fmt::Debug for Unordered<R, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt(formatter)
    }
}

impl<R, P: AllowsUnordered> Unordered<R, P> {
    /// Acquires as kind `K` demands.
    #[inline]
    fn enter<K: Kind>(&self, acquire: impl FnOnce(&R)) -> GuardNoSend {
        // SAFETY: what runs until `leave` keeps to the context inside, as the platform has promised.
        unsafe { K::enter::<P>() }
        acquire(&self.core);
        GuardNoSend::new()
    }

    /// Acquires if that is possible at once.
    #[inline]
    fn try_enter<K: Kind>(&self, attempt: impl FnOnce(&R) -> bool) -> Option<GuardNoSend> {
        // SAFETY: as in `enter`.
        unsafe { K::enter::<P>() }
        if attempt(&self.core) {
            return Some(GuardNoSend::new());
        }
        // SAFETY: pairs with the `enter` above.
        unsafe { K::leave::<P>() }
        None
    }

    /// Releases, then undoes what the kind did to the CPU.
    ///
    /// # Safety
    ///
    /// The caller holds the core through one `enter` or successful `try_enter` of this kind, and `release` gives that up.
    #[inline]
    unsafe fn leave<K: Kind>(&self, release: impl FnOnce(&R)) {
        release(&self.core);
        // SAFETY: pairs with the `enter` of the acquisition that the caller gives up.
        unsafe { K::leave::<P>() }
    }
}

// SAFETY: exclusion is the core's, which promises it; guards stay on their thread, whose counts were raised.
unsafe impl<R: RawLock, P: AllowsUnordered> RawMutex for Unordered<R, P> {
    const INIT: Self = Self { core: R::INIT, platform: PhantomData };
    type Guard = GuardNoSend;

    #[inline]
    fn lock(&self) -> GuardNoSend {
        // SAFETY: the platform vouches that waiting is allowed wherever it is done; `enter` counts as the kind demands.
        self.enter::<R::Kind>(|core| unsafe { core.acquire::<P>() })
    }

    #[inline]
    fn try_lock(&self) -> Option<GuardNoSend> {
        self.try_enter::<R::Kind>(R::try_acquire)
    }

    #[inline]
    unsafe fn unlock(&self, _: GuardNoSend) {
        // SAFETY: the caller holds the lock, as the guard state says.
        unsafe { self.leave::<R::Kind>(|core| core.release()) }
    }

    fn is_locked(&self) -> bool {
        self.core.is_held()
    }
}

// SAFETY: as for the mutex.
unsafe impl<R: RawReadWriteLock, P: AllowsUnordered> RawRwLock for Unordered<R, P> {
    const INIT: Self = Self { core: R::INIT, platform: PhantomData };
    type SharedGuard = GuardNoSend;
    type ExclusiveGuard = GuardNoSend;

    #[inline]
    fn lock_shared(&self) -> GuardNoSend {
        // SAFETY: the platform vouches that waiting is allowed wherever it is done; `enter` counts as the kind demands.
        self.enter::<R::Kind>(|core| unsafe { core.acquire_shared::<P>() })
    }

    #[inline]
    fn try_lock_shared(&self) -> Option<GuardNoSend> {
        self.try_enter::<R::Kind>(R::try_acquire_shared)
    }

    #[inline]
    unsafe fn unlock_shared(&self, _: GuardNoSend) {
        // SAFETY: the caller is a reader, as the guard state says.
        unsafe { self.leave::<R::Kind>(|core| core.release_shared()) }
    }

    #[inline]
    fn lock_exclusive(&self) -> GuardNoSend {
        // SAFETY: the platform vouches that waiting is allowed wherever it is done; `enter` counts as the kind demands.
        self.enter::<R::Kind>(|core| unsafe { core.acquire_exclusive::<P>() })
    }

    #[inline]
    fn try_lock_exclusive(&self) -> Option<GuardNoSend> {
        self.try_enter::<R::Kind>(R::try_acquire_exclusive)
    }

    #[inline]
    unsafe fn unlock_exclusive(&self, _: GuardNoSend) {
        // SAFETY: the caller is the writer, as the guard state says.
        unsafe { self.leave::<R::Kind>(|core| core.release_exclusive()) }
    }

    fn is_locked(&self) -> bool {
        self.core.is_held()
    }

    fn is_locked_exclusive(&self) -> bool {
        self.core.is_held_exclusively()
    }
}

// SAFETY: the core's downgrade lets no writer in between, and the counts stay raised for the reader.
unsafe impl<R: RawReadWriteLock, P: AllowsUnordered> RawRwLockDowngrade for Unordered<R, P> {
    #[inline]
    unsafe fn downgrade(&self, guard: GuardNoSend) -> GuardNoSend {
        // SAFETY: the caller is the writer, as the guard state says.
        unsafe { self.core.downgrade() }
        guard
    }
}

// SAFETY: the core admits one upgradeable reader, and lets no writer in while it upgrades.
unsafe impl<R: RawReadWriteLock, P: AllowsUnordered> RawRwLockUpgrade for Unordered<R, P> {
    type UpgradableGuard = GuardNoSend;

    #[inline]
    fn lock_upgradable(&self) -> GuardNoSend {
        // SAFETY: the platform vouches that waiting is allowed wherever it is done; `enter` counts as the kind demands.
        self.enter::<R::Kind>(|core| unsafe { core.acquire_upgradeable::<P>() })
    }

    #[inline]
    fn try_lock_upgradable(&self) -> Option<GuardNoSend> {
        self.try_enter::<R::Kind>(R::try_acquire_upgradeable)
    }

    #[inline]
    unsafe fn unlock_upgradable(&self, _: GuardNoSend) {
        // SAFETY: the caller is the upgradeable reader, as the guard state says.
        unsafe { self.leave::<R::Kind>(|core| core.release_upgradeable()) }
    }

    #[inline]
    unsafe fn upgrade(&self, guard: GuardNoSend) -> GuardNoSend {
        // SAFETY: the caller is the upgradeable reader, as the guard state says.
        unsafe { self.core.upgrade::<P>() }
        guard
    }

    #[inline]
    unsafe fn try_upgrade(&self, guard: GuardNoSend) -> Result<GuardNoSend, GuardNoSend> {
        // SAFETY: the caller is the upgradeable reader, as the guard state says.
        if unsafe { self.core.try_upgrade() } { Ok(guard) } else { Err(guard) }
    }
}

// SAFETY: the core's changes let no writer in between.
unsafe impl<R: RawReadWriteLock, P: AllowsUnordered> RawRwLockUpgradeDowngrade for Unordered<R, P> {
    #[inline]
    unsafe fn downgrade_upgradable(&self, guard: GuardNoSend) -> GuardNoSend {
        // SAFETY: the caller is the upgradeable reader, as the guard state says.
        unsafe { self.core.downgrade_upgradeable() }
        guard
    }

    #[inline]
    unsafe fn downgrade_to_upgradable(&self, guard: GuardNoSend) -> GuardNoSend {
        // SAFETY: the caller is the writer, as the guard state says.
        unsafe { self.core.downgrade_to_upgradeable() }
        guard
    }
}
