//! What others have let go of is torn down with a lock held that the teardown may need. Source: FreeBSD: the last reference dropped under a lock.
//!
//! accepted: tear down at the root

use selftest::classes::Socket;
use base::sched::{Mutex, reaper};
use lockorder::{Root, Task};

static SOCKET: Mutex<Socket, u64> = Mutex::new(0);

fn close(mut held: Root<'_, Task>) {
    held.with(&SOCKET, |references, mut held| {
        *references -= 1;
        let _ = held.reborrow();
    });
    reaper::drain(&mut held);
}

fn main() {
    println!("{:?}", close as fn(Root<'_, Task>));
}
