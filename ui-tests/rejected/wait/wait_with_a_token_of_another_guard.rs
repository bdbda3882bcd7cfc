//! A wait is given the token of one lock and the guard of another. Source: Redox, "caller must ensure the given token is coming from the guard".
//!
//! error[E0061]: this method takes 1 argument but 2 arguments were supplied
//! fix: give the guard, which is all that a wait needs

use lockorder::host::Condvar;
use lockorder::{Root, SpinLock, Task, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Ipc = 60 {
        class Mailbox = 1;
    }
}

static LETTERS: SpinLock<Mailbox, u32> = SpinLock::new(0);

/// Waits for a letter.
fn receive(mut held: Root<'_, Task>, mut other: Root<'_, Task>, arrived: &Condvar) {
    let letters = held.lock(&LETTERS);
    drop(arrived.wait(letters, &mut other));
    println!("{:?}", other.reborrow());
}

fn main() {
    let _: fn(Root<'_, Task>, Root<'_, Task>, &Condvar) = receive;
}
