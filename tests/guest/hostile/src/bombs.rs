//! Everything, until there is no more.

use std::time::Duration;

use crate::child;
use guest_random::Random;

const LIMIT: Duration = Duration::from_secs(4);

/// Files, pipes, names.
pub(crate) fn descriptors(_random: &mut Random, rounds: u64) {
    for _ in 0..rounds {
        child::run(LIMIT, || {
            let mut ends = [0; 2];
            // SAFETY: descriptors of its own; zeros that are there.
            unsafe {
                while libc::pipe2(ends.as_mut_ptr(), libc::O_NONBLOCK) == 0 {
                    libc::write(ends[1], [0_u8; 65536].as_ptr().cast(), 65536);
                }
                libc::dup2(0, 1023);
                libc::dup2(0, 1024);
                libc::dup2(0, -1);
                libc::fcntl(0, libc::F_DUPFD, 1024);
                for _ in 0..20 {
                    if libc::fork() == 0 {
                        libc::_exit(0);
                    }
                }
            }
        });
    }
}

/// Processes that make processes.
fn processes() {
    // SAFETY: the group is killed in the end.
    unsafe {
        let mut failures = 0;
        while failures < 50 {
            match libc::fork() {
                0 => {
                    libc::fork();
                    libc::pause();
                }
                -1 => failures += 1,
                _ => {}
            }
        }
        libc::kill(0, libc::SIGKILL);
    }
}

/// Threads without end.
fn threads() {
    let mut failures = 0;
    while failures < 20 {
        let started = std::thread::Builder::new().stack_size(16384).spawn(|| {
            loop {
                std::thread::park();
            }
        });
        failures += u32::from(started.is_err());
    }
}

/// Pages, in areas without end.
fn memory(areas: bool) {
    let length = if areas { 4096 } else { 1 << 20 };
    let mut number = 0_usize;
    loop {
        let protection =
            if areas && number % 2 == 0 { libc::PROT_READ } else { libc::PROT_READ | libc::PROT_WRITE };
        // SAFETY: new memory.
        unsafe {
            let start = libc::mmap(
                std::ptr::null_mut(),
                length,
                protection,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            if start == libc::MAP_FAILED {
                return;
            }
            if protection & libc::PROT_WRITE != 0 {
                for page in (0..length).step_by(4096) {
                    std::ptr::write_volatile(start.wrapping_byte_add(page).cast::<u8>(), 1);
                }
            }
        }
        number += 1;
    }
}

/// Reads zeros into memory that has no end, and fills a filesystem.
fn zeros() {
    // SAFETY: an area that is there, but for the memory.
    unsafe {
        let length = 1 << 40;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let start =
            libc::mmap(std::ptr::null_mut(), length, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
        let file = libc::open(c"/dev/zero".as_ptr(), libc::O_RDONLY);
        libc::read(file, start, length);
        let file = libc::open(c"/tmp/hostile-full".as_ptr(), libc::O_RDWR | libc::O_CREAT, 0o666);
        while libc::write(file, [1_u8; 65536].as_ptr().cast(), 65536) > 0 {}
        libc::mmap(std::ptr::null_mut(), length, libc::PROT_READ, flags | libc::MAP_POPULATE, -1, 0);
    }
}

pub(crate) fn attack(_random: &mut Random, rounds: u64) {
    for _ in 0..rounds {
        child::run(LIMIT, processes);
        child::reap();
        child::run(LIMIT, threads);
        child::run(LIMIT, || memory(false));
        child::run(LIMIT, || memory(true));
        child::run(LIMIT, zeros);
        let _ = std::fs::remove_file("/tmp/hostile-full");
        // All of them at once.
        child::run(LIMIT, || {
            for bomb in [processes as fn(), threads, || memory(false), || memory(true)] {
                // SAFETY: a child that ends.
                unsafe {
                    if libc::fork() == 0 {
                        bomb();
                        libc::_exit(0);
                    }
                }
            }
            std::thread::sleep(Duration::from_secs(2));
        });
    }
}
