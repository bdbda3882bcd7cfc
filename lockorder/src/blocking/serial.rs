//! Serialising tokens: locks that are held only while their thread runs.
//!
//! A serialising token (after `DragonFly`'s: `lwkt_token`, token(9)) serialises the threads that hold it. When a thread that
//! holds such tokens blocks, for whatever reason, it gives all of them back; before it runs on it has them all again. A thread
//! that waits therefore holds none, and no cycle of waiting passes through one: they are safe to hold over calls into
//! code that one does not know. The price: *whatever a token protects may have changed over a call that may block*.
//!
//! The types say so. [`Held::with_serial_token`] lends a [`SerialScope`]; the data is reached through a closure
//! ([`SerialScope::with`]) that is given an `Atomic` token, with which nothing can block; the token for what may block is
//! borrowed from the scope ([`SerialScope::held`]), so that no reference to the data is alive meanwhile.
//!
//! - **They have no place in the order.** What may be acquired in a scope is what could be acquired outside of it, and where
//!   nothing but tokens is held a thread may wait for anything. A class of tokens has a rank for pictures and reports only.
//! - A token may be acquired again by the thread that has it. It is counted: the last scope that ends frees it.
//! - Readers share it ([`Held::with_shared_serial_token`]). A share may be acquired exclusively as well: the thread gives the
//!   share back, waits until it has the token alone, and has its share again afterwards.
//! - Classes of tokens are declared `order = serial`, and have nothing but tokens.
//! - A **time limit** bounds the wait that it is given for. The tokens are taken again afterwards, which takes as long as other
//!   threads *run* with them: a thread that blocks gives them back.
//!
//! There is no guard that one can keep: forgetting it would leave the thread with a token that no longer exists.
//!
//! ```
//! use lockorder::blocking::SerialToken;
//! use lockorder::{hierarchy, with_root};
//!
//! hierarchy! {
//!     /// Example.
//!     hierarchy EXAMPLE;
//!     /// Files.
//!     level Filesystem = 40 {
//!         /// What is mounted where.
//!         class Mounts = 0, order = serial;
//!     }
//! }
//!
//! static MOUNTS: SerialToken<Mounts, Vec<&str>> = SerialToken::new(Vec::new());
//!
//! with_root(|mut held| {
//!     held.with_serial_token(&MOUNTS, |mounts| {
//!         mounts.with(|mounts, _held| mounts.push("/"));
//!         // Whoever is called with this may take the token again, and may sleep.
//!         mounts.held().with_serial_token(&MOUNTS, |again| {
//!             again.with(|mounts, _held| assert_eq!(mounts.len(), 1));
//!         });
//!     });
//! });
//! ```

mod core;
mod list;
mod pool;
mod scope;

pub use list::{HeldSerialTokens, MOST_SERIAL_TOKENS};
pub use pool::SerialTokenPool;
pub use scope::{ExclusiveMode, SerialScope, SharedMode};

use self::core::SerialCore;
use ::core::cell::UnsafeCell;
use ::core::fmt;
use ::core::marker::PhantomData;

use super::Blocking;
use crate::context::{Context, MaySleep};
use crate::held::Held;
use crate::level::{Class, Level};
use crate::mode::Mode;
use crate::order::Serial;
use list::Notes;

/// Data of type `T`, in class `L`, reached while its token is held.
pub struct SerialToken<L: Class<Platform: Blocking>, T: ?Sized> {
    core: SerialCore<L::Platform>,
    class: PhantomData<fn(L) -> L>,
    data: UnsafeCell<T>,
}

// SAFETY: moving it moves `T`; its token is free then.
unsafe impl<L: Class<Platform: Blocking>, T: ?Sized + Send> Send for SerialToken<L, T> {}
// SAFETY: readers share `&T` between threads, hence `T: Sync`; a thread that has it alone has `&mut T`, hence `Send`.
unsafe impl<L: Class<Platform: Blocking>, T: ?Sized + Send + Sync> Sync for SerialToken<L, T> {}

impl<L: Class<Platform: Blocking>, T: ?Sized> fmt::Debug for SerialToken<L, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SerialToken")
            .field("class", &L::NAME)
            .field("core", &self.core)
            .finish_non_exhaustive()
    }
}

