//! Runs of neighbouring frames: aligned, nobody else's, and there again when their frames were used one by one.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use lockorder::{Root, Task};

use base::mm::frames::{self, ContiguousFrames, FRAME_SIZE, Frame};

/// How many frames each run has, and to how many bytes it is aligned.
const RUNS: [(usize, u64); 7] =
    [(1, 1), (2, 0x2000), (3, 0x1000), (16, 0x1_0000), (33, 1), (4, 0x10_0000), (256, 0x1000)];
/// Times that all of them are taken and given back.
const ROUNDS: usize = 8;

/// Takes all runs, each stamped.
fn runs() -> Result<Vec<ContiguousFrames>, String> {
    let stamped = RUNS.iter().enumerate().map(|(number, &(count, alignment))| {
        let mut run = frames::allocate_contiguous(count, alignment)
            .ok_or_else(|| format!("no {count} neighbouring frames"))?;
        if run.count() != count || run.start().as_u64() % alignment.max(FRAME_SIZE) != 0 {
            return Err(format!("{count} frames aligned to {alignment:#x} are {run:?}"));
        }
        run.words().fill(number as u64);
        Ok(run)
    });
    stamped.collect()
}

/// Runs come, are nobody else's, and go.
pub(super) fn come_and_go(held: &mut Root<'_, Task>) -> Result<(), String> {
    if frames::allocate_contiguous(0, 1).is_some() || frames::allocate_contiguous(1, 3).is_some() {
        return Err(String::from("a run of no frames, or of an odd alignment, is given out"));
    }
    let before = super::settled(held);
    for _ in 0..ROUNDS {
        // What lies between the runs is used, too.
        let singles: Vec<Frame> = core::iter::from_fn(frames::allocate).take(512).collect();
        let mut runs = runs()?;
        singles.into_iter().for_each(frames::free);
        for (number, run) in runs.iter_mut().enumerate() {
            if run.words().iter().any(|&word| word != number as u64) {
                return Err(format!("run {number} was written to by somebody else"));
            }
        }
        runs.into_iter().for_each(frames::free_contiguous);
    }
    let after = super::settled(held);
    if before != after {
        return Err(format!("{after} frames are available after runs came and went, and {before} before"));
    }
    Ok(())
}
