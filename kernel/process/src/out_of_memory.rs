//! What is done when a page is touched and there is no memory for it.
//!
//! A process that is to end gives its memory back as soon as it runs, so whoever finds none waits while there is such a process. Where
//! there is none, the largest one of the group that has the most pages is killed; the first process never is. A system call
//! that finds no memory gives `ENOMEM` and kills nobody: this is for page faults, which can fail by a signal only.
//!
//! Nothing is held: processes are looked at one after the other.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use base::mm;
use base::sched::{reaper, sleep};
use base::time::Instant;
use lockorder::{Root, Task};

use crate::process::{Process, State};
use crate::signal::number::Signal;
use crate::thread::Thread;
use crate::tree;

/// The longest wait for the end of others; then whoever waits is killed.
const LIMIT: Duration = Duration::from_secs(10);
/// The time between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// One wait for memory.
#[derive(Debug)]
pub(crate) struct Shortage {
    began: Instant,
}

impl Shortage {
    /// A fault has found no memory.
    pub(crate) fn begin() -> Self {
        Self { began: Instant::now() }
    }

    /// Waits a moment for memory, after it has seen to it that there will be some; says whether to look again, or else the thread's process
    /// is the one to be killed.
    pub(crate) fn wait(&self, held: &mut Root<'_, Task>, thread: &Thread) -> bool {
        if thread.is_killed() || self.began.elapsed() > LIMIT {
            return false;
        }
        // What has been let go of may be enough.
        reaper::settle(held);
        if let Some(largest) = largest(held).filter(|_| mm::frames::is_scarce()) {
            if largest.id() == thread.shared().id() {
                return false;
            }
            largest.post(held, Signal::KILL, None);
        }
        sleep(held, PAUSE);
        true
    }
}

/// The process with the most pages in the group that has most of them, so that what somebody started long ago does not go before the
/// thousand processes that one of its children has made; none while one is about to end.
fn largest(held: &mut Root<'_, Task>) -> Option<Arc<Process>> {
    let group = largest_group(held)?;
    let mut largest: Option<(u64, Arc<Process>)> = None;
    tree::each(held, lives, |held, process| {
        let pages = pages(held, process);
        if process.group() == group && largest.as_ref().is_none_or(|&(most, _)| pages >= most) {
            largest = Some((pages, Arc::clone(process)));
        }
    });
    largest.map(|(_, process)| process)
}

/// The group with the most pages; none while a process is about to end.
fn largest_group(held: &mut Root<'_, Task>) -> Option<u32> {
    let mut groups: Vec<(u32, u64)> = Vec::new();
    let mut ends = false;
    tree::each(held, lives, |held, process| {
        ends |= process.shared.is_killed();
        let (group, pages) = (process.group(), pages(held, process));
        if let Some((_, sum)) = groups.iter_mut().find(|(other, _)| *other == group) {
            *sum += pages;
        } else if groups.try_reserve(1).is_ok() {
            groups.push((group, pages));
        }
    });
    let largest = groups.into_iter().max_by_key(|&(_, sum)| sum);
    largest.filter(|_| !ends).map(|(group, _)| group)
}

/// Whether a process may have to end for others: it has memory, and is not the first one.
fn lives(process: &Process) -> bool {
    process.id() > tree::FIRST && process.state() != State::Ended
}

/// How many pages a process has.
fn pages(held: &mut Root<'_, Task>, process: &Process) -> u64 {
    process.space(held).map_or(0, |space| space.resident_pages())
}
