//! What a method is told of the call that it is for: how it may wait, until when, and who makes the call.
//!
//! Who makes it is asked only where that matters, since it costs a lock: for the names of a filesystem, and for credentials that a
//! receiver wants to know.

use abi::{Errno, Result};
use base::sched::waiting::{self, Source, WaitError};
use base::time::Instant;
use fs::{Start, Waits};
use lockorder::{Root, Task};

/// Which process sends or connects, as `struct ucred` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The process.
    pub pid: u32,
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
}

impl Credentials {
    /// Nobody: what is said where nothing is known.
    pub const NOBODY: Self = Self { pid: 0, uid: 65_534, gid: 65_534 };

    /// As `struct ucred`.
    #[must_use]
    pub fn encode(&self) -> [u8; 12] {
        abi::Encoder::<12>::new().u32(self.pid).u32(self.uid).u32(self.gid).finish()
    }
}

/// Who makes a call.
pub trait Caller {
    /// What it is known by to those it connects with: the effective user and group.
    fn credentials(&self, held: &mut Root<'_, Task>) -> Credentials;

    /// What it is known by to those it sends a message to: the real user and group.
    fn sender(&self, held: &mut Root<'_, Task>) -> Credentials;

    /// Whether it may do what only a privileged process may.
    fn is_privileged(&self, held: &mut Root<'_, Task>) -> bool;

    /// Calls `run` with the place where its paths begin.
    ///
    /// # Errors
    ///
    /// Those of `run`.
    fn with_start(
        &self,
        held: &mut Root<'_, Task>,
        run: &mut dyn FnMut(&mut Root<'_, Task>, &Start<'_>) -> Result<()>,
    ) -> Result<()>;
}

/// A call.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Whether it may wait, and what interrupts it. `MSG_DONTWAIT` is in here already.
    pub waits: Waits<'a>,
    /// When a wait ends in vain: by `SO_RCVTIMEO` or `SO_SNDTIMEO`.
    pub deadline: Option<Instant>,
    /// Who makes it; none where the kernel does it for nobody in particular.
    pub caller: Option<&'a dyn Caller>,
}

impl core::fmt::Debug for Call<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Call").field("waits", &self.waits).finish_non_exhaustive()
    }
}

impl Call<'_> {
    /// What its caller is known by.
    pub fn credentials(&self, held: &mut Root<'_, Task>) -> Credentials {
        self.caller.map_or(Credentials::NOBODY, |caller| caller.credentials(held))
    }

    /// What its caller is known by to those it sends a message to.
    pub fn sender(&self, held: &mut Root<'_, Task>) -> Credentials {
        self.caller.map_or(Credentials::NOBODY, |caller| caller.sender(held))
    }

    /// Waits at sources until `look` has an answer. It looks first; it runs in atomic context, acquires nothing, and what it
    /// finds it may take by atomics.
    ///
    /// # Errors
    ///
    /// That of `look`; [`Errno::EAGAIN`] where the call may not wait and when its time is over; [`Errno::EINTR`]; [`Errno::ENOMEM`].
    pub fn wait<T>(
        &self,
        held: &mut Root<'_, Task>,
        sources: &[&Source],
        mut look: impl FnMut() -> Option<Result<T>>,
    ) -> Result<T> {
        if let Some(found) = look() {
            return found;
        }
        if self.waits.nonblocking {
            return Err(Errno::EAGAIN);
        }
        let interrupted = self.waits.interrupted;
        let look = || look().or_else(|| interrupted().then_some(Err(Errno::EINTR)));
        let mut look = look;
        match waiting::wait(held, sources, self.deadline, |_| look()) {
            Ok(found) => found,
            Err(WaitError::TimedOut) => Err(Errno::EAGAIN),
            Err(WaitError::NoMemory) => Err(Errno::ENOMEM),
        }
    }
}
