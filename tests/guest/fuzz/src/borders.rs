//! Numbers at the borders of what a kernel counts with.

use guest_random::Random;

/// A number at a border: of integers, of addresses, of pages, of what a table holds.
pub(crate) fn border(random: &mut Random) -> u64 {
    const BORDERS: [u64; 26] = [
        0,
        1,
        2,
        3,
        7,
        63,
        64,
        255,
        256,
        1023,
        1024,
        4095,
        4096,
        65_535,
        65_536,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_fffe,
        0xffff_ffff,
        0x1_0000_0000,
        1 << 40,
        i64::MAX as u64,
        i64::MIN as u64,
        u64::MAX - 4095,
        u64::MAX - 1,
        u64::MAX,
    ];
    match random.below(8) {
        0 => random.any(),
        1 => 1 << random.below(64),
        2 => random.number(&BORDERS).wrapping_sub(random.below(9)),
        _ => random.number(&BORDERS),
    }
}
