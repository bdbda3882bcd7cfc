//! What measurements of clocks say: arithmetic without a machine.
//!
//! A clock is measured by letting another one, whose rate is known, go on for a while, and looking at the
//! time-stamp counter before and after each end of that while. A CPU may stand still at any point, when a host takes it
//! away or firmware interrupts it; so each end is known to lie between two readings only. The measurement whose readings
//! lie closest together is the one that was disturbed least: of several the best is kept, and it says by itself how
//! good it is (Mills, "Internet Time Synchronization", 1991, has the same filter).

use core::fmt;

/// A while, whose ends lie each between two readings of the time-stamp counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    /// Readings before and after its begin.
    pub(super) begin: [u64; 2],
    /// Readings before and after its end.
    pub(super) end: [u64; 2],
    /// How far the other clock went.
    pub(super) amount: u64,
}

/// No measurement is made again whose uncertainty is a smaller part than this.
const GOOD_ENOUGH: u64 = 2000;
/// How often a measurement is made at most.
pub(super) const MOST: usize = 8;

impl Interval {
    /// How many counts it can have taken at most, less how many at least.
    pub(super) const fn uncertainty(&self) -> u64 {
        self.longest().saturating_sub(self.shortest())
    }

    const fn shortest(&self) -> u64 {
        self.end[0].saturating_sub(self.begin[1])
    }

    const fn longest(&self) -> u64 {
        self.end[1].saturating_sub(self.begin[0])
    }

    /// How many counts it took: the middle of what is possible.
    pub(super) const fn counts(&self) -> u64 {
        self.shortest() + self.uncertainty() / 2
    }

    /// By how many thousandths that may be wrong.
    pub(super) const fn error(&self) -> u64 {
        if self.counts() == 0 { u64::MAX } else { self.uncertainty() * 500 / self.counts() }
    }

    /// Whether another measurement would not be better by much.
    const fn is_good_enough(&self) -> bool {
        self.counts() / GOOD_ENOUGH > self.uncertainty()
    }

    /// Whether this one was disturbed less than another one, for its length.
    fn is_better_than(&self, other: &Self) -> bool {
        u128::from(self.uncertainty()) * u128::from(other.counts())
            < u128::from(other.uncertainty()) * u128::from(self.counts())
    }
}

/// The best of several measurements: [`MOST`], or fewer if one is good enough or the clock does not go.
pub(super) fn best(mut measure: impl FnMut() -> Option<Interval>) -> Option<Interval> {
    let mut best: Option<Interval> = None;
    for _ in 0..MOST {
        let Some(next) = measure() else { break };
        if next.counts() > 0 && best.is_none_or(|best| next.is_better_than(&best)) {
            best = Some(next);
        }
        if best.is_some_and(|best| best.is_good_enough()) {
            break;
        }
    }
    best
}

/// `amount` for each `part`, in `whole`; 0 where there is no part.
pub(super) fn scale(amount: u64, whole: u64, part: u64) -> u64 {
    let scaled = (u128::from(amount) * u128::from(whole)).checked_div(u128::from(part)).unwrap_or(0);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// How fast the time-stamp counter goes, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Counts in a second.
    pub(super) per_second: u64,
    source: Source,
}

/// How a rate is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The CPU says so.
    Cpu,
    /// Measured against the interval timer; wrong by this many thousandths at most.
    Timer(u64),
    /// The CPU says how fast it is meant to run, in round numbers, and there is no timer to measure it against.
    BaseFrequency,
    /// Nobody says.
    Assumed,
}

/// Thousandths by which a measurement may be wrong where the CPU's base frequency is known as well.
const TOLERATED: u64 = 50;
/// Thousandths by which a measurement is wrong that says nothing.
const HOPELESS: u64 = 900;
/// What is assumed where nobody says anything.
const ASSUMED: u64 = 1_000_000_000;

impl Rate {
    /// The rate by what the CPU says, and by a measurement against a timer of `hertz` where that is needed.
    pub(super) fn choose(leaves: &Leaves, hertz: u64, measure: impl FnOnce() -> Option<Interval>) -> Self {
        if let Some(per_second) = leaves.exact() {
            return Self { per_second, source: Source::Cpu };
        }
        let base = leaves.roughly();
        let limit = if base.is_some() { TOLERATED } else { HOPELESS };
        if let Some(interval) = measure().filter(|interval| interval.error() <= limit) {
            let per_second = scale(interval.counts(), hertz, interval.amount);
            return Self { per_second, source: Source::Timer(interval.error()) };
        }
        match base {
            Some(per_second) => Self { per_second, source: Source::BaseFrequency },
            None => Self { per_second: ASSUMED, source: Source::Assumed },
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "time by a counter of {} MHz, ", self.per_second / 1_000_000)?;
        match self.source {
            Source::Cpu => formatter.write_str("as the CPU says"),
            Source::Timer(error) => {
                let tenths = error + 1;
                write!(formatter, "measured to {}.{} %", tenths / 10, tenths % 10)
            }
            Source::BaseFrequency => formatter.write_str(
                "the CPU's base frequency: the interval timer (8254) does not count, so it may be off",
            ),
            Source::Assumed => formatter.write_str(
                "assumed: the interval timer (8254) does not count, and the CPU says nothing; time is wrong",
            ),
        }
    }
}

