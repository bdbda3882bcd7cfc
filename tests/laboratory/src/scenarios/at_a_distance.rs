//! Interrupts at a distance. The handler takes the right kind of lock, and the thread under it the wrong one.

use crate::run::Lab;

pub(super) fn program(lab: &mut Lab) {
    let run_queue = lab.irq_lock("RunQueue");
    let sleepers = lab.spin_lock("Sleepers");
    lab.thread("waker", 0, move |here| {
        let _run_queue = here.lock(run_queue);
        let _sleepers = here.lock(sleepers);
    });
    lab.thread("sleeper", 1, move |here| {
        let _sleepers = here.lock(sleepers);
    });
    lab.handler("tick", 1, move |here| {
        let _run_queue = here.lock(run_queue);
    });
}
