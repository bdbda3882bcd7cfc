//! Call back with nothing locked.
//!
//! A table of handlers stays locked while one of them runs. The handler registers another one.
//!
//! After bug 28 of docs/lock-bugs.md: asterinas d8dc153be, handlers run under their table's lock.

use lockorder::{Held, Root, SpinLock, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// Who wants to know.
        class Handlers = 8;
    }
}

type Handler = fn(&mut Root<'_, Task>);

static HANDLERS: SpinLock<Handlers, Vec<Handler>> = SpinLock::new(Vec::new());

fn tell_all(mut held: Root<'_, Task>) {
    held.with(&HANDLERS, |handlers, mut held| {
        for handler in handlers.iter() {
            handler(&mut held);
        }
    });
}

// ---- Nothing below this line needs to change. ----

#[acquires(Handlers; atomic)]
fn register(held: &mut Held, handler: Handler) {
    held.lock(&HANDLERS).push(handler);
}

fn silent(_: &mut Root<'_, Task>) {}

fn registers_another(held: &mut Root<'_, Task>) {
    register(held, silent);
}

fn main() {
    with_root(|mut held| register(&mut held, registers_another));
    with_root(tell_all);
    with_root(tell_all);
    assert_eq!(with_root(|mut held| held.lock(&HANDLERS).len()), 3);
}
