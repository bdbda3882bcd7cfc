//! What sockets of both kinds are: a slot of the stack, and what is shared with that.

use alloc::sync::Arc;
use core::net::SocketAddr;

use abi::{Errno, Result, ioctl};
use base::mm::fallible::try_arc;
use base::user;
use fs::Readiness;
use lockorder::{Root, Task};
use socket::{Address, Call, Kind};

use crate::address::{encode, is_v6};
use crate::network;
use crate::shared::Shared;
use crate::stack::{SlotId, Transport};

/// The first and the last request about interfaces, as `ioctl` has them.
const OF_INTERFACES: core::ops::RangeInclusive<u32> = ioctl::SIOCGIFNAME..=0x8980;

/// A socket's slot, and what is shared with the stack.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) slot: SlotId,
    pub(crate) shared: Arc<Shared>,
}

/// A number that nobody guesses, to look for a port from.
pub(crate) fn random(held: &mut Root<'_, Task>) -> u16 {
    let [first, second, ..] = crypto::pool::number(held).to_ne_bytes();
    u16::from_ne_bytes([first, second])
}

/// What is shared of a new socket.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub(crate) fn share(family: u32, kind: Kind, protocol: u32) -> Result<Arc<Shared>> {
    try_arc(Shared::new(family, kind, protocol)).map_err(|_| Errno::ENOMEM)
}

/// Ends the use of a slot; a stream's connection is reset where that is asked for.
pub(crate) fn close(held: &mut Root<'_, Task>, slot: SlotId, resets: bool) {
    // There is a stack, since there is a socket.
    let _ = network::with(held, |stack, now| {
        stack.close(now, slot, resets);
        Ok(())
    });
}

impl End {
    /// Of a new socket.
    ///
    /// # Errors
    ///
    /// [`Errno::ENFILE`], [`Errno::ENOBUFS`] where there are too many; [`Errno::ENOMEM`].
    pub(crate) fn new(
        held: &mut Root<'_, Task>,
        family: u32,
        kind: Kind,
        protocol: u32,
        transport: Transport,
    ) -> Result<Self> {
        network::start(held)?;
        let shared = share(family, kind, protocol)?;
        let own = Arc::clone(&shared);
        let slot = network::look(held, |stack| stack.open(own, transport))?;
        Ok(Self { slot, shared })
    }

    /// Whether it is of version 6.
    pub(crate) fn is_v6(&self) -> bool {
        is_v6(self.shared.common.family())
    }

    /// Takes the pending error, as a failure.
    ///
    /// # Errors
    ///
    /// That error.
    pub(crate) fn check(&self) -> Result<()> {
        self.shared.common.take_error().map_or(Ok(()), Err)
    }

    /// Waits until it can be read from, or to.
    ///
    /// # Errors
    ///
    /// Those of [`Call::wait`].
    pub(crate) fn wait_for(&self, held: &mut Root<'_, Task>, call: &Call<'_>, what: Readiness) -> Result<()> {
        let what = what | Readiness::ERROR | Readiness::HANG_UP;
        let is_ready =
            || (!self.shared.is_connecting() && self.shared.readiness().intersects(what)).then_some(Ok(()));
        let source = if what.contains(Readiness::READ) { &self.shared.readers } else { &self.shared.writers };
        call.wait(held, &[source], is_ready)
    }

    /// What it is called, and the other side.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOBUFS`].
    pub(crate) fn names(
        &self,
        held: &mut Root<'_, Task>,
    ) -> Result<(Option<SocketAddr>, Option<SocketAddr>)> {
        network::look(held, |stack| stack.names(self.slot))
    }

    /// What it is called, as a program is told.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOBUFS`].
    pub(crate) fn local_address(&self, held: &mut Root<'_, Task>) -> Result<Address> {
        let any = SocketAddr::from(([0; 4], 0));
        encode(self.names(held)?.0.unwrap_or(any), self.is_v6())
    }

    /// The other side, as a program is told.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTCONN`].
    pub(crate) fn peer_address(&self, held: &mut Root<'_, Task>) -> Result<Address> {
        encode(self.names(held)?.1.ok_or(Errno::ENOTCONN)?, self.is_v6())
    }

    /// Answers a request that has a number for an answer: what can be read, what is not received yet.
    ///
    /// # Errors
    ///
    /// [`Errno::ENODEV`] for what is asked of interfaces: there is none that has a name; [`Errno::ENOTTY`]; [`Errno::EFAULT`].
    pub(crate) fn answer(
        held: &mut Root<'_, Task>,
        request: u32,
        argument: u64,
        (readable, unsent): (usize, usize),
    ) -> Result<usize> {
        let number = match request {
            ioctl::FIONREAD => readable,
            ioctl::TIOCOUTQ => unsent,
            request if OF_INTERFACES.contains(&request) => return Err(Errno::ENODEV),
            _ => return Err(Errno::ENOTTY),
        };
        let number = i32::try_from(number).unwrap_or(i32::MAX).to_ne_bytes();
        user::put(held, argument, &number).map_err(|_| Errno::EFAULT)?;
        Ok(0)
    }
}
