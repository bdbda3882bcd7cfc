//! Sockets of one machine, as tests use them: descriptors, bytes, and what an error is.

use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, FromRawFd as _, OwnedFd};

use libc::{AF_UNIX, SOL_SOCKET, c_int};

/// A result as the kernel gives it.
pub(crate) type Result<T> = std::result::Result<T, c_int>;

/// The descriptor with a number that was given just now.
fn owned(number: i64) -> OwnedFd {
    // SAFETY: the number was given just now, and nobody else has it.
    unsafe { OwnedFd::from_raw_fd(number as c_int) }
}

/// Two sockets that are connected with each other.
#[track_caller]
pub(crate) fn pair(kind: c_int) -> (OwnedFd, OwnedFd) {
    let mut numbers = [-1_i32; 2];
    call!(SYS_socketpair, AF_UNIX, kind, 0, &mut numbers).unwrap();
    (owned(i64::from(numbers[0])), owned(i64::from(numbers[1])))
}

/// A socket.
#[track_caller]
pub(crate) fn socket(kind: c_int) -> OwnedFd {
    owned(call!(SYS_socket, AF_UNIX, kind, 0).unwrap())
}

/// The address of a name: bytes that begin with a zero, or a path.
pub(crate) fn address(name: &[u8]) -> Vec<u8> {
    let mut bytes = (AF_UNIX as u16).to_ne_bytes().to_vec();
    bytes.extend_from_slice(name);
    if name.first().is_some_and(|first| *first != 0) {
        bytes.push(0);
    }
    bytes
}

pub(crate) fn bind(socket: &OwnedFd, name: &[u8]) -> Result<i64> {
    let address = address(name);
    call!(SYS_bind, socket.as_raw_fd(), address.as_ptr(), address.len())
}

pub(crate) fn connect(socket: &OwnedFd, name: &[u8]) -> Result<i64> {
    let address = address(name);
    call!(SYS_connect, socket.as_raw_fd(), address.as_ptr(), address.len())
}

pub(crate) fn listen(socket: &OwnedFd, backlog: c_int) -> Result<i64> {
    call!(SYS_listen, socket.as_raw_fd(), backlog)
}

pub(crate) fn accept(socket: &OwnedFd) -> Result<OwnedFd> {
    call!(SYS_accept4, socket.as_raw_fd(), 0, 0, 0).map(owned)
}

/// A socket of a kind that listens at a name.
#[track_caller]
pub(crate) fn listener(kind: c_int, name: &[u8]) -> OwnedFd {
    let listener = socket(kind);
    bind(&listener, name).unwrap();
    listen(&listener, 8).unwrap();
    listener
}

/// A socket that is connected to a name.
#[track_caller]
pub(crate) fn connected(kind: c_int, name: &[u8]) -> OwnedFd {
    let socket = socket(kind);
    connect(&socket, name).unwrap();
    socket
}

pub(crate) fn send(socket: &OwnedFd, bytes: &[u8], flags: c_int) -> Result<i64> {
    call!(SYS_sendto, socket.as_raw_fd(), bytes.as_ptr(), bytes.len(), flags, 0, 0)
}

pub(crate) fn send_to(socket: &OwnedFd, bytes: &[u8], flags: c_int, name: &[u8]) -> Result<i64> {
    let address = address(name);
    let (at, length) = (address.as_ptr(), address.len());
    call!(SYS_sendto, socket.as_raw_fd(), bytes.as_ptr(), bytes.len(), flags, at, length)
}

pub(crate) fn receive(socket: &OwnedFd, room: usize, flags: c_int) -> Result<Vec<u8>> {
    let mut bytes = vec![0; room];
    let count = call!(SYS_recvfrom, socket.as_raw_fd(), bytes.as_mut_ptr(), room, flags, 0, 0)?;
    bytes.truncate(count as usize);
    Ok(bytes)
}

/// What comes, and the address of who has sent it, family and all.
pub(crate) fn receive_from(socket: &OwnedFd, room: usize) -> Result<(Vec<u8>, Vec<u8>)> {
    let (mut bytes, mut address, mut length) = (vec![0; room], [0_u8; 128], 128_u32);
    let place = address.as_mut_ptr();
    let count = call!(SYS_recvfrom, socket.as_raw_fd(), bytes.as_mut_ptr(), room, 0, place, &mut length)?;
    bytes.truncate(count as usize);
    Ok((bytes, address[..length as usize].to_vec()))
}

/// An address by `getsockname` or `getpeername`.
pub(crate) fn asked_address(number: i64, socket: &OwnedFd) -> Result<Vec<u8>> {
    let (mut address, mut length) = ([0_u8; 128], 128_u32);
    let words = [i64::from(socket.as_raw_fd()), address.as_mut_ptr() as i64, &raw mut length as i64];
    crate::calls::call(number, &words)?;
    Ok(address[..length as usize].to_vec())
}

