use lockorder::host::{self, Mutex};
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        class Mapper = 1;
    }
}

static MAPPER: Mutex<Mapper, u32> = Mutex::new(0);

fn start(mut held: Root<'_, Task>) {
    // It needs no lock here, so that the program ends: the checker does not know that.
    let other = host::spawn(|_held| ());
    // Past the types: a guard that is forgotten leaves its lock held, and gives the token back.
    std::mem::forget(held.lock(&MAPPER));
    other.join(&mut held).expect("it starts");
}

fn main() {
    with_root(start);
}
