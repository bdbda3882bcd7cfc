//! Stand-ins for tokens, locks and guards, with the few operations that the sleeping locks' typed parts name. What may be
//! acquired where is decided by types, which no schedule changes: so these let themselves be made out of nothing.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use lockorder::{Atomic, Class, Context, Level, MaySleep, MaySpin, RawLock, Task};

use crate::copy::machine::Machine;

lockorder::hierarchy! {
    /// The classes of the models.
    pub hierarchy SCHEDULES, platform = crate::copy::machine::Machine;
    /// Files.
    pub level Filesystem = 40 {
        /// What is mounted where.
        pub class Mounts = 0, order = serial;
        /// What is waited for.
        pub class Pages = 1;
        /// What is waited with.
        pub class Buffers = 2;
    }
}

/// What keeps a token on its thread.
pub type StaysOnItsThread = PhantomData<*mut ()>;

/// A token.
pub struct Held<'a, H: Level, C: Context> {
    mark: PhantomData<(&'a mut (), fn(H, C) -> (H, C), StaysOnItsThread)>,
}

impl<H: Level, C: Context> Held<'_, H, C> {
    /// Out of nothing.
    pub const fn mint() -> Self {
        Self { mark: PhantomData }
    }

    pub const fn reborrow(&mut self) -> Held<'_, H, C> {
        Held::mint()
    }

    pub const fn to_task(&mut self) -> Held<'_, H, Task>
    where
        C: MaySleep,
    {
        Held::mint()
    }

    pub const fn to_atomic(&mut self) -> Held<'_, H, Atomic>
    where
        C: MaySpin,
    {
        Held::mint()
    }
}

/// Evidence that this is an interrupt handler.
#[derive(Clone, Copy)]
pub struct InHandler<'a>(PhantomData<(&'a (), StaysOnItsThread)>);

impl InHandler<'_> {
    /// Out of nothing.
    pub const fn mint() -> Self {
        Self(PhantomData)
    }
}

/// A lock.
pub struct Lock<L: Class, R, T: ?Sized> {
    pub raw: R,
    class: PhantomData<fn(L) -> L>,
    data: UnsafeCell<T>,
}

// SAFETY: as for the library's: the core gives out the data to one thread at a time.
unsafe impl<L: Class, R: Sync, T: ?Sized + Send> Sync for Lock<L, R, T> {}

impl<L: Class, R: RawLock, T> Lock<L, R, T> {
    pub const fn new(data: T) -> Self {
        Self { raw: R::INIT, class: PhantomData, data: UnsafeCell::new(data) }
    }
}

impl<L: Class, R: RawLock, T: ?Sized> Lock<L, R, T> {
    /// Acquires it, in whatever order.
    pub fn lock<H: Level, C: Context>(&self) -> Guard<'_, Self, H, C> {
        // SAFETY: the models acquire in an order of their own.
        unsafe { self.raw.acquire::<Machine>() }
        Guard { lock: self, mark: PhantomData }
    }

    pub fn core_address(&self) -> usize {
        core::ptr::from_ref(&self.raw).addr()
    }
}

/// What a guard releases.
pub trait Releases {
    fn release(&self);
}

impl<L: Class, R: RawLock, T: ?Sized> Releases for Lock<L, R, T> {
    fn release(&self) {
        // SAFETY: a guard is made by one acquisition, and drops once.
        unsafe { self.raw.release() }
    }
}

/// A lock, held.
pub struct Guard<'a, M: Releases + ?Sized, H: Level, C: Context> {
    lock: &'a M,
    mark: PhantomData<(fn(H, C) -> (H, C), StaysOnItsThread)>,
}

impl<'a, L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> Guard<'a, Lock<L, R, T>, H, C> {
    pub const fn lock_ref(&self) -> &'a Lock<L, R, T> {
        self.lock
    }

    /// As the library's: if `wait` panics the lock stays free.
    pub fn release_while<O>(self, wait: impl FnOnce() -> O) -> (Self, O) {
        let lock = self.lock;
        drop(self);
        let result = wait();
        (lock.lock(), result)
    }
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> Deref for Guard<'_, Lock<L, R, T>, H, C> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the core.
        unsafe { &*self.lock.data.get() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> DerefMut for Guard<'_, Lock<L, R, T>, H, C> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<M: Releases + ?Sized, H: Level, C: Context> Drop for Guard<'_, M, H, C> {
    fn drop(&mut self) {
        self.lock.release();
    }
}
