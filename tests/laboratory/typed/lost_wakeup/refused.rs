use lockorder::host::{self, Condvar, Mutex};
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Device = 50 {
        class Requests = 0;
    }
}

static REQUESTS: Mutex<Requests, u32> = Mutex::new(0);
static CAME: Condvar = Condvar::new();

fn consume(mut held: Root<'_, Task>) {
    if *held.lock(&REQUESTS) == 0 {
        // Sleeps, and shows no guard: the look is over, and anything may come before the sleep.
        CAME.wait(&mut held);
    }
    *held.lock(&REQUESTS) = 0;
}

fn main() {
    with_root(|mut held| {
        let consumer = host::spawn(consume);
        *held.lock(&REQUESTS) = 1;
        CAME.notify_one();
        consumer.join(&mut held).expect("it ends");
    });
}
