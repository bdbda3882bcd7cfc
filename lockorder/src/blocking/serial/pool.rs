//! A pool of serialising tokens, for resources that have none of their own.
//!
//! A resource's token is found by its address. Two resources may fall on one token: then they are serialised with each
//! other as well, which costs time and breaks nothing, since a token may be acquired again.

use core::fmt;

use super::SerialToken;
use crate::blocking::Blocking;
use crate::level::Class;
use crate::order::Serial;

/// `N` tokens of class `L`.
pub struct SerialTokenPool<L: Class<Platform: Blocking>, const N: usize> {
    tokens: [SerialToken<L, ()>; N],
}

impl<L: Class<Platform: Blocking>, const N: usize> fmt::Debug for SerialTokenPool<L, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SerialTokenPool({}, {N} tokens)", L::NAME)
    }
}

impl<L: Class<Order: Serial, Platform: Blocking>, const N: usize> SerialTokenPool<L, N> {
    /// Free tokens.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N > 0, "a pool has one token at least") };
        Self { tokens: [const { SerialToken::new(()) }; N] }
    }

    /// The token for the resource at an address: the same one each time.
    #[must_use]
    pub const fn token_at(&self, address: usize) -> &SerialToken<L, ()> {
        // Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4): neighbours are spread.
        let spread = (address as u64 >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        #[allow(clippy::cast_possible_truncation, reason = "32 bits are left")]
        &self.tokens[spread as usize % N]
    }

    /// The token for a resource.
    #[must_use]
    pub fn token_of<T: ?Sized>(&self, resource: &T) -> &SerialToken<L, ()> {
        self.token_at(core::ptr::from_ref(resource).addr())
    }
}

impl<L: Class<Order: Serial, Platform: Blocking>, const N: usize> Default for SerialTokenPool<L, N> {
    fn default() -> Self {
        Self::new()
    }
}
