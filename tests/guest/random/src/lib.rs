//! Numbers drawn, always the same ones for a seed.

/// `SplitMix64` (Steele, Lea and Flood, 2014).
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// The generator with this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub const fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ number >> 31
    }

    /// A number below `end`; 0 below 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        match self.any().checked_rem(end) {
            Some(number) => number,
            None => 0,
        }
    }

    /// True once in `times`.
    pub const fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of these; none of nothing.
    pub fn of<'a, T>(&mut self, values: &'a [T]) -> Option<&'a T> {
        let place = usize::try_from(self.below(values.len() as u64)).unwrap_or(0);
        values.get(place)
    }

    /// One of these numbers; 0 of none.
    pub fn number(&mut self, numbers: &[u64]) -> u64 {
        self.of(numbers).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_seed_gives_the_numbers_that_others_get_of_it() {
        let mut random = Random::new(1_234_567);
        // Those of the generator's authors.
        assert_eq!([random.any(), random.any()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let mut random = Random::new(1);
        assert_eq!((random.below(0), random.number(&[]), random.of::<u8>(&[])), (0, 0, None));
        assert!((0..100).all(|_| random.below(7) < 7));
    }
}
