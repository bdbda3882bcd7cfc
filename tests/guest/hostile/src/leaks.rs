//! What the kernel might give away: registers of a new program, padding of structures, files of `/proc`.

use std::fs;
use std::time::Duration;

use crate::child;
use crate::programs;
use guest_random::Random;

/// Whether these bytes hold what looks like an address of the kernel's.
fn has_address(bytes: &[u8]) -> bool {
    bytes.windows(8).any(|word| {
        word[7] == 0xff && word[6] == 0xff && (0x80..0xff).contains(&word[5]) && word[..5] != [0xff; 5]
    })
}

/// Ends with a complaint.
fn demand(holds: bool, what: &str) {
    if !holds {
        println!("hostile: the kernel gives away {what}");
        std::process::exit(1);
    }
}

pub(crate) fn attack(_random: &mut Random, rounds: u64) {
    programs::write("/tmp/hostile-clean", &programs::file(2));
    for _ in 0..rounds * 5 {
        let status = child::run(Duration::from_secs(5), || programs::execute(c"/tmp/hostile-clean"));
        demand(status == Some(0), &format!("registers to a new program, which ends with {status:?}"));
    }
    let _ = fs::remove_file("/tmp/hostile-clean");
    for path in ["/proc/self", "/proc/1", "/proc"] {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_file()) {
                let bytes = fs::read(entry.path()).unwrap_or_default();
                demand(!has_address(&bytes), &format!("{}", entry.path().display()));
            }
        }
    }
    let mut bytes = vec![0_u8; 4096];
    let to = bytes.as_mut_ptr() as u64;
    // Number, and where the buffer goes.
    let calls: [(u64, [u64; 6]); 9] = [
        (4, [c"/tmp".as_ptr() as u64, to, 0, 0, 0, 0]),
        (63, [to, 0, 0, 0, 0, 0]),
        (99, [to, 0, 0, 0, 0, 0]),
        (98, [0, to, 0, 0, 0, 0]),
        (137, [c"/".as_ptr() as u64, to, 0, 0, 0, 0]),
        (332, [0, c"/tmp".as_ptr() as u64, 0, 0xfff, to, 0]),
        (131, [0, to, 0, 0, 0, 0]),
        (13, [2, 0, to, 8, 0, 0]),
        (100, [to, 0, 0, 0, 0, 0]),
    ];
    for (number, a) in calls {
        bytes.fill(0);
        // SAFETY: what is written is not longer than the buffer.
        unsafe { libc::syscall(i64::try_from(number).unwrap_or(0), a[0], a[1], a[2], a[3], a[4], a[5]) };
        demand(!has_address(&bytes), &format!("an address, by call {number}"));
    }
    // A pipe gives what was written, and a file that was extended zeros.
    let path = "/tmp/hostile-hole";
    let file = fs::File::create(path);
    if let Ok(file) = file {
        let _ = file.set_len(100_000);
        let read = fs::read(path).unwrap_or_default();
        demand(read.iter().all(|&byte| byte == 0), "old memory in a file");
    }
    let _ = fs::remove_file(path);
    // SAFETY: new memory, as long as asked for.
    unsafe {
        let length = 4 << 20;
        let start = libc::mmap(
            std::ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if start != libc::MAP_FAILED {
            let memory = std::slice::from_raw_parts(start.cast::<u64>(), length / 8);
            demand(memory.iter().all(|&word| word == 0), "old memory");
            libc::munmap(start, length);
        }
    }
}
