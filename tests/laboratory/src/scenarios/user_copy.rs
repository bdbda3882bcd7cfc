//! A user copy under a lock. A fault takes locks that no line of the program names.

use crate::run::Lab;

pub(super) fn program(lab: &mut Lab) {
    let page = lab.mutex("Page");
    let space = lab.mutex("AddressSpace");
    lab.thread("reader", 0, move |here| {
        let _page = here.lock(page);
        here.step_of_its_own("copies to the user, and faults");
        let _space = here.lock(space);
    });
    lab.thread("mapper", 1, move |here| {
        let _space = here.lock(space);
        let _page = here.lock(page);
    });
}
