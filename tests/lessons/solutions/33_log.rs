//! Solution: Format first.
//!
//! hint: What runs under the log's lock? Everything that a record's description may ever do.
//! hint: Make the text first.
//! hint: `let record = describe(&mut held);`
//! fails: E0277 cannot acquire `Log` while holding `Log`
//! learnt: Formatting runs code of others. It is done before the log is locked.
//!
//! why: In the real bug a `Display` implementation logged. A panic inside of it would have left the log locked,
//!     and the panic's own message would have waited for it.

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
    let record = describe(&mut held);
    held.lock(&LOG).push(record);
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
