//! `fcntl`: what is asked of a descriptor, or of its file, by a command.

use abi::{Errno, Result, general};
use fs::{OpenFile, OpenFlags};
use lockorder::{Root, Task};
use process::Current;

use crate::arguments::{Arguments, file as get, usable};
use crate::{nameless, record_locks};

/// The end of a pipe that a file is.
fn pipe_end(file: &OpenFile) -> Result<&ipc::pipe::End> {
    file.file().stream().ok_or(Errno::EBADF)
}

pub(crate) fn control(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    let number = u64::from(a.int(0));
    let descriptors = current.process().descriptors(held)?;
    match a.int(1) {
        general::F_DUPFD | general::F_DUPFD_CLOEXEC => {
            let file = descriptors.get(held, number)?;
            let least = usize::try_from(a.0[2]).map_err(|_| Errno::EINVAL)?;
            if least >= process::descriptors::MOST {
                return Err(Errno::EINVAL);
            }
            descriptors.insert(held, file, least, a.int(1) == general::F_DUPFD_CLOEXEC)
        }
        general::F_GETFD => descriptors.closes_on_exec(held, number).map(u64::from),
        general::F_SETFD => {
            descriptors.set_close_on_exec(held, number, a.int(2) & general::FD_CLOEXEC != 0)?;
            Ok(0)
        }
        general::F_GETFL => Ok(u64::from(descriptors.get(held, number)?.flags().bits())),
        general::F_SETFL => {
            usable(current, held, number)?.set_flags(OpenFlags::from_bits_truncate(a.int(2)));
            Ok(0)
        }
        general::F_GETLK | general::F_SETLK | general::F_SETLKW => {
            record_locks::record(current, held, a, record_locks::For::Process)
        }
        general::F_OFD_GETLK | general::F_OFD_SETLK | general::F_OFD_SETLKW => {
            record_locks::record(current, held, a, record_locks::For::Description)
        }
        general::F_ADD_SEALS if a.int(2) == 0 => usable(current, held, number).map(|_| 0),
        general::F_ADD_SEALS => {
            let file = usable(current, held, number)?;
            nameless::seal(held, &file, a.int(2))
        }
        general::F_GET_SEALS => {
            let file = usable(current, held, number)?;
            nameless::seal(held, &file, 0)
        }
        general::F_GETPIPE_SZ => {
            let file = usable(current, held, number)?;
            Ok(pipe_end(&file)?.capacity() as u64)
        }
        general::F_SETPIPE_SZ => {
            let file = usable(current, held, number)?;
            let is_privileged = current.process().program(held).credentials.uids[1] == 0;
            let wanted = usize::try_from(a.int(2)).map_err(|_| Errno::EINVAL)?;
            Ok(pipe_end(&file)?.set_capacity(held, wanted, is_privileged)? as u64)
        }
        general::F_GETOWN => Ok(i64::from(usable(current, held, number)?.io_owner()).cast_unsigned()),
        general::F_SETOWN => {
            let owner = a.int(2).cast_signed();
            if owner == i32::MIN {
                return Err(Errno::EINVAL);
            }
            usable(current, held, number)?.set_io_owner(owner);
            Ok(0)
        }
        _ => {
            get(current, held, number)?;
            Err(Errno::EINVAL)
        }
    }
}
