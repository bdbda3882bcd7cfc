//! Where workers meet: a folder, memory and open files that all workers of a round have.

use std::fs;
use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use libc::{AF_INET, AF_UNIX, O_CLOEXEC, O_NONBLOCK, O_RDWR, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM};

/// Everything of this program's.
const FOLDER: &str = "/tmp/fuzz";
/// What workers have as their directory.
const WORK: &str = "/tmp/fuzz/work";

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
    }
    fs::write("/tmp/fuzz/script", "#!/bin/busybox true\n")?;
    open("/tmp/fuzz/script", 0o755)
}

/// Open files of several kinds, for the workers of a round.
pub(crate) fn files() -> Vec<OwnedFd> {
    let (mut numbers, mut pair) = (Vec::new(), [-1; 2]);
    // SAFETY: plain system calls, with strings and integers that are there.
    unsafe {
        numbers.extend([
            libc::open(c"/tmp/fuzz/work/a".as_ptr(), O_RDWR),
            libc::open(c"/tmp/fuzz/work".as_ptr(), libc::O_RDONLY),
            libc::open(c"/dev/zero".as_ptr(), O_RDWR),
            libc::open(c"/dev/ptmx".as_ptr(), O_RDWR | O_NONBLOCK | libc::O_NOCTTY),
            libc::eventfd(0, O_NONBLOCK),
            libc::epoll_create1(0),
            libc::memfd_create(c"meeting".as_ptr(), 2),
            libc::timerfd_create(libc::CLOCK_MONOTONIC, O_NONBLOCK),
            libc::inotify_init1(O_NONBLOCK),
            libc::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0),
            libc::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0),
        ]);
        if libc::pipe2(pair.as_mut_ptr(), O_NONBLOCK | O_CLOEXEC) == 0 {
            numbers.extend(pair);
        }
        for kind in [SOCK_STREAM, SOCK_DGRAM | SOCK_NONBLOCK] {
            if libc::socketpair(AF_UNIX, kind, 0, pair.as_mut_ptr()) == 0 {
                numbers.extend(pair);
            }
        }
        // Two that are connected to: one by the network, one by a name without a path.
        let (mut port, mut name) = ([0_u8; 16], [0_u8; 4]);
        port[..8].copy_from_slice(&[2, 0, 0x1b, 0x59, 127, 0, 0, 1]);
        name.copy_from_slice(b"\x01\0\0a");
        for (family, address) in [(AF_INET, &port[..]), (AF_UNIX, &name[..])] {
            let listener = libc::socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
            let length = libc::socklen_t::try_from(address.len()).unwrap_or(0);
            libc::bind(listener, address.as_ptr().cast(), length);
            libc::listen(listener, 8);
            numbers.push(listener);
        }
        // SAFETY: each is open, and nobody else's.
        numbers.into_iter().filter(|&number| number >= 0).map(|number| OwnedFd::from_raw_fd(number)).collect()
    }
}
