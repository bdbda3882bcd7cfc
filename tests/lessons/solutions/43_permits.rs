//! Solution: A permit is held, too.
//!
//! hint: A semaphore has a class: its permits stand in the order like locks.
//! hint: `PLACES.acquire(&mut held)` gives a permit, and beside it the token for what lies inside.
//! hint: `let (_permit, mut held) = PLACES.acquire(&mut held);`, and the card after it.
//! fails: E0277 cannot acquire `Places` while holding `Card`
//! learnt: Waiting for a permit is waiting for whoever has one. So permits have a rank.
//!
//! why: Who has a permit acquires the card next. If somebody with the card waits for a permit, the two wait for
//!     each other as soon as both permits are out.

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
    let (_permit, mut held) = PLACES.acquire(&mut held);
    *held.lock(&CARD) += 1;
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(send);
    with_root(|mut held| assert_eq!(*held.lock(&CARD), 1));
    assert_eq!(PLACES.permits(), 2);
}
