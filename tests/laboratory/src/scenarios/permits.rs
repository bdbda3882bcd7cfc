//! A permit that is waited for. A permit is held, like a lock.

use crate::run::Lab;

pub(super) fn program(lab: &mut Lab) {
    let places = lab.semaphore("Places", 1);
    let card = lab.mutex("Card");
    lab.thread("sender", 0, move |here| {
        let _place = here.lock(places);
        let _card = here.lock(card);
    });
    lab.thread("resender", 1, move |here| {
        let _card = here.lock(card);
        let _place = here.lock(places);
    });
}
