//! What nobody outside can know: when interrupts came, and what the CPU draws from its own noise.
//!
//! Each interrupt stirs its CPU's pool, a few atomic words, with the moment at which it came. Nobody waits for anybody: a pool is
//! written by its CPU only, in the dispatcher, where no other interrupt comes in between; whoever reads it gets whatever is there. What
//! is made of it stands above this crate.

use core::sync::atomic::{AtomicU64, Ordering};

use machine::cpu::{CpuIndex, Line, MAXIMUM, PerCpu};
use machine::{cpus, random, timer};

/// Words of a pool.
const WORDS: usize = 4;

/// One CPU's pool.
type Pool = [AtomicU64; WORDS];

/// What a pool begins with: the constants of `SipHash`, text that leaves no choice.
const BEGIN: [u64; WORDS] =
    [0x736f_6d65_7073_6575, 0x646f_7261_6e64_6f6d, 0x6c79_6765_6e65_7261, 0x7465_6462_7974_6573];

/// The pools of all CPUs.
static POOLS: PerCpu<Pool> = PerCpu::new(
    [const {
        Line::new([
            AtomicU64::new(BEGIN[0]),
            AtomicU64::new(BEGIN[1]),
            AtomicU64::new(BEGIN[2]),
            AtomicU64::new(BEGIN[3]),
        ])
    }; MAXIMUM],
);

/// One round of `SipHash` (Aumasson and Bernstein, 2012) with a word: every word changes with every other.
const fn mix([a, b, c, d]: [u64; WORDS], word: u64) -> [u64; WORDS] {
    let d = d ^ word;
    let a = a.wrapping_add(b);
    let b = b.rotate_left(13) ^ a;
    let a = a.rotate_left(32);
    let c = c.wrapping_add(d);
    let d = d.rotate_left(16) ^ c;
    let a = a.wrapping_add(d);
    let d = d.rotate_left(21) ^ a;
    let c = c.wrapping_add(b);
    let b = b.rotate_left(17) ^ c;
    let c = c.rotate_left(32);
    [a ^ word, b, c, d]
}

/// Reads a pool.
fn read(pool: &Pool) -> [u64; WORDS] {
    pool.each_ref().map(|word| word.load(Ordering::Relaxed))
}

/// Stirs a CPU's pool with an interrupt that it takes now.
pub(crate) fn stir(own: CpuIndex, vector: u8) {
    let pool = &POOLS[own];
    let mixed = mix(read(pool), timer::counter() ^ u64::from(vector).rotate_right(8));
    pool.iter().zip(mixed).for_each(|(word, mixed)| word.store(mixed, Ordering::Relaxed));
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
    use super::{BEGIN, mix};

    #[test]
    fn a_bit_changes_every_word_within_two_rounds() {
        for bit in 0..64 {
            let [with, without] = [1_u64 << bit, 0].map(|word| mix(mix(BEGIN, word), 0));
            for (with, without) in with.into_iter().zip(without) {
                assert!((with ^ without).count_ones() > 1, "bit {bit}: {with:#x}, {without:#x}");
            }
        }
    }
}
