//! Serialising tokens: locks that are held only while their thread runs.
//!
//! A token (after `DragonFly`'s: `lwkt_token`, token(9)) serialises the threads that hold it. When a thread that holds
//! tokens blocks, for whatever reason, it gives all of them back; before it runs on it has them all again, or none. So a
//! thread that waits holds no token, and no cycle of waiting can pass through one: tokens are safe to hold over calls into
//! code that one does not know. The price: *whatever a token protects may have changed over a call that may block*.
//!
//! The types say so. [`Held::with_token`] lends a [`TokenScope`]; the data is reached through a closure
//! ([`TokenScope::with`]) that is given an `Atomic` token, with which nothing can block; the token for what may block is
//! borrowed from the scope ([`TokenScope::held`]), so that no reference to the data is alive meanwhile.
//!
//! - A token may be acquired again by the thread that has it. It is counted: the last scope that ends frees it.
//! - Readers share it ([`Held::with_shared_token`]). A shared token cannot be acquired alone as well: two readers that try
//!   would wait for each other. The types refuse it for the whole class.
//! - Classes of tokens are declared `order = serial`; several tokens of one class may be held, in any order.
//! - Under nothing but tokens a thread may wait for anything: [`TokenScope::held_to_wait`], [`TokenScope::wait`].
//!
//! There is no guard that one can keep: forgetting it would leave the thread with a token that no longer exists.
//!
//! ```
//! use lockorder::blocking::Token;
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
//! static MOUNTS: Token<Mounts, Vec<&str>> = Token::new(Vec::new());
//!
//! with_root(|mut held| {
//!     held.with_token(&MOUNTS, |mounts| {
//!         mounts.with(|mounts, _held| mounts.push("/"));
//!         // Whoever is called with this may take the token again, and may sleep.
//!         mounts.held().with_token(&MOUNTS, |again| again.with(|mounts, _held| assert_eq!(mounts.len(), 1)));
//!     });
//! });
//! ```

mod core;
mod list;
mod pool;
mod position;
mod scope;

pub use self::core::{Sharing, TokenCore};
pub use list::{HeldTokens, MOST_TOKENS};
pub use pool::TokenPool;
pub use position::{OnlyTokens, Readers, Repeats, UpToShared, UpToToken};
pub use scope::TokenScope;

use ::core::cell::UnsafeCell;
use ::core::fmt;
use ::core::marker::PhantomData;

use super::Blocking;
use crate::context::{Context, MaySleep};
use crate::held::Held;
use crate::level::{Class, Level};
use crate::order::Serial;
use list::Notes;

/// Data of type `T`, in class `L`, reached while its token is held.
pub struct Token<L: Class<Platform: Blocking>, T: ?Sized> {
    core: TokenCore<L::Platform>,
    class: PhantomData<fn(L) -> L>,
    data: UnsafeCell<T>,
}

// SAFETY: moving it moves `T`; its token is free then.
unsafe impl<L: Class<Platform: Blocking>, T: ?Sized + Send> Send for Token<L, T> {}
// SAFETY: readers share `&T` between threads, hence `T: Sync`; a thread that has it alone has `&mut T`, hence `Send`.
unsafe impl<L: Class<Platform: Blocking>, T: ?Sized + Send + Sync> Sync for Token<L, T> {}

impl<L: Class<Platform: Blocking>, T: ?Sized> fmt::Debug for Token<L, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("class", &L::NAME)
            .field("core", &self.core)
            .finish_non_exhaustive()
    }
}

impl<L: Class<Order: Serial, Platform: Blocking>, T> Token<L, T> {
    /// A free token around `data`.
    #[must_use]
    pub const fn new(data: T) -> Self {
        Self { core: TokenCore::new(), class: PhantomData, data: UnsafeCell::new(data) }
    }
}

impl<L: Class<Platform: Blocking>, T> Token<L, T> {
    /// Takes the data out; owning the token proves that nobody holds it.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<L: Class<Platform: Blocking>, T: ?Sized> Token<L, T> {
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
        <L::Platform as Blocking>::with_tokens(|tokens| tokens.has(&self.core))
    }
}

/// Gives one acquisition back when it drops, also when the closure panics.
struct Release<'a, P: Blocking>(&'a TokenCore<P>);

impl<P: Blocking> Drop for Release<'_, P> {
    fn drop(&mut self) {
        P::with_tokens(|tokens| tokens.release(self.0));
    }
}

impl<H: Level, C: Context> Held<'_, H, C> {
    /// Acquires a serialising token, or acquires it again, and calls `section` with the scope in which it is held.
    ///
    /// # Panics
    ///
    /// When the thread holds [`MOST_TOKENS`] others.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn with_token<L: Class<Platform: Blocking>, T: ?Sized, O>(
        &mut self,
        token: &Token<L, T>,
        section: impl for<'i> FnOnce(&'i mut TokenScope<'_, L, L, T, H, C>) -> O,
    ) -> O
    where
        H: UpToToken<L>,
        C: MaySleep,
    {
        acquire(token, Sharing::Alone);
        let _release = Release(&token.core);
        section(&mut TokenScope::new(&token.data))
    }

    /// The same, if that takes no waiting.
    ///
    /// # Panics
    ///
    /// When the thread holds [`MOST_TOKENS`] others.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn try_with_token<L: Class<Platform: Blocking>, T: ?Sized, O>(
        &mut self,
        token: &Token<L, T>,
        section: impl for<'i> FnOnce(&'i mut TokenScope<'_, L, L, T, H, C>) -> O,
    ) -> Option<O>
    where
        H: UpToToken<L>,
        C: MaySleep,
    {
        if !<L::Platform as Blocking>::with_tokens(|tokens| {
            tokens.try_acquire(&token.core, Sharing::Alone, Notes::of::<L>())
        }) {
            return None;
        }
        let _release = Release(&token.core);
        Some(section(&mut TokenScope::new(&token.data)))
    }

    /// Acquires a serialising token beside other readers. While the scope lasts no token of the class can be acquired alone.
    ///
    /// # Panics
    ///
    /// When the thread holds [`MOST_TOKENS`] others.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn with_shared_token<L: Class<Platform: Blocking>, T: ?Sized, O>(
        &mut self,
        token: &Token<L, T>,
        section: impl for<'i> FnOnce(&'i mut TokenScope<'_, L, Readers<L>, T, H, C>) -> O,
    ) -> O
    where
        H: UpToShared<L>,
        C: MaySleep,
    {
        acquire(token, Sharing::Shared);
        let _release = Release(&token.core);
        section(&mut TokenScope::new(&token.data))
    }
}

/// Acquires it, waiting for it.
#[cfg_attr(feature = "checker", track_caller)]
fn acquire<L: Class<Platform: Blocking>, T: ?Sized>(token: &Token<L, T>, sharing: Sharing) {
    <L::Platform as Blocking>::with_tokens(|tokens| {
        tokens.acquire(&token.core, sharing, Notes::of::<L>());
    });
}
