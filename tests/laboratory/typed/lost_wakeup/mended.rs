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
    let requests = held.lock(&REQUESTS);
    // Looks under the lock, and releases it in the same step in which it goes to sleep.
    let mut requests = CAME.wait_while(requests, |requests| *requests == 0);
    *requests = 0;
}

fn main() {
    with_root(|mut held| {
        let consumer = host::spawn(consume);
        *held.lock(&REQUESTS) = 1;
        CAME.notify_one();
        consumer.join(&mut held).expect("it ends");
    });
}
