//! Solution: Return what to do.
//!
//! hint: What does the line know that the sender of the signal needs? One number.
//! hint: Let the closure return an `Option` of the group.
//! hint: `if let Some(group) = interrupted { send_signal(&mut held, group); }` behind the closure.
//! fails: E0277 cannot acquire `Signals` while holding `TtyLine`
//! learnt: Decide under the lock, act behind it. The decision is a value.
//!
//! why: This kernel's terminal does just that. The group may change before the signal is sent, as it may on a
//!     machine where the key is typed a moment earlier.

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
    let interrupted = held.with(&LINE, |line, _held| {
        if byte == CONTROL_C {
            return Some(line.foreground);
        }
        line.typed.push(byte);
        None
    });
    if let Some(group) = interrupted {
        send_signal(&mut held, group);
    }
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
