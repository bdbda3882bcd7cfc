//! System calls that the standard library does not have, each with its error as a value.

use std::io;
use std::sync::atomic::AtomicU32;

use libc::{c_int, pid_t};

/// Futex calls among the threads of one process.
const WAIT: c_int = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
const WAKE: c_int = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;

/// The result of a call that answers -1 where it fails.
pub(crate) fn checked(result: c_int) -> io::Result<c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Forks: the child runs `body` and ends with what it gives, and the parent has the child's number.
pub(crate) fn fork(body: impl FnOnce() -> c_int) -> io::Result<pid_t> {
    // SAFETY: this process has one thread when it forks, so the child's copy of everything is whole.
    let id = unsafe { libc::fork() };
    if id == 0 {
        let status = body();
        // SAFETY: nothing of the parent's is to be done at the end.
        unsafe { libc::_exit(status) };
    }
    checked(id)
}

/// Waits for a child, which must have ended with status 0.
pub(crate) fn wait(id: pid_t) -> io::Result<()> {
    let mut status = 0;
    // SAFETY: the status is this function's.
    checked(unsafe { libc::waitpid(id, &raw mut status, 0) })?;
    if status == 0 { Ok(()) } else { Err(io::Error::other(format!("a child ended with status {status:#x}"))) }
}

/// Waits while `word` is `value`, and now and then for nothing.
pub(crate) fn futex_wait(word: &AtomicU32, value: u32) {
    let none = std::ptr::null::<libc::timespec>();
    // SAFETY: the word lives as long as the call; without a time there is nothing else to read.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), WAIT, value, none) };
}

/// Wakes one thread that waits at `word`.
pub(crate) fn futex_wake(word: &AtomicU32) {
    // SAFETY: the address is only a key.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), WAKE, 1) };
}
