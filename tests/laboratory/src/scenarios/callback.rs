//! A callback under a lock. A thread that waits for itself.

use crate::run::{Here, Lab};

pub(super) fn program(lab: &mut Lab) {
    let handlers = lab.mutex("Handlers");
    let register = move |here: &Here| {
        let handlers = here.lock(handlers);
        handlers.set(handlers.get() + 1);
    };
    lab.thread("commit", 0, move |here| {
        let _handlers = here.lock(handlers);
        here.step_of_its_own("calls the handler");
        register(here);
    });
}
