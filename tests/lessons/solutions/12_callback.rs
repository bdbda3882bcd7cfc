//! Solution: Call back with nothing locked.
//!
//! hint: A handler wants a root: nothing held. What does it get?
//! hint: Take the handlers out, or copy them, and release before the first is called.
//! hint: `let handlers = held.lock(&HANDLERS).clone();`
//! fails: E0308 mismatched types
//! learnt: Code that is not yours is called with nothing locked. The handler's type says so: it takes a root.
//!
//! why: A root is a token with which nothing is held, so under the lock there is none to give. A handler that
//!     is removed meanwhile may be called once more: that is a question of the design, which the deadlock had
//!     hidden.

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
    let handlers = held.lock(&HANDLERS).clone();
    for handler in handlers {
        handler(&mut held);
    }
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
