//! A socket as an open file: one type for all families, so that a file leads back to its socket.

use alloc::sync::Arc;
use core::any::Any;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::waiting::Source;
use base::user::UserSlice;
use fs::{File, Inode, OpenFile, OpenFlags, Readiness, StreamFile, Waits};
use lockorder::{Root, Task};

use crate::call::{Call, Caller};
use crate::common::Kind;
use crate::contract::Socket;
use crate::inode::SocketInode;
use crate::message::{Control, MessageFlags, Outgoing};
use crate::ranges::{Bytes, Room};

/// An open socket.
pub struct SocketFile {
    socket: Arc<dyn Socket>,
    inode: Arc<dyn Inode>,
}

impl core::fmt::Debug for SocketFile {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("SocketFile").field("common", self.socket.common()).finish_non_exhaustive()
    }
}

/// A description of a socket that a user and a group have made. The socket is closed with it, and where it cannot be made.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub fn open(
    held: &mut Root<'_, Task>,
    socket: Arc<dyn Socket>,
    uid: u32,
    gid: u32,
    nonblocking: bool,
) -> Result<Arc<OpenFile>> {
    let mut flags = OpenFlags::READ_WRITE;
    flags.set(OpenFlags::NONBLOCKING, nonblocking);
    let own = Arc::clone(&socket);
    let opened = try_arc(SocketInode::new(uid, gid))
        .and_then(|inode| try_arc(SocketFile { socket: own, inode }))
        .map_err(|_| Errno::ENOMEM)
        .and_then(|file| OpenFile::new(File::Stream(file), flags));
    if opened.is_err() {
        socket.close(held);
    }
    opened
}

/// The socket that a file is; none of any other.
#[must_use]
pub fn of(file: &File) -> Option<&SocketFile> {
    file.stream()
}

impl SocketFile {
    /// The socket.
    #[must_use]
    pub const fn socket(&self) -> &Arc<dyn Socket> {
        &self.socket
    }

    /// Reads, for a caller that is known: what `recv` without flags does.
    ///
    /// # Errors
    ///
    /// What the socket gives.
    pub fn read(
        &self,
        held: &mut Root<'_, Task>,
        to: Room<'_>,
        waits: Waits<'_>,
        caller: Option<&dyn Caller>,
    ) -> Result<usize> {
        let socket = &self.socket;
        if to.is_empty() && socket.common().kind() == Kind::Stream {
            return Ok(0);
        }
        let call = Call { waits, deadline: socket.common().receive_deadline(), caller };
        let mut received = socket.receive(held, to, MessageFlags::empty(), &call)?;
        // Who reads has no room for them.
        received.control.close(held);
        Ok(received.count)
    }

    /// Writes, for a caller that is known: what `send` without flags does.
    ///
    /// # Errors
    ///
    /// What the socket gives.
    pub fn write(
        &self,
        held: &mut Root<'_, Task>,
        bytes: Bytes<'_>,
        waits: Waits<'_>,
        caller: Option<&dyn Caller>,
    ) -> Result<usize> {
        let call = Call { waits, deadline: self.socket.common().send_deadline(), caller };
        let mut control = Control::default();
        let flags = MessageFlags::empty();
        self.socket.send(held, Outgoing { bytes, address: None, control: &mut control, flags }, &call)
    }
}

impl StreamFile for SocketFile {
    fn inode(&self) -> Option<&Arc<dyn Inode>> {
        Some(&self.inode)
    }

    fn read(&self, held: &mut Root<'_, Task>, to: UserSlice, waits: Waits<'_>) -> Result<usize> {
        Self::read(self, held, Room(&[to]), waits, None)
    }

    fn write(&self, held: &mut Root<'_, Task>, from: UserSlice, waits: Waits<'_>) -> Result<usize> {
        Self::write(self, held, Bytes::User(&[from]), waits, None)
    }

    fn write_kernel(&self, held: &mut Root<'_, Task>, from: &[u8], waits: Waits<'_>) -> Result<usize> {
        Self::write(self, held, Bytes::Kernel(from), waits, None)
    }

    fn ioctl(&self, held: &mut Root<'_, Task>, request: u32, argument: u64) -> Result<usize> {
        self.socket.ioctl(held, request, argument)
    }

    fn readiness(&self) -> Readiness {
        self.socket.readiness()
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        self.socket.sources(each);
    }

    fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        Arc::clone(&self.socket).close(held);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
