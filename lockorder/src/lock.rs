//! The typed lock: data, a raw core, and a class that says where in the order it stands.
//!
//! A [`Lock`] is acquired through a token only ([`Held::lock`](crate::Held::lock) and its siblings), so what
//! may be acquired is decided by the token's type. It is `const`-constructible, usable in statics, and as
//! large as its core and its data: the class takes no space, and a key only where the discipline has one.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;

use crate::acquisition::{Acquired, Entered, Listed};
use crate::context::{IrqSafe, Kind, Spinning};
use crate::level::{Class, has_true_rank};
use crate::mode::Mode;
use crate::observe::{self, Waiting};
use crate::order::sealed::Key as _;
use crate::order::{Discipline, Keyed, Keyless};
use crate::raw::{Queue, RawLock, RawTimedLock, Ticket, WaitsOn};

/// A spin lock: the holder is not preempted. For data that interrupt handlers never touch.
pub type SpinLock<L, T> = Lock<L, Ticket<Spinning>, T>;

/// An interrupt-safe spin lock: the holder is not interrupted. For data shared with interrupt handlers.
pub type IrqSpinLock<L, T> = Lock<L, Ticket<IrqSafe>, T>;

/// A [`SpinLock`] of four bytes whose waiters stand in line: for locks that many CPUs want at once.
pub type QueueSpinLock<L, T> = Lock<L, Queue<Spinning>, T>;

/// An [`IrqSpinLock`] of four bytes whose waiters stand in line.
pub type IrqQueueSpinLock<L, T> = Lock<L, Queue<IrqSafe>, T>;

/// The key of a lock of class `L`: a number for classes ordered by key, nothing for others.
pub(crate) type KeyOf<L> = <<L as Class>::Order as Discipline>::Key;

/// Data of type `T` behind a core `R`, in class `L`.
///
/// Having one tells that the data is reached only while the core is held, and that the core is only taken
/// in the order and the contexts that the class and the core's kind allow.
pub struct Lock<L: Class, R, T: ?Sized> {
    pub(crate) raw: R,
    pub(crate) key: KeyOf<L>,
    // Invariant in the class: a lock covariant in it could be given two ranks through a higher-ranked
    // function type.
    class: PhantomData<fn(L) -> L>,
    data: UnsafeCell<T>,
}

// SAFETY: the core gives out the data to one thread at a time, so `T: Send` is enough; moving the lock moves `T`.
unsafe impl<L: Class, R: Send, T: ?Sized + Send> Send for Lock<L, R, T> {}
// SAFETY: as above; `&Lock` only ever yields the data to the core's holder.
unsafe impl<L: Class, R: Sync, T: ?Sized + Send> Sync for Lock<L, R, T> {}

impl<L: Class, R: RawLock, T> Lock<L, R, T> {
    /// A free lock around `data`.
    #[must_use]
    pub const fn new(data: T) -> Self
    where
        L::Order: Keyless,
        R: WaitsOn<L::Platform>,
    {
        has_true_rank::<L>();
        Self { raw: R::INIT, key: (), class: PhantomData, data: UnsafeCell::new(data) }
    }

    /// A free lock around `data`, ordered among its class by `key`.
    ///
    /// Keys should be unique in the class: two locks with equal keys cannot be taken together.
    #[must_use]
    pub const fn with_key(key: u64, data: T) -> Self
    where
        L::Order: Keyed,
        R: WaitsOn<L::Platform>,
    {
        has_true_rank::<L>();
        Self { raw: R::INIT, key, class: PhantomData, data: UnsafeCell::new(data) }
    }
}

impl<L: Class, R: RawLock, T> Lock<L, R, T> {
    /// Takes the data out; owning the lock proves that nobody holds it.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<L: Class, R: RawLock, T: ?Sized> Lock<L, R, T> {
    /// The data, without locking: `&mut` proves that nobody else has the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    /// Whether anybody holds it at this moment: for assertions and reports, never for decisions.
    pub fn is_held(&self) -> bool {
        self.raw.is_held()
    }

    /// The number of the thread that owns it at this moment, if any: for reports, never for decisions.
    pub fn owner(&self) -> Option<core::num::NonZeroU64>
    where
        R: crate::raw::HasOwner,
    {
        self.raw.owner()
    }

    /// The data's address, for the guards.
    #[inline]
    pub(crate) const fn data_ptr(&self) -> *mut T {
        self.data.get()
    }

    /// The lock's address, by which a class ordered by address is sorted.
    #[inline]
    pub(crate) fn address(&self) -> usize {
        core::ptr::from_ref(self).cast::<()>().addr()
    }

    /// The core's address, which a thread waits *with*. The core has a size, so no other core lies there: neither the data that it
    /// protects nor a neighbour does.
    #[inline]
    pub(crate) fn core_address(&self) -> usize {
        const { assert!(size_of::<R>() > 0, "a core without a size shares its address with others") };
        core::ptr::from_ref(&self.raw).addr()
    }

