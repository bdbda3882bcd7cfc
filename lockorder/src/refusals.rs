//! Calls that cannot be right, which exist for what the compiler says of them.
//!
//! Elsewhere a lock has a method `lock`. Here that call does not compile, and would be told of as a method that does not exist.
//! These methods have a bound that nothing fulfils, and its message says how a lock is acquired. What they give is of any type at
//! all, which is never asked for where the bound has failed: so one call is one error, whatever is done with the result.

use crate::blocking::serial::{SerialScope, SharedMode};
use crate::blocking::{Blocking, SerialToken};
use crate::context::{Atomic, Context};
use crate::held::Held;
use crate::level::{Class, Level};
use crate::lock::Lock;
use crate::read_write::RwLock;

/// A lock that is acquired without a token: there is none.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a lock is acquired through a token, and this call has none",
    label = "nothing says here what the thread holds",
    note = "acquire through the token: `held.lock(&LOCK)`, or `held.try_lock(&LOCK)`, not `LOCK.lock()`",
    note = "a function that acquires takes the token: `held: &mut Held<'_, impl Before<Level>, Task>`; a thread's first one comes \
            from `with_root` or `host::spawn`"
)]
pub trait LockedWithoutToken {}

/// A reader-writer lock that is acquired without a token: there is none.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a reader-writer lock is acquired through a token, and this call has none",
    label = "nothing says here what the thread holds",
    note = "acquire through the token: `held.read(&LOCK)`, `held.write(&LOCK)` or `held.upgradeable(&LOCK)`",
    note = "a function that acquires takes the token: `held: &mut Held<'_, impl Before<Level>, Task>`; a thread's first one comes \
            from `with_root` or `host::spawn`"
)]
pub trait ReadOrWrittenWithoutToken {}

/// A serialising token that is acquired without a token: there is none.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a serialising token is acquired through a token of the thread, and this call has none",
    label = "nothing says here what the thread may do",
    note = "acquire through the thread's token: `held.with_serial_token(&TOKEN, |scope| …)`",
    note = "a function that acquires takes it: `held: &mut Held<'_, impl Level, Task>`; a thread's first one comes from `with_root` or \
            `host::spawn`"
)]
pub trait SerialisedWithoutToken {}

/// A share of a serialising token that changes what it protects: there is none.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a share of a serialising token looks at its data and does not change it",
    label = "other readers may look at this moment",
    note = "look: `scope.look(|data, held| …)`; to change the data, acquire the token exclusively: \
            `scope.held().with_serial_token(&TOKEN, |scope| …)` gives the share back meanwhile"
)]
pub trait ChangedByAReader {}

/// Methods that nobody can call.
macro_rules! cannot_be_called {
    ($bound:ident, $($method:ident),*) => {$(
        #[doc(hidden)]
        pub fn $method<G>(&self) -> G
        where
            Self: $bound,
        {
            unreachable!("nothing fulfils the bound")
        }
    )*};
}

impl<L: Class, R, T: ?Sized> Lock<L, R, T> {
    cannot_be_called!(LockedWithoutToken, lock, try_lock, read, write);
}

impl<L: Class, R, T: ?Sized> RwLock<L, R, T> {
    cannot_be_called!(ReadOrWrittenWithoutToken, lock, read, write, try_read, try_write);
}

impl<L: Class<Platform: Blocking>, T: ?Sized> SerialToken<L, T> {
    cannot_be_called!(SerialisedWithoutToken, lock, try_lock, read, write);
}

#[allow(
    clippy::mismatching_type_param_order,
    reason = "the mode is given, the other parameters are as they are"
)]
impl<L: Class<Platform: Blocking>, T: ?Sized, H: Level, C: Context> SerialScope<'_, L, SharedMode, T, H, C> {
    #[doc(hidden)]
    pub fn with<O, G>(&mut self, _: impl for<'i> FnOnce(&'i mut T, Held<'i, H, Atomic>) -> O) -> G
    where
        Self: ChangedByAReader,
    {
        unreachable!("nothing fulfils the bound")
    }
}