impl<L: Class<Order: Serial, Platform: Blocking>, T> SerialToken<L, T> {
    /// A free token around `data`.
    #[must_use]
    pub const fn new(data: T) -> Self {
        Self { core: SerialCore::new(), class: PhantomData, data: UnsafeCell::new(data) }
    }
}

impl<L: Class<Platform: Blocking>, T> SerialToken<L, T> {
    /// Takes the data out; owning the token proves that nobody holds it.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<L: Class<Platform: Blocking>, T: ?Sized> SerialToken<L, T> {
    /// The data, without the token: `&mut` proves that nobody else has it.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    /// Whether anybody holds it at this moment: for assertions and reports, never for decisions.
    pub fn is_held(&self) -> bool {
        self.core.is_held()
    }

    /// Whether the thread that runs here holds it.
    pub fn is_held_here(&self) -> bool {
        <L::Platform as Blocking>::with_serial_tokens(|tokens| tokens.has(&self.core))
    }
}

/// Gives one acquisition back when it drops, also when the closure panics.
struct Release<'a, P: Blocking>(&'a SerialCore<P>);

impl<P: Blocking> Drop for Release<'_, P> {
    fn drop(&mut self) {
        P::with_serial_tokens(|tokens| tokens.release(self.0));
    }
}

/// Runs `section` in the scope of a token that the thread has just acquired, and releases it, also where `section` panics.
fn in_scope<L: Class<Platform: Blocking>, M, T: ?Sized, H: Level, C: Context, O>(
    token: &SerialToken<L, T>,
    section: impl for<'i> FnOnce(&'i mut SerialScope<'_, L, M, T, H, C>) -> O,
) -> O {
    let _release = Release(&token.core);
    section(&mut SerialScope::new(&token.core, &token.data))
}

impl<H: Level, C: Context> Held<'_, H, C> {
    /// Acquires a serialising token, or acquires it again, and calls `section` with the scope in which it is held.
    ///
    /// # Panics
    ///
    /// When the thread holds [`MOST_SERIAL_TOKENS`] others.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn with_serial_token<L: Class<Platform: Blocking>, T: ?Sized, O>(
        &mut self,
        token: &SerialToken<L, T>,
        section: impl for<'i> FnOnce(&'i mut SerialScope<'_, L, ExclusiveMode, T, H, C>) -> O,
    ) -> O
    where
        C: MaySleep,
    {
        <L::Platform as Blocking>::with_serial_tokens(|tokens| {
            // SAFETY: the context may sleep; `in_scope` releases it.
            unsafe { tokens.acquire(&token.core, Mode::Exclusive, Notes::of::<L>()) }
        });
        in_scope(token, section)
    }

    /// The same, if that takes no waiting.
    ///
    /// # Panics
    ///
    /// When the thread holds [`MOST_SERIAL_TOKENS`] others.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn try_with_serial_token<L: Class<Platform: Blocking>, T: ?Sized, O>(
        &mut self,
        token: &SerialToken<L, T>,
        section: impl for<'i> FnOnce(&'i mut SerialScope<'_, L, ExclusiveMode, T, H, C>) -> O,
    ) -> Option<O>
    where
        C: MaySleep,
    {
        let got = <L::Platform as Blocking>::with_serial_tokens(|tokens| {
            // SAFETY: `in_scope` releases it.
            unsafe { tokens.try_acquire(&token.core, Mode::Exclusive, Notes::of::<L>()) }
        });
        got.then(|| in_scope(token, section))
    }

    /// Acquires a serialising token beside other readers, and calls `section` with the scope in which it is shared.
    ///
    /// # Panics
    ///
    /// When the thread holds [`MOST_SERIAL_TOKENS`] others.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn with_shared_serial_token<L: Class<Platform: Blocking>, T: ?Sized, O>(
        &mut self,
        token: &SerialToken<L, T>,
        section: impl for<'i> FnOnce(&'i mut SerialScope<'_, L, SharedMode, T, H, C>) -> O,
    ) -> O
    where
        C: MaySleep,
    {
        <L::Platform as Blocking>::with_serial_tokens(|tokens| {
            // SAFETY: the context may sleep; `in_scope` releases it.
            unsafe { tokens.acquire(&token.core, Mode::Shared, Notes::of::<L>()) }
        });
        in_scope(token, section)
    }
}