/// What the CPU says of its time-stamp counter: leaves 15h and 16h of CPUID (Intel SDM volume 2, CPUID).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaves {
    /// The counter goes `numerator / denominator` times as fast as the crystal.
    pub(super) denominator: u32,
    /// See there.
    pub(super) numerator: u32,
    /// The crystal's rate, in hertz; 0 where the CPU does not say.
    pub(super) crystal: u32,
    /// The CPU's base frequency, in megahertz; 0 where the CPU does not say.
    pub(super) base: u32,
}

impl Leaves {
    /// Counts in a second, where the CPU says exactly.
    pub(super) fn exact(&self) -> Option<u64> {
        let Self { denominator, numerator, crystal, .. } = *self;
        (denominator > 0 && numerator > 0 && crystal > 0)
            .then(|| u64::from(crystal) * u64::from(numerator) / u64::from(denominator))
    }

    /// Counts in a second, where the CPU names its base frequency only, which is that of the counter, in round numbers.
    pub(super) fn roughly(&self) -> Option<u64> {
        (self.base > 0).then(|| u64::from(self.base) * 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::{Interval, Leaves, MOST, Rate, Source, best, scale};

    /// An interval of `counts` that was disturbed for `before` at its begin and `after` at its end.
    fn interval(counts: u64, before: u64, after: u64) -> Interval {
        let begin = [1_000_000, 1_000_000 + before];
        // It began as late as it can have begun, and ended as early.
        let end = [begin[1] + counts, begin[1] + counts + after];
        Interval { begin, end, amount: 5000 }
    }

    #[test]
    fn the_least_disturbed_measurement_is_kept() {
        let mut samples = [(0, 4_000_000), (2_000_000, 0), (30, 40), (0, 900_000)].into_iter().cycle();
        let best = best(|| samples.next().map(|(before, after)| interval(10_000, before, after))).unwrap();
        assert_eq!(best, interval(10_000, 30, 40));
        assert_eq!((best.counts(), best.uncertainty(), best.error()), (10_035, 70, 3));
    }

    #[test]
    fn a_good_one_ends_the_search_and_bad_ones_do_not_for_ever() {
        let mut made = 0;
        let found = best(|| {
            made += 1;
            Some(interval(10_000_000, 10, if made < 3 { 1_000_000 } else { 20 }))
        });
        assert_eq!((made, found.map(|found| found.uncertainty())), (3, Some(30)));
        made = 0;
        let found = best(|| {
            made += 1;
            Some(interval(1000, 500, 500))
        });
        assert_eq!((made, found.map(|found| found.error())), (MOST, Some(333)));
    }

    #[test]
    fn a_clock_that_does_not_go_is_none() {
        assert_eq!(best(|| None), None);
        assert_eq!(best(|| Some(Interval { begin: [5, 5], end: [5, 5], amount: 1 })), None);
        let mut first = true;
        let once = best(|| core::mem::take(&mut first).then(|| interval(1000, 500, 500)));
        assert_eq!(once, Some(interval(1000, 500, 500)));
    }

    #[test]
    fn rates_are_scaled_without_overflow() {
        assert_eq!(scale(12_500_000, 1_193_182, 5966), 2_499_962_286);
        assert_eq!(scale(u64::MAX, u64::MAX, 1), u64::MAX);
        assert_eq!(scale(7, 7, 0), 0);
    }

    #[test]
    fn cpuid_gives_the_counter_s_rate_where_it_can() {
        let skylake = Leaves { denominator: 2, numerator: 216, crystal: 24_000_000, base: 2600 };
        assert_eq!(skylake.exact(), Some(2_592_000_000));
        let silent = Leaves { crystal: 0, ..skylake };
        assert_eq!((silent.exact(), silent.roughly()), (None, Some(2_600_000_000)));
        assert_eq!((EMULATED.exact(), EMULATED.roughly()), (None, None));
    }

    const EMULATED: Leaves = Leaves { denominator: 0, numerator: 0, crystal: 0, base: 0 };

    #[test]
    fn what_is_known_best_is_chosen() {
        let (good, bad) = (interval(5_000_000, 10, 20), interval(500_000, 0, 1_000_000));
        let based = Leaves { base: 2600, ..EMULATED };
        let exact = Leaves { denominator: 1, numerator: 100, crystal: 25_000_000, base: 2600 };
        let source = |leaves: &Leaves, interval| Rate::choose(leaves, 1_000_000, || interval).source;
        assert_eq!(source(&exact, Some(good)), Source::Cpu);
        assert_eq!(source(&based, Some(good)), Source::Timer(0));
        assert_eq!(source(&based, Some(bad)), Source::BaseFrequency);
        assert_eq!(source(&EMULATED, Some(bad)), Source::Timer(500));
        assert_eq!(source(&based, None), Source::BaseFrequency);
        assert_eq!(source(&EMULATED, None), Source::Assumed);
        let rate = Rate::choose(&EMULATED, 1_000_000, || Some(good));
        assert_eq!(rate.per_second, 1_000_003_000);
        assert_eq!(rate.to_string(), "time by a counter of 1000 MHz, measured to 0.1 %");
        // A measurement that took too long for the timer says nothing.
        let absent = Interval { begin: [100, 200], end: [200, 400], amount: 5966 };
        assert_eq!(source(&EMULATED, Some(absent)), Source::Assumed);
    }
}
