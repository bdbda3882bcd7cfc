//! Who asks, and whether they may: memory and files of a process are for its own user, and for root.

use alloc::sync::Arc;

use abi::{Errno, Result};
use base::sched::core::current as carrier;
use fs::pseudo::Access;
use lockorder::{Root, Task};

use crate::inspection::may_inspect;
use crate::process::Process;
use crate::tree;

/// The process whose thread asks; none where that is the kernel.
pub(super) fn process(held: &mut Root<'_, Task>) -> Option<Arc<Process>> {
    thread(held).map(|(process, _)| process)
}

/// The same with the thread's number.
pub(super) fn thread(held: &mut Root<'_, Task>) -> Option<(Arc<Process>, u32)> {
    let carrier = carrier();
    let mut last = 0;
    while let Some(process) = tree::next(held, last, |_| true) {
        last = process.id();
        if let Some(thread) = process.carried_by(held, &carrier) {
            return Some((process, thread));
        }
    }
    None
}

/// Whether who asks may see what is a process's own.
///
/// # Errors
///
/// [`Errno::EACCES`].
pub(super) fn check(held: &mut Root<'_, Task>, target: &Process) -> Result<()> {
    let Some(asking) = process(held) else { return Ok(()) };
    if asking.id() == target.id() {
        return Ok(());
    }
    let asking = asking.program(held).credentials;
    if may_inspect(held, &asking, target) { Ok(()) } else { Err(Errno::EACCES) }
}

/// What is of a process, with these permissions.
pub(super) fn access(held: &mut Root<'_, Task>, process: &Process, permissions: u32) -> Access {
    let credentials = process.program(held).credentials;
    Access { permissions, uid: credentials.uids[1], gid: credentials.gids[1] }
}
