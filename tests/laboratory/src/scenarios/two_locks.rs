//! Two locks in two orders. Two locks, two threads, two orders.

use crate::run::Lab;

pub(super) fn program(lab: &mut Lab) {
    let settings = lab.spin_lock("Settings");
    let buffer = lab.spin_lock("Buffer");
    lab.thread("reader", 0, move |here| {
        let settings = here.lock(settings);
        let buffer = here.lock(buffer);
        buffer.set(settings.get());
    });
    lab.thread("changer", 1, move |here| {
        let buffer = here.lock(buffer);
        let settings = here.lock(settings);
        settings.set(buffer.get() + 1);
    });
}
