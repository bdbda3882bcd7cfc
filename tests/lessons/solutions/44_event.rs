//! Solution: Promised before it is waited for.
//!
//! hint: What does the other thread acquire before it is up?
//! hint: An event is waited for from outside of its class, like a lock.
//! hint: Wait first, and lock the controllers then.
//! fails: E0277 cannot acquire `Up` while holding `Controllers`
//! learnt: A wait for another thread's work can have a place in the order. Whoever promises the work holds that
//!     place.
//!
//! why: With nothing held one could simply join. An event is for waits where something *outside* stays held,
//!     and its rank says what that may be.

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
    UP.wait(held).expect("it is promised");
    assert_eq!(*held.lock(&CONTROLLERS), 1);
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
