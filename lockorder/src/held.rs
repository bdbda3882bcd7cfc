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
//! What can be acquired adds its verbs to [`Held`] in its own file: locks (`lock`, `with`), sets (`lock_pair`), reader-writer locks
//! (`read`, `write`), sequence locks, data that is made once, serialising tokens, dynamic paths (`erase`).

use core::fmt;
use core::marker::PhantomData;
use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::context::{Atomic, Context, IrqOff, MaySleep, MaySpin, Task};
use crate::level::{
    AnythingOutside, AtOrAfter, Before, Declared, Level, Nothing, NothingHeld, has_true_rank,
};

/// The right to acquire locks that rank inside of `L`, in context `C`, during `'a`.
#[must_use = "a token does nothing by itself: acquire with it"]
pub struct Held<'a, L: Level, C: Context> {
    // Covariant in 'a, invariant in the others, neither Send nor Sync.
    mark: PhantomData<(&'a mut (), fn(L, C) -> (L, C), StaysOnItsThread)>,
}

/// What a token and a guard are made of that stay on their thread. A trait object's name is what the compiler prints where one
/// of them is sent to another thread.
pub(crate) type StaysOnItsThread = PhantomData<dyn TokensAndGuardsStayOnTheirThread>;

/// Nothing implements it: a trait object of it is what keeps tokens and guards on their thread.
pub trait TokensAndGuardsStayOnTheirThread: UnwindSafe + RefUnwindSafe {}

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
        has_true_rank::<H>();
        Self { mark: PhantomData }
    }

    /// The same token, for a shorter time: to pass it on and have it back.
    #[inline]
    pub const fn reborrow(&mut self) -> Held<'_, H, C> {
        Held::mint()
    }

    /// The token weakened to the ceiling `L`, a level or a class, as if `L` were held.
    #[inline]
    pub const fn at<L: Declared + AtOrAfter<H>>(&mut self) -> Held<'_, L, C> {
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
        has_true_rank::<L>();
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
