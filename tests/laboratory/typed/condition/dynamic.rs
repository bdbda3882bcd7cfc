use lockorder::host::{Condvar, Mutex};
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        class AddressSpace = 0;
        class Answers = 6;
    }
}

static SPACE: Mutex<AddressSpace, u32> = Mutex::new(0);
static ANSWERS: Mutex<Answers, u32> = Mutex::new(0);
static ANSWERED: Condvar = Condvar::new();

fn shoot_down(mut held: Root<'_, Task>) {
    // Past the types: a guard that is forgotten leaves its lock held, and gives the token back.
    std::mem::forget(held.lock(&SPACE));
    let answers = held.lock(&ANSWERS);
    // For a moment only, so that the program ends.
    drop(ANSWERED.wait_for(answers, std::time::Duration::from_millis(10)));
}

fn main() {
    with_root(shoot_down);
}
