//! What the system calls ask of a socket of this family.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;

use abi::{Errno, Result, ioctl, net};
use base::mm::fallible::try_arc;
use base::sched::waiting::Source;
use base::user;
use fs::Readiness;
use lockorder::{Root, Task};
use socket::{
    Address, Call, Common, Credentials, Halves, Kind, MessageFlags, Outgoing, Received, Room, Socket,
};

use super::endpoint::{CONNECTED, Endpoint, LISTENING, NO_RECEIVING};
use super::name::FAMILY;
use super::open_files::UnixSocket;
use super::{binding, connecting, ending, receiving, sending};

/// How many bytes can be received: the socket's name for what terminals and pipes have.
const SIOCINQ: u32 = ioctl::FIONREAD;
/// How much of what was sent nobody has received.
const SIOCOUTQ: u32 = ioctl::TIOCOUTQ;

/// A new socket of an endpoint, which is closed where there is no memory for it.
pub(super) fn of(held: &mut Root<'_, Task>, endpoint: &Arc<Endpoint>) -> Result<Arc<dyn Socket>> {
    if let Ok(socket) = try_arc(UnixSocket(Arc::clone(endpoint))) {
        return Ok(socket);
    }
    ending::close(endpoint, held, false);
    Err(Errno::ENOMEM)
}

impl Socket for UnixSocket {
    fn common(&self) -> &Common {
        &self.0.common
    }

    fn bind(&self, held: &mut Root<'_, Task>, address: &Address, call: &Call<'_>) -> Result<()> {
        binding::bind(&self.0, held, address, call)
    }

    fn listen(&self, held: &mut Root<'_, Task>, backlog: u32, call: &Call<'_>) -> Result<()> {
        connecting::listen(&self.0, held, backlog, call)
    }

    fn accept(&self, held: &mut Root<'_, Task>, call: &Call<'_>) -> Result<(Arc<dyn Socket>, Address)> {
        let endpoint = connecting::accept(&self.0, held, call)?;
        let peer = endpoint.peer(held);
        let name = peer.and_then(|peer| peer.name(held));
        let address = name.map_or(Address::unnamed(FAMILY), |name| name.address());
        Ok((of(held, &endpoint)?, address))
    }

    fn connect(&self, held: &mut Root<'_, Task>, address: &Address, call: &Call<'_>) -> Result<()> {
        connecting::connect(&self.0, held, address, call)
    }

    fn local_address(&self, held: &mut Root<'_, Task>) -> Result<Address> {
        Ok(self.0.name(held).map_or(Address::unnamed(FAMILY), |name| name.address()))
    }

    fn peer_address(&self, held: &mut Root<'_, Task>) -> Result<Address> {
        let peer = self.0.peer(held).ok_or(Errno::ENOTCONN)?;
        Ok(peer.name(held).map_or(Address::unnamed(FAMILY), |name| name.address()))
    }

    fn send(&self, held: &mut Root<'_, Task>, message: Outgoing<'_>, call: &Call<'_>) -> Result<usize> {
        sending::send(&self.0, held, message, call)
    }

    fn receive(
        &self,
        held: &mut Root<'_, Task>,
        to: Room<'_>,
        flags: MessageFlags,
        call: &Call<'_>,
    ) -> Result<Received> {
        receiving::receive(&self.0, held, to, flags, call)
    }

    fn shutdown(&self, held: &mut Root<'_, Task>, halves: Halves) -> Result<()> {
        ending::shut_down(&self.0, held, halves);
        Ok(())
    }

    fn get_option(&self, held: &mut Root<'_, Task>, level: u32, name: u32) -> Result<Option<Vec<u8>>> {
        match (level, name) {
            (net::SOL_SOCKET, net::SO_PEERCRED) => {
                let credentials = self.0.with(held, |inside| inside.credentials);
                let told: Credentials = credentials.unwrap_or(connecting::UNKNOWN);
                socket::options::bytes(&told.encode()).map(Some)
            }
            (net::SOL_SOCKET, _) => Ok(None),
            _ => Err(Errno::EOPNOTSUPP),
        }
    }

    fn ioctl(&self, held: &mut Root<'_, Task>, request: u32, argument: u64) -> Result<usize> {
        let endpoint = &self.0;
        let count = match request {
            SIOCINQ if endpoint.is(LISTENING) => return Err(Errno::EINVAL),
            SIOCINQ if endpoint.common.kind() == Kind::Datagram => endpoint.first(),
            SIOCINQ => endpoint.bytes(),
            SIOCOUTQ => endpoint.sent(),
            _ => return Err(Errno::ENOTTY),
        };
        let count = i32::try_from(count).unwrap_or(i32::MAX).to_ne_bytes();
        user::put(held, argument, &count).map_err(|_| Errno::EFAULT)?;
        Ok(0)
    }

    fn is_listening(&self) -> bool {
        self.0.is(LISTENING)
    }

    fn readiness(&self) -> Readiness {
        let endpoint = &self.0;
        // Before what was received: who has seen the end sees what came before it.
        let (is_over, receives_no_more) = (endpoint.is_over(), endpoint.is(NO_RECEIVING));
        let is_alone = endpoint.connects() && !endpoint.is(CONNECTED | LISTENING);
        let has_pending = endpoint.pending.load(core::sync::atomic::Ordering::Relaxed) > 0;
        let mut readiness = Readiness::empty();
        readiness.set(Readiness::READ, endpoint.has_received() || has_pending || receives_no_more);
        readiness.set(Readiness::WRITE, endpoint.is_writable());
        readiness.set(Readiness::ERROR, endpoint.common.has_error());
        readiness.set(Readiness::HANG_UP, is_over || is_alone);
        readiness.set(Readiness::READ_HANG_UP, receives_no_more);
        readiness
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(&self.0.readers);
        each(&self.0.writers);
    }

    fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        ending::close(&self.0, held, false);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
