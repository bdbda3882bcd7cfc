//! What nobody outside can know: when interrupts came, and what the CPU draws from its own noise.
//!
//! Each interrupt adds the moment at which it came to its CPU's pool, a few atomic words. Nobody waits for anybody: a pool is
//! written by its CPU only, in the dispatcher, where no other interrupt comes in between; whoever reads it gets whatever is there. What
//! is made of it stands above this crate.

use core::sync::atomic::{AtomicU64, Ordering};

use machine::cpu::{CpuIndex, Line, MAXIMUM, PerCpu};
use machine::{cpus, random, timer};

/// Words of a pool.
const WORDS: usize = 4;

/// One CPU's pool.
type Pool = [AtomicU64; WORDS];

/// The pools of all CPUs.
static POOLS: PerCpu<Pool> =
    PerCpu::new([const { Line::new([const { AtomicU64::new(0) }; WORDS]) }; MAXIMUM]);

/// Rotation of a word, in bits, before each moment is added. Only the low bits of a moment are unpredictable; without a rotation all of
/// them would fall on the same bits of the word. 19 bits keep those of the last three moments apart.
const TURN: u32 = 19;

/// Adds a moment to a word. The step is invertible, so it loses nothing that the word had; it does not mix, which the generator that
/// reads the pools does.
const fn add(word: u64, moment: u64) -> u64 {
    word.rotate_left(TURN) ^ moment
}

/// Reads a pool.
fn read(pool: &Pool) -> [u64; WORDS] {
    pool.each_ref().map(|word| word.load(Ordering::Relaxed))
}

/// Adds the current moment to the pool of `own`, at its interrupt `number`: the words take turns. Every interrupt pays for this, so it
/// touches one word.
pub(crate) fn stir(own: CpuIndex, number: u64) {
    let word = &POOLS[own][usize::try_from(number % WORDS as u64).unwrap_or(0)];
    word.store(add(word.load(Ordering::Relaxed), timer::counter()), Ordering::Relaxed);
}

/// Calls `each` with what the pools of all CPUs have, a word at a time.
pub fn timings(mut each: impl FnMut(u64)) {
    for index in cpus::all() {
        read(&POOLS[index]).into_iter().for_each(&mut each);
    }
}

/// A random number of the CPU's own, if it has such an instruction, and that has one at the moment.
#[must_use]
pub fn hardware() -> Option<u64> {
    random::number()
}

#[cfg(test)]
mod tests {
    use super::{TURN, add};

    #[test]
    fn the_low_bits_of_three_moments_stay_apart() {
        let moments = [0x5_a5a5_u64, 0x0_0001, 0x7_ffff];
        let word = moments.into_iter().fold(0, add);
        for (age, moment) in moments.into_iter().rev().enumerate() {
            let turned = word.rotate_right(TURN * u32::try_from(age).unwrap());
            assert_eq!(turned & ((1 << TURN) - 1), moment & ((1 << TURN) - 1));
        }
    }

    #[test]
    fn nothing_is_lost_when_a_moment_is_added() {
        let word = 0x0123_4567_89ab_cdef;
        assert_eq!((add(word, 0x77) ^ 0x77).rotate_right(TURN), word);
    }
}
