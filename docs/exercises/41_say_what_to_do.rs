//! Return what to do.
//!
//! Control-C is typed: under the terminal's lock it is known which group gets a signal. Sending it takes the
//! processes, far outside.
//!
//! After bug 11 of docs/lock-bugs.md: maestro 593fd7d2, a signal sent under a display's lock.

use lockorder::{Held, Root, SpinLock, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        /// Signals that processes have.
        class Signals = 4;
    }
    level User = 80 {
        /// A terminal's line.
        class TtyLine = 2;
    }
}

/// What was typed, and the group in the foreground.
struct Line {
    typed: Vec<u8>,
    foreground: u32,
}

static SIGNALS: SpinLock<Signals, Vec<u32>> = SpinLock::new(Vec::new());
static LINE: SpinLock<TtyLine, Line> = SpinLock::new(Line { typed: Vec::new(), foreground: 9 });

const CONTROL_C: u8 = 3;

fn receive(mut held: Root<'_, Task>, byte: u8) {
    held.with(&LINE, |line, mut held| {
        if byte == CONTROL_C {
            send_signal(&mut held, line.foreground);
        } else {
            line.typed.push(byte);
        }
    });
}

// ---- Nothing below this line needs to change. ----

#[acquires(Signals; atomic)]
fn send_signal(held: &mut Held, group: u32) {
    held.lock(&SIGNALS).push(group);
}

fn main() {
    with_root(|held| receive(held, b'a'));
    with_root(|held| receive(held, CONTROL_C));
    with_root(|mut held| assert_eq!(*held.lock(&SIGNALS), [9]));
    with_root(|mut held| assert_eq!(held.lock(&LINE).typed, b"a"));
}
