//! Children that do what their parent would not survive.

use std::time::{Duration, Instant};

use libc::{SIGKILL, WNOHANG, c_int, pid_t};

/// Runs `body` in a child in a process group of its own, kills all of it after `limit`, and gives the status that the child ended with.
pub(crate) fn run(limit: Duration, body: impl FnOnce()) -> Option<c_int> {
    // SAFETY: the child does nothing that needs locks of other threads: there are none.
    let id = unsafe { libc::fork() };
    if id == 0 {
        // SAFETY: plain system calls.
        unsafe { libc::setpgid(0, 0) };
        body();
        // SAFETY: nothing of the parent's is to be done at the end.
        unsafe { libc::_exit(0) };
    }
    if id < 0 {
        reap();
        return None;
    }
    // SAFETY: a plain system call.
    unsafe { libc::setpgid(id, id) };
    let started = Instant::now();
    let mut status = 0;
    loop {
        // SAFETY: the status is this function's.
        let found = unsafe { libc::waitpid(id, &raw mut status, WNOHANG) };
        if found == id {
            break;
        }
        if found < 0 || started.elapsed() > limit {
            kill(id);
            // SAFETY: the status is this function's.
            unsafe { libc::waitpid(id, &raw mut status, 0) };
            break;
        }
        // SAFETY: a plain system call.
        unsafe { libc::sched_yield() };
    }
    // What it has left.
    kill(-id);
    Some(status)
}

fn kill(id: pid_t) {
    // SAFETY: a plain system call.
    unsafe { libc::kill(id, SIGKILL) };
}

/// Collects whoever has ended.
pub(crate) fn reap() {
    // SAFETY: no status is asked for.
    while unsafe { libc::waitpid(-1, std::ptr::null_mut(), WNOHANG) } > 0 {}
}
