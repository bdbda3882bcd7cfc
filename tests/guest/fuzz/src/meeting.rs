//! Where workers meet: a folder, memory and open files that all workers of a round have.

use std::fs;
use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;

use libc::{AF_INET, AF_UNIX, O_CLOEXEC, O_NONBLOCK, O_RDWR, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM};

use crate::pools::Class;

/// Everything of this program's.
const FOLDER: &str = "/tmp/fuzz";
/// What workers have as their directory.
const WORK: &str = "/tmp/fuzz/work";

/// Who has the files: one of the users that workers are.
const OWNER: u32 = 10_001;

/// Makes the folder anew; workers' files lie in `elsewhere`, if that is said.
///
/// # Errors
///
/// What the kernel says: of a folder that cannot be removed or made.
pub(crate) fn folder(elsewhere: Option<&str>) -> io::Result<()> {
    let elsewhere = elsewhere.map(|folder| Path::new(folder).join("work"));
    for folder in elsewhere.as_deref().into_iter().chain([Path::new(FOLDER)]) {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    if let Some(elsewhere) = elsewhere {
        fs::create_dir_all(&elsewhere)?;
        fs::create_dir_all(FOLDER)?;
        symlink(&elsewhere, WORK)?;
    }
    fs::create_dir_all(Path::new(WORK).join("d/d"))?;
    let open = |path: &str, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
    for path in [WORK, "/tmp/fuzz/work/d", "/tmp/fuzz/work/d/d"] {
        open(path, 0o777)?;
    }
    symlink("d", Path::new(WORK).join("s"))?;
    for name in ["a", "b", "d/a"] {
        let path = format!("{WORK}/{name}");
        fs::write(&path, [b'x'; 6000])?;
        open(&path, 0o666)?;
        chown(&path, Some(OWNER), Some(OWNER))?;
    }
    fs::write("/tmp/fuzz/script", "#!/bin/busybox true\n")?;
    open("/tmp/fuzz/script", 0o755)
}

/// Asks a pseudo-terminal's master for its other end, once that may be opened.
fn other_end(master: i32) -> i32 {
    let unlocked: libc::c_int = 0;
    // SAFETY: an integer that is there, and a plain system call.
    unsafe {
        libc::ioctl(master, libc::TIOCSPTLCK, &raw const unlocked);
        libc::ioctl(master, libc::TIOCGPTPEER, O_RDWR | libc::O_NOCTTY)
    }
}

/// A descriptor of this process.
fn own_process() -> i32 {
    // SAFETY: a plain system call.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, std::process::id(), 0) };
    i32::try_from(number).unwrap_or(-1)
}

/// A socket that is listened at, with an address's bytes.
fn listener(family: i32, address: &[u8]) -> i32 {
    let length = libc::socklen_t::try_from(address.len()).unwrap_or(0);
    // SAFETY: plain system calls, with an address that is there.
    unsafe {
        let listener = libc::socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
        libc::bind(listener, address.as_ptr().cast(), length);
        libc::listen(listener, 8);
        listener
    }
}

/// Open files of several classes, for the workers of a round.
pub(crate) fn files() -> Vec<(Class, OwnedFd)> {
    // 127.0.0.1:7001, and a name that is no path.
    const PORT: [u8; 16] = [2, 0, 0x1b, 0x59, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    const NAME: [u8; 4] = *b"\x01\0\0a";
    // SAFETY: plain system calls, with strings that are there.
    let mut files = unsafe {
        let master = libc::open(c"/dev/ptmx".as_ptr(), O_RDWR | O_NONBLOCK | libc::O_NOCTTY);
        vec![
            (Class::Path, libc::open(c"/tmp/fuzz/work/a".as_ptr(), O_RDWR)),
            (Class::Directory, libc::open(c"/tmp/fuzz/work".as_ptr(), libc::O_RDONLY)),
            (Class::Path, libc::open(c"/dev/zero".as_ptr(), O_RDWR)),
            (Class::Terminal, master),
            (Class::Terminal, other_end(master)),
            (Class::Event, libc::eventfd(0, O_NONBLOCK)),
            (Class::Epoll, libc::epoll_create1(0)),
            (Class::Memory, libc::memfd_create(c"meeting".as_ptr(), 2)),
            (Class::Timer, libc::timerfd_create(libc::CLOCK_MONOTONIC, O_NONBLOCK)),
            (Class::Notify, libc::inotify_init1(O_NONBLOCK)),
            (Class::Socket, libc::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)),
            (Class::Socket, libc::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)),
            (Class::Listener, listener(AF_INET, &PORT)),
            (Class::Listener, listener(AF_UNIX, &NAME)),
            // The supervisor's own, which no worker may do anything to.
            (Class::Process, own_process()),
        ]
    };
    // Two that are connected by the network, and one that waits to be accepted.
    for accepts in [true, false] {
        // SAFETY: an address that is there, and plain system calls.
        unsafe {
            let client = libc::socket(AF_INET, SOCK_STREAM, 0);
            libc::connect(client, PORT.as_ptr().cast(), 16);
            files.push((Class::Connected, client));
            let at =
                files.iter().find(|(class, _)| *class == Class::Listener).map_or(-1, |(_, number)| *number);
            if accepts {
                files.push((Class::Connected, libc::accept(at, std::ptr::null_mut(), std::ptr::null_mut())));
            }
        }
    }
    let mut pair = [-1; 2];
    // SAFETY: room for two numbers.
    if unsafe { libc::pipe2(pair.as_mut_ptr(), O_NONBLOCK | O_CLOEXEC) } == 0 {
        files.extend(pair.map(|end| (Class::Pipe, end)));
    }
    for kind in [SOCK_STREAM, SOCK_DGRAM | SOCK_NONBLOCK] {
        // SAFETY: the same.
        if unsafe { libc::socketpair(AF_UNIX, kind, 0, pair.as_mut_ptr()) } == 0 {
            files.extend(pair.map(|end| (Class::Connected, end)));
        }
    }
    let open = files.into_iter().filter(|(_, number)| *number >= 0);
    // SAFETY: each is open, and nobody else's.
    open.map(|(class, number)| (class, unsafe { OwnedFd::from_raw_fd(number) })).collect()
}