pub(crate) fn option(socket: &OwnedFd, name: c_int) -> Result<c_int> {
    let (mut value, mut length) = (0_i32, 4_u32);
    call!(SYS_getsockopt, socket.as_raw_fd(), SOL_SOCKET, name, &mut value, &mut length)?;
    assert_eq!(length, 4, "an option that is a number");
    Ok(value)
}

pub(crate) fn set_option(socket: &OwnedFd, name: c_int, value: c_int) -> Result<i64> {
    call!(SYS_setsockopt, socket.as_raw_fd(), SOL_SOCKET, name, &value, 4)
}

/// What `poll` finds at once of anything that it may be asked for.
pub(crate) fn found(socket: &OwnedFd) -> i16 {
    let mut asked = libc::pollfd {
        fd: socket.as_raw_fd(),
        events: libc::POLLIN | libc::POLLOUT | libc::POLLRDHUP | libc::POLLPRI,
        revents: 0,
    };
    call!(SYS_poll, &mut asked, 1, 0).unwrap();
    asked.revents
}

/// What came with bytes.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
    pub(crate) rights: Vec<OwnedFd>,
    /// Process, user and group.
    pub(crate) credentials: Option<(i32, u32, u32)>,
    pub(crate) flags: c_int,
}

/// A control message of the level `SOL_SOCKET`.
pub(crate) fn control(kind: c_int, says: &[u8]) -> Vec<u8> {
    let mut bytes = (16 + says.len()).to_ne_bytes().to_vec();
    bytes.extend_from_slice(&SOL_SOCKET.to_ne_bytes());
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(says);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

/// The control message that sends descriptors.
pub(crate) fn rights(files: &[&dyn AsRawFd]) -> Vec<u8> {
    let numbers: Vec<u8> = files.iter().flat_map(|file| file.as_raw_fd().to_ne_bytes()).collect();
    control(libc::SCM_RIGHTS, &numbers)
}

/// The control message that says who sends.
pub(crate) fn credentials(pid: c_int, uid: u32, gid: u32) -> Vec<u8> {
    let words = [pid.cast_unsigned(), uid, gid];
    control(libc::SCM_CREDENTIALS, &words.iter().flat_map(|word| word.to_ne_bytes()).collect::<Vec<_>>())
}

/// Sends bytes and control messages.
pub(crate) fn send_message(socket: &OwnedFd, bytes: &[u8], control: &[u8]) -> Result<i64> {
    let mut range = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: all of it is numbers and pointers that may be zero.
    let mut header: libc::msghdr = unsafe { zeroed() };
    header.msg_iov = &raw mut range;
    header.msg_iovlen = 1;
    header.msg_control = control.as_ptr().cast_mut().cast();
    header.msg_controllen = control.len() as _;
    call!(SYS_sendmsg, socket.as_raw_fd(), &header, libc::MSG_NOSIGNAL)
}

/// Receives bytes and control messages, with so much room for each.
pub(crate) fn receive_message(
    socket: &OwnedFd,
    room: usize,
    control_room: usize,
    flags: c_int,
) -> Result<Message> {
    let (mut bytes, mut control) = (vec![0_u8; room], vec![0_u64; control_room.div_ceil(8)]);
    let mut range = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: room };
    // SAFETY: all of it is numbers and pointers that may be zero.
    let mut header: libc::msghdr = unsafe { zeroed() };
    header.msg_iov = &raw mut range;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = control_room as _;
    let count = call!(SYS_recvmsg, socket.as_raw_fd(), &mut header, flags)?;
    bytes.truncate(count as usize);
    let mut message = Message { bytes, flags: header.msg_flags, ..Message::default() };
    let said: Vec<u8> = control.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let mut rest = &said[..header.msg_controllen as usize];
    while rest.len() >= 16 {
        let length = usize::from_ne_bytes(rest[..size_of::<usize>()].try_into().unwrap());
        let word = |at: usize| i32::from_ne_bytes(rest[at..at + 4].try_into().unwrap());
        assert_eq!(word(8), SOL_SOCKET);
        let kind = word(12);
        if kind == libc::SCM_RIGHTS {
            let numbers = (16..length).step_by(4).map(|at| owned(i64::from(word(at))));
            message.rights.extend(numbers);
        } else if kind == libc::SCM_CREDENTIALS && length >= 28 {
            message.credentials = Some((word(16), word(20).cast_unsigned(), word(24).cast_unsigned()));
        }
        rest = rest.get(length.next_multiple_of(8)..).unwrap_or_default();
    }
    Ok(message)
}

/// Shuts a socket down.
pub(crate) fn shut_down(socket: &OwnedFd, how: c_int) -> Result<i64> {
    call!(SYS_shutdown, socket.as_raw_fd(), how)
}

/// Has a descriptor not wait.
pub(crate) fn do_not_wait(socket: &OwnedFd) {
    call!(SYS_fcntl, socket.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK).unwrap();
}
