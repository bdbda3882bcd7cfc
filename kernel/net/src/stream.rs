//! TCP sockets, as files have them.
//!
//! **Copies.** What is sent is copied from user memory with nothing held, a piece at a time, and into the stack under the lock. What has
//! arrived is copied out under the lock as far as user memory is there, and is taken out then: at a fault the lock is released, the
//! page faulted in, and the copy tried again, so that a bad address loses nothing.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::sync::atomic::{AtomicBool, Ordering};

use abi::{Errno, Result, net};
use base::mm::fallible::{try_arc, try_zeroed};
use base::sched::waiting::Source;
use base::user::MOST_FAULTS;
use fs::Readiness;
use lockorder::{Root, Task};
use socket::{Address, Call, Common, Halves, Kind, MessageFlags, Outgoing, Received, Room, Socket};

use crate::address::{decode, encode};
use crate::end::{End, close, random, share};
use crate::network;
use crate::options;
use crate::stack::{Step, Transport};

/// Bytes that are copied one time.
const PIECE: usize = 16 * 1024;

/// The most bytes that are looked at and left.
const MOST_PEEKED: usize = 64 * 1024;

/// A stream.
#[derive(Debug)]
pub(crate) struct Stream {
    end: End,
    /// Whether a caller was told that it is being connected, and not yet that it is.
    told: AtomicBool,
}

impl Stream {
    /// A new one.
    ///
    /// # Errors
    ///
    /// [`Errno::ENFILE`], [`Errno::ENOBUFS`]; [`Errno::ENOMEM`].
    pub(crate) fn create(held: &mut Root<'_, Task>, family: u32) -> Result<Arc<dyn Socket>> {
        let end = End::new(held, family, Kind::Stream, net::IPPROTO_TCP as u32, Transport::Stream)?;
        Self::of(held, end)
    }

    /// The socket of an end; where there is no memory for it, the end's use ends.
    fn of(held: &mut Root<'_, Task>, end: End) -> Result<Arc<dyn Socket>> {
        let slot = end.slot;
        let Ok(socket) = try_arc(Self { end, told: AtomicBool::new(false) }) else {
            close(held, slot, false);
            return Err(Errno::ENOMEM);
        };
        Ok(socket)
    }

    /// Waits until a connection that was begun is made.
    fn wait_for_connection(&self, held: &mut Root<'_, Task>, call: &Call<'_>) -> Result<()> {
        let shared = &self.end.shared;
        let waited = call.wait(held, &[&shared.writers], || (!shared.is_connecting()).then_some(Ok(())));
        match waited {
            Ok(()) => {
                self.told.store(false, Ordering::Relaxed);
                self.end.check()
            }
            // Its time is over, and it goes on.
            Err(Errno::EAGAIN) => Err(Errno::EINPROGRESS),
            Err(error) => Err(error),
        }
    }

