//! Children: how they begin and end, and what their parent hears.

use std::sync::atomic::Ordering;

use crate::calls::{Child, eventually, exit, pause, shared_words};
use crate::running;

crate::tests! {
    a_child_has_its_own_number,
    exit_keeps_eight_bits,
    wait_without_children_fails,
    a_killed_child_is_told_by_its_signal,
    a_user_does_not_become_root,
    a_signal_that_is_ignored_does_nothing,
}

fn a_child_has_its_own_number() {
    let words = shared_words();
    let parent = call!(SYS_getpid).unwrap();
    let child = Child::start(|| {
        assert_eq!(call!(SYS_getppid), Ok(parent));
        words[0].store(call!(SYS_getpid).unwrap() as u64, Ordering::SeqCst);
    });
    assert_eq!(child.status(), 0);
    assert_eq!(words[0].load(Ordering::SeqCst), child.id as u64);
}

fn exit_keeps_eight_bits() {
    assert_eq!(Child::start(|| exit(0x1234)).status(), 0x34);
}

fn wait_without_children_fails() {
    assert_eq!(call!(SYS_wait4, -1, 0, 0, 0), Err(libc::ECHILD));
}

fn a_killed_child_is_told_by_its_signal() {
    let child = Child::start(|| pause(10_000));
    child.kill(libc::SIGKILL);
    assert_eq!(child.signal(), libc::SIGKILL);
}

fn a_user_does_not_become_root() {
    running::needs_root();
    assert_eq!(call!(SYS_setuid, 1000), Ok(0));
    assert_eq!(call!(SYS_setuid, 0), Err(libc::EPERM));
}

fn a_signal_that_is_ignored_does_nothing() {
    let words = shared_words();
    let child = Child::start(|| {
        // SAFETY: no handler.
        unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
        words[0].store(1, Ordering::SeqCst);
        eventually(|| words[0].load(Ordering::SeqCst) == 2);
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    child.kill(libc::SIGTERM);
    words[0].store(2, Ordering::SeqCst);
    assert_eq!(child.status(), 0);
}
