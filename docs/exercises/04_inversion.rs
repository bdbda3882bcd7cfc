//! The first inversion.
//!
//! A terminal has settings and a buffer. Reading looks at the settings and then at the buffer. Changing the
//! settings empties the buffer first and then changes one, the other way round. Mend `change`; the hierarchy
//! is right.
//!
//! After bug 1 of docs/lock-bugs.md: asterinas #1588, settings and buffer of a terminal, in either order.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level User = 80 {
        /// The settings of a terminal.
        class Settings = 1;
        /// What was typed.
        class Buffer = 2;
    }
}

static SETTINGS: SpinLock<Settings, bool> = SpinLock::new(false);
static BUFFER: SpinLock<Buffer, Vec<u8>> = SpinLock::new(Vec::new());

/// Changes the setting, and drops what was typed before: both in one step.
fn change(mut held: Root<'_, Task>) {
    held.with(&BUFFER, |typed, mut held| {
        typed.clear();
        *held.lock(&SETTINGS) = true;
    });
}

// ---- Nothing below this line needs to change. ----

fn read(mut held: Root<'_, Task>) -> usize {
    held.with(&SETTINGS, |raw, mut held| if *raw { held.lock(&BUFFER).len() } else { 0 })
}

fn main() {
    with_root(|mut held| held.lock(&BUFFER).push(b'x'));
    with_root(change);
    assert!(with_root(|mut held| *held.lock(&SETTINGS)));
    assert_eq!(with_root(read), 0);
}
