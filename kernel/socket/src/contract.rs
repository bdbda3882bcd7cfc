//! What a socket of any family does.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::sched::waiting::Source;
use bitflags::bitflags;
use fs::Readiness;
use lockorder::{Root, Task};

use crate::address::Address;
use crate::call::Call;
use crate::common::Common;
use crate::message::{MessageFlags, Outgoing, Received};
use crate::ranges::Room;

bitflags! {
    /// Halves of a connection.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Halves: u32 {
        /// What is received.
        const RECEIVE = 1;
        /// What is sent.
        const SEND = 2;
    }
}

/// A socket. Its methods are called with nothing held, and what waits has released everything.
pub trait Socket: Send + Sync {
    /// What all sockets have.
    fn common(&self) -> &Common;

    /// Gives it a name.
    ///
    /// # Errors
    ///
    /// [`Errno::EADDRINUSE`]; [`Errno::EADDRNOTAVAIL`]; [`Errno::EINVAL`] for one that has a name; [`Errno::EAFNOSUPPORT`].
    fn bind(&self, held: &mut Root<'_, Task>, address: &Address, call: &Call<'_>) -> Result<()>;

    /// Has it wait for connections, of which so many may wait to be accepted. May be called again.
    ///
    /// # Errors
    ///
    /// [`Errno::EOPNOTSUPP`] where its kind has no connections.
    fn listen(&self, _held: &mut Root<'_, Task>, _backlog: u32, _call: &Call<'_>) -> Result<()> {
        Err(Errno::EOPNOTSUPP)
    }

    /// The next connection, and the other side's address.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where it does not listen; [`Errno::EAGAIN`]; [`Errno::EINTR`]; [`Errno::EOPNOTSUPP`].
    fn accept(&self, _held: &mut Root<'_, Task>, _call: &Call<'_>) -> Result<(Arc<dyn Socket>, Address)> {
        Err(Errno::EOPNOTSUPP)
    }

    /// Connects it, waiting until that is done. Where it may not wait and that takes time it gives [`Errno::EINPROGRESS`]; the end
    /// is seen by [`Readiness::WRITE`], and what came of it by `SO_ERROR` ([`Common::take_error`]).
    ///
    /// # Errors
    ///
    /// [`Errno::ECONNREFUSED`]; [`Errno::EISCONN`]; [`Errno::EALREADY`]; [`Errno::EINPROGRESS`]; [`Errno::ETIMEDOUT`]; [`Errno::EINTR`].
    fn connect(&self, held: &mut Root<'_, Task>, address: &Address, call: &Call<'_>) -> Result<()>;

    /// Its own address.
    ///
    /// # Errors
    ///
    /// Those of the family.
    fn local_address(&self, held: &mut Root<'_, Task>) -> Result<Address>;

    /// That of the other side.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTCONN`].
    fn peer_address(&self, held: &mut Root<'_, Task>) -> Result<Address>;

    /// Sends a message, or a part of a stream, waiting for room; gives how many bytes.
    ///
    /// # Errors
    ///
    /// [`Errno::EPIPE`], for which the caller sends the signal; [`Errno::ENOTCONN`]; [`Errno::EDESTADDRREQ`]; [`Errno::EISCONN`];
    /// [`Errno::EMSGSIZE`]; [`Errno::ECONNRESET`]; [`Errno::EAGAIN`]; [`Errno::EINTR`]; [`Errno::EFAULT`].
    fn send(&self, held: &mut Root<'_, Task>, message: Outgoing<'_>, call: &Call<'_>) -> Result<usize>;

    /// Receives a message, or a part of a stream, waiting for one; nothing at the end.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTCONN`]; [`Errno::ECONNRESET`]; [`Errno::EAGAIN`]; [`Errno::EINTR`]; [`Errno::EFAULT`].
    fn receive(
        &self,
        held: &mut Root<'_, Task>,
        to: Room<'_>,
        flags: MessageFlags,
        call: &Call<'_>,
    ) -> Result<Received>;

    /// Ends one half of a connection, or both.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTCONN`].
    fn shutdown(&self, held: &mut Root<'_, Task>, halves: Halves) -> Result<()>;

    /// An option of the family's, or one of the level `SOL_SOCKET` that the family knows better; none leaves it to
    /// [`options`](crate::options).
    ///
    /// # Errors
    ///
    /// [`Errno::EOPNOTSUPP`] for a level, [`Errno::ENOPROTOOPT`] for an option that there is not.
    fn get_option(&self, _held: &mut Root<'_, Task>, level: u32, _name: u32) -> Result<Option<Vec<u8>>> {
        if level == abi::net::SOL_SOCKET { Ok(None) } else { Err(Errno::EOPNOTSUPP) }
    }

    /// Sets one; false leaves it to [`options`](crate::options).
    ///
    /// # Errors
    ///
    /// As for [`get_option`](Self::get_option); [`Errno::EINVAL`] for a value that it cannot have.
    fn set_option(
        &self,
        _held: &mut Root<'_, Task>,
        level: u32,
        _name: u32,
        _value: &[u8],
        _call: &Call<'_>,
    ) -> Result<bool> {
        if level == abi::net::SOL_SOCKET { Ok(false) } else { Err(Errno::EOPNOTSUPP) }
    }

    /// Does what is asked by `ioctl`, but for `FIONBIO`: that is the description's.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTTY`] for what it does not know.
    fn ioctl(&self, _held: &mut Root<'_, Task>, _request: u32, _argument: u64) -> Result<usize> {
        Err(Errno::ENOTTY)
    }

    /// Whether it listens: `SO_ACCEPTCONN`.
    fn is_listening(&self) -> bool {
        false
    }

    /// What can be done at once. Without a lock, so without a token.
    fn readiness(&self) -> Readiness;

    /// Calls `each` with what is woken when readiness changes. Without a lock.
    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source));

    /// Ends it: nobody uses it any more. Once.
    fn close(self: Arc<Self>, held: &mut Root<'_, Task>);

    /// Itself, for its own family.
    fn as_any(&self) -> &dyn core::any::Any;
}
