//! Two locks of one class. One function, run twice with its arguments exchanged.

use crate::run::{Here, Lab, Lock};

pub(super) fn program(lab: &mut Lab) {
    let (one, two) = (lab.mutex("Inode 1"), lab.mutex("Inode 2"));
    let rename = |here: &Here, from: Lock, to: Lock| {
        let from = here.lock(from);
        let to = here.lock(to);
        to.set(from.get());
    };
    lab.thread("there", 0, move |here| rename(here, one, two));
    lab.thread("back", 1, move |here| rename(here, two, one));
}
