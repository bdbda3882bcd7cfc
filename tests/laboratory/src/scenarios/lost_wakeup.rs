//! The lost wake-up. No lock at all, and a thread that sleeps for good.

use crate::run::Lab;

pub(super) fn program(lab: &mut Lab) {
    let requests = lab.word("Requests");
    let came = lab.queue("a request has come");
    lab.thread("consumer", 0, move |here| {
        if here.look(requests) == 0 {
            here.sleep(came);
        }
        here.put(requests, 0);
    });
    lab.thread("producer", 1, move |here| {
        here.put(requests, 1);
        here.wake(came);
    });
}
