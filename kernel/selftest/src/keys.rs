//! Waiting for a key, so that the host can press one.

use core::time::Duration;

use lockorder::{Root, Task};

use super::FAILED;
use crate::classes::{Pipe, ProcessTree};
use base::sched::{Mutex, Placement};
use base::{keys, record, sched};

/// How long it waits, in looks ten milliseconds apart.
const LOOKS: u32 = 3000;

/// Waits until control-T has been pressed on the console, while a thread sleeps that holds two locks.
pub(super) fn run(held: Root<'_, Task>) -> u8 {
    static TREE: Mutex<ProcessTree, ()> = Mutex::new(());
    static PIPE: Mutex<Pipe, ()> = Mutex::new(());
    let mut held = held;
    drop(sched::spawn("holder", Placement::default(), |mut held| {
        held.with(&TREE, |(), mut held| {
            held.with(&PIPE, |(), mut held| {
                record::marker("keys: press control-T");
                sched::sleep(&mut held, Duration::from_mins(10));
            });
        });
    }));
    for _ in 0..LOOKS {
        if keys::shown() > 0 {
            return 0;
        }
        sched::sleep(&mut held, Duration::from_millis(10));
    }
    base::println!("keys: nobody pressed control-T");
    FAILED
}
