//! Who may inspect a process: read its memory and the files in `/proc`, take what it has open.
//!
//! Root may inspect all. Another user may inspect a process that is all its own, in each of its users and groups, unless it has
//! changed them or forbids it (`PR_SET_DUMPABLE`): it may hold what it has opened with other rights.

use lockorder::{Root, Task};

use crate::process::{Credentials, Process};

/// Whether credentials cover each user and group that others have.
fn covers(asking: &Credentials, target: &Credentials) -> bool {
    let (user, group) = (asking.uids[1], asking.gids[1]);
    user == 0 || target.uids.iter().all(|&uid| uid == user) && target.gids.iter().all(|&gid| gid == group)
}

/// Whether somebody with these credentials may inspect a process.
pub fn may_inspect(held: &mut Root<'_, Task>, asking: &Credentials, target: &Process) -> bool {
    // The credentials first: a process that changes them has stopped to be dumpable before anybody sees the new ones.
    let is_covered = covers(asking, &target.program(held).credentials);
    is_covered && (asking.uids[1] == 0 || target.settings.dumpable.get() == 1)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::covers;
    use crate::process::Credentials;

    fn user(uids: [u32; 3]) -> Credentials {
        Credentials { uids, gids: uids, file_ids: [uids[1]; 2], groups: Arc::default() }
    }

    #[test]
    fn a_user_sees_what_is_all_their_own_and_root_sees_all() {
        let (root, one, other) = (user([0; 3]), user([7; 3]), user([8; 3]));
        assert!(covers(&root, &one) && covers(&one, &one));
        assert!(!covers(&one, &other) && !covers(&one, &root));
        assert!(!covers(&one, &user([7, 7, 0])), "it may become root again");
    }
}
