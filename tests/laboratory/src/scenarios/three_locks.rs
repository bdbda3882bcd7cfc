//! A circle of three. Three locks, of which no two are taken in both orders.

use crate::run::Lab;

pub(super) fn program(lab: &mut Lab) {
    let card = lab.spin_lock("Card");
    let interface = lab.spin_lock("Interface");
    let sockets = lab.spin_lock("Sockets");
    lab.thread("driver", 0, move |here| {
        let _card = here.lock(card);
        let _interface = here.lock(interface);
    });
    lab.thread("poller", 1, move |here| {
        let _interface = here.lock(interface);
        let _sockets = here.lock(sockets);
    });
    lab.thread("closer", 2, move |here| {
        let _sockets = here.lock(sockets);
        let _card = here.lock(card);
    });
}
