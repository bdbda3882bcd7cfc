//! Interrupt against thread. One lock, one CPU, and a handler.

use crate::run::Lab;

pub(super) fn program(lab: &mut Lab) {
    let heap = lab.spin_lock("Heap");
    lab.thread("thread", 0, move |here| {
        let heap = here.lock(heap);
        heap.set(heap.get() + 1);
    });
    lab.handler("handler", 0, move |here| {
        let heap = here.lock(heap);
        heap.set(heap.get() + 1);
    });
}
