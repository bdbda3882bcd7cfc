//! Numbers that look random and are the same each time: xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift
//! generators, scrambled", section 3).

/// A generator.
pub(crate) struct Random(u64);

impl Random {
    /// A generator of a seed's own.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let upper = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        usize::try_from(upper).expect("32 bits") % end
    }
}
