//! Calls on sockets.

use libc::{
    AF_INET, AF_INET6, AF_UNIX, MSG_CMSG_CLOEXEC, MSG_CTRUNC, MSG_DONTWAIT, MSG_EOR, MSG_MORE, MSG_NOSIGNAL,
    MSG_OOB, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, MSG_WAITFORONE, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK,
    SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET,
};

use super::Gives::{Becomes, File, Pair};
use super::Kind::{Count, Exactly, Flags, In, Number, Of, OneOf, Out, Size, SizeAt, To};
use super::Shape::{Address, Integer, Message, Messages, Time, Words};
use super::{Call, call, giving};
use crate::pools::Class;

/// Families: `AF_NETLINK` and `AF_PACKET` among them.
const FAMILIES: &[i32] = &[AF_UNIX, AF_UNIX, AF_UNIX, AF_INET, AF_INET, AF_INET, AF_INET, AF_INET6, 16, 17];
/// Types, with what they are opened with.
const TYPES: &[i32] = &[
    SOCK_STREAM,
    SOCK_DGRAM,
    SOCK_SEQPACKET,
    SOCK_STREAM | SOCK_NONBLOCK,
    SOCK_STREAM | SOCK_NONBLOCK,
    SOCK_DGRAM | SOCK_NONBLOCK,
    SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
    SOCK_RAW,
    0,
];
/// Protocols.
const PROTOCOLS: &[i32] = &[0, 0, 0, 0, 0, 0, 0, 0, 6, 17, 255];
/// How messages are sent and received.
const HOW: &[i32] = &[
    MSG_DONTWAIT,
    MSG_DONTWAIT,
    MSG_DONTWAIT,
    MSG_PEEK,
    MSG_TRUNC,
    MSG_WAITALL,
    MSG_NOSIGNAL,
    MSG_NOSIGNAL,
    MSG_OOB,
    MSG_MORE,
    MSG_EOR,
    MSG_CTRUNC,
    MSG_CMSG_CLOEXEC,
    MSG_WAITFORONE,
];
/// Levels of options: sockets, IP, TCP, UDP, IPv6.
const LEVELS: &[i32] = &[SOL_SOCKET, SOL_SOCKET, SOL_SOCKET, 0, 6, 17, 41];
/// Names of options, at any level.
const OPTIONS: &[i32] = &[
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 23, 26, 27, 28, 29, 30, 31, 32,
    33, 35, 38, 39, 40, 46, 49, 59,
];

pub(super) const CALLS: &[Call] = &[
    giving(
        File(Class::Socket),
        "socket",
        libc::SYS_socket,
        &[OneOf(FAMILIES), OneOf(TYPES), OneOf(PROTOCOLS)],
    ),
    giving(
        Pair(Class::Connected, 3),
        "socketpair",
        libc::SYS_socketpair,
        &[OneOf(&[AF_UNIX, AF_UNIX, AF_UNIX, AF_INET]), OneOf(TYPES), Exactly(0), Out],
    ),
    call("bind", libc::SYS_bind, &[Of(Class::Socket), To(Address), Size]),
    giving(Becomes(Class::Listener), "listen", libc::SYS_listen, &[Of(Class::Socket), Number]),
    giving(File(Class::Connected), "accept", libc::SYS_accept, &[Of(Class::Listener), Out, SizeAt]),
    giving(
        File(Class::Connected),
        "accept4",
        libc::SYS_accept4,
        &[Of(Class::Listener), Out, SizeAt, Flags(&[SOCK_NONBLOCK, SOCK_CLOEXEC])],
    ),
    giving(Becomes(Class::Connected), "connect", libc::SYS_connect, &[Of(Class::Socket), To(Address), Size]),
    call("getsockname", libc::SYS_getsockname, &[Of(Class::Socket), Out, SizeAt]),
    call("getpeername", libc::SYS_getpeername, &[Of(Class::Connected), Out, SizeAt]),
    call("shutdown", libc::SYS_shutdown, &[Of(Class::Connected), OneOf(&[0, 1, 2, 3])]),
    call(
        "sendto$connected",
        libc::SYS_sendto,
        &[Of(Class::Connected), In, Size, Flags(HOW), Exactly(0), Exactly(0)],
    ),
    call("sendto", libc::SYS_sendto, &[Of(Class::Connected), In, Number, Flags(HOW), To(Address), Size]),
    call("recvfrom", libc::SYS_recvfrom, &[Of(Class::Connected), Out, Size, Flags(HOW), Out, SizeAt]),
    call("sendmsg", libc::SYS_sendmsg, &[Of(Class::Connected), To(Message), Flags(HOW)]),
    call("recvmsg", libc::SYS_recvmsg, &[Of(Class::Connected), To(Message), Flags(HOW)]),
    call("sendmmsg", libc::SYS_sendmmsg, &[Of(Class::Connected), To(Messages), Count, Flags(HOW)]),
    call("recvmmsg", libc::SYS_recvmmsg, &[Of(Class::Connected), To(Messages), Count, Flags(HOW), To(Time)]),
    call(
        "getsockopt",
        libc::SYS_getsockopt,
        &[Of(Class::Connected), OneOf(LEVELS), OneOf(OPTIONS), Out, SizeAt],
    ),
    call(
        "setsockopt",
        libc::SYS_setsockopt,
        &[Of(Class::Socket), OneOf(LEVELS), OneOf(OPTIONS), To(Integer), Size],
    ),
    call(
        "setsockopt$time",
        libc::SYS_setsockopt,
        &[Of(Class::Connected), OneOf(LEVELS), OneOf(OPTIONS), To(Time), Size],
    ),
    call(
        "setsockopt$words",
        libc::SYS_setsockopt,
        &[Of(Class::Socket), OneOf(LEVELS), OneOf(OPTIONS), To(Words), Size],
    ),
];