    /// Sends a piece from the kernel's memory, waiting for room; says how much of it before it fails.
    fn send_piece(&self, held: &mut Root<'_, Task>, bytes: &[u8], call: &Call<'_>) -> (usize, Result<()>) {
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let step = self
                .end
                .check()
                .and_then(|()| network::with(held, |stack, _| stack.send(self.end.slot, rest)));
            let waited = match step {
                Ok(Step::Done(count)) => {
                    done = done.saturating_add(count);
                    Ok(())
                }
                Ok(Step::Wait) => self.end.wait_for(held, call, Readiness::WRITE),
                Err(error) => Err(error),
            };
            if let Err(error) = waited {
                return (done, Err(error));
            }
        }
        (done, Ok(()))
    }

    /// Copies what has arrived and leaves it.
    fn peek(&self, held: &mut Root<'_, Task>, to: Room<'_>, call: &Call<'_>) -> Result<usize> {
        let mut bytes = try_zeroed(to.len().min(MOST_PEEKED)).map_err(|_| Errno::ENOMEM)?;
        loop {
            let step = network::look(held, |stack| stack.peek(self.end.slot, &mut bytes));
            match step {
                Ok(Step::Done(0)) => return self.end.check().map(|()| 0),
                Ok(Step::Done(count)) => {
                    to.copy_out(held, 0, bytes.get(..count).unwrap_or_default())?;
                    return Ok(count);
                }
                Ok(Step::Wait) => {
                    self.end.check()?;
                    self.end.wait_for(held, call, Readiness::READ)?;
                }
                Err(error) => return Err(self.end.check().err().unwrap_or(error)),
            }
        }
    }

    /// Copies a piece of what has arrived to a place, and takes it out. A page that is not there is faulted in, and nothing taken.
    fn receive_piece(
        &self,
        held: &mut Root<'_, Task>,
        to: Room<'_>,
        at: usize,
    ) -> Result<Step<Option<usize>>> {
        let mut wanted = 0;
        let step = network::with(held, |stack, now| {
            stack.receive(now, self.end.slot, |bytes| {
                wanted = bytes.len().min(to.len().saturating_sub(at)).min(PIECE);
                let copied = to.try_copy_out(at, bytes.get(..wanted).unwrap_or_default());
                copied.map(|()| wanted).map_err(|_| Errno::EFAULT)
            })
        });
        match step {
            Ok(Step::Done(count)) => Ok(Step::Done(Some(count))),
            Ok(Step::Wait) => Ok(Step::Wait),
            Err(Errno::EFAULT) => {
                to.fault_in(held, at, wanted)?;
                Ok(Step::Done(None))
            }
            Err(error) => Err(error),
        }
    }

    /// Receives what has arrived, waiting for some, or for all.
    fn take(&self, held: &mut Root<'_, Task>, to: Room<'_>, all: bool, call: &Call<'_>) -> Result<usize> {
        let (mut done, mut faults) = (0_usize, 0);
        let result = loop {
            if done >= to.len() && done > 0 {
                break Ok(());
            }
            match self.receive_piece(held, to, done) {
                // The end; before it, what has ended it.
                Ok(Step::Done(Some(0))) if done == 0 && to.is_empty() => break Ok(()),
                Ok(Step::Done(Some(0))) if done == 0 => break self.end.check(),
                Ok(Step::Done(Some(0))) => break Ok(()),
                Ok(Step::Done(Some(count))) => {
                    done = done.saturating_add(count);
                    faults = 0;
                }
                Ok(Step::Done(None)) => {
                    faults += 1;
                    if faults > MOST_FAULTS {
                        break Err(Errno::EFAULT);
                    }
                }
                Ok(Step::Wait) if done > 0 && !all || to.is_empty() => break Ok(()),
                Ok(Step::Wait) => {
                    let waited =
                        self.end.check().and_then(|()| self.end.wait_for(held, call, Readiness::READ));
                    if waited.is_err() {
                        break waited;
                    }
                }
                Err(error) => break Err(self.end.check().err().unwrap_or(error)),
            }
        };
        if done > 0 { Ok(done) } else { result.map(|()| 0) }
    }
}

impl Socket for Stream {
    fn common(&self) -> &Common {
        &self.end.shared.common
    }

    fn bind(&self, held: &mut Root<'_, Task>, address: &Address, call: &Call<'_>) -> Result<()> {
        let name = decode(address, self.end.is_v6())?;
        self.end.shared.named_by(held, call, name.port())?;
        let random = random(held);
        network::with(held, |stack, now| stack.bind(now, self.end.slot, name, random))
    }

    fn listen(&self, held: &mut Root<'_, Task>, backlog: u32, _call: &Call<'_>) -> Result<()> {
        if self.told.load(Ordering::Relaxed) {
            // What became of a connection is to be heard first, by `connect`.
            return Err(Errno::EINVAL);
        }
        let random = random(held);
        let backlog = usize::try_from(backlog).unwrap_or(usize::MAX);
        network::with(held, |stack, now| stack.listen(now, self.end.slot, backlog, random))
    }

