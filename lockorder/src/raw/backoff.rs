//! Waiting between two looks at a word.
//!
//! Where every waiting thread has a CPU, a waiter tells its CPU that it spins and looks again. Where virtual CPUs
//! may outnumber real ones ([`Platform::oversubscribed`]) the holder may not be running: waiters look less and less often,
//! and in the end give their CPU away.

use crate::platform::Platform;

/// Rounds of doubled spinning before an oversubscribed waiter gives its CPU away.
const SPIN_ROUNDS: u32 = 6;

/// How often a waiter gives its CPU away before it wants to be the heir. Long against what a lock is held for, and
/// short against what people notice.
const PATIENCE: u32 = 64;

/// How patient a waiter has become.
#[derive(Default)]
pub(crate) struct Backoff {
    round: u32,
}

impl Backoff {
    /// Waits a little, longer each time where waiters may be in the way.
    pub(crate) fn wait<P: Platform>(&mut self) {
        if !P::oversubscribed() {
            P::relax();
            return;
        }
        for _ in 0..1_u32 << self.round.min(SPIN_ROUNDS) {
            P::relax();
        }
        self.round = self.round.saturating_add(1).min(SPIN_ROUNDS + PATIENCE);
        if self.round > SPIN_ROUNDS {
            P::back_off();
        }
    }

    /// Whether it has waited so long that it wants to be the heir.
    pub(crate) const fn is_over(&self) -> bool {
        self.round == SPIN_ROUNDS + PATIENCE
    }
}
