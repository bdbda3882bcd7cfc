use lockorder::host::RwLock;
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Ipc = 30 {
        class Counter = 2;
    }
}

static COUNTER: RwLock<Counter, u32> = RwLock::new(20);

fn read(mut held: Root<'_, Task>) {
    // Past the types: a guard that is forgotten leaves its lock held, and gives the token back.
    std::mem::forget(held.read(&COUNTER));
    println!("{}", *held.read(&COUNTER));
}

fn main() {
    with_root(read);
}
