//! A guard that owns a reference to its lock.

use alloc::sync::Arc;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::{Inside, Mark, shows_its_data};
use crate::context::{Context, Task, UsableIn};
use crate::held::Held;
use crate::level::{After, Class, Level, Nothing};
use crate::lock::{Lock, Lockable};
use crate::raw::RawLock;

/// A lock of type `M`, held, and kept alive meanwhile; see [`Held::lock_arc`].
///
/// It borrows the token it was acquired with, as a [`Guard`](super::Guard) does, but not the lock: for a lock that was
/// looked up in a table which is to be released.
#[must_use = "a guard that is not kept releases its lock at once"]
pub struct ArcGuard<'a, M: Lockable + ?Sized, H: Level = Nothing, C: Context = Task> {
    lock: Arc<M>,
    token: PhantomData<&'a mut ()>,
    mark: Mark<M, (H, C)>,
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> ArcGuard<'_, Lock<L, R, T>, H, C> {
    /// The data, and the token for what lies further in. Both borrow the guard.
    #[inline]
    pub fn split(&mut self) -> (&mut T, Held<'_, L, Inside<R, C>>) {
        // SAFETY: the guard holds the core, and the borrow is exclusive as `&mut self` is.
        (unsafe { &mut *self.lock.data_ptr() }, Held::mint())
    }

    /// The token for what lies further in, where the data is not needed beside it.
    #[inline]
    pub fn held(&mut self) -> Held<'_, L, Inside<R, C>> {
        Held::mint()
    }
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> Deref for ArcGuard<'_, Lock<L, R, T>, H, C> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the core, so nobody else reaches the data.
        unsafe { &*self.lock.data_ptr() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> DerefMut for ArcGuard<'_, Lock<L, R, T>, H, C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` makes the borrow exclusive.
        unsafe { &mut *self.lock.data_ptr() }
    }
}

impl<M: Lockable + ?Sized, H: Level, C: Context> Drop for ArcGuard<'_, M, H, C> {
    fn drop(&mut self) {
        // SAFETY: made by one acquisition, drops once; the reference to the lock goes away after this.
        unsafe { self.lock.release_held() }
    }
}

shows_its_data!([L: Class, R: RawLock, H: Level, C: Context,] ArcGuard<'_, Lock<L, R, T>, H, C>, T);

impl<H: Level, C: Context> Held<'_, H, C> {
    /// Acquires a lock behind an [`Arc`] and owns a reference to it while it is held.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn lock_arc<L: Class + After<H>, R: RawLock, T: ?Sized>(
        &mut self,
        lock: &Arc<Lock<L, R, T>>,
    ) -> ArcGuard<'_, Lock<L, R, T>, H, C>
    where
        R::Kind: UsableIn<C>,
    {
        lock.acquire_raw();
        ArcGuard { lock: Arc::clone(lock), token: PhantomData, mark: PhantomData }
    }
}
