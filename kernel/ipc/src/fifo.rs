//! Pipes that have a name: the first who opens one makes the pipe, and it goes with the last who has it open.
//!
//! Which names are open stands in one list, behind a spinning lock of class [`Fifos`]: a filesystem knows that an inode is a
//! named pipe, and nothing else of it. An inode is recognised by its [identity](fs::Inode::identity), which is its own as long as it
//! is there, and each end keeps it there.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::waiting;
use fs::{File, Inode, OpenFlags};
use lockorder::{Root, SpinLock, Task, hierarchy};

use crate::pipe::{Channel, End, PipeInode};

hierarchy! {
    /// Which named pipes are open.
    pub class Fifos in base::levels::Ipc = 6;
}

/// A name that is open.
struct Named {
    identity: (u64, u64),
    channel: Weak<Channel>,
}

/// Protects the list of names that are open; class `Fifos`.
static OPEN: SpinLock<Fifos, Vec<Named>> = SpinLock::new(Vec::new());

/// The pipe of an inode, if it is in the list.
fn find(open: &[Named], identity: (u64, u64)) -> Option<Arc<Channel>> {
    open.iter().find(|named| named.identity == identity)?.channel.upgrade()
}

/// The pipe of an inode; a new one where nobody has it open.
fn channel_of(held: &mut Root<'_, Task>, inode: &dyn Inode) -> Result<Arc<Channel>> {
    // One without a name is opened by way of a descriptor's.
    if let Some(unnamed) = inode.as_any().downcast_ref::<PipeInode>() {
        return Ok(Arc::clone(unnamed.channel()));
    }
    let identity = inode.identity();
    if let Some(channel) = held.with(&OPEN, |open, _| find(open, identity)) {
        return Ok(channel);
    }
    let new = Channel::new()?;
    held.with(&OPEN, |open, _| {
        // Somebody else may have been faster.
        if let Some(channel) = find(open, identity) {
            return Ok(channel);
        }
        open.retain(|named| named.identity != identity);
        open.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        open.push(Named { identity, channel: Arc::downgrade(&new) });
        Ok(new)
    })
}

/// Takes out of the list what nobody has open any more.
pub(crate) fn forget_unused(held: &mut Root<'_, Task>) {
    held.with(&OPEN, |open, _| open.retain(|named| named.channel.strong_count() > 0));
}

/// Opens a named pipe, or one without a name again, to read, to write, or for both.
///
/// Who reads waits for a writer, and who writes for a reader, unless the flags say otherwise; who does both waits for nobody.
///
/// # Errors
///
/// [`Errno::ENXIO`] where nobody reads, and who writes may not wait; [`Errno::EINTR`]; [`Errno::EINVAL`]; [`Errno::ENOMEM`].
pub fn open(
    held: &mut Root<'_, Task>,
    inode: Arc<dyn Inode>,
    flags: OpenFlags,
    interrupted: &dyn Fn() -> bool,
) -> Result<File> {
    let (reads, writes) = (flags.reads(), flags.writes());
    let nonblocking = flags.contains(OpenFlags::NONBLOCKING);
    let channel = channel_of(held, &*inode)?;
    let (own, other) = match (reads, writes) {
        (false, false) => return Err(Errno::EINVAL),
        (true, _) => (&channel.readers, &channel.writers),
        (false, true) => (&channel.writers, &channel.readers),
    };
    if nonblocking && !reads && !other.is_open() {
        return Err(Errno::ENXIO);
    }
    // Before this one is there: the other side waits for it, and may come and go from then on.
    let came = other.came();
    let is_alone = !(other.is_open() || reads && writes);
    let quiet_until = (reads && is_alone && nonblocking).then_some(came);
    // Where it fails from here on it is dropped, and has left.
    let end = try_arc(End::new(&channel, reads, writes, inode, quiet_until)).map_err(|_| Errno::ENOMEM)?;
    for (side, has_come) in [(&channel.writers, reads), (&channel.readers, writes)] {
        if has_come {
            side.source.wake();
        }
    }
    if is_alone && !nonblocking {
        let look = || {
            if other.came() != came || other.is_open() {
                return Some(Ok(()));
            }
            interrupted().then_some(Err(Errno::EINTR))
        };
        let waited = waiting::wait(held, &[&own.source], None, |_| look());
        waited.map_err(|_| Errno::ENOMEM)??;
    }
    Ok(File::Stream(end))
}
