//! The thread of the kernel's that has timers run out.

use abi::{Errno, Result};
use base::sched::{self, Placement, waiting};
use base::time::Instant;
use lockorder::{Root, Task};

use super::table::{self, Whose};
use crate::tree;

/// Starts the thread. Once, at boot.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub(crate) fn start() -> Result<()> {
    let spawned = sched::try_spawn("timers", Placement::default(), |held| {
        let mut held = held;
        loop {
            serve(&mut held);
        }
    });
    spawned.map(drop).map_err(|_| Errno::ENOMEM)
}

/// Waits for the earliest timer, and has those run out that are due.
fn serve(held: &mut Root<'_, Task>) {
    let earliest = table::earliest();
    let deadline = (earliest != u64::MAX).then(|| Instant::from_nanos(earliest));
    // It ends at the deadline, or when another one is the earliest; one source needs no memory.
    let _ =
        waiting::wait(held, &[&table::CHANGED], deadline, |_| (table::earliest() != earliest).then_some(()));
    let now = Instant::now().as_nanos();
    while let Some(entry) = table::due(held, now) {
        match entry.whose {
            Whose::File(alarm) => alarm.ring(entry.at),
            Whose::Process(id) => match tree::find(held, id) {
                Ok(process) => process.run_timers(held),
                Err(_) => table::forget(held, id),
            },
        }
    }
}
