//! Messages: what is said beside the bytes, to the kernel by flags, to the other side by control messages.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::net;
use bitflags::bitflags;
use fs::OpenFile;
use lockorder::{Root, Task};

use crate::address::Address;
use crate::call::Credentials;
use crate::ranges::Bytes;

bitflags! {
    /// What is said of one message; the bits of `sendmsg` and `recvmsg`. Others are kept and mean nothing.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct MessageFlags: u32 {
        /// Urgent.
        const OUT_OF_BAND = net::MSG_OOB;
        /// It stays for the next receiver.
        const PEEK = net::MSG_PEEK;
        /// Not all control messages had room.
        const CONTROL_TRUNCATED = net::MSG_CTRUNC;
        /// A receiver asks how long it was; it was longer than the room.
        const TRUNCATED = net::MSG_TRUNC;
        /// Do not wait. In [`Waits`](fs::Waits) already.
        const DO_NOT_WAIT = net::MSG_DONTWAIT;
        /// A record ends.
        const END_OF_RECORD = net::MSG_EOR;
        /// Wait for all that there is room for.
        const WAIT_ALL = net::MSG_WAITALL;
        /// No signal where nobody reads. Whoever makes the call sees to it.
        const NO_SIGNAL = net::MSG_NOSIGNAL;
        /// More follows.
        const MORE = net::MSG_MORE;
        /// From the queue of errors.
        const ERROR_QUEUE = net::MSG_ERRQUEUE;
        /// Descriptors that come are closed by an execution.
        const CLOSE_ON_EXEC = net::MSG_CMSG_CLOEXEC;
        /// All other bits.
        const _ = !0;
    }
}

/// A control message that only its family knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Its level.
    pub level: u32,
    /// Its type there.
    pub kind: u32,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// Control messages.
#[derive(Debug, Default)]
pub struct Control {
    /// Open files, in order: `SCM_RIGHTS`. Whoever has them in the end closes them.
    pub rights: Vec<Arc<OpenFile>>,
    /// Who sends: `SCM_CREDENTIALS`. Whoever makes the call has seen that a sender may say so.
    pub credentials: Option<Credentials>,
    /// Any others.
    pub others: Vec<Other>,
}

impl Control {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rights.is_empty() && self.credentials.is_none() && self.others.is_empty()
    }

    /// Closes the open files that nobody has taken.
    pub fn close(&mut self, held: &mut Root<'_, Task>) {
        for file in core::mem::take(&mut self.rights) {
            file.close(held);
        }
    }
}

/// A message that is sent.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// Its bytes.
    pub bytes: Bytes<'a>,
    /// Where it goes; none to where the socket is connected.
    pub address: Option<&'a Address>,
    /// What goes with it. A family takes out what it sends; the caller closes what is left.
    pub control: &'a mut Control,
    /// What is said of it.
    pub flags: MessageFlags,
}

/// What a receiver is told beside the bytes.
#[derive(Debug, Default)]
pub struct Received {
    /// What the call gives: bytes that were copied, or those that there were, where [`MessageFlags::TRUNCATED`] was asked for.
    pub count: usize,
    /// What is said of it: `MSG_TRUNC`, `MSG_EOR`, `MSG_CTRUNC`.
    pub flags: u32,
    /// Who has sent it; none where nobody asks because the two are connected.
    pub address: Option<Address>,
    /// What came with it.
    pub control: Control,
}
