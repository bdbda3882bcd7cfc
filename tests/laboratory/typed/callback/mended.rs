use lockorder::host::Mutex;
use lockorder::{Held, Root, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Handlers = 8;
    }
}

static HANDLERS: Mutex<Handlers, u32> = Mutex::new(1);

#[acquires(Handlers)]
fn register(held: &mut Held) {
    *held.lock(&HANDLERS) += 1;
}

fn commit(mut held: Root<'_, Task>) {
    let handlers = *held.lock(&HANDLERS);
    (0..handlers).for_each(|_handler| register(&mut held));
}

fn main() {
    with_root(commit);
}
