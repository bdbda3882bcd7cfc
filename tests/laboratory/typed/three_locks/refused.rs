use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Net = 60 {
        class Card = 0;
        class Interface = 1;
        class Sockets = 2;
    }
}

static CARD: SpinLock<Card, u32> = SpinLock::new(0);
static INTERFACE: SpinLock<Interface, u32> = SpinLock::new(0);
static SOCKETS: SpinLock<Sockets, u32> = SpinLock::new(0);

fn drive(mut held: Root<'_, Task>) {
    held.with(&CARD, |packets, mut held| *held.lock(&INTERFACE) += *packets);
}

fn poll(mut held: Root<'_, Task>) {
    held.with(&INTERFACE, |packets, mut held| *held.lock(&SOCKETS) += *packets);
}

fn close(mut held: Root<'_, Task>) {
    held.with(&SOCKETS, |open, mut held| *held.lock(&CARD) -= *open);
}

fn main() {
    with_root(drive);
    with_root(poll);
    with_root(close);
}
