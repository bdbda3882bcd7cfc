//! Waiting between two looks at a word.
//!
//! Where every waiting thread has a CPU, a waiter tells its CPU that it spins and looks again. Where virtual CPUs
//! may outnumber real ones ([`Platform::oversubscribed`]) the holder may not be running: waiters look less and less often,
//! and in the end give their CPU away.

use crate::platform::Platform;

/// Rounds of doubled spinning before an oversubscribed waiter gives its CPU away.
const SPIN_ROUNDS: u32 = 6;

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
        for _ in 0..1_u32 << self.round {
            P::relax();
        }
        if self.round < SPIN_ROUNDS {
            self.round += 1;
        } else {
            P::back_off();
        }
    }
}
