//! What holding a serialising token is.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use super::core::SerialCore;
use super::list::HeldSerialTokens;
use crate::blocking::{Blocking, Condvar, Patience, Waiting};
use crate::context::{Atomic, Context, MaySleep};
use crate::held::{Held, StaysOnItsThread};
use crate::level::{Class, Level, NothingHeld};

/// A scope whose thread has the token alone.
#[derive(Debug)]
pub enum ExclusiveMode {}
/// A scope whose thread shares the token with other readers.
#[derive(Debug)]
pub enum SharedMode {}

/// A serialising token of class `L`, held: alone where `M` is [`ExclusiveMode`], beside other readers where it is
/// [`SharedMode`].
///
/// Lent to a closure and never given away. It was acquired with `H` held in context `C`, and borrows the token ([`Held`]) of that.
pub struct SerialScope<'a, L: Class<Platform: Blocking>, M, T: ?Sized, H: Level, C: Context> {
    core: &'a SerialCore<L::Platform>,
    data: &'a UnsafeCell<T>,
    // Invariant in every parameter; it stays on its thread.
    mark: PhantomData<(fn(L, M, H, C) -> (L, M, H, C), StaysOnItsThread)>,
}

impl<L: Class<Platform: Blocking>, M, T: ?Sized, H: Level, C: Context> fmt::Debug
    for SerialScope<'_, L, M, T, H, C>
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SerialScope({})", L::NAME)
    }
}

impl<'a, L: Class<Platform: Blocking>, M, T: ?Sized, H: Level, C: Context> SerialScope<'a, L, M, T, H, C> {
    /// The thread holds the token with this core and data, and goes on doing so for as long as this lives.
    pub(super) const fn new(core: &'a SerialCore<L::Platform>, data: &'a UnsafeCell<T>) -> Self {
        Self { core, data, mark: PhantomData }
    }

    /// The token as it was outside of the scope: whatever could be called there can be called here, and may block. No
    /// reference to the data is alive meanwhile, and the data may be another one afterwards.
    pub const fn held(&mut self) -> Held<'_, H, C> {
        Held::mint()
    }

    /// Looks at the data. Nothing that is called with the token given can block.
    ///
    /// # Panics
    ///
    /// When an earlier wait of this thread has panicked while it took its tokens again.
    pub fn look<O>(&mut self, section: impl for<'i> FnOnce(&'i T, Held<'i, H, Atomic>) -> O) -> O
    where
        C: MaySleep,
    {
        <L::Platform as Blocking>::with_serial_tokens(|tokens| {
            let _reference = tokens.reference();
            // SAFETY: the thread holds the token, alone or beside readers, until it blocks. It cannot block before the closure
            // ends: the one token it can have is of a context that may not sleep, since the scope borrows the thread's own.
            section(unsafe { &*self.data.get() }, Held::mint())
        })
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

    /// The same for `time` at most; says also whether a notification came. The tokens are taken again, however long that
    /// takes: as long as other threads run with them.
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
    #[track_caller]
    fn wait_up_to(&mut self, condition: &Condvar<L::Platform>, waiting: &Waiting) -> bool
    where
        H: NothingHeld,
        C: MaySleep,
    {
        // The token is held: whoever changes the data notifies after this.
        let seen = condition.notifications().number();
        // With the core: data without a size lies where the token's neighbour begins.
        let waiting = waiting.with(core::ptr::from_ref(self.core).addr());
        // SAFETY: nothing is held but tokens, which are given back, in a context that may sleep.
        unsafe { condition.notifications().wait_past(seen, &waiting) }
    }
}

#[allow(
    clippy::mismatching_type_param_order,
    reason = "the mode is given, the other parameters are as they are"
)]
impl<L: Class<Platform: Blocking>, T: ?Sized, H: Level, C: Context>
    SerialScope<'_, L, ExclusiveMode, T, H, C>
{
    /// Reaches the data. Nothing that is called with the token given can block.
    ///
    /// # Panics
    ///
    /// When an earlier wait of this thread has panicked while it took its tokens again.
    pub fn with<O>(&mut self, section: impl for<'i> FnOnce(&'i mut T, Held<'i, H, Atomic>) -> O) -> O
    where
        C: MaySleep,
    {
        <L::Platform as Blocking>::with_serial_tokens(|tokens: &HeldSerialTokens<_>| {
            let _reference = tokens.reference();
            // SAFETY: as in `look`, and the thread holds the token alone. Another scope of the same token on this thread was
            // made from this one's `held`, which borrows it: neither of the two is used while the other's closure runs.
            section(unsafe { &mut *self.data.get() }, Held::mint())
        })
    }
}
