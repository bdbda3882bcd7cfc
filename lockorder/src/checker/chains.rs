//! The sequences of held classes that have been checked, by their hash.

use core::sync::atomic::{AtomicU64, Ordering};

/// Sequences of held classes that are known; more are checked anew each time.
const MOST_CHAINS: usize = 32_768;
/// How many places a sequence may be in.
const PROBES: usize = 8;

/// The sequences of held classes that have been checked, by their hash. Read without a lock; a hit writes nothing.
pub(super) struct Chains {
    known: [AtomicU64; MOST_CHAINS],
}

impl Chains {
    pub(super) const fn new() -> Self {
        Self { known: [const { AtomicU64::new(0) }; MOST_CHAINS] }
    }

    /// The places that a hash may be in.
    fn places(&self, chain: u64) -> impl Iterator<Item = &AtomicU64> {
        let start = (chain >> 20) as usize;
        (0..PROBES).map(move |step| &self.known[(start + step) % MOST_CHAINS])
    }

    /// Whether a sequence has been checked.
    #[inline]
    pub(super) fn contains(&self, chain: u64) -> bool {
        self.places(chain).any(|place| place.load(Ordering::Relaxed) == chain)
    }

    /// Remembers a sequence, if there is room.
    pub(super) fn insert(&self, chain: u64) {
        let free = self.places(chain).find(|place| place.load(Ordering::Relaxed) == 0);
        if let Some(free) = free {
            free.store(chain, Ordering::Relaxed);
        }
    }

    pub(super) fn forget(&self) {
        self.known.iter().for_each(|place| place.store(0, Ordering::Relaxed));
    }
}
