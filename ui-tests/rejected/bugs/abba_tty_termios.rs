//! Pushing a character takes the settings, then the buffer; polling took the buffer, then the settings. Source: asterinas #1588, fixed in #1646.
//!
//! error[E0277]: lock order violation: cannot acquire `Termios` while holding `ReadBuffer`
//! fix: read the settings first

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// Termios.
        class Termios = 3;
        /// Read buffer.
        class ReadBuffer = 4;
    }
}

static TERMIOS: SpinLock<Termios, u64> = SpinLock::new(0);
static READ_BUFFER: SpinLock<ReadBuffer, u64> = SpinLock::new(0);

fn push_character(mut held: Root<'_, Task>) {
    held.with(&TERMIOS, |outer, mut held| *outer += *held.lock(&READ_BUFFER));
}

fn poll_read(mut held: Root<'_, Task>) {
    held.with(&READ_BUFFER, |inner, mut held| *inner += *held.lock(&TERMIOS));
}

fn main() {
    with_root(|mut held| {
        push_character(held.reborrow());
        poll_read(held);
    });
}
