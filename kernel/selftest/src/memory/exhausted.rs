//! A thread that there is no memory for is an error value, whichever of its allocations fails.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lockorder::{Root, Task};

use base::mm::{self, drain, heap};
use base::sched::{self, Placement, reaper};

/// Blocks that the hoard can have.
const BLOCKS: usize = 1 << 14;
/// The sizes of its blocks: from the largest power of two to the smallest.
const LARGEST: usize = 8 << 20;
const SMALLEST: usize = 16;
/// What a thread takes of the heap, at least: the hoard is given back in pieces no larger than this.
const PIECE: usize = 256;
/// How often the memory is looked at until it is back, ten milliseconds apart.
const LOOKS: usize = 200;

/// Heap bytes in use, and frames that are available once no CPU keeps blocks.
fn in_use(held: &mut Root<'_, Task>) -> (usize, u64) {
    drain::every_cpu(held);
    (heap::allocated(), mm::available_frames())
}

/// Waits until the memory in use is what it was.
fn settles(held: &mut Root<'_, Task>, before: (usize, u64)) -> bool {
    (0..LOOKS).any(|_| {
        reaper::settle(held);
        in_use(held) == before || {
            sched::sleep(held, Duration::from_millis(10));
            false
        }
    })
}

/// Adds blocks to `hoard` until the heap has none left, of any size.
fn use_up(hoard: &mut Vec<Vec<u8>>) {
    let mut size = LARGEST;
    while size >= SMALLEST && hoard.len() < BLOCKS {
        let mut block = Vec::new();
        if block.try_reserve_exact(size).is_ok() {
            hoard.push(block);
        } else {
            size /= 2;
        }
    }
}

/// Uses the heap up, and gives it back piece by piece until a thread can be had: each of its allocations fails on the
/// way, and each time everything that was there before is there again. Gives the number of failures.
pub(super) fn threads_without_memory(held: &mut Root<'_, Task>) -> Result<usize, String> {
    let doubled = |number: usize| sched::try_spawn("scarce", Placement::default(), move |_| 2 * number);
    // Whatever is made once is made before the count.
    doubled(0).map_err(|_| "no memory for a first thread")?.join(held);
    sched::sleep(held, Duration::from_millis(100));
    reaper::settle(held);
    let at_first = in_use(held);
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    hoard.try_reserve_exact(BLOCKS).map_err(|_| "no memory for the test itself")?;
    // What other CPUs keep can be had when they have given it back, and they take no more where little is left.
    for _ in 0..2 {
        use_up(&mut hoard);
        drain::every_cpu(held);
    }
    use_up(&mut hoard);
    let (mut failures, mut lost) = (0, None);
    let returned = loop {
        let before = in_use(held);
        if let Ok(thread) = doubled(21) {
            break Some(thread.join(held));
        }
        failures += 1;
        if !settles(held, before) {
            lost = Some((failures, before, in_use(held)));
            break None;
        }
        // A block is exchanged for one that is a little smaller, so that the heap has a little more.
        let Some(place) = hoard.iter().rposition(|block| block.capacity() >= SMALLEST) else { break None };
        let size = hoard[place].capacity();
        hoard[place] = Vec::new();
        if size > PIECE {
            let _ = hoard[place].try_reserve_exact(size - PIECE);
        }
    };
    drop(hoard);
    if let Some((failures, before, after)) = lost {
        return Err(format!("failure {failures} left heap and frames {after:?}, which were {before:?}"));
    }
    if returned != Some(42) || failures == 0 {
        return Err(format!("after {failures} failures the thread returned {returned:?}"));
    }
    if !settles(held, at_first) {
        return Err(format!("heap and frames are {:?}, and were {at_first:?}", in_use(held)));
    }
    Ok(failures)
}
