//! Calls on who a process is: users, groups, sessions.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use lockorder::{Root, Task};
use process::process::Credentials;
use process::{Current, Process, tree};

use crate::arguments::{Arguments, give, give_if, low, take, take_bytes, word};

/// The most groups.
const MOST: usize = 65_536;
/// In place of a user or group: it is to stay.
const STAYS: u32 = u32::MAX;

pub(crate) fn get(
    current: &Current,
    held: &mut Root<'_, Task>,
    which: impl FnOnce(&Credentials) -> u32,
) -> Result<u64> {
    Ok(u64::from(current.process().change(held, |own| which(&own.credentials))))
}

/// Sets all three of a kind, for who may; else the effective one, to one that it has.
fn set(ids: &mut [u32; 3], is_root: bool, id: u32) -> Result<()> {
    if id == STAYS {
        return Err(Errno::EINVAL);
    }
    if is_root {
        *ids = [id; 3];
    } else if ids.contains(&id) {
        ids[1] = id;
    } else {
        return Err(Errno::EPERM);
    }
    Ok(())
}

/// What a call changes: the users or the groups, and whose files those are for.
type Kind = fn(&mut Credentials) -> (&mut [u32; 3], &mut u32);

/// The users.
const USERS: Kind = |own| (&mut own.uids, &mut own.file_ids[0]);
/// The groups.
const GROUPS: Kind = |own| (&mut own.gids, &mut own.file_ids[1]);

/// Changes users or groups by `change`, which is told whether the caller is root. Files go by the effective one from then on.
fn change(
    current: &Current,
    held: &mut Root<'_, Task>,
    kind: Kind,
    change: impl FnOnce(&mut [u32; 3], bool) -> Result<()>,
) -> Result<u64> {
    let process = current.process();
    process.change(held, |own| {
        let is_root = own.credentials.uids[1] == 0;
        let (ids, for_files) = kind(&mut own.credentials);
        let before = (ids[1], *for_files);
        change(ids, is_root)?;
        *for_files = ids[1];
        if before != (ids[1], *for_files) {
            // What it has open and in memory is of who it was: others of who it is now are not to look at it. Who sees the new
            // users sees this.
            process.settings.dumpable.set(0);
        }
        Ok(0)
    })
}

pub(crate) fn set_user(current: &Current, held: &mut Root<'_, Task>, id: u32) -> Result<u64> {
    change(current, held, USERS, |ids, is_root| set(ids, is_root, id))
}

pub(crate) fn set_group(current: &Current, held: &mut Root<'_, Task>, id: u32) -> Result<u64> {
    change(current, held, GROUPS, |ids, is_root| set(ids, is_root, id))
}

/// Sets the real and the effective one, and the saved one after them.
fn set_two(ids: &mut [u32; 3], is_root: bool, [real, effective]: [u32; 2]) -> Result<()> {
    let had = *ids;
    let may_be_real = real == STAYS || is_root || real == had[0] || real == had[1];
    let may_be_effective = effective == STAYS || is_root || had.contains(&effective);
    if !may_be_real || !may_be_effective {
        return Err(Errno::EPERM);
    }
    if real != STAYS {
        ids[0] = real;
    }
    if effective != STAYS {
        ids[1] = effective;
    }
    if real != STAYS || effective != STAYS && effective != had[0] {
        ids[2] = ids[1];
    }
    Ok(())
}

/// Sets all three, each by itself.
fn set_three(ids: &mut [u32; 3], is_root: bool, wanted: [u32; 3]) -> Result<()> {
    let had = *ids;
    if !is_root && wanted.iter().any(|id| *id != STAYS && !had.contains(id)) {
        return Err(Errno::EPERM);
    }
    for (id, wanted) in ids.iter_mut().zip(wanted) {
        if wanted != STAYS {
            *id = wanted;
        }
    }
    Ok(())
}

