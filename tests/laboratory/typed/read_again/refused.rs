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
    let sum = held.with_read(&COUNTER, |first, mut held| *first + *held.read(&COUNTER));
    println!("{sum}");
}

fn main() {
    with_root(read);
}