    /// Acquires the core as its kind demands. A panic on the way, of a report or of the core, leaves nothing acquired, listed
    /// or counted.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub(crate) fn acquire_raw(&self) {
        // SAFETY: the guard that is made of this borrows the token, and gives out one of the inner context.
        let entered = unsafe { Entered::<R::Kind, L::Platform>::enter() };
        observe::acquiring::<L, R::Kind>(self.address(), Mode::Exclusive, self.key.number());
        let listed = Listed::<L, R::Kind>::new(self.address());
        let waiting = Waiting::begin::<L, R::Kind>(|| self.raw.is_held());
        // SAFETY: the token that the caller has checked the bounds of: this kind may be waited for here, in order.
        unsafe { self.raw.acquire::<L::Platform>() }
        listed.keep();
        entered.keep();
        waiting.end::<L>(self.address());
    }

    /// Acquires the core if it is free.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub(crate) fn try_acquire_raw(&self) -> bool {
        // SAFETY: the guard that is made of this borrows the token, and gives out one of the inner context.
        let entered = unsafe { Entered::<R::Kind, L::Platform>::enter() };
        if !self.raw.try_acquire() {
            return false;
        }
        // SAFETY: it has just been acquired, and has no guard.
        let acquired = unsafe { Acquired::new(&self.raw, R::release) };
        observe::got::<L, R::Kind>(self.address(), Mode::Exclusive, self.key.number());
        acquired.keep();
        entered.keep();
        Waiting::NONE.end::<L>(self.address());
        true
    }

    /// Acquires the core as its kind demands, if that takes `time` at most.
    #[cfg_attr(feature = "checker", track_caller)]
    pub(crate) fn acquire_raw_for(&self, time: core::time::Duration) -> bool
    where
        R: RawTimedLock,
    {
        // SAFETY: the guard that is made of this borrows the token, and gives out one of the inner context.
        let entered = unsafe { Entered::<R::Kind, L::Platform>::enter() };
        observe::acquiring::<L, R::Kind>(self.address(), Mode::Exclusive, self.key.number());
        let listed = Listed::<L, R::Kind>::new(self.address());
        let waiting = Waiting::begin::<L, R::Kind>(|| self.raw.is_held());
        // SAFETY: as in `acquire_raw`.
        let acquired = unsafe { self.raw.acquire_for::<L::Platform>(time) };
        if acquired {
            listed.keep();
            entered.keep();
            waiting.end::<L>(self.address());
        }
        acquired
    }

    /// Frees the core, then undoes what its kind did to the CPU, also where a report panics.
    ///
    /// # Safety
    ///
    /// The caller holds the lock through one `acquire_raw` or successful `try_acquire_raw`, and gives it up.
    #[inline]
    pub(crate) unsafe fn release_raw(&self) {
        // SAFETY: the acquisition that the caller gives up has entered the kind once.
        let _entered = unsafe { Entered::<R::Kind, L::Platform>::adopt() };
        // SAFETY: the caller holds the core.
        unsafe { self.raw.release() }
        observe::released::<L, R::Kind>(self.address());
    }
}

impl<L: Class, R: RawLock, T: ?Sized> fmt::Debug for Lock<L, R, T> {
    /// Never locks: formatting under a lock is a bug of its own.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lock")
            .field("class", &L::NAME)
            .field("held", &self.is_held())
            .finish_non_exhaustive()
    }
}

impl<L: Class, R: RawLock + WaitsOn<L::Platform>, T: Default> Default for Lock<L, R, T>
where
    L::Order: Keyless,
{
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// Something that is acquired through a token: what guards and generated accessors are generic over. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a typed lock",
    note = "acquire paths are generated for fields that are locks of this library"
)]
pub trait Lockable: sealed::Lockable {
    /// Its class.
    type Class: Class;
    /// Its kind.
    type Kind: Kind;
    /// What it protects.
    type Data: ?Sized;
}

impl<L: Class, R: RawLock, T: ?Sized> Lockable for Lock<L, R, T> {
    type Class = L;
    type Kind = R::Kind;
    type Data = T;
}

/// Keeps [`Lockable`] closed, and acquires and releases for guards that know no more of a lock than that.
pub(crate) mod sealed {
    pub trait Lockable {
        /// Acquires. A method of a sealed trait can be called through a bound on the trait that it seals: hence `unsafe`.
        ///
        /// # Safety
        ///
        /// The caller has a token, and has checked the bounds: this kind may be waited for here, in order.
        #[cfg_attr(feature = "checker", track_caller)]
        unsafe fn acquire_held(&self);
        /// Releases.
        ///
        /// # Safety
        ///
        /// As for [`Lock::release_raw`](super::Lock::release_raw).
        unsafe fn release_held(&self);
    }
    impl<L: crate::level::Class, R: crate::raw::RawLock, T: ?Sized> Lockable for super::Lock<L, R, T> {
        #[inline]
        #[cfg_attr(feature = "checker", track_caller)]
        unsafe fn acquire_held(&self) {
            self.acquire_raw();
        }
        #[inline]
        unsafe fn release_held(&self) {
            // SAFETY: whoever calls this has acquired the lock by `acquire_held` and releases it once, as `release_raw` asks.
            unsafe { self.release_raw() }
        }
    }
}
