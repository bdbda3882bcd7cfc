//! Options of sockets.

use std::os::fd::{AsRawFd as _, OwnedFd};

use libc::{
    EBADF, EDOM, EFAULT, EINVAL, ENOPROTOOPT, EOPNOTSUPP, SO_ACCEPTCONN, SO_BROADCAST, SO_DOMAIN, SO_ERROR,
    SO_KEEPALIVE, SO_LINGER, SO_PASSCRED, SO_PROTOCOL, SO_RCVBUF, SO_RCVTIMEO, SO_REUSEADDR, SO_SNDBUF,
    SO_SNDTIMEO, SO_TYPE, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET,
};

use crate::sockets::{accept, connected, listener, option, pair, receive, send, set_option, socket};

crate::tests! {
    a_socket_knows_what_it_is,
    a_socket_knows_whether_it_listens,
    buffers_are_twice_as_large_as_asked_for,
    buffers_have_bounds,
    switches_are_switched,
    a_time_limit_is_kept,
    a_time_limit_has_its_bounds,
    lingering_is_kept,
    an_error_is_asked_for_once,
    an_option_has_its_length,
    a_value_is_cut_off,
    options_that_are_none_are_told,
    what_only_is_told_is_not_set,
    whether_credentials_come_is_inherited,
}

fn a_socket_knows_what_it_is() {
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let one = socket(kind);
        assert_eq!(option(&one, SO_TYPE), Ok(kind));
        assert_eq!(option(&one, SO_DOMAIN), Ok(libc::AF_UNIX));
        assert_eq!(option(&one, SO_PROTOCOL), Ok(0));
    }
    // A raw one is one of datagrams.
    assert_eq!(option(&socket(libc::SOCK_RAW), SO_TYPE), Ok(SOCK_DGRAM));
}

fn a_socket_knows_whether_it_listens() {
    let listener = listener(SOCK_STREAM, b"name");
    assert_eq!(option(&listener, SO_ACCEPTCONN), Ok(1));
    assert_eq!(option(&connected(SOCK_STREAM, b"name"), SO_ACCEPTCONN), Ok(0));
}

fn buffers_are_twice_as_large_as_asked_for() {
    let one = socket(SOCK_STREAM);
    for name in [SO_SNDBUF, SO_RCVBUF] {
        assert!(option(&one, name).unwrap() > 100_000);
        set_option(&one, name, 16_384).unwrap();
        assert_eq!(option(&one, name), Ok(32_768));
    }
}

fn buffers_have_bounds() {
    let one = socket(SOCK_STREAM);
    for (name, least) in [(SO_SNDBUF, 4608), (SO_RCVBUF, 2304)] {
        set_option(&one, name, 0).unwrap();
        assert_eq!(option(&one, name), Ok(least));
        set_option(&one, name, i32::MAX).unwrap();
        assert!(option(&one, name).unwrap() < 1 << 30);
    }
}

fn switches_are_switched() {
    let one = socket(SOCK_STREAM);
    for name in [SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST, SO_PASSCRED] {
        assert_eq!(option(&one, name), Ok(0));
        set_option(&one, name, 7).unwrap();
        assert_eq!(option(&one, name), Ok(1));
        set_option(&one, name, 0).unwrap();
        assert_eq!(option(&one, name), Ok(0));
    }
}

fn time(socket: &OwnedFd, name: i32) -> [i64; 2] {
    let (mut told, mut length) = ([7_i64; 2], 16_u32);
    call!(SYS_getsockopt, socket.as_raw_fd(), SOL_SOCKET, name, &mut told, &mut length).unwrap();
    assert_eq!(length, 16);
    told
}

fn set_time(socket: &OwnedFd, name: i32, time: [i64; 2]) -> Result<i64, i32> {
    call!(SYS_setsockopt, socket.as_raw_fd(), SOL_SOCKET, name, &time, 16)
}

fn a_time_limit_is_kept() {
    let one = socket(SOCK_STREAM);
    for name in [SO_RCVTIMEO, SO_SNDTIMEO] {
        assert_eq!(time(&one, name), [0, 0]);
        set_time(&one, name, [3, 500_000]).unwrap();
        assert_eq!(time(&one, name), [3, 500_000]);
        set_time(&one, name, [0, 0]).unwrap();
        assert_eq!(time(&one, name), [0, 0]);
    }
}

