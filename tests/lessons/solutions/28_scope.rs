//! Solution: Threads that borrow.
//!
//! hint: Where does this function wait? No line says it.
//! hint: The end of the scope waits for all threads.
//! hint: Open the scope with nothing held.
//! fails: E0277 `Controllers` may be held here, but this call waits for another thread and needs nothing held
//! learnt: A scope joins at its end. Where it is opened nothing is held.
//!
//! why: `std::thread::scope` would accept the original, and hang. `host::scope` asks for a token, as every wait
//!     does.

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
    *held.lock(&CONTROLLERS) = 0;
    host::scope(&mut held, |scope, _held| {
        for cpu in cpus {
            scope.spawn(move |mut held| *held.lock(&CONTROLLERS) += cpu);
        }
    });
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(|held| start_all(held, &[1, 2, 3]));
    with_root(|mut held| assert_eq!(*held.lock(&CONTROLLERS), 6));
}
