//! Sleep under a spin lock. A thread with preemption off gives its CPU away, to one that waits for it.

use crate::run::Lab;

pub(super) fn program(lab: &mut Lab) {
    let interface = lab.spin_lock("Interface");
    lab.thread("sender", 0, move |here| {
        let _interface = here.lock(interface);
        here.nap();
    });
    lab.thread("other", 0, move |here| {
        let _interface = here.lock(interface);
    });
}
