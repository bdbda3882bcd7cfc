//! What words are told apart by.

/// A word of user memory, whatever address it has where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A word of one address space.
    Private {
        /// The address space's number.
        space: u64,
        /// The word's address.
        address: u64,
    },
    /// A word that several address spaces may have.
    Shared {
        /// The number of the file or of the memory that it lies in.
        object: u64,
        /// Its place there.
        offset: u64,
    },
}

/// An odd number without a pattern: 2^64 divided by the golden ratio (Knuth, "The Art of Computer Programming", volume 3, 6.4).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Key {
    /// Its bucket, of `count`: words beside each other, and the same word of other address spaces, go to different ones.
    pub(crate) const fn bucket(self, count: usize) -> usize {
        let (high, low) = match self {
            Self::Private { space, address } => (space, address),
            Self::Shared { object, offset } => (!object, offset),
        };
        // Words lie at multiples of four.
        let mixed = (high.wrapping_mul(SPREAD).rotate_left(32) ^ (low >> 2)).wrapping_mul(SPREAD);
        // The upper bits depend on all.
        ((mixed >> 32) % count as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    /// How many of 1,000 keys go to each of 256 buckets, at most.
    fn fullest(key: impl Fn(u64) -> Key) -> usize {
        let mut buckets = [0; 256];
        for number in 0..1000 {
            buckets[key(number).bucket(256)] += 1;
        }
        *buckets.iter().max().expect("there are some")
    }

    #[test]
    fn keys_are_spread() {
        let word = |number| Key::Private { space: 1, address: 0x7fff_0000_1000 + 4 * number };
        let page = |number| Key::Private { space: 1, address: 0x5555_0000_0000 + 4096 * number };
        let space = |number| Key::Private { space: number, address: 0x5555_0000_0010 };
        let shared = |number| Key::Shared { object: number, offset: 0 };
        for fullest in [fullest(word), fullest(page), fullest(space), fullest(shared)] {
            assert!(fullest <= 20, "{fullest} in one bucket, where 4 would be even");
        }
    }

    #[test]
    fn shared_words_are_not_private_ones() {
        let private = Key::Private { space: 1, address: 8 };
        assert_ne!(private, Key::Shared { object: 1, offset: 8 });
    }
}
