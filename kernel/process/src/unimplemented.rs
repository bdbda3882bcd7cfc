//! System calls that programs ask for and that are not there: by number and program.
//!
//! A few hundred pairs are told apart, which is more than a system asks for; what comes after them is counted together. Whoever
//! dispatches calls counts; `/proc/lockorder/unimplemented` shows.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use base::sched::Mutex;
use lockorder::{Root, Task, hierarchy};

hierarchy! {
    /// Which calls were asked for in vain.
    pub class AskedInVain in base::levels::User = 5;
}

/// The most pairs that are told apart.
const MOST: usize = 256;
/// The longest name of a program.
const LONGEST: usize = 15;

/// What a program has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The call's number.
    pub number: u32,
    /// How often.
    pub count: u64,
    program: [u8; LONGEST],
    length: usize,
}

impl Asked {
    /// The program's name.
    #[must_use]
    pub fn program(&self) -> &[u8] {
        self.program.get(..self.length).unwrap_or_default()
    }
}

/// Protects the pairs; class `AskedInVain`.
static PAIRS: Mutex<AskedInVain, Vec<Asked>> = Mutex::new(Vec::new());
/// What was asked for beyond those.
static OTHERS: AtomicU64 = AtomicU64::new(0);

/// Counts one among those that there are; says whether it was.
fn add(pairs: &mut Vec<Asked>, number: u32, name: &[u8]) -> bool {
    let length = name.len().min(LONGEST);
    if let Some(asked) =
        pairs.iter_mut().find(|asked| asked.number == number && asked.program() == &name[..length])
    {
        asked.count += 1;
        return true;
    }
    if pairs.len() >= MOST || pairs.try_reserve(1).is_err() {
        return false;
    }
    let mut program = [0; LONGEST];
    program[..length].copy_from_slice(&name[..length]);
    pairs.push(Asked { number, count: 1, program, length });
    true
}

/// Counts one that a program of this name has asked for.
pub fn count(held: &mut Root<'_, Task>, number: u32, name: &[u8]) {
    if !held.with(&PAIRS, |pairs, _| add(pairs, number, name)) {
        OTHERS.fetch_add(1, Ordering::Relaxed);
    }
}

/// The pair at a place, in the order in which they came.
pub fn at(held: &mut Root<'_, Task>, place: usize) -> Option<Asked> {
    held.with(&PAIRS, |pairs, _| pairs.get(place).copied())
}

/// How often was asked for what is not told apart.
pub fn others() -> u64 {
    OTHERS.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::{MOST, add};

    #[test]
    fn calls_are_counted_by_number_and_program() {
        let mut pairs = Vec::new();
        for (number, name) in
            [(7, &b"sh"[..]), (7, b"sh"), (7, b"ls"), (8, b"sh"), (8, b"a-name-of-more-than-15-bytes")]
        {
            assert!(add(&mut pairs, number, name));
        }
        let seen: Vec<_> = pairs.iter().map(|asked| (asked.number, asked.program(), asked.count)).collect();
        assert_eq!(seen, [(7, &b"sh"[..], 2), (7, b"ls", 1), (8, b"sh", 1), (8, b"a-name-of-more-", 1)]);
    }

    #[test]
    fn a_program_that_asks_for_everything_takes_no_more_room() {
        let mut pairs = Vec::new();
        let added = (0..1000).filter(|&number| add(&mut pairs, number, b"fuzz")).count();
        assert_eq!((added, pairs.len()), (MOST, MOST));
        assert!(add(&mut pairs, 3, b"fuzz"), "what is there is counted on");
    }
}
