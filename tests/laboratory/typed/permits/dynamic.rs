use lockorder::blocking::Semaphore;
use lockorder::host::Mutex;
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Device = 50 {
        class Places = 1;
        class Card = 2;
    }
}

static PLACES: Semaphore<Places> = Semaphore::new(1);
static CARD: Mutex<Card, u32> = Mutex::new(0);

fn send(mut held: Root<'_, Task>) {
    let (_place, mut held) = PLACES.acquire(&mut held);
    *held.lock(&CARD) += 1;
}

fn send_again(mut held: Root<'_, Task>) {
    // Past the types: a guard that is forgotten leaves its lock held, and gives the token back.
    std::mem::forget(held.lock(&CARD));
    drop(PLACES.acquire(&mut held));
}

fn main() {
    with_root(send);
    with_root(send_again);
}
