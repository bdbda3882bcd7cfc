//! Waiting for files again and again: `epoll`, over [`ipc::epoll`].

use alloc::sync::Arc;

use abi::{Encoder, Errno, Result, general};
use base::time::Instant;
use base::user::{self, Access, UserSlice};
use fs::{File, OpenFile, OpenFlags};
use ipc::epoll::{Event, Instance};
use lockorder::{Root, Task};
use process::Current;
use process::signal::SignalFile;

use crate::arguments::{Arguments, give, slice, take, usable, word};
use crate::polling;

/// Bytes of an event in user memory: it is packed there.
const EVENT: usize = 12;
/// The most events that a wait may give.
const MOST: u32 = i32::MAX.unsigned_abs() / 12;
/// What may be said together with `EPOLLEXCLUSIVE`.
const EXCLUSIVE: u32 = general::EPOLLIN
    | general::EPOLLOUT
    | general::EPOLLERR
    | general::EPOLLHUP
    | general::EPOLLWAKEUP
    | general::EPOLLET
    | general::EPOLLEXCLUSIVE;

pub(crate) fn create_sized(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    // How many files there will be meant something once.
    if a.int(0).cast_signed() <= 0 { Err(Errno::EINVAL) } else { create(current, held, 0) }
}

pub(crate) fn create(current: &Current, held: &mut Root<'_, Task>, flags: u32) -> Result<u64> {
    if flags & !general::EPOLL_CLOEXEC != 0 {
        return Err(Errno::EINVAL);
    }
    let file = OpenFile::new(Instance::create()?, OpenFlags::READ_WRITE)?;
    let close_on_exec = flags & general::EPOLL_CLOEXEC != 0;
    current.process().descriptors(held)?.insert(held, file, 0, close_on_exec)
}

/// What a structure wants.
fn wanted(bytes: &[u8; EVENT]) -> Event {
    let [a, b, c, d, ..] = *bytes;
    Event { events: u32::from_le_bytes([a, b, c, d]), data: word(&bytes[4..], 0) }
}

pub(crate) fn control(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let (operation, descriptor) = (a.int(1), a.int(2));
    let deletes = operation == general::EPOLL_CTL_DEL;
    let event = if deletes { Event { events: 0, data: 0 } } else { wanted(&take(held, a.0[3])?) };
    let own = usable(current, held, a.0[0])?;
    let file = match usable(current, held, u64::from(descriptor)) {
        Ok(file) => file,
        Err(error) => {
            own.close(held);
            return Err(error);
        }
    };
    let done = control_entry(current, held, [&own, &file], [operation, descriptor], event);
    // Another thread may have closed them meanwhile.
    file.close(held);
    own.close(held);
    done.map(|()| 0)
}

/// Adds, changes or removes the entry of an epoll for a file.
fn control_entry(
    current: &Current,
    held: &mut Root<'_, Task>,
    [own, file]: [&Arc<OpenFile>; 2],
    [operation, descriptor]: [u32; 2],
    event: Event,
) -> Result<()> {
    let File::Stream(stream) = file.file() else { return Err(Errno::EPERM) };
    let is_itself = own.number() == file.number();
    let epoll = Instance::of(own.file()).filter(|_| !is_itself).ok_or(Errno::EINVAL)?;
    if operation != general::EPOLL_CTL_DEL && event.events & general::EPOLLEXCLUSIVE != 0 {
        let may = operation == general::EPOLL_CTL_ADD && event.events & !EXCLUSIVE == 0;
        if !may || Instance::of(file.file()).is_some() {
            return Err(Errno::EINVAL);
        }
    }
    match operation {
        general::EPOLL_CTL_ADD => {
            let stream = match SignalFile::of(file.file()) {
                Some(signals) => signals.bound(&current.thread)?,
                None => Arc::clone(stream),
            };
            epoll.add(held, file, stream, descriptor, event)
        }
        general::EPOLL_CTL_MOD => epoll.change(held, file, descriptor, event),
        general::EPOLL_CTL_DEL => epoll.remove(held, file, descriptor),
        _ => Err(Errno::EINVAL),
    }
}

/// Waits, and gives how many events there are.
fn wait_until(
    current: &Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
    deadline: Option<Instant>,
) -> Result<u64> {
    let most = a.int(2);
    if most == 0 || most > MOST {
        return Err(Errno::EINVAL);
    }
    let most = most as usize;
    let to: UserSlice = slice(a.0[1], (EVENT * most) as u64)?;
    let file = usable(current, held, a.0[0])?;
    let thread = &current.thread;
    let interrupted = || thread.is_interrupted();
    let prepare = |held: &mut Root<'_, Task>, room: usize| {
        user::fault_in(held, to.take(EVENT * room), Access::Write).map_err(|_| Errno::EFAULT)
    };
    let events = Instance::of(file.file())
        .ok_or(Errno::EINVAL)
        .and_then(|epoll| epoll.wait(held, most, deadline, &interrupted, prepare));
    file.close(held);
    let events = events?;
    for (place, event) in events.iter().enumerate() {
        let bytes = Encoder::<EVENT>::new().u32(event.events).u64(event.data).finish();
        give(held, a.0[1] + (EVENT * place) as u64, &bytes)?;
    }
    Ok(events.len() as u64)
}

/// Blocks other signals for the time of a call, if it says so.
fn with_mask(current: &mut Current, held: &mut Root<'_, Task>, [at, size]: [u64; 2]) -> Result<()> {
    if at != 0 && size != 8 {
        return Err(Errno::EINVAL);
    }
    polling::with_mask(current, held, at)
}

pub(crate) fn wait(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.never_restarts = true;
    wait_until(current, held, a, polling::after_milliseconds(a.int(3)))
}

pub(crate) fn wait_with_mask(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.never_restarts = true;
    with_mask(current, held, [a.0[4], a.0[5]])?;
    wait_until(current, held, a, polling::after_milliseconds(a.int(3)))
}

pub(crate) fn wait_by_structure(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
) -> Result<u64> {
    current.never_restarts = true;
    let deadline = polling::after(held, a.0[3], 1)?;
    with_mask(current, held, [a.0[4], a.0[5]])?;
    wait_until(current, held, a, deadline)
}

#[cfg(test)]
mod tests {
    use super::wanted;
    use ipc::epoll::Event;

    #[test]
    fn an_event_is_packed() {
        let bytes = [1, 0, 0, 0x80, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(wanted(&bytes), Event { events: 0x8000_0001, data: 0x0807_0605_0403_0201 });
    }
}