fn set_some(
    current: &Current,
    held: &mut Root<'_, Task>,
    kind: Kind,
    a: &Arguments,
    all: bool,
) -> Result<u64> {
    let wanted = [a.int(0), a.int(1), a.int(2)];
    change(current, held, kind, |ids, is_root| {
        if all { set_three(ids, is_root, wanted) } else { set_two(ids, is_root, [wanted[0], wanted[1]]) }
    })
}

pub(crate) fn set_users(
    current: &Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
    all: bool,
) -> Result<u64> {
    set_some(current, held, USERS, a, all)
}

pub(crate) fn set_own_groups(
    current: &Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
    all: bool,
) -> Result<u64> {
    set_some(current, held, GROUPS, a, all)
}

fn tell(held: &mut Root<'_, Task>, a: &Arguments, ids: [u32; 3]) -> Result<u64> {
    for (at, id) in a.0.iter().zip(ids) {
        give(held, *at, &id.to_le_bytes())?;
    }
    Ok(0)
}

pub(crate) fn users(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let ids = current.process().program(held).credentials.uids;
    tell(held, a, ids)
}

pub(crate) fn own_groups(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let ids = current.process().program(held).credentials.gids;
    tell(held, a, ids)
}

/// Sets by whom files go, if that may be; gives by whom they did.
fn set_for_files(current: &Current, held: &mut Root<'_, Task>, kind: Kind, id: u32) -> Result<u64> {
    current.process().change(held, |own| {
        let is_root = own.credentials.uids[1] == 0;
        let (ids, for_files) = kind(&mut own.credentials);
        let had = *for_files;
        if id != STAYS && (is_root || ids.contains(&id) || id == had) {
            *for_files = id;
        }
        Ok(u64::from(had))
    })
}

pub(crate) fn set_users_files(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    set_for_files(current, held, USERS, a.int(0))
}

pub(crate) fn set_groups_files(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    set_for_files(current, held, GROUPS, a.int(0))
}

pub(crate) fn groups(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let groups = current.process().program(held).credentials.groups;
    let room = usize::try_from(a.int(0).cast_signed()).map_err(|_| Errno::EINVAL)?;
    if room > 0 {
        if room < groups.len() {
            return Err(Errno::EINVAL);
        }
        for (place, group) in groups.iter().enumerate() {
            let at = a.0[1].checked_add(4 * place as u64).ok_or(Errno::EFAULT)?;
            give(held, at, &group.to_le_bytes())?;
        }
    }
    Ok(groups.len() as u64)
}

pub(crate) fn set_groups(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    if current.process().program(held).credentials.uids[1] != 0 {
        return Err(Errno::EPERM);
    }
    let count = usize::try_from(a.0[0]).ok().filter(|&count| count <= MOST).ok_or(Errno::EINVAL)?;
    let bytes = take_bytes(held, a.0[1], count * 4)?;
    let group = |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let mut groups = Vec::new();
    groups.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
    groups.extend(bytes.chunks_exact(4).map(group));
    let groups = try_arc(groups).map_err(|_| Errno::ENOMEM)?;
    current.process().change(held, |own| own.credentials.groups = groups);
    Ok(0)
}

/// The version of the structures of capabilities, and how many words each of its three sets has.
const VERSION: u32 = 0x2008_0522;
/// All that root has: the capabilities that there are.
const ALL: u64 = (1 << 41) - 1;

/// Root has all capabilities, and nobody else has one.
pub(crate) fn capabilities(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let header: [u8; 8] = take(held, a.0[0])?;
    let header = word(&header, 0);
    let (version, id) = (low(header), low(header >> 32));
    if version != VERSION {
        give(held, a.0[0], &VERSION.to_le_bytes())?;
        return if a.0[1] == 0 { Ok(0) } else { Err(Errno::EINVAL) };
    }
    let process = process(current, held, id)?;
    let own = process.program(held).credentials.uids;
    let set = |has: bool| if has { ALL } else { 0 };
    let (effective, permitted) = (set(own[1] == 0), set(own.contains(&0)));
    let words = [effective, permitted, 0];
    let mut bytes = abi::Encoder::<24>::new();
    for half in words.map(low).into_iter().chain(words.map(|word| low(word >> 32))) {
        bytes.u32(half);
    }
    let bytes = bytes.finish();
    give_if(held, a.0[1], &bytes)?;
    Ok(0)
}

