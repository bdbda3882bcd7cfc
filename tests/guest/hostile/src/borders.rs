//! Numbers that a kernel may not like.

use guest_random::Random;

/// A number at a border.
pub(crate) fn odd(random: &mut Random) -> u64 {
    const BORDERS: [u64; 22] = [
        0,
        1,
        2,
        4095,
        4096,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        0x1_0000_0000,
        0x7fff_ffff_efff,
        0x7fff_ffff_f000,
        0x7fff_ffff_ffff,
        0x8000_0000_0000,
        0xffff_7fff_ffff_ffff,
        0xffff_8000_0000_0000,
        0xffff_ffff_8000_0000,
        0xffff_ffff_8010_0000,
        i64::MAX as u64,
        i64::MIN as u64,
        u64::MAX - 4095,
        u64::MAX - 7,
        u64::MAX,
    ];
    match random.below(8) {
        0 => random.any(),
        1 => random.below(64),
        2 => 1 << random.below(64),
        3 => random.number(&BORDERS).wrapping_sub(random.below(9)),
        _ => random.number(&BORDERS),
    }
}
