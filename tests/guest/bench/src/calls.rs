//! Calls that do next to nothing, and signals.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::system::checked;

/// The cheapest call that no library answers by itself.
#[allow(clippy::unnecessary_wraps, reason = "it is a batch, and others fail")]
pub(crate) fn null(count: u64) -> io::Result<Duration> {
    let began = Instant::now();
    for _ in 0..count {
        // SAFETY: a plain system call.
        unsafe { libc::syscall(libc::SYS_getppid) };
    }
    Ok(began.elapsed())
}

/// Into the scheduler and back.
#[allow(clippy::unnecessary_wraps, reason = "it is a batch, and others fail")]
pub(crate) fn yields(count: u64) -> io::Result<Duration> {
    let began = Instant::now();
    for _ in 0..count {
        // SAFETY: a plain system call.
        unsafe { libc::sched_yield() };
    }
    Ok(began.elapsed())
}

/// How many signals have come.
static CAME: AtomicU64 = AtomicU64::new(0);

extern "C" fn handler(_signal: libc::c_int) {
    CAME.fetch_add(1, Ordering::Relaxed);
}

/// A signal to this thread, which is taken before the call that sends it returns.
pub(crate) fn signal(count: u64) -> io::Result<Duration> {
    let handler: extern "C" fn(libc::c_int) = handler;
    // SAFETY: the handler only adds to an atomic; a structure of zeros is an action without flags and with an empty mask.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as libc::sighandler_t;
        checked(libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()))?;
    }
    // SAFETY: plain system calls.
    let (process, thread) = unsafe { (libc::getpid(), libc::syscall(libc::SYS_gettid)) };
    CAME.store(0, Ordering::Relaxed);
    let began = Instant::now();
    for _ in 0..count {
        // SAFETY: the signal has a handler.
        unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGUSR1) };
    }
    let took = began.elapsed();
    let came = CAME.load(Ordering::Relaxed);
    if came == count { Ok(took) } else { Err(io::Error::other(format!("{came} of {count} signals came"))) }
}
