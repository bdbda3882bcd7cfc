//! A record is formatted under the log's lock, and a `Display` locks the log again. Source: tgoskits #1103; hermit #1502.
//!
//! error[E0277]: lock order violation: cannot acquire `Log` while holding `Log`
//! fix: format before locking

use lockorder::{Before, Held, MaySpin, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// Log.
        class Log = 9;
    }
}

static LOG: SpinLock<Log, u64> = SpinLock::new(0);

fn describe(mut held: Held<'_, impl Before<Log>, impl MaySpin>) -> String {
    let mut held = held.below::<Log>();
    let mut held = held.to_atomic();
    format!("{} records", held.lock(&LOG))
}

fn log(mut held: Root<'_, Task>) {
    held.with(&LOG, |records, held| *records += describe(held).len() as u64);
}

fn main() {
    with_root(log);
}
