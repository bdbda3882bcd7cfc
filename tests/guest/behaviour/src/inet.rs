//! Sockets of the network by system calls, for tests of them.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use libc::{AF_INET, SOCK_STREAM, c_int};

/// A socket.
pub(crate) fn socket(family: c_int, kind: c_int) -> OwnedFd {
    let number = call!(SYS_socket, family, kind, 0).expect("a socket");
    // SAFETY: the number was given just now.
    unsafe { OwnedFd::from_raw_fd(number as i32) }
}

/// A stream of version 4.
pub(crate) fn stream() -> OwnedFd {
    socket(AF_INET, SOCK_STREAM)
}

/// `struct sockaddr_in` of this machine with a port.
pub(crate) fn name(port: u16) -> [u8; 16] {
    let [high, low] = port.to_be_bytes();
    [2, 0, high, low, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
}

/// The port in such a name.
pub(crate) fn port(name: [u8; 16]) -> u16 {
    u16::from_be_bytes([name[2], name[3]])
}

/// Gives a socket this machine's address and a port.
pub(crate) fn bind(socket: &OwnedFd, port: u16) -> Result<i64, c_int> {
    call!(SYS_bind, socket.as_raw_fd(), &name(port), 16)
}

/// Connects it to a port of this machine.
pub(crate) fn connect(socket: &OwnedFd, port: u16) -> Result<i64, c_int> {
    call!(SYS_connect, socket.as_raw_fd(), &name(port), 16)
}

/// What it is called.
pub(crate) fn own_name(socket: &OwnedFd) -> [u8; 16] {
    let (mut name, mut length) = ([0_u8; 16], 16_u32);
    assert_eq!(call!(SYS_getsockname, socket.as_raw_fd(), &mut name, &mut length), Ok(0));
    name
}

/// Sets an option that is a number.
pub(crate) fn set(
    socket: &impl std::os::fd::AsRawFd,
    level: c_int,
    option: c_int,
    value: c_int,
) -> Result<i64, c_int> {
    call!(SYS_setsockopt, socket.as_raw_fd(), level, option, &value, 4)
}

/// An option that is a number.
pub(crate) fn get(socket: &impl std::os::fd::AsRawFd, level: c_int, option: c_int) -> Result<c_int, c_int> {
    let (mut value, mut length) = (-1, 4_u32);
    call!(SYS_getsockopt, socket.as_raw_fd(), level, option, &mut value, &mut length).map(|_| value)
}

/// The pending error.
pub(crate) fn error(socket: &impl std::os::fd::AsRawFd) -> c_int {
    get(socket, libc::SOL_SOCKET, libc::SO_ERROR).unwrap()
}

/// What `poll` finds of a socket until so many milliseconds have passed.
pub(crate) fn poll(socket: &impl std::os::fd::AsRawFd, events: i16, milliseconds: c_int) -> i16 {
    let mut asked = libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 };
    call!(SYS_poll, &mut asked, 1, milliseconds).unwrap();
    asked.revents
}

/// Has a socket not wait.
pub(crate) fn never_wait(socket: &impl std::os::fd::AsRawFd) {
    assert_eq!(call!(SYS_fcntl, socket.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK | libc::O_RDWR), Ok(0));
}

/// Receives with flags.
pub(crate) fn receive(
    socket: &impl std::os::fd::AsRawFd,
    bytes: &mut [u8],
    flags: c_int,
) -> Result<usize, c_int> {
    call!(SYS_recvfrom, socket.as_raw_fd(), bytes.as_mut_ptr(), bytes.len(), flags, 0, 0)
        .map(|count| count as usize)
}

/// Sends with flags.
pub(crate) fn send(socket: &impl std::os::fd::AsRawFd, bytes: &[u8], flags: c_int) -> Result<usize, c_int> {
    call!(SYS_sendto, socket.as_raw_fd(), bytes.as_ptr(), bytes.len(), flags, 0, 0)
        .map(|count| count as usize)
}

/// A listener, and where it is.
pub(crate) fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let name = listener.local_addr().expect("it has a name");
    (listener, name)
}

/// Two streams that are connected with each other: who has connected, and who has accepted.
pub(crate) fn pair() -> (TcpStream, TcpStream) {
    let (listener, name) = listener();
    let first = TcpStream::connect(name).expect("a connection");
    let (second, from) = listener.accept().expect("the other side");
    assert_eq!(first.local_addr().unwrap(), from);
    (first, second)
}

/// Whether there is version 6; Linux may be without.
pub(crate) fn needs_version_6() {
    if TcpListener::bind("[::1]:0").is_err() {
        crate::running::pass_over("there is no version 6");
    }
}

/// Bytes of which no two neighbours are the same.
pub(crate) fn pattern(length: usize, seed: u8) -> Vec<u8> {
    (0..length)
        .map(|place| seed.wrapping_add((place % 251) as u8).wrapping_add((place / 251) as u8))
        .collect()
}