/// The process with a number, or the caller for 0.
fn process(current: &Current, held: &mut Root<'_, Task>, id: u32) -> Result<Arc<Process>> {
    if id == 0 { Ok(Arc::clone(current.process())) } else { tree::find(held, id) }
}

pub(crate) fn group_of(current: &Current, held: &mut Root<'_, Task>, id: u32) -> Result<u64> {
    Ok(u64::from(process(current, held, id)?.group()))
}

pub(crate) fn session_of(current: &Current, held: &mut Root<'_, Task>, id: u32) -> Result<u64> {
    Ok(u64::from(process(current, held, id)?.session()))
}

pub(crate) fn set_group_of(current: &Current, held: &mut Root<'_, Task>, id: u32, group: u32) -> Result<u64> {
    let own = current.process();
    if group.cast_signed() < 0 {
        return Err(Errno::EINVAL);
    }
    let process = process(current, held, id)?;
    if process.id() != own.id() && process.parent() != own.id() {
        return Err(Errno::ESRCH);
    }
    if process.session() != own.session() || process.session() == process.id() {
        return Err(Errno::EPERM);
    }
    if process.id() != own.id() && process.settings.has_executed.get() != 0 {
        return Err(Errno::EACCES);
    }
    let group = if group == 0 { process.id() } else { group };
    let session = own.session();
    let is_there = group == process.id()
        || tree::any(held, |other| other.group() == group && other.session() == session);
    if !is_there {
        return Err(Errno::EPERM);
    }
    process.set_group(group);
    Ok(0)
}

pub(crate) fn set_session(current: &Current, held: &mut Root<'_, Task>) -> Result<u64> {
    let own = current.process();
    let id = own.id();
    if tree::any(held, |other| other.group() == id) {
        return Err(Errno::EPERM);
    }
    own.lead_session();
    Ok(u64::from(id))
}

#[cfg(test)]
mod tests {
    use abi::Errno;

    use super::{STAYS, set, set_three, set_two};

    #[test]
    fn root_sets_all_three_and_a_user_what_it_has() {
        let mut ids = [0; 3];
        assert_eq!(set(&mut ids, true, 5), Ok(()));
        assert_eq!(ids, [5; 3]);
        assert_eq!(set(&mut ids, false, 0), Err(Errno::EPERM));
        assert_eq!(set(&mut ids, true, STAYS), Err(Errno::EINVAL));
    }

    #[test]
    fn the_saved_one_follows_the_effective_one() {
        let mut ids = [1, 1, 2];
        assert_eq!(set_two(&mut ids, false, [STAYS, 2]), Ok(()));
        assert_eq!(ids, [1, 2, 2]);
        assert_eq!(set_two(&mut ids, false, [STAYS, 1]), Ok(()));
        assert_eq!(ids, [1, 1, 2]);
        assert_eq!(
            set_two(&mut ids, false, [2, STAYS]),
            Err(Errno::EPERM),
            "the saved one is not to be real"
        );
    }

    #[test]
    fn three_are_set_together_or_not_at_all() {
        let mut ids = [1, 2, 3];
        assert_eq!(set_three(&mut ids, false, [3, STAYS, 4]), Err(Errno::EPERM));
        assert_eq!(ids, [1, 2, 3]);
        assert_eq!(set_three(&mut ids, false, [3, STAYS, 1]), Ok(()));
        assert_eq!(ids, [3, 2, 1]);
    }
}
