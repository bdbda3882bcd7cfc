//! Several locks of one class at once, in the class's own order.
//!
//! For classes declared `order = address` or `order = key`. The locks are sorted before the first is
//! acquired, so two threads that want overlapping sets take the common ones in the same order. Naming one
//! lock twice, or two with equal keys, is an error value: nothing is acquired, nothing hangs.
//!
//! [`Held::lock_pair`], [`Held::lock_array`] keep the caller's order in what they give back;
//! [`Held::lock_slice`] sorts the caller's slice in place, since there is no memory to do it elsewhere.

use core::array;
use core::fmt;
use core::marker::PhantomData;

use crate::context::{Context, Task, UsableIn};
use crate::guard::{Inside, Mark};
use crate::held::{Held, StaysOnItsThread};
use crate::level::{After, Class, Declared as _, Level};
use crate::lock::{KeyOf, Lock, Lockable};
use crate::order::Sortable;
use crate::raw::RawLock;

/// Why a set of locks cannot be acquired together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockSetError {
    /// One lock is named twice: acquiring it again would wait for ever.
    SameLock,
    /// Two locks have the same key: their order is not defined. Give every lock of the class its own key.
    EqualKeys,
}

impl fmt::Display for LockSetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::SameLock => "one lock is named twice in the set; name each lock once",
            Self::EqualKeys => "two locks of the set have the same key; give every lock of the class its own",
        })
    }
}

impl core::error::Error for LockSetError {}

/// Where a lock stands among its class.
type Place<L> = (KeyOf<L>, usize);

/// The place of `lock`: by key where the class has keys, then by address.
fn place<L: Class, R: RawLock, T: ?Sized>(lock: &Lock<L, R, T>) -> Place<L> {
    (lock.key, lock.address())
}

/// Refuses what has no order: equal addresses, or equal keys where there are keys.
fn ordered<L: Class>(earlier: Place<L>, later: Place<L>) -> Result<(), LockSetError> {
    if earlier.1 == later.1 {
        Err(LockSetError::SameLock)
    } else if size_of::<KeyOf<L>>() > 0 && earlier.0 == later.0 {
        Err(LockSetError::EqualKeys)
    } else {
        Ok(())
    }
}

/// Acquires all, in the order in which they stand. Where one panics, those before it are released.
#[cfg_attr(feature = "checker", track_caller)]
fn acquire_all<L: Class, R: RawLock, T: ?Sized>(locks: &[&Lock<L, R, T>]) {
    /// The locks that are acquired so far; released when it drops.
    struct Acquired<'s, 'k, L: Class, R: RawLock, T: ?Sized>(&'s [&'k Lock<L, R, T>]);
    impl<L: Class, R: RawLock, T: ?Sized> Drop for Acquired<'_, '_, L, R, T> {
        fn drop(&mut self) {
            // SAFETY: each has been acquired once, and no guard has taken over.
            unsafe { release_all(self.0) }
        }
    }
    let mut acquired = Acquired(&locks[..0]);
    for (index, lock) in locks.iter().enumerate() {
        lock.acquire_raw();
        acquired.0 = &locks[..=index];
    }
    core::mem::forget(acquired);
}

/// Releases all, the last one first. Where a report panics, the others are released all the same.
///
/// # Safety
///
/// The caller holds each through one acquisition, and gives all up.
unsafe fn release_all<M: Lockable + ?Sized>(mut locks: &[&M]) {
    /// The locks that are left to be released; released when it drops.
    struct Rest<'s, 'k, M: Lockable + ?Sized>(&'s [&'k M]);
    impl<M: Lockable + ?Sized> Drop for Rest<'_, '_, M> {
        fn drop(&mut self) {
            // SAFETY: held, and given up by the caller of the function around this.
            unsafe { release_all(self.0) }
        }
    }
    while let Some((last, others)) = locks.split_last() {
        let rest = Rest(others);
        // SAFETY: the lock is held and given up, by this function's contract, and released once: it leaves the slice.
        unsafe { last.release_held() }
        core::mem::forget(rest);
        locks = others;
    }
}

/// `N` locks of type `M`, of one class, held; the caller's order is kept.
///
/// Having one tells that all of them are yours until it drops.
#[must_use = "a guard that is not kept releases its locks at once"]
pub struct ArrayGuard<'a, M: Lockable + ?Sized, C: Context, const N: usize> {
    locks: [&'a M; N],
    mark: Mark<M, C>,
}

impl<'a, L: Class, R: RawLock, T: ?Sized, C: Context, const N: usize> ArrayGuard<'a, Lock<L, R, T>, C, N> {
    /// Acquires all in the class's order.
    #[cfg_attr(feature = "checker", track_caller)]
    fn acquire(locks: [&'a Lock<L, R, T>; N]) -> Result<Self, LockSetError> {
        let mut sorted = locks;
        sorted.sort_unstable_by_key(|lock| place(*lock));
        for pair in sorted.windows(2) {
            ordered::<L>(place(pair[0]), place(pair[1]))?;
        }
        acquire_all(&sorted);
        Ok(Self::adopt(locks))
    }

    /// Wraps locks whose cores this thread has just acquired, each once; no two are one lock.
    #[inline]
    pub(crate) const fn adopt(locks: [&'a Lock<L, R, T>; N]) -> Self {
        Self { locks, mark: PhantomData }
    }

    /// The data of each, in the caller's order, and the token for what lies further in.
    #[inline]
    pub fn split(&mut self) -> ([&mut T; N], Held<'_, L, Inside<R, C>>) {
        // SAFETY: the guard holds every core; the locks are distinct, as `acquire` and who adopts have checked, so the
        // exclusive borrows do not overlap; each lives as long as `&mut self`.
        (array::from_fn(|index| unsafe { &mut *self.locks[index].data_ptr() }), Held::mint())
    }
}

impl<M: Lockable + ?Sized, C: Context, const N: usize> Drop for ArrayGuard<'_, M, C, N> {
    fn drop(&mut self) {
        // SAFETY: each was acquired once when the guard was made, and the guard drops once.
        unsafe { release_all(&self.locks) }
    }
}

impl<M: Lockable + ?Sized, C: Context, const N: usize> fmt::Debug for ArrayGuard<'_, M, C, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ArrayGuard").field("class", &M::Class::NAME).field("locks", &N).finish()
    }
}

