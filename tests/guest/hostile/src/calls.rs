//! Every system call with arguments that make no sense, or nearly some.

use std::time::Duration;

use crate::borders::odd;
use crate::child;
use guest_random::Random;

/// The last number, and some beyond it.
const LAST: u64 = 462;
/// What would end the attack: `reboot`, `kill`, `tkill`, `tgkill`, `rt_sigqueueinfo`, `rt_tgsigqueueinfo`, and a `setpgid` that gets
/// away.
const SPARED: [u64; 7] = [169, 62, 200, 234, 129, 297, 109];
/// `clone`, `fork`, `vfork`, `clone3`.
const MAKERS: [u64; 4] = [56, 57, 58, 435];
/// Paths that calls are given.
const PATHS: [&[u8]; 8] = [
    b"/tmp/a\0",
    b"/tmp/b/../c\0",
    b"/proc/self/stat\0",
    b"/dev/zero\0",
    b"\0",
    b"/tmp\0",
    b"../..//./tmp/d\0",
    b"/proc/1/cmdline\0",
];

/// Memory that has a hole in its middle, followed by pages that are not to be written.
struct Memory(u64);

impl Memory {
    fn new() -> Self {
        let (protection, flags) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: memory that nobody has.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), 5 * 4096, protection, flags, -1, 0) };
        // SAFETY: the middle of that, and its end.
        unsafe {
            libc::munmap(start.wrapping_byte_add(8192), 4096);
            libc::mprotect(start.wrapping_byte_add(4 * 4096), 4096, libc::PROT_READ);
        }
        Self(start as u64)
    }

    /// An address in it, at a border or not.
    fn place(&self, random: &mut Random) -> u64 {
        let page = 4096 * random.below(6);
        self.0 + page + random.number(&[0, 0, 8, 1, 2048, 4088, 4090, 4095])
    }

    /// Fills it with numbers that structures could have.
    fn fill(&self, random: &mut Random) {
        for page in [0, 1, 3] {
            for place in 0..512 {
                let word = if random.below(2) == 0 { odd(random) } else { self.place(random) };
                // SAFETY: one of the words of a page that is there.
                unsafe { std::ptr::write((self.0 + page * 4096 + place * 8) as *mut u64, word) };
            }
        }
    }

    fn argument(&self, random: &mut Random) -> u64 {
        match random.below(8) {
            0..3 => self.place(random),
            3 => random.number(&PATHS.map(|path| path.as_ptr() as u64)),
            4 => random.below(8),
            5 => random.below(4096),
            _ => odd(random),
        }
    }
}

/// One call.
fn call(number: u64, a: [u64; 6]) {
    // SAFETY: this program has nothing that it would miss.
    unsafe {
        std::arch::asm!("syscall", inlateout("rax") number => _, in("rdi") a[0], in("rsi") a[1], in("rdx") a[2],
            in("r10") a[3], in("r8") a[4], in("r9") a[5], out("rcx") _, out("r11") _);
    }
}

/// Closes the console to whom it is not meant for, and gives some files to try.
fn files() {
    // SAFETY: paths that are there; numbers that nobody uses.
    unsafe {
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        for number in 0..3 {
            libc::dup2(null, number);
        }
        libc::open(c"/tmp/hostile-file".as_ptr(), libc::O_RDWR | libc::O_CREAT, 0o666);
        libc::open(c"/tmp".as_ptr(), libc::O_RDONLY);
        let mut ends = [0; 2];
        libc::pipe(ends.as_mut_ptr());
        libc::open(c"/dev/zero".as_ptr(), libc::O_RDWR);
        libc::open(c"/proc".as_ptr(), libc::O_RDONLY);
    }
}

pub(crate) fn attack(random: &mut Random, rounds: u64) {
    for number in 0..LAST {
        if SPARED.contains(&number) {
            continue;
        }
        for _ in 0..rounds {
            let seed = random.any();
            child::run(Duration::from_millis(60), || {
                files();
                let mut random = Random::new(seed);
                let memory = Memory::new();
                // Who makes processes has them make more.
                for _ in 0..if MAKERS.contains(&number) { 4 } else { 30 } {
                    memory.fill(&mut random);
                    let arguments = [(); 6].map(|()| memory.argument(&mut random));
                    call(number, arguments);
                }
            });
        }
    }
    // All of them at once, by one process each.
    for _ in 0..rounds * 20 {
        let seed = random.any();
        child::run(Duration::from_millis(200), || {
            files();
            let mut random = Random::new(seed);
            let memory = Memory::new();
            for _ in 0..300 {
                memory.fill(&mut random);
                let number = random.below(LAST);
                if !SPARED.contains(&number) && number != 60 && number != 231 {
                    let arguments = [(); 6].map(|()| memory.argument(&mut random));
                    call(number, arguments);
                }
            }
        });
    }
}
