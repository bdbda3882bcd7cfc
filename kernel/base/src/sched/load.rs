//! How busy the machine is: how many threads could run, on average over three times, and how long CPUs have idled.
//!
//! The averages are those of Unix: each 5 seconds the number of threads that run or could is mixed into each, with the weight that a step of
//! that length has in an exponential decay over 1, 5 and 15 minutes. Numbers are fixed-point, with [`ONE`] for 1. Whoever looks
//! at all threads once a second anyway, the watchdog, calls `look`.

use core::sync::atomic::{AtomicU64, Ordering};

use super::thread::State;
use super::timer::interrupts_on;
use super::{idling, registry};
use machine::{cpu, cpus};

/// One thread, in fixed point.
pub const ONE: u64 = 1 << 11;

/// How often it is looked until the averages move.
const LOOKS: u64 = 5;
/// What is left of an average after 5 seconds: of one over 1, 5 and 15 minutes, `ONE * exp(-5 / time)`.
const LEFT: [u64; 3] = [1884, 2014, 2037];

static LOOKED: AtomicU64 = AtomicU64::new(0);
static AVERAGES: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];

/// What an average becomes when so many threads could run.
const fn mixed(average: u64, left: u64, ready: u64) -> u64 {
    let target = ready * ONE;
    let sum = average * left + target * (ONE - left);
    // Rounded up while it rises, so that it comes to where it goes.
    if target >= average { sum.div_ceil(ONE) } else { sum / ONE }
}

/// How many threads run or could, but for who asks and for the threads of idle CPUs.
fn ready() -> u64 {
    // Who asks runs.
    threads().0.saturating_sub(1)
}

/// Looks; each fifth time the averages move. By one thread, once a second.
pub(crate) fn look() {
    if !LOOKED.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOKS) {
        return;
    }
    let ready = ready();
    for (average, left) in AVERAGES.iter().zip(LEFT) {
        average.store(mixed(average.load(Ordering::Relaxed), left, ready), Ordering::Relaxed);
    }
}

/// The averages over 1, 5 and 15 minutes, in fixed point.
#[must_use]
pub fn averages() -> [u64; 3] {
    [0, 1, 2].map(|place: usize| AVERAGES[place].load(Ordering::Relaxed))
}

/// How many threads there are: those that run or could, and all; the threads of idle CPUs are none.
#[must_use]
pub fn threads() -> (u64, u64) {
    let (mut ready, mut all) = (0, 0);
    registry::each(|thread| {
        if !thread.is_idle() && thread.state() != State::Dead {
            all += 1;
            ready += u64::from(thread.state() == State::Ready);
        }
    });
    (ready, all)
}

/// What one CPU has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Nanoseconds for which it has idled, up to its last switch.
    pub idle: u64,
    /// How often its timer has interrupted it.
    pub timer_interrupts: usize,
}

/// Calls `look` with what each CPU has done, by its number.
pub fn each_cpu(mut look: impl FnMut(usize, Usage)) {
    for index in cpu::all().take(cpus::online()) {
        let idle = idling::of(index);
        look(index.get(), Usage { idle, timer_interrupts: interrupts_on(index) });
    }
}

#[cfg(test)]
mod tests {
    use super::{LEFT, ONE, mixed};

    #[test]
    fn an_average_comes_to_what_lasts_and_goes_back() {
        for (left, steps) in LEFT.into_iter().zip([600, 3000, 9000]) {
            let mut average = 0;
            for _ in 0..steps {
                average = mixed(average, left, 3);
            }
            assert_eq!(average, 3 * ONE);
            for _ in 0..steps {
                average = mixed(average, left, 0);
            }
            assert!(average < ONE / 100, "{average}");
        }
    }

    #[test]
    fn after_a_minute_the_first_average_is_two_thirds_there() {
        let mut average = 0;
        for _ in 0..12 {
            average = mixed(average, LEFT[0], 1);
        }
        assert!((ONE * 62 / 100..ONE * 65 / 100).contains(&average), "{average}");
    }
}
