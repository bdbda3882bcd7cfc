//! Who asks, and whether they may: memory and files of a process are for its own user, and for root.

use alloc::sync::Arc;

use abi::{Errno, Result};
use base::sched::core::current as carrier;
use fs::pseudo::Access;
use lockorder::{Root, Task};

use crate::process::{Credentials, Process};
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

/// Whether somebody may see what is a process's own.
fn may(asking: &Credentials, target: &Credentials) -> bool {
    let (user, group) = (asking.uids[1], asking.gids[1]);
    user == 0 || target.uids.iter().all(|&uid| uid == user) && target.gids.iter().all(|&gid| gid == group)
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
    let is_open = asking.uids[1] == 0 || target.settings.dumpable.get() == 1;
    if is_open && may(&asking, &target.program(held).credentials) { Ok(()) } else { Err(Errno::EACCES) }
}

/// What is of a process, with these permissions.
pub(super) fn access(held: &mut Root<'_, Task>, process: &Process, permissions: u32) -> Access {
    let credentials = process.program(held).credentials;
    Access { permissions, uid: credentials.uids[1], gid: credentials.gids[1] }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::may;
    use crate::process::Credentials;

    fn user(uids: [u32; 3]) -> Credentials {
        Credentials { uids, gids: uids, file_ids: [uids[1]; 2], groups: Arc::default() }
    }

    #[test]
    fn a_user_sees_what_is_all_their_own_and_root_sees_all() {
        let (root, one, other) = (user([0; 3]), user([7; 3]), user([8; 3]));
        assert!(may(&root, &one) && may(&one, &one));
        assert!(!may(&one, &other) && !may(&one, &root));
        assert!(!may(&one, &user([7, 7, 0])), "it may become root again");
    }
}
