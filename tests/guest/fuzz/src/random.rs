//! Numbers drawn, always the same ones for a seed.
//!
//! Each process and each thread has a generator of its own, whose seed another one drew: so what one of them draws does not depend
//! on who runs when.

/// `SplitMix64` (Steele, Lea and Flood, 2014).
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The generator with this seed.
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

    /// A number below `end`; 0 below 0.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        match self.any().checked_rem(end) {
            Some(number) => number,
            None => 0,
        }
    }

    /// True once in `times`.
    pub(crate) const fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of these; none of nothing.
    pub(crate) fn of<'a, T>(&mut self, values: &'a [T]) -> Option<&'a T> {
        let place = usize::try_from(self.below(values.len() as u64)).unwrap_or(0);
        values.get(place)
    }

    /// One of these numbers; 0 of none.
    pub(crate) fn number(&mut self, numbers: &[u64]) -> u64 {
        self.of(numbers).copied().unwrap_or(0)
    }

    /// A number at a border: of integers, of addresses, of pages, of what a table holds.
    pub(crate) fn border(&mut self) -> u64 {
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
        match self.below(8) {
            0 => self.any(),
            1 => 1 << self.below(64),
            2 => self.number(&BORDERS).wrapping_sub(self.below(9)),
            _ => self.number(&BORDERS),
        }
    }
}
