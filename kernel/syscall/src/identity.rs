//! Calls on who a process is: users, groups, sessions.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use lockorder::{Root, Task};
use process::process::Credentials;
use process::{Current, Process, tree};

use crate::arguments::{Arguments, give, slice};

/// The most groups.
const MOST: usize = 64;

pub(crate) fn get(
    current: &Current,
    held: &mut Root<'_, Task>,
    which: impl FnOnce(&Credentials) -> u32,
) -> Result<u64> {
    Ok(u64::from(current.process().change(held, |own| which(&own.credentials))))
}

/// Sets all three of a kind, for who may; else the effective one, to one that it has.
fn set(ids: &mut [u32; 3], is_root: bool, id: u32) -> Result<u64> {
    if is_root {
        *ids = [id; 3];
    } else if ids.contains(&id) {
        ids[1] = id;
    } else {
        return Err(Errno::EPERM);
    }
    Ok(0)
}

pub(crate) fn set_user(current: &Current, held: &mut Root<'_, Task>, id: u32) -> Result<u64> {
    current.process().change(held, |own| {
        let is_root = own.credentials.uids[1] == 0;
        set(&mut own.credentials.uids, is_root, id)
    })
}

pub(crate) fn set_group(current: &Current, held: &mut Root<'_, Task>, id: u32) -> Result<u64> {
    current.process().change(held, |own| {
        let is_root = own.credentials.uids[1] == 0;
        set(&mut own.credentials.gids, is_root, id)
    })
}

pub(crate) fn groups(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let groups = current.process().program(held).credentials.groups;
    let room = a.int(0) as usize;
    if room > 0 {
        if room < groups.len() {
            return Err(Errno::EINVAL);
        }
        let bytes: Vec<u8> = groups.iter().flat_map(|group| group.to_le_bytes()).collect();
        give(held, a.0[1], &bytes)?;
    }
    Ok(groups.len() as u64)
}

pub(crate) fn set_groups(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let count = usize::try_from(a.0[0]).ok().filter(|&count| count <= MOST).ok_or(Errno::EINVAL)?;
    let mut bytes = [0; MOST * 4];
    let bytes = &mut bytes[..count * 4];
    base::user::copy_in(held, slice(a.0[1], bytes.len() as u64)?, bytes).map_err(|_| Errno::EFAULT)?;
    let group = |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let groups: Arc<[u32]> = bytes.chunks_exact(4).map(group).collect();
    current.process().change(held, |own| {
        if own.credentials.uids[1] != 0 {
            return Err(Errno::EPERM);
        }
        own.credentials.groups = groups;
        Ok(0)
    })
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
    let process = process(current, held, id)?;
    if process.id() != own.id() && process.parent() != own.id() {
        return Err(Errno::ESRCH);
    }
    if process.session() != own.session() || process.session() == process.id() {
        return Err(Errno::EPERM);
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