fn a_time_limit_has_its_bounds() {
    let one = socket(SOCK_STREAM);
    assert_eq!(set_time(&one, SO_RCVTIMEO, [0, 1_000_000]), Err(EDOM));
    assert_eq!(set_time(&one, SO_RCVTIMEO, [0, -1]), Err(EDOM));
    let (one, _other) = pair(SOCK_STREAM);
    set_time(&one, SO_RCVTIMEO, [-1, 0]).unwrap();
    assert_eq!(receive(&one, 1, 0), Err(libc::EAGAIN));
}

fn lingering_is_kept() {
    let one = socket(SOCK_STREAM);
    let (mut told, mut length) = ([9_u32; 2], 8_u32);
    call!(SYS_setsockopt, one.as_raw_fd(), SOL_SOCKET, SO_LINGER, &[1_u32, 5], 8).unwrap();
    call!(SYS_getsockopt, one.as_raw_fd(), SOL_SOCKET, SO_LINGER, &mut told, &mut length).unwrap();
    assert_eq!((told, length), ([1, 5], 8));
}

fn an_error_is_asked_for_once() {
    let (one, other) = pair(SOCK_STREAM);
    assert_eq!(option(&one, SO_ERROR), Ok(0));
    send(&one, b"unread", 0).unwrap();
    drop(other);
    assert_eq!(option(&one, SO_ERROR), Ok(libc::ECONNRESET));
    assert_eq!(option(&one, SO_ERROR), Ok(0));
    assert_eq!(receive(&one, 1, 0).unwrap(), b"");
}

fn an_option_has_its_length() {
    let one = socket(SOCK_STREAM);
    let set = |name: i32, length: i32| {
        call!(SYS_setsockopt, one.as_raw_fd(), SOL_SOCKET, name, &[0_u64; 4], length)
    };
    assert_eq!(set(SO_REUSEADDR, 3), Err(EINVAL));
    assert_eq!(set(SO_REUSEADDR, -1), Err(EINVAL));
    assert_eq!(set(SO_REUSEADDR, 32), Ok(0));
    assert_eq!(set(SO_LINGER, 4), Err(EINVAL));
    assert_eq!(set(SO_RCVTIMEO, 8), Err(EINVAL));
    assert_eq!(call!(SYS_setsockopt, one.as_raw_fd(), SOL_SOCKET, SO_REUSEADDR, 8, 4), Err(EFAULT));
    assert_eq!(call!(SYS_setsockopt, 999, SOL_SOCKET, SO_REUSEADDR, &1_i32, 4), Err(EBADF));
}

fn a_value_is_cut_off() {
    let one = socket(SOCK_STREAM);
    let (mut told, mut length) = ([0xaa_u8; 8], 2_i32);
    call!(SYS_getsockopt, one.as_raw_fd(), SOL_SOCKET, SO_TYPE, &mut told, &mut length).unwrap();
    assert_eq!((&told[..4], length), (&[1, 0, 0xaa, 0xaa][..], 2));
    length = 8;
    call!(SYS_getsockopt, one.as_raw_fd(), SOL_SOCKET, SO_TYPE, &mut told, &mut length).unwrap();
    assert_eq!((&told[..5], length), (&[1, 0, 0, 0, 0xaa][..], 4));
    length = -1;
    let asked = call!(SYS_getsockopt, one.as_raw_fd(), SOL_SOCKET, SO_TYPE, &mut told, &mut length);
    assert_eq!(asked, Err(EINVAL));
}

fn options_that_are_none_are_told() {
    let one = socket(SOCK_STREAM);
    assert_eq!(option(&one, 9999), Err(ENOPROTOOPT));
    assert_eq!(set_option(&one, 9999, 1), Err(ENOPROTOOPT));
    let (mut value, mut length) = (0_i32, 4_u32);
    let asked = call!(SYS_getsockopt, one.as_raw_fd(), libc::IPPROTO_TCP, 1, &mut value, &mut length);
    assert_eq!(asked, Err(EOPNOTSUPP));
    assert_eq!(call!(SYS_setsockopt, one.as_raw_fd(), libc::IPPROTO_TCP, 1, &value, 4), Err(EOPNOTSUPP));
}

fn what_only_is_told_is_not_set() {
    let one = socket(SOCK_STREAM);
    for name in [SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ERROR, SO_ACCEPTCONN, libc::SO_PEERCRED] {
        assert_eq!(set_option(&one, name, 1), Err(ENOPROTOOPT), "{name}");
    }
}

fn whether_credentials_come_is_inherited() {
    let listener = listener(SOCK_STREAM, b"name");
    set_option(&listener, SO_PASSCRED, 1).unwrap();
    let _client = connected(SOCK_STREAM, b"name");
    assert_eq!(option(&accept(&listener).unwrap(), SO_PASSCRED), Ok(1));
}
