//! Numbers that a kernel may not like, always the same ones for a seed.

/// `SplitMix64` (Steele, Lea and Flood, 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub(crate) const fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ number >> 31
    }

    /// A number below `end`.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.any() % end
    }

    /// One of these.
    pub(crate) fn of(&mut self, numbers: &[u64]) -> u64 {
        let place = usize::try_from(self.below(numbers.len() as u64)).unwrap_or(0);
        numbers.get(place).copied().unwrap_or(0)
    }

    /// A number at a border.
    pub(crate) fn odd(&mut self) -> u64 {
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
        match self.below(8) {
            0 => self.any(),
            1 => self.below(64),
            2 => 1 << self.below(64),
            3 => self.of(&BORDERS).wrapping_sub(self.below(9)),
            _ => self.of(&BORDERS),
        }
    }
}
