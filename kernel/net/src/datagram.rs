//! UDP sockets, as files have them.
//!
//! A datagram is copied from user memory with nothing held, and copied out under the lock as far as user memory is there, as
//! [`stream`](crate::stream) says.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicBool, Ordering};

use abi::{Errno, Result, net};
use base::mm::fallible::{try_arc, try_zeroed};
use base::sched::waiting::Source;
use base::user::MOST_FAULTS;
use fs::Readiness;
use lockorder::{Root, Task};
use socket::{Address, Call, Common, Halves, Kind, MessageFlags, Outgoing, Received, Room, Socket};

use crate::address::{decode, encode, is_none};
use crate::end::{End, close, random};
use crate::network;
use crate::options;
use crate::stack::{Step, Transport, longest};

/// How often a datagram is tried to be sent while others' go first.
const MOST_TRIES: usize = 64;

/// A socket for datagrams.
#[derive(Debug)]
pub(crate) struct Datagrams {
    end: End,
    /// Whether a receiver is not to wait, by `shutdown`.
    reads_no_more: AtomicBool,
    /// Whether nothing is sent any more.
    writes_no_more: AtomicBool,
}

impl Datagrams {
    /// A new one.
    ///
    /// # Errors
    ///
    /// [`Errno::ENFILE`], [`Errno::ENOBUFS`]; [`Errno::ENOMEM`].
    pub(crate) fn create(held: &mut Root<'_, Task>, family: u32) -> Result<Arc<dyn Socket>> {
        let end = End::new(held, family, Kind::Datagram, net::IPPROTO_UDP as u32, Transport::Datagram)?;
        let slot = end.slot;
        let (reads_no_more, writes_no_more) = (AtomicBool::new(false), AtomicBool::new(false));
        let Ok(socket) = try_arc(Self { end, reads_no_more, writes_no_more }) else {
            close(held, slot, false);
            return Err(Errno::ENOMEM);
        };
        Ok(socket)
    }

    /// Copies the next datagram, as far as there is room; its length, and who has sent it.
    fn take(
        &self,
        held: &mut Root<'_, Task>,
        to: Room<'_>,
        peeks: bool,
    ) -> Result<Step<(usize, SocketAddr)>> {
        let mut faults = 0;
        loop {
            let mut wanted = 0;
            let step = network::look(held, |stack| {
                stack.receive_datagram(self.end.slot, peeks, |bytes, from| {
                    wanted = bytes.len().min(to.len());
                    let copied = to.try_copy_out(0, bytes.get(..wanted).unwrap_or_default());
                    copied.map(|()| (bytes.len(), from)).map_err(|_| Errno::EFAULT)
                })
            });
            match step {
                Err(Errno::EFAULT) if faults < MOST_FAULTS => {
                    faults += 1;
                    to.fault_in(held, 0, wanted)?;
                }
                step => return step,
            }
        }
    }
}

impl Socket for Datagrams {
    fn common(&self) -> &Common {
        &self.end.shared.common
    }

    fn bind(&self, held: &mut Root<'_, Task>, address: &Address, call: &Call<'_>) -> Result<()> {
        let name = decode(address, self.end.is_v6())?;
        self.end.shared.named_by(held, call, name.port())?;
        let random = random(held);
        network::with(held, |stack, now| stack.bind(now, self.end.slot, name, random))
    }

    fn connect(&self, held: &mut Root<'_, Task>, address: &Address, _call: &Call<'_>) -> Result<()> {
        let to = if is_none(address) { None } else { Some(decode(address, self.end.is_v6())?) };
        let random = random(held);
        network::with(held, |stack, now| stack.associate(now, self.end.slot, to, random))
    }

    fn local_address(&self, held: &mut Root<'_, Task>) -> Result<Address> {
        self.end.local_address(held)
    }

    fn peer_address(&self, held: &mut Root<'_, Task>) -> Result<Address> {
        self.end.peer_address(held)
    }

