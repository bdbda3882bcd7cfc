//! System calls by number, and what tests ask for often.
//!
//! `call!(SYS_kill, id, 0)` gives what the kernel gives: a number, or an error's. [`Child`] is a process that a test forks; [`eventually`]
//! waits for what another process or a handler does.

use std::thread;
use std::time::{Duration, Instant};

use libc::{c_int, c_long};

/// What an argument of a call can be made of.
pub(crate) trait Argument {
    /// The word that the kernel gets.
    fn word(self) -> c_long;
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Argument for $type {
            #[allow(clippy::cast_lossless, reason = "some of the types are words already")]
            fn word(self) -> c_long {
                self as c_long
            }
        }
    )*};
}

numbers!(i32, u32, i64, u64, usize, u8, u16, isize);

impl<T> Argument for *const T {
    fn word(self) -> c_long {
        self as c_long
    }
}

impl<T> Argument for *mut T {
    fn word(self) -> c_long {
        self as c_long
    }
}

impl<T> Argument for &T {
    fn word(self) -> c_long {
        std::ptr::from_ref(self) as c_long
    }
}

impl<T> Argument for &mut T {
    fn word(self) -> c_long {
        std::ptr::from_mut(self) as c_long
    }
}

/// One call.
pub(crate) fn call(number: c_long, arguments: &[c_long]) -> Result<i64, c_int> {
    let mut all = [0; 6];
    all[..arguments.len()].copy_from_slice(arguments);
    // SAFETY: the test knows what it asks for; what it gets wrong ends its own process only.
    let result = unsafe { libc::syscall(number, all[0], all[1], all[2], all[3], all[4], all[5]) };
    // SAFETY: the place is this thread's.
    if result == -1 { Err(unsafe { *libc::__errno_location() }) } else { Ok(result) }
}

/// A system call by its name, and its arguments.
#[macro_export]
macro_rules! call {
    ($name:ident $(, $argument:expr)* $(,)?) => {
        $crate::calls::call(libc::$name, &[$($crate::calls::Argument::word($argument)),*])
    };
}

/// Waits until something is so; panics when that takes too long.
#[track_caller]
pub(crate) fn eventually(mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(10), "what was waited for has not happened");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Waits for a while.
pub(crate) fn pause(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}

/// Ends the process with a status, and does nothing else.
pub(crate) fn exit(status: c_int) -> ! {
    // SAFETY: nothing is to be done at the end.
    unsafe { libc::_exit(status) }
}

/// A process that a test has forked.
#[derive(Debug)]
pub(crate) struct Child {
    /// Its number.
    pub(crate) id: c_int,
}

impl Child {
    /// Forks one that does this, and ends with 0; or panics, which the test hears of.
    #[track_caller]
    pub(crate) fn start(body: impl FnOnce()) -> Self {
        // SAFETY: the child uses no lock that another thread may hold: tests fork before they start threads.
        let id = unsafe { libc::fork() };
        assert!(id >= 0, "fork fails: {}", std::io::Error::last_os_error());
        if id == 0 {
            body();
            exit(0);
        }
        Self { id }
    }

    /// Waits for its end; gives what `wait` says of it.
    #[track_caller]
    pub(crate) fn wait(&self) -> c_int {
        let mut status = -1;
        assert_eq!(
            call!(SYS_wait4, self.id, &mut status, 0, 0),
            Ok(i64::from(self.id)),
            "waiting for a child"
        );
        status
    }

    /// Waits for it, and gives the status that it has exited with.
    #[track_caller]
    pub(crate) fn status(&self) -> c_int {
        let status = self.wait();
        assert!(libc::WIFEXITED(status), "a child ended as {status:#x}");
        libc::WEXITSTATUS(status)
    }

    /// Waits for it, and gives the signal that has ended it.
    #[track_caller]
    pub(crate) fn signal(&self) -> c_int {
        let status = self.wait();
        assert!(libc::WIFSIGNALED(status), "a child ended as {status:#x}");
        libc::WTERMSIG(status)
    }

    /// Sends it a signal.
    #[track_caller]
    pub(crate) fn kill(&self, signal: c_int) {
        assert_eq!(call!(SYS_kill, self.id, signal), Ok(0), "sending signal {signal}");
    }
}

/// Memory that this process and its children share.
pub(crate) fn shared_words() -> &'static [std::sync::atomic::AtomicU64; 512] {
    let (all, shared) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
    let at = call!(SYS_mmap, 0, 4096, all, shared, -1, 0).expect("shared memory");
    // SAFETY: a page of zeros that is never unmapped, of which there are atomic words only.
    unsafe { &*(at as *const [std::sync::atomic::AtomicU64; 512]) }
}
