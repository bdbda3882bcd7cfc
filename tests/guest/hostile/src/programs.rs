//! Programs that are none: a small one whose headers are changed at random.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use crate::borders::odd;
use crate::child;
use guest_random::Random;

const PATH: &str = "/tmp/hostile-program";

/// A program that ends with 0 if all its registers, flags and bases are zero when it begins, else with 1.
pub(crate) const CODE: [u8; 64] = {
    let code: [u8; 58] = [
        0x48, 0x09, 0xd8, // or rax, rbx
        0x48, 0x09, 0xc8, // or rax, rcx
        0x48, 0x09, 0xd0, // or rax, rdx
        0x48, 0x09, 0xf0, // or rax, rsi
        0x48, 0x09, 0xf8, // or rax, rdi
        0x48, 0x09, 0xe8, // or rax, rbp
        0x4c, 0x09, 0xc0, // or rax, r8
        0x4c, 0x09, 0xc8, // or rax, r9
        0x4c, 0x09, 0xd0, // or rax, r10
        0x4c, 0x09, 0xd8, // or rax, r11
        0x4c, 0x09, 0xe0, // or rax, r12
        0x4c, 0x09, 0xe8, // or rax, r13
        0x4c, 0x09, 0xf0, // or rax, r14
        0x4c, 0x09, 0xf8, // or rax, r15
        0x31, 0xff, // xor edi, edi
        0x48, 0x85, 0xc0, // test rax, rax
        0x40, 0x0f, 0x95, 0xc7, // setne dil
        0xb8, 0x3c, 0, 0, 0, // mov eax, 60
        0x0f, 0x05, // syscall
    ];
    let mut padded = [0xf4; 64];
    let mut place = 0;
    while place < code.len() {
        padded[place] = code[place];
        place += 1;
    }
    padded
};

/// Its file: the header, three segments, the code.
pub(crate) fn file(kind: u16) -> Vec<u8> {
    let base: u64 = if kind == 2 { 0x40_0000 } else { 0 };
    let mut file = Vec::new();
    file.extend_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    for half in [kind, 62, 1, 0] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    for word in [base + 232, 64, 0] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for half in [0_u16, 0, 64, 56, 3, 64, 0, 0] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    let mut segment = |kind: u32, flags: u32, words: [u64; 6]| {
        file.extend_from_slice(&kind.to_le_bytes());
        file.extend_from_slice(&flags.to_le_bytes());
        for word in words {
            file.extend_from_slice(&word.to_le_bytes());
        }
    };
    segment(1, 5, [0, base, base, 296, 296, 4096]);
    segment(1, 6, [0, base + 0x2000, 0, 296, 0x3000, 4096]);
    segment(4, 4, [0, 0, 0, 0, 0, 4]);
    file.extend_from_slice(&CODE);
    file
}

/// Writes a program.
pub(crate) fn write(path: &str, file: &[u8]) {
    let _ = fs::remove_file(path);
    if fs::write(path, file).is_ok() {
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o755));
    }
}

/// Becomes a program.
pub(crate) fn execute(path: &std::ffi::CStr) {
    let arguments = [path.as_ptr(), std::ptr::null()];
    // SAFETY: strings and lists that end.
    unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), arguments[1..].as_ptr()) };
}

pub(crate) fn attack(random: &mut Random, rounds: u64) {
    for _ in 0..rounds * 150 {
        let mut bytes = file(if random.below(2) == 0 { 2 } else { 3 });
        for _ in 0..=random.below(3) {
            if random.below(2) == 0 {
                let place = usize::try_from(random.below(232)).unwrap_or(0);
                bytes[place] = random.any().to_le_bytes()[0];
            } else {
                // A whole field of a segment, or the table's place, or the entry.
                let place =
                    usize::try_from(random.number(&[24, 32, 72, 80, 96, 104, 128, 136, 152, 160, 184]))
                        .unwrap_or(24);
                let word = if random.below(3) == 0 { odd(random) & !0xfff } else { odd(random) };
                bytes[place..place + 8].copy_from_slice(&word.to_le_bytes());
                if random.below(6) == 0 {
                    // An interpreter.
                    bytes[176..180].copy_from_slice(&3_u32.to_le_bytes());
                }
            }
        }
        write(PATH, &bytes);
        child::run(Duration::from_millis(200), || execute(c"/tmp/hostile-program"));
    }
    for text in ["#!", "#!/tmp/hostile-program", "#! \t \n", "#!/", "#!//\n\0", "\x7fELF", ""] {
        write(PATH, text.as_bytes());
        child::run(Duration::from_millis(200), || execute(c"/tmp/hostile-program"));
    }
    // An interpreter that asks for the last pages there are, and gets others.
    let mut high = file(2);
    for (place, word) in [(24, 0x7fff_ffff_a0e8_u64), (80, 0x7fff_ffff_a000), (136, 0x7fff_ffff_c000)] {
        high[place..place + 8].copy_from_slice(&word.to_le_bytes());
    }
    write("/tmp/hostile-high", &high);
    let mut interpreted = file(3);
    interpreted[176..180].copy_from_slice(&3_u32.to_le_bytes());
    interpreted[184..192].copy_from_slice(&296_u64.to_le_bytes());
    interpreted[208..216].copy_from_slice(&18_u64.to_le_bytes());
    interpreted.extend_from_slice(b"/tmp/hostile-high\0");
    write(PATH, &interpreted);
    for _ in 0..rounds {
        child::run(Duration::from_millis(500), || execute(c"/tmp/hostile-program"));
    }
    let _ = fs::remove_file("/tmp/hostile-high");
    let _ = fs::remove_file(PATH);
}
