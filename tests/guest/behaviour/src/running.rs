//! How a test runs: in a child process, in a process group and an empty folder of its own, until a deadline.
//!
//! What a panic says, in the test's process or in one that it has forked, goes through a pipe to the parent, and makes the test wrong.
//! When the test has ended its group is killed. A test that this machine cannot do (it wants to be root, say) calls [`pass_over`].

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::fd::{FromRawFd as _, IntoRawFd as _};
use std::panic;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use libc::{SIGKILL, WNOHANG, c_int, pid_t};

/// A test: what it promises, and what panics if that is not so.
pub(crate) type Test = (&'static str, fn());

/// The tests of a file: their functions' names.
#[macro_export]
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        /// The tests of this file.
        pub(crate) const TESTS: &[$crate::running::Test] = &[$((stringify!($name), $name)),*];
    };
}

/// How long a test may take. Software emulation on a busy machine is slow.
const LIMIT: Duration = Duration::from_secs(20);
/// The status by which a test's process says that it has passed it over.
const PASSED_OVER: c_int = 77;

/// Where a test's process says what is wrong.
static COMPLAINTS: AtomicI32 = AtomicI32::new(-1);

/// What came of a test.
enum Outcome {
    Right,
    Wrong(String),
    PassedOver(String),
}

/// Says something to the parent.
fn complain(text: &str) {
    let number = COMPLAINTS.load(Ordering::SeqCst);
    // SAFETY: the bytes are the text's. Where the pipe is closed nobody listens any more.
    unsafe { libc::write(number, text.as_ptr().cast(), text.len().min(4000)) };
}

/// Ends the test: this machine cannot do it.
pub(crate) fn pass_over(why: &str) -> ! {
    complain(why);
    // SAFETY: nothing is to be done at the end.
    unsafe { libc::_exit(PASSED_OVER) }
}

/// Passes the test over unless it is root's.
pub(crate) fn needs_root() {
    // SAFETY: a plain system call.
    if unsafe { libc::geteuid() } != 0 {
        pass_over("it wants to be root");
    }
}

/// The test's own process.
fn be_test(test: fn(), folder: &str) -> ! {
    panic::set_hook(Box::new(|why| {
        let words = why.payload_as_str().unwrap_or("it panicked").to_owned();
        let line = why.location().map_or(0, panic::Location::line);
        let file = why.location().map_or("", panic::Location::file);
        let file = file.rsplit('/').next().unwrap_or(file);
        complain(&format!("{words} ({file}:{line})\n"));
        // SAFETY: nothing is to be done at the end.
        unsafe { libc::_exit(1) };
    }));
    // SAFETY: a path that ends in zero; plain system calls. What a shell ignores for a job in the background is not the test's.
    unsafe {
        for signal in 1..32 {
            libc::signal(signal, libc::SIG_DFL);
        }
        libc::setpgid(0, 0);
        let folder = CString::new(folder).unwrap_or_default();
        libc::chdir(folder.as_ptr());
    }
    test();
    // SAFETY: nothing is to be done at the end.
    unsafe { libc::_exit(0) }
}

/// What came of a child that has ended, or was ended at its deadline, and what it complained of.
fn outcome(status: Option<c_int>, complaints: String) -> Outcome {
    match status {
        None => Outcome::Wrong(format!("{complaints}it takes longer than {} s", LIMIT.as_secs())),
        Some(status) if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == PASSED_OVER => {
            Outcome::PassedOver(complaints)
        }
        Some(0) if complaints.is_empty() => Outcome::Right,
        Some(status) if libc::WIFSIGNALED(status) => {
            Outcome::Wrong(format!("{complaints}signal {} ended it", libc::WTERMSIG(status)))
        }
        Some(_) => Outcome::Wrong(complaints),
    }
}

/// Waits for a child until the deadline.
fn wait(id: pid_t) -> Option<c_int> {
    let started = Instant::now();
    let mut status = 0;
    loop {
        // SAFETY: the status is this function's.
        if unsafe { libc::waitpid(id, &raw mut status, WNOHANG) } == id {
            return Some(status);
        }
        if started.elapsed() > LIMIT {
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn run(test: fn(), folder: &str) -> Outcome {
    let _ = fs::remove_dir_all(folder);
    if let Err(error) = fs::create_dir(folder) {
        return Outcome::Wrong(format!("no folder {folder}: {error}"));
    }
    let mut ends = [0; 2];
    // SAFETY: two numbers are written.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_NONBLOCK) } != 0 {
        return Outcome::Wrong("no pipe".to_owned());
    }
    // SAFETY: the number was given just now, and is nobody else's.
    let mut complaints = unsafe { File::from_raw_fd(ends[0]) };
    // SAFETY: there is one thread.
    let id = unsafe { libc::fork() };
    if id < 0 {
        return Outcome::Wrong("no process".to_owned());
    }
    if id == 0 {
        // Out of the way of tests that count on numbers: the lowest ones are free.
        // SAFETY: numbers of its own.
        unsafe {
            let _ = complaints.into_raw_fd();
            let high = libc::fcntl(ends[1], libc::F_DUPFD, 200);
            libc::close(ends[0]);
            libc::close(ends[1]);
            COMPLAINTS.store(high, Ordering::SeqCst);
        }
        be_test(test, folder);
    }
    // SAFETY: plain system calls on a child that is there, and on a number of its own.
    unsafe {
        libc::setpgid(id, id);
        libc::close(ends[1]);
    }
    let status = wait(id);
    // SAFETY: plain system calls. The group is the child's.
    unsafe {
        libc::kill(-id, SIGKILL);
        if status.is_none() {
            libc::kill(id, SIGKILL);
            libc::waitpid(id, std::ptr::null_mut(), 0);
        }
    }
    let mut bytes = Vec::new();
    // It ends with what is there, for nobody may be left to close the other end.
    let _ = complaints.read_to_end(&mut bytes);
    let _ = fs::remove_dir_all(folder);
    outcome(status, String::from_utf8_lossy(&bytes).into_owned())
}

/// Runs tests one after the other, with a line for each, and gives whether none is wrong.
pub(crate) fn run_all(tests: &[Test]) -> bool {
    let folder = std::env::temp_dir().join(format!("behaviour-{}", std::process::id()));
    let folder = folder.to_string_lossy();
    let (mut right, mut wrong, mut passed_over) = (0, 0, 0);
    for (name, test) in tests {
        let line = match run(*test, &folder) {
            Outcome::Right => {
                right += 1;
                format!("ok {name}")
            }
            Outcome::Wrong(why) => {
                wrong += 1;
                format!("WRONG {name}: {}", why.trim_end().replace('\n', "; "))
            }
            Outcome::PassedOver(why) => {
                passed_over += 1;
                format!("passed over {name}: {why}")
            }
        };
        println!("{line}");
        let _ = std::io::stdout().flush();
    }
    println!("behaviour: {right} ok, {wrong} wrong, {passed_over} passed over");
    wrong == 0
}
