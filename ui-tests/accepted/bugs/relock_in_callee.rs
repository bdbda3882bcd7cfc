//! A terminal keeps its settings locked and calls what locks them again. Source: asterinas 288374ee0.
//!
//! accepted: copy the settings

use lockorder::{Held, Root, SpinLock, Task, acquires, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// Termios.
        class Termios = 3;
    }
}

static TERMIOS: SpinLock<Termios, u64> = SpinLock::new(0);

#[acquires(Termios; atomic)]
fn output_character(held: Held) -> u64 {
    *held.lock(&TERMIOS)
}

fn push_character(mut held: Root<'_, Task>) -> u64 {
    let flags = *held.lock(&TERMIOS);
    flags + output_character(held)
}

fn main() {
    println!("{}", with_root(push_character));
}
