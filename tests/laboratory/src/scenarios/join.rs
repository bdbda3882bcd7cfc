//! Join under a lock. One lock, and a wait that is none.

use crate::run::Lab;

pub(super) fn program(lab: &mut Lab) {
    let mapper = lab.mutex("Mapper");
    let other = lab.thread("other CPU", 1, move |here| {
        let _mapper = here.lock(mapper);
    });
    lab.thread("starter", 0, move |here| {
        let _mapper = here.lock(mapper);
        here.join(other);
    });
}
