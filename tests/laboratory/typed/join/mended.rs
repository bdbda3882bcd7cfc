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
    let other = host::spawn(|mut held| *held.lock(&MAPPER) += 1);
    *held.lock(&MAPPER) += 1;
    other.join(&mut held).expect("it starts");
}

fn main() {
    with_root(start);
}
