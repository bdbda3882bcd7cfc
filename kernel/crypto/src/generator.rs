//! A generator with fast key erasure (Bernstein, "Fast-key-erasure random-number generators", 2017).
//!
//! The key makes a block of the cipher's stream: the first bytes of that are the next key, the others are given out. The key
//! before is gone then, and what was given out is erased: whoever reads the generator's memory learns nothing of numbers
//! that were given out.

use core::hint::black_box;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Bytes of a key.
pub(crate) const KEY: usize = 32;

/// Bytes that a key makes at once: four blocks of the cipher.
const BLOCK: usize = 256;

/// Bytes of these that are given out.
pub(crate) const READY: usize = BLOCK - KEY;

/// A key of the cipher.
pub(crate) type Key = [u8; KEY];

/// The generator. The same input gives the same numbers.
pub(crate) struct Generator {
    key: Key,
    /// Zero up to `used`, where it was given out, and fresh from there on.
    ready: [u8; READY],
    used: usize,
}

/// Numbers of one key, for one request.
pub(crate) struct Stream(ChaCha20Rng);

impl Stream {
    /// The numbers of a key.
    pub(crate) fn new(key: Key) -> Self {
        Self(ChaCha20Rng::from_seed(key))
    }

    /// The next numbers.
    pub(crate) fn fill(&mut self, to: &mut [u8]) {
        self.0.fill_bytes(to);
    }
}

impl Drop for Stream {
    /// Erases the key: another one's state takes its place.
    fn drop(&mut self) {
        self.0 = ChaCha20Rng::from_seed([0; KEY]);
        black_box(&self.0);
    }
}

impl Generator {
    /// One that knows nothing yet.
    pub(crate) const fn new() -> Self {
        Self { key: [0; KEY], ready: [0; READY], used: READY }
    }

    /// Makes the next numbers, and the next key.
    fn refill(&mut self) {
        let mut stream = Stream::new(self.key);
        stream.fill(&mut self.key);
        stream.fill(&mut self.ready);
        self.used = 0;
    }

    /// Has all that follows depend on `input` too. Numbers that were made before it are not given out.
    pub(crate) fn absorb(&mut self, input: &[u8]) {
        for part in input.chunks(KEY) {
            self.key.iter_mut().zip(part).for_each(|(key, input)| *key ^= input);
            self.refill();
        }
        self.ready.fill(0);
        self.used = READY;
    }

    /// Gives numbers out.
    pub(crate) fn fill(&mut self, to: &mut [u8]) {
        let mut rest = to;
        while !rest.is_empty() {
            if self.used >= READY {
                self.refill();
            }
            let ready = self.ready.get_mut(self.used..).unwrap_or_default();
            let count = ready.len().min(rest.len());
            let (Some(ready), Some((now, later))) =
                (ready.get_mut(..count), rest.split_at_mut_checked(count))
            else {
                return;
            };
            now.copy_from_slice(ready);
            ready.fill(0);
            self.used = self.used.saturating_add(count);
            rest = later;
        }
    }

    /// A key for one request.
    pub(crate) fn key(&mut self) -> Key {
        let mut key = [0; KEY];
        self.fill(&mut key);
        key
    }
}

#[cfg(test)]
mod tests {
    use super::{Generator, KEY, READY, Stream};

    fn numbers<const COUNT: usize>(generator: &mut Generator) -> [u8; COUNT] {
        let mut numbers = [0; COUNT];
        generator.fill(&mut numbers);
        numbers
    }

    /// RFC 8439, appendix A.1, vectors 1 and 2: the stream of a key of zeros.
    #[test]
    fn the_cipher_is_chacha20() {
        let mut bytes = [0; 128];
        Stream::new([0; KEY]).fill(&mut bytes);
        assert_eq!(bytes[..8], [0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90]);
        assert_eq!(bytes[56..64], [0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86]);
        assert_eq!(bytes[64..72], [0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a]);
    }

    #[test]
    fn what_was_given_out_is_gone() {
        let mut generator = Generator::new();
        generator.absorb(b"a seed that somebody knows");
        let mut given = Vec::new();
        for count in [1, 7, 100, READY - 108, 5] {
            let mut numbers = vec![0; count];
            let key = generator.key;
            generator.fill(&mut numbers);
            given.extend(numbers);
            // A block before the last five bytes: the key that made them has been replaced.
            assert_eq!(generator.key == key, given.len() != 1 && given.len() <= READY);
        }
        assert!(generator.ready[..generator.used].iter().all(|&byte| byte == 0));
        let left: Vec<_> = generator.key.iter().chain(&generator.ready).copied().collect();
        for numbers in given.windows(8) {
            assert!(!left.windows(8).any(|window| window == numbers), "{numbers:?} is still there");
        }
    }

    #[test]
    fn a_block_is_the_next_key_and_then_numbers() {
        let mut generator = Generator::new();
        let mut block = [0; KEY + READY];
        Stream::new([0; KEY]).fill(&mut block);
        assert_eq!(numbers::<READY>(&mut generator)[..], block[KEY..]);
        assert_eq!(generator.key[..], block[..KEY]);
        let mut next = [0; KEY + READY];
        Stream::new(generator.key).fill(&mut next);
        assert_eq!(numbers::<10>(&mut generator)[..], next[KEY..KEY + 10]);
    }

    #[test]
    fn requests_of_any_length_are_one_stream() {
        let mut whole = vec![0; 3000];
        Generator::new().fill(&mut whole);
        let mut generator = Generator::new();
        let mut parts = Vec::new();
        for count in (0..).take_while(|count| count * (count + 1) / 2 <= 3000) {
            let mut part = vec![0; count];
            generator.fill(&mut part);
            parts.extend(part);
        }
        assert_eq!(whole[..parts.len()], parts[..]);
    }

    #[test]
    fn every_byte_of_input_counts() {
        let seeded = |input: &[u8]| {
            let mut generator = Generator::new();
            generator.absorb(input);
            numbers::<16>(&mut generator)
        };
        let input = [3; 100];
        for place in 0..input.len() {
            let mut other = input;
            other[place] ^= 1;
            assert_ne!(seeded(&input), seeded(&other));
        }
        let mut late = Generator::new();
        let before = numbers::<16>(&mut late);
        late.absorb(&input);
        assert_ne!(before, numbers::<16>(&mut late));
        assert_ne!(numbers::<16>(&mut late), seeded(&input));
    }
}
