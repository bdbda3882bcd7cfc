//! The kernel's generator, and what it is seeded with.
//!
//! It is seeded when it is asked first, and again after some time or many numbers: often in the beginning, when little has happened
//! yet, and once a minute later. Each seed is stirred in, so that one that an attacker knows takes nothing away: what the CPU
//! draws from its noise, what the moments of interrupts have left on each CPU, and the clock.
//!
//! Where the CPU draws nothing, the first seed has the generator's own jitter too: how long the cipher takes, again and
//! again, to the last cycle.

use core::time::Duration;

use base::entropy;
use base::time::{Instant, counter};
use lockorder::{Before, Held, MaySpin, SpinLock, hierarchy};

use crate::generator::{Generator, Key, Stream};

hierarchy! {
    /// The kernel's generator of random numbers.
    pub class RandomPool in base::levels::Crypto = 0;
}

/// Words that the CPU is asked for, for each seed: twice a key.
const HARDWARE_WORDS: usize = 8;

/// How often the jitter is measured where the CPU draws nothing.
const JITTERS: usize = 512;

/// The time from the first seed to the second; each later one takes twice as long to come.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest time between two seeds.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How many bytes are given out of one seed.
const MOST_OF_A_SEED: usize = 1 << 20;

/// What is longer than this gets a key under the lock, and its bytes outside of it.
const SHORT: usize = 128;

/// A generator, and when it is seeded again.
struct Pool {
    generator: Generator,
    /// No time: it was never seeded.
    pause: Duration,
    seeded: Instant,
    /// Bytes given out since.
    given: usize,
}

/// Protects the generator; class `RandomPool`.
static POOL: SpinLock<RandomPool, Pool> = SpinLock::new(Pool {
    generator: Generator::new(),
    pause: Duration::ZERO,
    seeded: Instant::BOOT,
    given: 0,
});

impl Pool {
    /// Seeds the generator if it is time to.
    fn seed(&mut self) {
        let now = Instant::now();
        let is_first = self.pause.is_zero();
        if !is_first && self.given < MOST_OF_A_SEED && now.since(self.seeded) < self.pause {
            return;
        }
        let drawn = self.stir();
        if is_first && drawn == 0 {
            for _ in 0..JITTERS {
                self.generator.absorb(&counter().to_le_bytes());
            }
        }
        self.pause = self.pause.saturating_mul(2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        self.seeded = now;
        self.given = 0;
    }

    /// Stirs in what nobody knows; says how many words the CPU has drawn.
    fn stir(&mut self) -> usize {
        let mut block = Block::new(&mut self.generator);
        block.add(counter());
        entropy::timings(|word| block.add(word));
        let mut drawn = 0;
        for word in (0..HARDWARE_WORDS).map_while(|_| entropy::hardware()) {
            block.add(word);
            drawn += 1;
        }
        block.finish();
        drawn
    }

    /// Notes that so many bytes are given out.
    fn give(&mut self, count: usize) -> &mut Generator {
        self.seed();
        self.given = self.given.saturating_add(count);
        &mut self.generator
    }
}

/// Words on their way into a generator: a key's worth at a time.
struct Block<'a> {
    generator: &'a mut Generator,
    bytes: Key,
    used: usize,
}

impl<'a> Block<'a> {
    const fn new(generator: &'a mut Generator) -> Self {
        Self { generator, bytes: [0; _], used: 0 }
    }

    /// Adds a word.
    fn add(&mut self, word: u64) {
        let word = word.to_le_bytes();
        let place = self.bytes.get_mut(self.used..).unwrap_or_default();
        place.iter_mut().zip(word).for_each(|(byte, new)| *byte = new);
        self.used = self.used.saturating_add(word.len());
        if self.used >= self.bytes.len() {
            self.generator.absorb(&self.bytes);
            self.used = 0;
        }
    }

    /// Has the generator take what is left.
    fn finish(self) {
        self.generator.absorb(&self.bytes);
    }
}

/// Runs an operation on the pool.
fn with_pool<O>(
    held: &mut Held<'_, impl Before<RandomPool>, impl MaySpin>,
    operation: impl FnOnce(&mut Pool) -> O,
) -> O {
    let mut held = held.below::<RandomPool>();
    held.to_atomic().with(&POOL, |pool, _| operation(pool))
}

/// Fills bytes with random numbers. With anything held that ranks outside of [`RandomPool`]; never waits for numbers.
pub fn fill(held: &mut Held<'_, impl Before<RandomPool>, impl MaySpin>, to: &mut [u8]) {
    if to.len() > SHORT {
        stream(held, to.len()).fill(to);
    } else {
        with_pool(held, |pool| pool.give(to.len()).fill(to));
    }
}

/// A random number.
pub fn number(held: &mut Held<'_, impl Before<RandomPool>, impl MaySpin>) -> u64 {
    let mut bytes = [0; 8];
    fill(held, &mut bytes);
    u64::from_le_bytes(bytes)
}

/// Random numbers of a key of their own, for a request of so many bytes.
pub(crate) fn stream(held: &mut Held<'_, impl Before<RandomPool>, impl MaySpin>, count: usize) -> Stream {
    Stream::new(with_pool(held, |pool| pool.give(count).key()))
}

/// Stirs in what somebody thinks is random.
pub fn stir(held: &mut Held<'_, impl Before<RandomPool>, impl MaySpin>, input: &[u8]) {
    with_pool(held, |pool| pool.generator.absorb(input));
}