    fn accept(&self, held: &mut Root<'_, Task>, call: &Call<'_>) -> Result<(Arc<dyn Socket>, Address)> {
        let common = self.common();
        let shared = share(common.family(), Kind::Stream, common.protocol())?;
        for name in [net::SO_REUSEADDR, net::SO_REUSEPORT, net::SO_KEEPALIVE] {
            shared.common.switch(name, common.is_on(name));
        }
        shared.common.set_linger(common.linger());
        loop {
            match network::with(held, |stack, _| stack.accept(self.end.slot, &shared))? {
                Step::Done((slot, from)) => {
                    let socket = Self::of(held, End { slot, shared })?;
                    return Ok((socket, encode(from, self.end.is_v6())?));
                }
                Step::Wait => {
                    let shared = &self.end.shared;
                    // Not for an error, which a connection that it was to have before has left: that is not told here.
                    let what = Readiness::READ | Readiness::HANG_UP;
                    let is_ready = || shared.published().intersects(what).then_some(Ok(()));
                    call.wait(held, &[&shared.readers], is_ready)?;
                }
            }
        }
    }

    fn connect(&self, held: &mut Root<'_, Task>, address: &Address, call: &Call<'_>) -> Result<()> {
        let to = decode(address, self.end.is_v6())?;
        // What came of the one before is told first.
        self.end.check().inspect_err(|_| self.told.store(false, Ordering::Relaxed))?;
        let random = random(held);
        let begun = network::with(held, |stack, now| stack.connect(now, self.end.slot, to, random));
        match begun {
            Ok(()) if call.waits.nonblocking => {
                self.told.store(true, Ordering::Relaxed);
                Err(Errno::EINPROGRESS)
            }
            Err(Errno::EALREADY) if call.waits.nonblocking => Err(Errno::EALREADY),
            Ok(()) | Err(Errno::EALREADY) => self.wait_for_connection(held, call),
            Err(Errno::EISCONN) if self.told.swap(false, Ordering::Relaxed) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn local_address(&self, held: &mut Root<'_, Task>) -> Result<Address> {
        self.end.local_address(held)
    }

    fn peer_address(&self, held: &mut Root<'_, Task>) -> Result<Address> {
        self.end.peer_address(held)
    }

    fn send(&self, held: &mut Root<'_, Task>, message: Outgoing<'_>, call: &Call<'_>) -> Result<usize> {
        if message.flags.contains(MessageFlags::OUT_OF_BAND) {
            return Err(Errno::EOPNOTSUPP);
        }
        let length = message.bytes.len();
        let mut piece = try_zeroed(length.min(PIECE)).map_err(|_| Errno::ENOMEM)?;
        if length == 0 {
            self.end.check()?;
        }
        let mut done = 0_usize;
        while done < length {
            let count = length.saturating_sub(done).min(PIECE);
            let piece = piece.get_mut(..count).unwrap_or_default();
            let (sent, result) = match message.bytes.copy_in(held, done, piece) {
                Ok(()) => self.send_piece(held, piece, call),
                Err(error) => (0, Err(error)),
            };
            done = done.saturating_add(sent);
            match result {
                Ok(()) => {}
                Err(_) if done > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(done)
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
        if self.is_listening() {
            return Err(Errno::ENOTCONN);
        }
        let count = if flags.contains(MessageFlags::PEEK) {
            self.peek(held, to, call)?
        } else {
            self.take(held, to, flags.contains(MessageFlags::WAIT_ALL), call)?
        };
        Ok(Received { count, ..Received::default() })
    }

    fn shutdown(&self, held: &mut Root<'_, Task>, halves: Halves) -> Result<()> {
        let (reads, writes) = (halves.contains(Halves::RECEIVE), halves.contains(Halves::SEND));
        network::with(held, |stack, now| stack.shut(now, self.end.slot, reads, writes))
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
        if self.is_listening() {
            return Err(Errno::EINVAL);
        }
        let counts = network::look(held, |stack| stack.queued(self.end.slot))?;
        End::answer(held, request, argument, counts)
    }

    fn is_listening(&self) -> bool {
        self.end.shared.is_listening()
    }

    fn readiness(&self) -> Readiness {
        self.end.shared.readiness()
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(&self.end.shared.readers);
        each(&self.end.shared.writers);
    }

    fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        let linger = self.common().linger();
        close(held, self.end.slot, linger.on && linger.seconds == 0);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
