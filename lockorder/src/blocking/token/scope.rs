//! What holding a serialising token is.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use super::list::HeldTokens;
use super::position::OnlyTokens;
use crate::blocking::{Blocking, Condvar, Patience, Waiting};
use crate::context::{Atomic, Context, MaySleep};
use crate::held::Held;
use crate::level::{Class, Level, NothingHeld};

/// A token of class `L`, held: alone where `X` is `L`, beside other readers where it is `Readers<L>`.
///
/// Lent to a closure and never given away. It was acquired under a token at `H` in context `C`, which it borrows.
pub struct TokenScope<'a, L: Class<Platform: Blocking>, X: Level, T: ?Sized, H: Level, C: Context> {
    data: &'a UnsafeCell<T>,
    // Invariant in every parameter; it stays on its thread.
    mark: PhantomData<(fn(L, X, H, C) -> (L, X, H, C), *mut ())>,
}

impl<L: Class<Platform: Blocking>, X: Level, T: ?Sized, H: Level, C: Context> fmt::Debug
    for TokenScope<'_, L, X, T, H, C>
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TokenScope({})", L::NAME)
    }
}

/// A reference into the data is alive while this is.
struct Reference<P: Blocking>(PhantomData<fn(P) -> P>);

impl<P: Blocking> Reference<P> {
    /// It begins.
    fn begin() -> Self {
        P::with_tokens(HeldTokens::reference_begins);
        Self(PhantomData)
    }
}

impl<P: Blocking> Drop for Reference<P> {
    fn drop(&mut self) {
        P::with_tokens(HeldTokens::reference_ends);
    }
}

impl<'a, L: Class<Platform: Blocking>, X: Level, T: ?Sized, H: Level, C: Context>
    TokenScope<'a, L, X, T, H, C>
{
    /// The thread holds the token of this data, and goes on doing so for as long as this lives.
    pub(super) const fn new(data: &'a UnsafeCell<T>) -> Self {
        Self { data, mark: PhantomData }
    }

    /// The token for what lies further in, and for what may block. No reference to the data is alive meanwhile, and the
    /// data may be another one afterwards.
    pub const fn held(&mut self) -> Held<'_, X, C> {
        Held::mint()
    }

    /// The same where nothing but tokens is held: whatever waits for other threads may be called.
    pub const fn held_to_wait(&mut self) -> Held<'_, OnlyTokens<X>, C>
    where
        H: NothingHeld,
    {
        Held::mint()
    }

    /// Looks at the data. Nothing that is called with the token given can block.
    pub fn look<O>(&mut self, section: impl for<'i> FnOnce(&'i T, Held<'i, X, Atomic>) -> O) -> O
    where
        C: MaySleep,
    {
        let _reference = Reference::<L::Platform>::begin();
        // SAFETY: the thread holds the token, alone or beside readers, until it blocks. It cannot block before the closure
        // ends: the one token it can have is of a context that may not sleep, since the scope borrows the thread's own.
        section(unsafe { &*self.data.get() }, Held::mint())
    }

    /// Waits for a notification. The tokens of this thread are given back meanwhile, so that others can change the data;
    /// one that comes after the last look at the data is not missed. Wake-ups may be spurious: wait in a loop.
    ///
    /// # Panics
    ///
    /// When others wait at this condition variable with something else.
    #[track_caller]
    pub fn wait(&mut self, condition: &Condvar<L::Platform>)
    where
        H: NothingHeld,
        C: MaySleep,
    {
        self.wait_up_to(condition, &Waiting::here(Patience::ForEver));
    }

    /// The same for `time` at most; says also whether a notification came.
    ///
    /// # Panics
    ///
    /// When others wait at this condition variable with something else.
    #[track_caller]
    pub fn wait_for(&mut self, condition: &Condvar<L::Platform>, time: Duration) -> bool
    where
        H: NothingHeld,
        C: MaySleep,
    {
        self.wait_up_to(condition, &Waiting::here(Patience::For(time)))
    }

    /// Waits for a notification that comes after this.
    fn wait_up_to(&mut self, condition: &Condvar<L::Platform>, waiting: &Waiting) -> bool {
        let condition = condition.notifications();
        // The token is held: whoever changes the data notifies after this.
        let seen = condition.number();
        condition.joins(self.data.get().cast::<()>().addr());
        let notified = condition.wait_past(seen, waiting);
        condition.leaves();
        notified
    }
}

#[allow(clippy::mismatching_type_param_order, reason = "held alone, the position inside is the class itself")]
impl<L: Class<Platform: Blocking>, T: ?Sized, H: Level, C: Context> TokenScope<'_, L, L, T, H, C> {
    /// Reaches the data. Nothing that is called with the token given can block.
    pub fn with<O>(&mut self, section: impl for<'i> FnOnce(&'i mut T, Held<'i, L, Atomic>) -> O) -> O
    where
        C: MaySleep,
    {
        let _reference = Reference::<L::Platform>::begin();
        // SAFETY: as in `look`, and the thread holds the token alone. Another scope of the same token on this thread was made
        // from this one's `held`, which borrows it: neither of the two is used while the other's closure runs.
        section(unsafe { &mut *self.data.get() }, Held::mint())
    }
}
