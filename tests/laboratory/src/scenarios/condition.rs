//! A condition under an outer lock. Waiting releases the inner lock, and not the outer one.

use crate::run::Lab;

pub(super) fn program(lab: &mut Lab) {
    let space = lab.mutex("AddressSpace");
    let answers = lab.mutex("Answers");
    let answered = lab.queue("it is answered");
    lab.thread("waiter", 0, move |here| {
        let _space = here.lock(space);
        let mut answers = here.lock(answers);
        while answers.get() == 0 {
            answers = here.wait(answered, answers);
        }
    });
    lab.thread("answerer", 1, move |here| {
        let _space = here.lock(space);
        let answers = here.lock(answers);
        answers.set(1);
        here.wake(answered);
    });
}
