//! Threads that borrow.
//!
//! Threads of a scope borrow from it, so the scope waits for them at its end, also where no join is written.
//!
//! After bug 25 of docs/lock-bugs.md: theseus c8629d311, the controllers held while a CPU starts.

use lockorder::host::{self, Mutex};
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Device = 50 {
        /// Interrupt controllers.
        class Controllers = 1;
    }
}

static CONTROLLERS: Mutex<Controllers, u32> = Mutex::new(0);

fn start_all(mut held: Root<'_, Task>, cpus: &[u32]) {
    held.with(&CONTROLLERS, |count, mut held| {
        *count = 0;
        host::scope(&mut held, |scope, _held| {
            for cpu in cpus {
                scope.spawn(move |mut held| *held.lock(&CONTROLLERS) += cpu);
            }
        });
    });
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(|held| start_all(held, &[1, 2, 3]));
    with_root(|mut held| assert_eq!(*held.lock(&CONTROLLERS), 6));
}
