//! Priority inversion. The one in the middle holds nothing, and nobody waits for a lock of its.

use crate::run::Lab;

pub(super) fn program(lab: &mut Lab) {
    let bus = lab.mutex("Bus");
    let asked = lab.queue("it is asked for");
    let high = lab.thread_of_priority("high", 0, 3, move |here| {
        here.sleep(asked);
        let _bus = here.lock(bus);
    });
    lab.thread_of_priority("middle", 0, 2, move |here| {
        here.sleep(asked);
        here.work_until_the_end_of(high);
    });
    lab.thread_of_priority("low", 0, 1, move |here| {
        let _bus = here.lock(bus);
        here.wake(asked);
    });
}