/// Any number of locks of type `M`, of one class, held, in the class's order.
#[must_use = "a guard that is not kept releases its locks at once"]
pub struct SliceGuard<'a, M: Lockable + ?Sized, C: Context = Task> {
    locks: &'a [&'a M],
    mark: Mark<M, C>,
}

impl<'a, L: Class, R: RawLock, T: ?Sized, C: Context> SliceGuard<'a, Lock<L, R, T>, C> {
    /// Sorts the slice, then acquires all.
    // The slice's own lifetime is apart from the locks': a mutable reference is invariant, and would keep the
    // caller's array and token borrowed for as long as the locks live.
    #[cfg_attr(feature = "checker", track_caller)]
    fn acquire<'k: 'a>(locks: &'a mut [&'k Lock<L, R, T>]) -> Result<Self, LockSetError> {
        locks.sort_unstable_by_key(|lock| place(*lock));
        for pair in locks.windows(2) {
            ordered::<L>(place(pair[0]), place(pair[1]))?;
        }
        acquire_all(locks);
        Ok(Self { locks, mark: PhantomData })
    }

    /// The data of the locks, and the token for what lies further in.
    #[inline]
    pub fn split(&mut self) -> (Members<'_, Lock<L, R, T>>, Held<'_, L, Inside<R, C>>) {
        (Members { locks: self.locks, mark: PhantomData }, Held::mint())
    }
}

impl<M: Lockable + ?Sized, C: Context> Drop for SliceGuard<'_, M, C> {
    fn drop(&mut self) {
        // SAFETY: `acquire` acquired each once, and the guard drops once.
        unsafe { release_all(self.locks) }
    }
}

impl<M: Lockable + ?Sized, C: Context> fmt::Debug for SliceGuard<'_, M, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SliceGuard")
            .field("class", &M::Class::NAME)
            .field("locks", &self.locks.len())
            .finish()
    }
}

/// The data behind a [`SliceGuard`], in the class's order.
pub struct Members<'g, M: ?Sized> {
    locks: &'g [&'g M],
    mark: PhantomData<(&'g mut (), StaysOnItsThread)>,
}

impl<L: Class, R: RawLock, T: ?Sized> Members<'_, Lock<L, R, T>> {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.locks.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.locks.is_empty()
    }

    /// The data of the lock at `index` in the class's order.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        // SAFETY: the guard this borrows from holds every core, and `&mut self` makes the borrow exclusive.
        self.locks.get(index).map(|lock| unsafe { &mut *lock.data_ptr() })
    }

    /// The data of all, in the class's order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        // SAFETY: as in `get_mut`; the locks are distinct, so the borrows do not overlap.
        self.locks.iter().map(|lock| unsafe { &mut *lock.data_ptr() })
    }
}

impl<M: Lockable + ?Sized> fmt::Debug for Members<'_, M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Members")
            .field("class", &M::Class::NAME)
            .field("locks", &self.locks.len())
            .finish()
    }
}

impl<H: Level, C: Context> Held<'_, H, C> {
    /// Acquires two locks of one class in the class's order.
    ///
    /// # Errors
    ///
    /// [`LockSetError`] when they are one lock, or have equal keys.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn lock_pair<'s, L: Class + After<H>, R: RawLock, T: ?Sized>(
        &'s mut self,
        one: &'s Lock<L, R, T>,
        other: &'s Lock<L, R, T>,
    ) -> Result<ArrayGuard<'s, Lock<L, R, T>, C, 2>, LockSetError>
    where
        R::Kind: UsableIn<C>,
        L::Order: Sortable,
    {
        ArrayGuard::acquire([one, other])
    }

    /// Acquires `N` locks of one class in the class's order.
    ///
    /// # Errors
    ///
    /// [`LockSetError`] when one is named twice, or two have equal keys.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn lock_array<'s, L: Class + After<H>, R: RawLock, T: ?Sized, const N: usize>(
        &'s mut self,
        locks: [&'s Lock<L, R, T>; N],
    ) -> Result<ArrayGuard<'s, Lock<L, R, T>, C, N>, LockSetError>
    where
        R::Kind: UsableIn<C>,
        L::Order: Sortable,
    {
        ArrayGuard::acquire(locks)
    }

    /// Acquires any number of locks of one class; the slice is left sorted in the class's order.
    ///
    /// # Errors
    ///
    /// [`LockSetError`] when one is named twice, or two have equal keys.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn lock_slice<'s, 'k: 's, L: Class + After<H>, R: RawLock, T: ?Sized>(
        &'s mut self,
        locks: &'s mut [&'k Lock<L, R, T>],
    ) -> Result<SliceGuard<'s, Lock<L, R, T>, C>, LockSetError>
    where
        R::Kind: UsableIn<C>,
        L::Order: Sortable,
    {
        SliceGuard::acquire(locks)
    }
}
