//! Data that is made once, by whoever needs it first, and only read from then on.
//!
//! Whoever needs it while another thread makes it waits, so making and reading have the bounds of acquiring a
//! lock of the class, whether or not it is made already: what compiles on the second call must not deadlock
//! on the first. The initialiser runs with the token inside the class: what it acquires is checked like
//! everything else, and asking for the same data again, which would wait for itself, does not compile.
//!
//! What comes back is a plain `&T` that needs no token any more. Once the data is there, getting it is one load.
//!
//! - [`Once`] is given its initialiser by the caller: [`Held::get_or_init`].
//! - [`Lazy`] carries it along: [`Held::force`].
//!
//! Initialising is not preempted, or not interrupted for kind [`IrqSafe`], since others spin
//! meanwhile: keep it short. If an initialiser panics, the next one who asks tries again.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;

use crate::acquisition::Entered;
use crate::context::{Atomic, Context, IrqOff, IrqSafe, Kind, Spinning, StopsPreemption, UsableIn};
use crate::held::Held;
use crate::level::{After, Class, Level};
use crate::mode::Mode;
use crate::observe;
use crate::order::LockDiscipline;
use crate::raw::OnceState;

/// Data that is made once and that interrupt handlers may need: whoever makes it is not interrupted.
pub type IrqOnce<L, T> = Once<L, T, IrqSafe>;

/// Data that makes itself and that interrupt handlers may need: whoever makes it is not interrupted.
pub type IrqLazy<L, T> = Lazy<L, T, for<'i> fn(Held<'i, L, IrqOff>) -> T, IrqSafe>;

/// Data of type `T` that is made once, in class `L`, by a thread that spins as kind `K` does.
pub struct Once<L: Class, T, K = Spinning> {
    state: OnceState,
    // Invariant in the class and the kind, as `Lock` is.
    mark: PhantomData<fn(L, K) -> (L, K)>,
    data: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: moving it moves `T`.
unsafe impl<L: Class, T: Send, K> Send for Once<L, T, K> {}
// SAFETY: one thread makes the data, others read it, another may drop it: hence both bounds.
unsafe impl<L: Class, T: Send + Sync, K> Sync for Once<L, T, K> {}

impl<L: Class<Order: LockDiscipline>, T, K: Kind> Once<L, T, K> {
    /// Not made yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: OnceState::new(), mark: PhantomData, data: UnsafeCell::new(MaybeUninit::uninit()) }
    }
}

impl<L: Class, T, K: Kind> Once<L, T, K> {
    /// The data, if it is made.
    #[inline]
    fn made(&self) -> Option<&T> {
        // SAFETY: once it is set the data is initialised, visible, and nobody writes it any more.
        self.state.is_set().then(|| unsafe { (*self.data.get()).assume_init_ref() })
    }

    /// Makes the data, or waits until another thread has.
    #[cold]
    #[cfg_attr(feature = "checker", track_caller)]
    fn make<C: Context>(&self, initialise: impl FnOnce(Held<'_, L, K::Inside<C>>) -> T) -> &T {
        // SAFETY: until this drops only the initialiser runs, with a token of the inner context.
        let entered = unsafe { Entered::<K, L::Platform>::enter() };
        let observed = Observed::<L, K>::begin(core::ptr::from_ref(self).addr());
        // SAFETY: the caller's token allows to acquire the class in this kind here, and `entered` has counted.
        if unsafe { self.state.begin::<L::Platform>() } {
            let turn = Turn(&self.state);
            let value = initialise(Held::mint());
            // SAFETY: it is this thread's turn, so nobody else reads or writes the data.
            unsafe { (*self.data.get()).write(value) };
            turn.finish();
        }
        drop(observed);
        drop(entered);
        // SAFETY: this thread has just made it, or `begin` has seen that another one has.
        unsafe { (*self.data.get()).assume_init_ref() }
    }
}

impl<L: Class, T, K> Drop for Once<L, T, K> {
    fn drop(&mut self) {
        if self.state.is_set() {
            // SAFETY: it is initialised, and nobody else has it any more.
            unsafe { self.data.get_mut().assume_init_drop() }
        }
    }
}

impl<L: Class<Order: LockDiscipline>, T, K: Kind> Default for Once<L, T, K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: Class, T, K> fmt::Debug for Once<L, T, K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Once")
            .field("class", &L::NAME)
            .field("set", &self.state.is_set())
            .finish_non_exhaustive()
    }
}

