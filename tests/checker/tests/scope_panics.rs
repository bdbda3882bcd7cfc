//! A report that panics where a scope of threads ends: the scope waits for its threads all the same, and without the
//! serialising tokens of its own thread, which they may want.
//!
//! One test is alone in its program: the library's own checker is one for all threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use lockorder::blocking::SerialToken;
use lockorder::checker::{CHECKER, policy};
use lockorder::host::{Mutex, scope};
use lockorder::{hierarchy, with_root};

hierarchy! {
    /// The locks of this test.
    hierarchy SCOPES;
    /// Names.
    level Naming = 20 {
        /// A token.
        class Names = 0, order = serial;
        /// A mutex that is forgotten.
        class Forgotten = 1;
    }
}

static NAMES: SerialToken<Names, u64> = SerialToken::new(0);
static FORGOTTEN: Mutex<Forgotten, ()> = Mutex::new(());

/// Ends a scope with a lock forgotten, and gives what the report says.
fn report() -> String {
    let ended = catch_unwind(AssertUnwindSafe(|| {
        with_root(|mut held| {
            held.with_serial_token(&NAMES, |names| {
                scope(&mut names.held(), |threads, held| {
                    drop(threads.spawn(|mut held| {
                        held.with_serial_token(&NAMES, |names| names.with(|names, _| *names += 1));
                    }));
                    core::mem::forget(held.lock(&FORGOTTEN));
                });
            });
        });
    }));
    let payload = ended.expect_err("the report panics");
    payload.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn a_report_at_the_end_of_a_scope_keeps_no_token_from_its_threads() {
    CHECKER.set_sink(policy::panic);
    let (sender, reports) = channel();
    thread::spawn(move || sender.send(report()));
    let report = reports.recv_timeout(Duration::from_secs(30)).expect("the scope ends");
    assert!(report.contains("Forgotten"), "{report}");
    with_root(|mut held| {
        let names = held.with_serial_token(&NAMES, |names| names.look(|names, _| *names));
        assert_eq!(names, 1, "the thread has had the token");
    });
}
