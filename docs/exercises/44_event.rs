//! Promised before it is waited for.
//!
//! A CPU is started, and is up when it says so. `Event` has a rank: who has promised it holds it, and who
//! waits for it holds only what lies outside. Here the one who waits holds what the other one needs.
//!
//! After bug 25 of docs/lock-bugs.md: theseus c8629d311, the controllers held while a CPU starts.

use lockorder::blocking::Event;
use lockorder::host::{self, Mutex};
use lockorder::{Held, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Device = 50 {
        /// That the other CPU is up.
        class Up = 1;
        /// Interrupt controllers.
        class Controllers = 2;
    }
}

static UP: Event<Up> = Event::new();
static CONTROLLERS: Mutex<Controllers, u32> = Mutex::new(0);

#[acquires(Up, Controllers)]
fn wait_for_the_other(held: &mut Held) {
    held.with(&CONTROLLERS, |count, mut held| {
        UP.wait(&mut held).expect("it is promised");
        assert_eq!(*count, 1);
    });
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(|mut held| {
        let other = host::spawn(|mut held| {
            UP.promise(&mut held, |mut held| *held.lock(&CONTROLLERS) += 1).expect("once");
        });
        while !UP.is_promised() && !UP.is_done() {
            std::thread::yield_now();
        }
        wait_for_the_other(&mut held);
        other.join(&mut held).expect("it ends");
    });
}