/// What the run-time checker takes for a lock while the data is made, or waited for.
struct Observed<L: Class, K: Kind>(usize, PhantomData<fn(L, K) -> (L, K)>);

impl<L: Class, K: Kind> Observed<L, K> {
    /// It begins.
    #[cfg_attr(feature = "checker", track_caller)]
    fn begin(once: usize) -> Self {
        observe::acquiring::<L, K>(once, Mode::Exclusive, 0);
        Self(once, PhantomData)
    }
}

impl<L: Class, K: Kind> Drop for Observed<L, K> {
    fn drop(&mut self) {
        observe::released::<L, K>(self.0);
    }
}

/// This thread's turn to initialise; given back when it drops without having finished.
struct Turn<'a>(&'a OnceState);

impl Turn<'_> {
    /// The data is made.
    fn finish(self) {
        // SAFETY: a turn is made when `begin` gave one, and is forgotten here.
        unsafe { self.0.finish() }
        core::mem::forget(self);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // SAFETY: a turn is made when `begin` gave one, and did not finish.
        unsafe { self.0.abandon() }
    }
}

/// Data that is made by `F` when it is first needed, in class `L`.
///
/// # Examples
///
/// ```
/// # use lockorder::{hierarchy, with_root, Lazy};
/// hierarchy! {
///     /// Example.
///     hierarchy EXAMPLE;
///     /// Devices.
///     level Device = 50 {
///         /// The devices found.
///         class Devices = 0;
///     }
/// }
/// static DEVICES: Lazy<Devices, Vec<&str>> = Lazy::new(|_held| vec!["disk", "network"]);
/// let devices = with_root(|mut held| held.force(&DEVICES));
/// assert_eq!(devices.len(), 2);
/// ```
pub struct Lazy<L: Class, T, F = for<'i> fn(Held<'i, L, Atomic>) -> T, K = Spinning> {
    once: Once<L, T, K>,
    initialise: F,
}

impl<L: Class<Order: LockDiscipline>, T, F, K: Kind> Lazy<L, T, F, K> {
    /// Not made yet; `initialise` will make it.
    #[must_use]
    pub const fn new(initialise: F) -> Self {
        Self { once: Once::new(), initialise }
    }
}

impl<L: Class, T, F, K> fmt::Debug for Lazy<L, T, F, K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lazy")
            .field("class", &L::NAME)
            .field("set", &self.once.state.is_set())
            .finish_non_exhaustive()
    }
}

impl<H: Level, C: Context> Held<'_, H, C> {
    /// The data, if it is made. Has the bounds of making it, so that code does not depend on who came first.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn get<'o, L: Class + After<H>, T, K: UsableIn<C> + StopsPreemption>(
        &mut self,
        once: &'o Once<L, T, K>,
    ) -> Option<&'o T> {
        observe::might_wait::<L, K>(core::ptr::from_ref(once).addr(), Mode::Exclusive);
        once.made()
    }

    /// The data, made by `initialise` if nobody has yet; waits while another thread makes it.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn get_or_init<'o, L: Class + After<H>, T, K: UsableIn<C> + StopsPreemption>(
        &mut self,
        once: &'o Once<L, T, K>,
        initialise: impl for<'i> FnOnce(Held<'i, L, K::Inside<C>>) -> T,
    ) -> &'o T {
        match once.made() {
            Some(data) => {
                observe::might_wait::<L, K>(core::ptr::from_ref(once).addr(), Mode::Exclusive);
                data
            }
            None => once.make::<C>(initialise),
        }
    }

    /// The data, made now if nobody has needed it yet; waits while another thread makes it.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn force<'o, L: Class + After<H>, T, F, K: UsableIn<C> + StopsPreemption>(
        &mut self,
        lazy: &'o Lazy<L, T, F, K>,
    ) -> &'o T
    where
        F: for<'i> Fn(Held<'i, L, K::Inside<C>>) -> T,
    {
        self.get_or_init(&lazy.once, |held| (lazy.initialise)(held))
    }
}
