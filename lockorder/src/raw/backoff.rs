//! Waiting between two looks at a word.
//!
//! Where every waiting thread has a CPU, a waiter pauses and looks again. Where virtual CPUs may outnumber real ones
//! ([`Platform::oversubscribed`]) the holder may not be running: the waiter doubles its pauses up to a limit, and from then
//! on yields its CPU. A waiter that has looked very often reaches its spin limit: it then asks for a hand-off, and
//! becomes the *successor*, whom nobody passes.

use crate::platform::Platform;

/// Rounds of doubled spinning before an oversubscribed waiter yields its CPU.
const SPIN_ROUNDS: u32 = 6;

/// Looks beyond these before a waiter asks for a hand-off. Long against what a lock is held for, and short against what
/// people notice.
const SPIN_LIMIT: u32 = 64;

/// How long a waiter has waited.
#[derive(Default)]
pub(crate) struct Backoff {
    round: u32,
}

impl Backoff {
    /// Waits a little, longer each time where waiters may be in the way.
    pub(crate) fn wait<P: Platform>(&mut self) {
        let oversubscribed = P::oversubscribed();
        let doublings = if oversubscribed { self.round.min(SPIN_ROUNDS) } else { 0 };
        for _ in 0..1_u32 << doublings {
            P::relax();
        }
        self.round = self.round.saturating_add(1).min(SPIN_ROUNDS + SPIN_LIMIT);
        if oversubscribed && self.round > SPIN_ROUNDS {
            P::back_off();
        }
    }

    /// Whether the waiter has reached its spin limit.
    pub(crate) const fn is_over(&self) -> bool {
        self.round == SPIN_ROUNDS + SPIN_LIMIT
    }
}
