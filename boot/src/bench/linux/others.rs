//! What others use of this machine's CPUs while something runs here: a measurement beside them is worth less.
//!
//! The kernel of this machine counts what all its CPUs do (`/proc/stat`) and what this program and its children that have
//! ended have used (`/proc/self/stat`); the difference is others'. Where there are no such files nothing is known.

use std::fs;
use std::time::Instant;

/// The unit of both counts, in seconds: fixed for programs on Linux.
const TICK: f64 = 0.01;

/// What has been used so far, in ticks: by all, and by this program.
fn used() -> Option<(u64, u64)> {
    let all = busy(&fs::read_to_string("/proc/stat").ok()?)?;
    let own = own(&fs::read_to_string("/proc/self/stat").ok()?)?;
    Some((all, own))
}

/// Ticks that CPUs were busy: user, nice, system; interrupts; stolen by a hypervisor's other guests. Not idle, nor waiting for disks,
/// nor what is counted as user time already.
fn busy(stat: &str) -> Option<u64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<u64> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
    let [user, nice, system, _idle, _disks, interrupts, softly, stolen, ..] = ticks[..] else { return None };
    Some(user + nice + system + interrupts + softly + stolen)
}

/// Ticks of a process and of its children that it has waited for.
fn own(stat: &str) -> Option<u64> {
    // The name before may have spaces in it.
    let (_, fields) = stat.rsplit_once(") ")?;
    // Fields 14 to 17; the first one here is field 3.
    let ticks = fields.split(' ').skip(11).take(4).map(str::parse::<u64>);
    ticks.collect::<Result<Vec<_>, _>>().ok().map(|ticks| ticks.iter().sum())
}

/// Measures from when it is made.
#[derive(Debug)]
pub(super) struct Meter {
    began: Instant,
    used: Option<(u64, u64)>,
}

impl Meter {
    /// Begins.
    pub(super) fn begin() -> Self {
        Self { began: Instant::now(), used: used() }
    }

    /// How many CPUs others have used on average since then.
    #[allow(clippy::cast_precision_loss, reason = "a tenth is told apart from another, and no more")]
    pub(super) fn others(&self) -> Option<f64> {
        let ((all, own), (all_now, own_now)) = (self.used?, used()?);
        let others = all_now.saturating_sub(all).saturating_sub(own_now.saturating_sub(own));
        Some(others as f64 * TICK / self.began.elapsed().as_secs_f64().max(TICK))
    }
}

#[cfg(test)]
mod tests {
    use super::{Meter, busy, own};

    #[test]
    fn counts_are_read() {
        assert_eq!(busy("cpu  1 2 4 1000 2000 8 16 32 64 128\ncpu0 1 2\n"), Some(63));
        assert_eq!((busy("cpu  1 2 4\n"), busy("")), (None, None));
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 99 99 0 0 10 20 30 40 20 0 1 0 9 9";
        assert_eq!((own(stat), own("7 (a")), (Some(100), None));
    }

    #[test]
    fn something_is_known_on_linux() {
        if cfg!(target_os = "linux") {
            assert!(Meter::begin().others().is_some_and(|others| others >= 0.0));
        }
    }
}
