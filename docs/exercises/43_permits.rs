//! A permit is held, too.
//!
//! A ring has two places; who sends takes a permit first, and then the card. Here the card is taken first,
//! and then a permit is waited for, which others give back under the card.
//!
//! After bug 6 of docs/lock-bugs.md: awkernel #162, the rings of a network card.

use lockorder::blocking::Semaphore;
use lockorder::host::Mutex;
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Device = 50 {
        /// Places in the ring.
        class Places = 1;
        /// The card.
        class Card = 2;
    }
}

static PLACES: Semaphore<Places> = Semaphore::new(2);
static CARD: Mutex<Card, u32> = Mutex::new(0);

fn send(mut held: Root<'_, Task>) {
    held.with(&CARD, |sent, mut held| {
        let (_permit, _held) = PLACES.acquire(&mut held);
        *sent += 1;
    });
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(send);
    with_root(|mut held| assert_eq!(*held.lock(&CARD), 1));
    assert_eq!(PLACES.permits(), 2);
}
