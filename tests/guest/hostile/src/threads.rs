//! Threads of one process that take from each other what they use: memory, files, the process itself.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::thread;
use std::time::Duration;

use crate::child;
use crate::programs;
use guest_random::Random;

/// One thread's mischief.
fn race(random: &mut Random, place: u64) {
    let (all, private) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED);
    let page = |number: u64| (place + number * 4096) as *mut libc::c_void;
    for _ in 0..200 {
        let (at, length) =
            (page(random.below(64)), usize::try_from(4096 * (1 + random.below(8))).unwrap_or(4096));
        let number = i32::try_from(3 + random.below(24)).unwrap_or(3);
        // SAFETY: the range is nobody's but these threads', who do not mind; descriptors are numbers.
        unsafe {
            match random.below(16) {
                0 | 1 => drop(libc::mmap(at, length, all, private, -1, 0)),
                2 => drop(libc::munmap(at, length)),
                3 => drop(libc::mprotect(at, length, i32::try_from(random.below(8)).unwrap_or(0))),
                4 => drop(libc::madvise(at, length, libc::MADV_DONTNEED)),
                5 => drop(libc::mremap(at, length, 4096 * 3, libc::MREMAP_MAYMOVE)),
                6 => drop(libc::close(number)),
                7 => drop(libc::dup2(number, number + 1)),
                8 => {
                    let mut ends = [0; 2];
                    libc::pipe2(ends.as_mut_ptr(), libc::O_NONBLOCK);
                }
                9 | 10 => drop(libc::read(number, at, length)),
                11 | 12 => drop(libc::write(number, at, length)),
                13 => {
                    let id = libc::syscall(libc::SYS_fork);
                    if id == 0 {
                        libc::_exit(0);
                    }
                }
                14 => drop(libc::open(c"/tmp/hostile-shared".as_ptr(), libc::O_RDWR | libc::O_CREAT, 0o666)),
                _ => drop(libc::syscall(libc::SYS_futex, at, random.below(13), 0, at, at, u64::MAX)),
            }
        }
    }
}

/// Starts threads, and ends in one of several ways while they run.
fn process(seed: u64) {
    let mut random = Random::new(seed);
    // SAFETY: memory of its own; handlers are not needed.
    let place = unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        libc::mmap(
            std::ptr::null_mut(),
            80 * 4096,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    } as u64;
    for _ in 0..1 + random.below(6) {
        let seed = random.any();
        let _ = thread::Builder::new().stack_size(65536).spawn(move || race(&mut Random::new(seed), place));
    }
    for _ in 0..random.below(50) {
        // SAFETY: a plain system call.
        unsafe { libc::sched_yield() };
    }
    match random.below(6) {
        0 => programs::execute(c"/tmp/hostile-thread"),
        1 => {
            // Another thread than the first one becomes a program, or two of them at once.
            let other = thread::spawn(|| programs::execute(c"/tmp/hostile-thread"));
            programs::execute(c"/tmp/hostile-none");
            let _ = other.join();
        }
        2 => {
            // The first thread ends before the others.
            // SAFETY: its stack stays.
            unsafe { libc::syscall(libc::SYS_exit, 3) };
        }
        3 => {
            // SAFETY: nothing is to be done at the end.
            unsafe { libc::_exit(4) };
        }
        4 => {
            let others = [(); 2].map(|()| thread::spawn(|| programs::execute(c"/tmp/hostile-thread")));
            for other in others {
                let _ = other.join();
            }
        }
        // It is killed.
        _ => race(&mut random, place),
    }
}

/// A child that borrows its parent's memory, and dies.
fn borrowed() {
    // SAFETY: `vfork` by number: the child only dies, by one way or another.
    unsafe {
        for way in 0..4_u64 {
            let id: u64;
            std::arch::asm!("mov eax, 58", "syscall", "test eax, eax", "jnz 2f",
                "cmp {way}, 1", "je 3f", "cmp {way}, 2", "je 4f", "mov eax, 60", "xor edi, edi", "syscall",
                "3:", "ud2", "4:", "mov eax, 39", "syscall", "mov edi, eax", "mov esi, 9", "mov eax, 62", "syscall",
                "2:", way = in(reg) way, out("rax") id, out("rcx") _, out("r11") _, out("rdi") _, out("rsi") _);
            let _ = id;
        }
    }
}

/// Writers without readers, and readers without writers.
fn pipes() {
    let mut ends = [0; 2];
    // SAFETY: descriptors of its own.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        libc::pipe(ends.as_mut_ptr());
        libc::close(ends[0]);
        for length in [0, 1, 4096, 65537, usize::MAX >> 1] {
            libc::write(ends[1], [0_u8; 65537].as_ptr().cast(), length);
        }
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::write(ends[1], [0_u8; 65537].as_ptr().cast(), 1);
    }
}

pub(crate) fn attack(random: &mut Random, rounds: u64) {
    programs::write("/tmp/hostile-thread", &programs::file(2));
    for _ in 0..rounds * 40 {
        let seed = random.any();
        child::run(Duration::from_millis(150), || process(seed));
        child::reap();
    }
    for _ in 0..rounds * 5 {
        child::run(Duration::from_millis(500), borrowed);
        child::run(Duration::from_millis(500), pipes);
    }
    // Killed at any moment of a file's use.
    for time in 0..rounds * 10 {
        child::run(Duration::from_millis(time % 10), || {
            let mut bytes = vec![1; 100_000];
            loop {
                if let Ok(mut file) = File::create("/tmp/hostile-shared") {
                    let _ = file.write_all(&bytes);
                }
                if let Ok(mut file) = File::open("/tmp/hostile-shared") {
                    let _ = file.read_exact(&mut bytes);
                }
                child::run(Duration::from_millis(1), || ());
            }
        });
    }
    let _ = std::fs::remove_file("/tmp/hostile-shared");
    let _ = std::fs::remove_file("/tmp/hostile-thread");
}
