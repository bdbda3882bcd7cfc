//! Format first.
//!
//! A record is formatted while the log is locked, and formatting one asks the log for its length.
//!
//! After bug 33 of docs/lock-bugs.md: tgoskits #1103, a record formatted under the log's lock.

use lockorder::{Held, Root, SpinLock, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Device = 50 {
        /// What was logged.
        class Log = 9;
    }
}

static LOG: SpinLock<Log, Vec<String>> = SpinLock::new(Vec::new());

fn log(mut held: Root<'_, Task>) {
    held.with(&LOG, |log, mut held| log.push(describe(&mut held)));
}

// ---- Nothing below this line needs to change. ----

#[acquires(Log; atomic)]
fn describe(held: &mut Held) -> String {
    format!("record {}", held.lock(&LOG).len())
}

fn main() {
    with_root(log);
    with_root(log);
    with_root(|mut held| assert_eq!(*held.lock(&LOG), ["record 0", "record 1"]));
}
