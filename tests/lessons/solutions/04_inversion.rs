//! Solution: The first inversion.
//!
//! hint: The message names both classes: the one that is wanted, and the one that is held.
//! hint: Both changes are one step, so both locks are held. Only which one is outside can change.
//! hint: `held.with(&SETTINGS, |raw, mut held| { … })`, and inside of it the buffer.
//! fails: E0277 cannot acquire `Settings` while holding `Buffer`
//! learnt: Two locks in two orders are a deadlock that waits for its day. The outer one is acquired first,
//!     everywhere.
//!
//! why: In between two threads each hold one lock and want the other one. The order of the two *effects* inside
//!     of the critical section does not matter: nobody else sees a state in between.

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
    held.with(&SETTINGS, |raw, mut held| {
        held.lock(&BUFFER).clear();
        *raw = true;
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
