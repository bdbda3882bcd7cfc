//! Reading twice. Two readers that are one, and a writer between them.

use crate::run::Lab;

pub(super) fn program(lab: &mut Lab) {
    let counter = lab.rw_lock("Counter");
    lab.thread("reader", 0, move |here| {
        let _first = here.read(counter);
        let _again = here.read(counter);
    });
    lab.thread("writer", 1, move |here| {
        let counter = here.lock(counter);
        counter.set(counter.get() + 1);
    });
}
