//! Dynamic paths: the order checked at run time where no type can know it.
//!
//! A driver table, a script, a plug-in: the code that locks does not know at compile time what comes next.
//! [`DynHeld`] is a token that carries its ceiling as a number. Each acquisition compares once and returns a
//! guard whose token is borrowed from it, so the ceiling only ever rises. A wrong order is an error *value*
//! that names both locks; nothing is acquired, nothing hangs. The compare is always on, in every build. The
//! context stays in the type: a dynamic path cannot take a sleeping lock in a handler either.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use crate::context::{Context, Task, UsableIn};
use crate::guard::{Guard, Inside};
use crate::held::{Held, StaysOnItsThread};
use crate::level::{Ceiling, Class, Declared, Level};
use crate::lock::{Lock, Lockable};
use crate::raw::RawLock;
use crate::table::ClassInfo;

/// A token whose ceiling is known at run time, in context `C`.
#[must_use = "a token does nothing by itself: acquire with it"]
#[derive(Debug)]
pub struct DynHeld<'a, C: Context> {
    ceiling: Ceiling,
    mark: PhantomData<(&'a mut (), fn(C) -> C, StaysOnItsThread)>,
}

/// An acquisition that the lock order forbids, refused.
#[derive(Clone, Copy, Debug)]
pub struct OrderViolation {
    /// The lock class that was wanted.
    pub wanted: &'static ClassInfo,
    /// What may be held: the innermost lock acquired, or the ceiling that the path started with.
    pub holding: Ceiling,
}

impl fmt::Display for OrderViolation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "lock order violation: cannot acquire `{}` ({}) while holding {}",
            self.wanted.name,
            crate::table::Rank(self.wanted.rank),
            self.holding
        )
    }
}

impl core::error::Error for OrderViolation {}

impl<C: Context> DynHeld<'_, C> {
    /// A token at `ceiling`; callers tie the lifetime to the token it stands for.
    #[inline]
    pub(crate) const fn new(ceiling: Ceiling) -> Self {
        Self { ceiling, mark: PhantomData }
    }

    /// The highest position that may be held.
    #[must_use]
    pub const fn ceiling(&self) -> Ceiling {
        self.ceiling
    }

    /// Whether a lock of class `L` may be acquired now.
    ///
    /// # Errors
    ///
    /// [`OrderViolation`] when `L` does not rank inside of everything that may be held.
    #[inline]
    pub const fn check<L: Class>(&self) -> Result<(), OrderViolation> {
        if L::CEILING.rank > self.ceiling.rank {
            Ok(())
        } else {
            Err(OrderViolation { wanted: L::INFO, holding: self.ceiling })
        }
    }

    /// Acquires a lock, waiting for it, if the order allows.
    ///
    /// # Errors
    ///
    /// [`OrderViolation`] when it does not; the lock is not touched.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn lock<'s, L: Class, R: RawLock, T: ?Sized>(
        &'s mut self,
        lock: &'s Lock<L, R, T>,
    ) -> Result<DynGuard<'s, Lock<L, R, T>, C>, OrderViolation>
    where
        R::Kind: UsableIn<C>,
    {
        self.check::<L>()?;
        Ok(DynGuard { guard: Guard::acquire(lock) })
    }

    /// Back to types: a token at `L`, a level or a class, if nothing further in may be held.
    ///
    /// # Errors
    ///
    /// The ceiling, when it lies further in than `L`.
    pub const fn typed<L: Declared>(&mut self) -> Result<Held<'_, L, C>, Ceiling> {
        if self.ceiling.rank <= L::CEILING.rank { Ok(Held::mint()) } else { Err(self.ceiling) }
    }
}

/// A lock of type `M`, held, acquired through a [`DynHeld`]. It cannot be waited with.
#[must_use = "a guard that is not kept releases its lock at once"]
pub struct DynGuard<'a, M: Lockable + ?Sized, C: Context = Task> {
    // What was held outside is known as a number only, so the guard is one that may not be waited with.
    guard: Guard<'a, M, <M as Lockable>::Class, C>,
}

impl<L: Class, R: RawLock, T: ?Sized, C: Context> DynGuard<'_, Lock<L, R, T>, C> {
    /// The data, and the token for what lies further in. Both borrow the guard.
    #[inline]
    pub fn split(&mut self) -> (&mut T, DynHeld<'_, Inside<R, C>>) {
        let (data, _) = self.guard.split();
        (data, DynHeld::new(L::CEILING))
    }
}

impl<L: Class, R: RawLock, T: ?Sized, C: Context> Deref for DynGuard<'_, Lock<L, R, T>, C> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<L: Class, R: RawLock, T: ?Sized, C: Context> DerefMut for DynGuard<'_, Lock<L, R, T>, C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

impl<L: Class, R: RawLock, T: ?Sized + fmt::Debug, C: Context> fmt::Debug for DynGuard<'_, Lock<L, R, T>, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.guard.fmt(formatter)
    }
}

impl<H: Level, C: Context> Held<'_, H, C> {
    /// The erased form, for paths whose order no type can know.
    #[inline]
    pub fn erase(&mut self) -> DynHeld<'_, C> {
        DynHeld::new(H::CEILING)
    }
}
