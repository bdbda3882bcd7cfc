//! Waiting for a key, so that the host can press one.

use core::time::Duration;

use lockorder::{Root, Task};

use super::FAILED;
use crate::{keys, record, sched};

/// How long it waits, in looks ten milliseconds apart.
const LOOKS: u32 = 3000;

/// Waits until control-T has been pressed on the console.
pub(super) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    record::marker("keys: press control-T");
    for _ in 0..LOOKS {
        if keys::shown() > 0 {
            return 0;
        }
        sched::sleep(&mut held, Duration::from_millis(10));
    }
    crate::println!("keys: nobody pressed control-T");
    FAILED
}
