//! Calls on signals that are read: `signalfd`, over [`process::signal::SignalFile`].

use abi::{Errno, Result, general};
use fs::{OpenFile, OpenFlags};
use lockorder::{Root, Task};
use process::Current;
use process::signal::SignalFile;

use crate::arguments::{Arguments, take, usable, word};

/// A descriptor by which signals are read, or another set for one: `signalfd`.
pub(crate) fn open(current: &Current, held: &mut Root<'_, Task>, a: &Arguments, flags: u32) -> Result<u64> {
    // The bits are those of `open`.
    if a.0[2] != 8 || flags & !(general::O_CLOEXEC | general::O_NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    let set = word(&take::<8>(held, a.0[1])?, 0);
    if a.int(0) != u32::MAX {
        let file = usable(current, held, a.0[0])?;
        let changed = SignalFile::of(file.file()).map(|signals| signals.change(&current.thread, set));
        file.close(held);
        return changed.map(|()| u64::from(a.int(0))).ok_or(Errno::EINVAL);
    }
    let kept = OpenFlags::from_bits_truncate(flags) & OpenFlags::NONBLOCKING;
    let file = OpenFile::new(SignalFile::create(set)?, OpenFlags::READ_WRITE | kept)?;
    current.process().descriptors(held)?.insert(held, file, 0, flags & general::O_CLOEXEC != 0)
}
