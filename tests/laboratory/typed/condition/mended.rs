use lockorder::host::{self, Condvar, Mutex};
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

fn answer(mut held: Root<'_, Task>) {
    held.with(&SPACE, |_mapped, mut held| *held.lock(&ANSWERS) += 1);
    ANSWERED.notify_all();
}

fn shoot_down(mut held: Root<'_, Task>) {
    *held.lock(&SPACE) = 0;
    let answers = held.lock(&ANSWERS);
    drop(ANSWERED.wait_until(answers, |answers| *answers == 1));
}

fn main() {
    with_root(|mut held| {
        let other = host::spawn(answer);
        shoot_down(held.reborrow());
        other.join(&mut held).expect("it answers");
    });
}
