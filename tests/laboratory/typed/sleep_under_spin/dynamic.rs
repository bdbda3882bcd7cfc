use lockorder::host::Mutex;
use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Net = 60 {
        class Interface = 0;
        class Room = 2;
    }
}

static INTERFACE: SpinLock<Interface, u32> = SpinLock::new(0);
static ROOM: Mutex<Room, u32> = Mutex::new(1);

fn send(mut held: Root<'_, Task>) {
    // Past the types: a guard that is forgotten leaves its lock held, and gives the token back.
    std::mem::forget(held.lock(&INTERFACE));
    *held.lock(&ROOM) += 1;
}

fn main() {
    with_root(send);
}
