//! Random numbers that the CPU draws from its own noise.
//!
//! `rdseed` gives what the noise source gives; `rdrand` a generator's numbers, seeded from it. Either may be missing, and either
//! may have nothing at the moment.

use core::arch::x86_64::{__cpuid, __cpuid_count, _rdrand64_step, _rdseed64_step};

/// How often an instruction is tried that has nothing at the moment; ten times is what Intel recommends for `rdrand`.
const TRIES: usize = 10;

/// Whether the CPU has `rdseed`.
fn has_seed() -> bool {
    __cpuid(0).eax >= 7 && __cpuid_count(7, 0).ebx >> 18 & 1 == 1
}

/// Whether the CPU has `rdrand`.
fn has_rand() -> bool {
    __cpuid(1).ecx >> 30 & 1 == 1
}

/// A number of the CPU's, if it has such instructions, and they have a number.
#[must_use]
pub fn number() -> Option<u64> {
    let mut number = 0;
    if has_seed() {
        for _ in 0..TRIES {
            // SAFETY: this CPU has the instruction, and it writes to this variable.
            if unsafe { _rdseed64_step(&mut number) } == 1 {
                return Some(number);
            }
            core::hint::spin_loop();
        }
    }
    if has_rand() {
        for _ in 0..TRIES {
            // SAFETY: the same.
            if unsafe { _rdrand64_step(&mut number) } == 1 {
                return Some(number);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{has_rand, has_seed, number};

    #[test]
    fn numbers_differ_where_there_are_any() {
        if has_seed() || has_rand() {
            let numbers: Vec<_> = (0..4).filter_map(|_| number()).collect();
            assert!(numbers.windows(2).all(|pair| pair[0] != pair[1]), "{numbers:x?}");
        }
    }
}