    fn send(&self, held: &mut Root<'_, Task>, message: Outgoing<'_>, _call: &Call<'_>) -> Result<usize> {
        if message.flags.contains(MessageFlags::OUT_OF_BAND) {
            return Err(Errno::EOPNOTSUPP);
        }
        let to = message.address.map(|address| decode(address, self.end.is_v6())).transpose()?;
        let length = message.bytes.len();
        if length > longest([0; 4].into()) {
            return Err(Errno::EMSGSIZE);
        }
        if self.writes_no_more.load(Ordering::Relaxed) {
            return Err(Errno::EPIPE);
        }
        self.end.check()?;
        // Before the bytes, which are somebody's mistake too.
        if to.is_none() && self.end.names(held)?.1.is_none() {
            return Err(Errno::EDESTADDRREQ);
        }
        let mut bytes = try_zeroed(length).map_err(|_| Errno::ENOMEM)?;
        message.bytes.copy_in(held, 0, &mut bytes)?;
        let random = random(held);
        for _ in 0..MOST_TRIES {
            let slot = self.end.slot;
            let step = network::with(held, |stack, now| stack.send_datagram(now, slot, to, &bytes, random))?;
            match step {
                Step::Done(count) => return Ok(count),
                Step::Wait => {}
            }
        }
        Err(Errno::ENOBUFS)
    }

    fn receive(
        &self,
        held: &mut Root<'_, Task>,
        to: Room<'_>,
        flags: MessageFlags,
        call: &Call<'_>,
    ) -> Result<Received> {
        if flags.contains(MessageFlags::OUT_OF_BAND) {
            return Err(Errno::EINVAL);
        }
        loop {
            self.end.check()?;
            match self.take(held, to, flags.contains(MessageFlags::PEEK))? {
                Step::Done((length, from)) => {
                    let copied = length.min(to.len());
                    let is_cut = length > copied;
                    let asks = flags.contains(MessageFlags::TRUNCATED);
                    return Ok(Received {
                        count: if asks { length } else { copied },
                        flags: if is_cut { net::MSG_TRUNC } else { 0 },
                        address: Some(encode(from, self.end.is_v6())?),
                        ..Received::default()
                    });
                }
                Step::Wait if self.reads_no_more.load(Ordering::Acquire) => return Ok(Received::default()),
                Step::Wait => {
                    let shared = &self.end.shared;
                    let is_ready = || {
                        let is_over = self.reads_no_more.load(Ordering::Acquire);
                        (is_over || shared.readiness().contains(Readiness::READ)).then_some(Ok(()))
                    };
                    call.wait(held, &[&shared.readers], is_ready)?;
                }
            }
        }
    }

    fn shutdown(&self, held: &mut Root<'_, Task>, halves: Halves) -> Result<()> {
        let (_, peer) = self.end.names(held)?;
        // It is done even where that fails, as on Linux: who waits there goes on.
        if halves.contains(Halves::RECEIVE) {
            self.reads_no_more.store(true, Ordering::Release);
        }
        if halves.contains(Halves::SEND) {
            self.writes_no_more.store(true, Ordering::Release);
        }
        self.end.shared.readers.wake();
        self.end.shared.writers.wake();
        peer.map(|_| ()).ok_or(Errno::ENOTCONN)
    }

    fn get_option(&self, held: &mut Root<'_, Task>, level: u32, name: u32) -> Result<Option<Vec<u8>>> {
        options::get(held, &self.end, level, name)
    }

    fn set_option(
        &self,
        held: &mut Root<'_, Task>,
        level: u32,
        name: u32,
        value: &[u8],
        _call: &Call<'_>,
    ) -> Result<bool> {
        options::set(held, &self.end, [level, name], value)
    }

    fn ioctl(&self, held: &mut Root<'_, Task>, request: u32, argument: u64) -> Result<usize> {
        let next = network::look(held, |stack| stack.next_datagram(self.end.slot))?;
        End::answer(held, request, argument, (next.unwrap_or(0), 0))
    }

    fn readiness(&self) -> Readiness {
        let mut readiness = self.end.shared.readiness();
        if self.reads_no_more.load(Ordering::Acquire) {
            readiness |= Readiness::READ | Readiness::READ_HANG_UP;
            readiness.set(Readiness::HANG_UP, self.writes_no_more.load(Ordering::Acquire));
        }
        readiness
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(&self.end.shared.readers);
        each(&self.end.shared.writers);
    }

    fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        close(held, self.end.slot, false);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
