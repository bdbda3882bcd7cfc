//! What a family may ask of the process that makes a call, and the way from a descriptor to its socket.

use alloc::sync::Arc;
use core::time::Duration;

use abi::{Errno, Result};
use fs::{OpenFlags, Start};
use lockorder::{Root, Task};
use process::Current;
use socket::{Caller, Common, Credentials, Socket, file};

use crate::arguments::usable;

/// Who makes a call.
pub(crate) struct By<'a>(pub(crate) &'a Current);

impl By<'_> {
    /// Whether a signal has come.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.0.thread.is_interrupted()
    }
}

impl Caller for By<'_> {
    fn credentials(&self, held: &mut Root<'_, Task>) -> Credentials {
        let process = self.0.process();
        let own = process.program(held).credentials;
        Credentials { pid: process.id(), uid: own.uids[1], gid: own.gids[1] }
    }

    fn sender(&self, held: &mut Root<'_, Task>) -> Credentials {
        let process = self.0.process();
        let own = process.program(held).credentials;
        Credentials { pid: process.id(), uid: own.uids[0], gid: own.gids[0] }
    }

    fn is_privileged(&self, held: &mut Root<'_, Task>) -> bool {
        self.0.process().program(held).credentials.uids[1] == 0
    }

    fn with_start(
        &self,
        held: &mut Root<'_, Task>,
        run: &mut dyn FnMut(&mut Root<'_, Task>, &Start<'_>) -> Result<()>,
    ) -> Result<()> {
        let process = self.0.process();
        let program = process.program(held);
        run(held, &program.start(process.namespace()))
    }
}

/// Does something with the socket of a descriptor, and whether that does not wait.
///
/// # Errors
///
/// [`Errno::EBADF`]; [`Errno::ENOTSOCK`].
pub(crate) fn with_socket<T>(
    current: &Current,
    held: &mut Root<'_, Task>,
    number: u64,
    operation: impl FnOnce(&mut Root<'_, Task>, &Arc<dyn Socket>, bool) -> Result<T>,
) -> Result<T> {
    let file = usable(current, held, number)?;
    let done = match file::of(file.file()) {
        Some(found) => operation(held, found.socket(), file.flags().contains(OpenFlags::NONBLOCKING)),
        None => Err(Errno::ENOTSOCK),
    };
    // Another thread may have closed it meanwhile.
    file.close(held);
    done
}

/// The same for a call that waits as long as the socket's `time` says, of the two that it has. Where that is limited, the call is
/// not restarted after a signal: it would wait for the whole time again.
///
/// # Errors
///
/// As for [`with_socket`].
pub(crate) fn with_timed_socket<T>(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    number: u64,
    time: fn(&Common) -> Option<Duration>,
    operation: impl FnOnce(&Current, &mut Root<'_, Task>, &Arc<dyn Socket>, bool) -> Result<T>,
) -> Result<T> {
    let (caller, mut is_limited) = (&*current, false);
    let done = with_socket(caller, held, number, |held, socket, nonblocking| {
        is_limited = time(socket.common()).is_some();
        operation(caller, held, socket, nonblocking)
    });
    current.never_restarts |= is_limited;
    done
}
