//! What an operation on several semaphores of a set does: all of it, or nothing.

use abi::{Errno, Result};

/// The most that a semaphore counts to.
pub const MOST_VALUE: i32 = 32767;

/// One semaphore.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Semaphore {
    /// What it counts.
    pub value: i32,
    /// The process that has changed it last.
    pub process: u32,
    /// How many threads wait for it to grow.
    pub grows: u32,
    /// How many wait for it to be zero.
    pub ends: u32,
}

/// A part of an operation: what is added to one semaphore; 0 waits for it to be zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Which of the set.
    pub which: u16,
    /// What is added.
    pub change: i16,
    /// It is undone when the process ends.
    pub undo: bool,
    /// The operation fails where this part would wait.
    pub nonblocking: bool,
}

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It waits because of one part.
    Waits(Operation),
}

/// Does all parts, or nothing.
///
/// # Errors
///
/// [`Errno::EFBIG`] for a semaphore that the set does not have; [`Errno::ERANGE`] beyond [`MOST_VALUE`].
pub fn operate(semaphores: &mut [Semaphore], parts: &[Operation], process: u32) -> Result<Outcome> {
    if parts.iter().any(|part| usize::from(part.which) >= semaphores.len()) {
        return Err(Errno::EFBIG);
    }
    let mut outcome = Ok(Outcome::Done);
    let mut done = 0;
    for part in parts {
        let Some(semaphore) = semaphores.get_mut(usize::from(part.which)) else { break };
        let changed = semaphore.value + i32::from(part.change);
        outcome = match part.change {
            0 if semaphore.value != 0 => Ok(Outcome::Waits(*part)),
            _ if changed < 0 => Ok(Outcome::Waits(*part)),
            _ if changed > MOST_VALUE => Err(Errno::ERANGE),
            _ => Ok(Outcome::Done),
        };
        if outcome != Ok(Outcome::Done) {
            break;
        }
        semaphore.value = changed;
        done += 1;
    }
    let all = outcome == Ok(Outcome::Done);
    for part in parts.iter().take(done) {
        if let Some(semaphore) = semaphores.get_mut(usize::from(part.which)) {
            if all {
                semaphore.process = process;
            } else {
                semaphore.value -= i32::from(part.change);
            }
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use abi::Errno;

    use super::{MOST_VALUE, Operation, Outcome, Semaphore, operate};

    fn part(which: u16, change: i16) -> Operation {
        Operation { which, change, undo: false, nonblocking: false }
    }

    fn set(values: [i32; 2]) -> [Semaphore; 2] {
        values.map(|value| Semaphore { value, ..Semaphore::default() })
    }

    #[test]
    fn all_parts_are_done_or_none() {
        let mut semaphores = set([1, 0]);
        let parts = [part(0, -1), part(1, -1)];
        assert_eq!(operate(&mut semaphores, &parts, 9), Ok(Outcome::Waits(parts[1])));
        assert_eq!(semaphores, set([1, 0]));
        semaphores[1].value = 1;
        assert_eq!(operate(&mut semaphores, &parts, 9), Ok(Outcome::Done));
        assert_eq!(semaphores.map(|semaphore| (semaphore.value, semaphore.process)), [(0, 9); 2]);
    }

    #[test]
    fn parts_see_what_those_before_have_done() {
        let mut semaphores = set([0, 0]);
        assert_eq!(operate(&mut semaphores, &[part(0, 2), part(0, -2), part(0, 0)], 1), Ok(Outcome::Done));
        let parts = [part(0, 1), part(0, 0)];
        assert_eq!(operate(&mut semaphores, &parts, 1), Ok(Outcome::Waits(parts[1])));
        assert_eq!(semaphores[0].value, 0);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let mut semaphores = set([MOST_VALUE, 0]);
        assert_eq!(operate(&mut semaphores, &[part(2, 1)], 1), Err(Errno::EFBIG));
        assert_eq!(operate(&mut semaphores, &[part(1, 1), part(0, 1)], 1), Err(Errno::ERANGE));
        assert_eq!(semaphores, set([MOST_VALUE, 0]));
    }
}
