use lockorder::host::Mutex;
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Handlers = 8;
    }
}

static HANDLERS: Mutex<Handlers, u32> = Mutex::new(1);

fn commit(mut held: Root<'_, Task>) {
    // Past the types: a guard that is forgotten leaves its lock held, and gives the token back.
    std::mem::forget(held.lock(&HANDLERS));
    // It would wait for itself: the checker tells before it does, and the trial ends.
    assert!(held.lock_for(&HANDLERS, std::time::Duration::from_millis(10)).is_none());
}

fn main() {
    with_root(commit);
}
