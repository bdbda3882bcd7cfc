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
        /// What is held over a pair of a tree.
        pub class Rename = 3;
        /// A tree.
        pub class Directory = 4, order = tree, pairs under Rename;
    }
}

/// What keeps a token on its thread.
pub type StaysOnItsThread = PhantomData<*mut ()>;

pub use lockorder::LockSetError;

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

/// Evidence that a lock is held exclusively.
#[derive(Clone, Copy)]
pub struct HeldExclusively<'a, L>(PhantomData<(&'a (), fn(L) -> L, StaysOnItsThread)>);

impl<L> HeldExclusively<'_, L> {
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

    pub fn address(&self) -> usize {
        core::ptr::from_ref(self).cast::<()>().addr()
    }

    pub fn acquire_raw(&self) {
        // SAFETY: as in `lock`.
        unsafe { self.raw.acquire::<Machine>() }
    }

    pub fn try_acquire_raw(&self) -> bool {
        self.raw.try_acquire()
    }

    /// # Safety
    ///
    /// The caller holds it, and gives it up.
    pub unsafe fn release_raw(&self) {
        // SAFETY: the caller's.
        unsafe { self.raw.release() }
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

/// Several locks, held.
pub struct ArrayGuard<'a, M: Releases + ?Sized, C: Context, const N: usize> {
    locks: [&'a M; N],
    mark: PhantomData<(fn(C) -> C, StaysOnItsThread)>,
}

impl<M: Releases + ?Sized, C: Context, const N: usize> core::fmt::Debug for ArrayGuard<'_, M, C, N> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("ArrayGuard")
    }
}

impl<'a, L: Class, R: RawLock, T: ?Sized, C: Context, const N: usize> ArrayGuard<'a, Lock<L, R, T>, C, N> {
    pub const fn adopt(locks: [&'a Lock<L, R, T>; N]) -> Self {
        Self { locks, mark: PhantomData }
    }

    pub fn split(&mut self) -> ([&mut T; N], Held<'_, L, C>) {
        // SAFETY: the guard holds every core, and they are distinct.
        (core::array::from_fn(|index| unsafe { &mut *self.locks[index].data.get() }), Held::mint())
    }
}

impl<M: Releases + ?Sized, C: Context, const N: usize> Drop for ArrayGuard<'_, M, C, N> {
    fn drop(&mut self) {
        self.locks.iter().for_each(|lock| lock.release());
    }
}
