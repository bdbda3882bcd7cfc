//! Calls that wait for one of several files, and for words of memory.

use super::Gives::File;
use super::Kind::{Count, Descriptor, Exactly, Flags, Number, Of, OneOf, Out, To, Word};
use super::Shape::{Polls, Set, SetAndSize, Time, Watched, Words};
use super::{Call, call, giving};
use crate::pools::Class;

/// How long `poll` waits, in milliseconds.
const PATIENCE: &[i32] = &[0, 0, 1, 5, -1, -2, i32::MAX, i32::MIN];
/// Waits at words: `FUTEX_WAIT`, `FUTEX_WAIT_BITSET`, private ones, by the time of the day.
const WAITS: &[i32] = &[0, 9, 128, 137, 256 + 9, 256 + 128 + 9, 256];
/// Wake-ups.
const WAKES: &[i32] = &[1, 10, 129, 138];
/// Moves of waiters, and operations on two words.
const MOVES: &[i32] = &[3, 4, 131, 132, 5, 133, 12, 11];
/// Words that have an owner.
const OWNED: &[i32] = &[6, 7, 8, 13, 134, 135, 136, 141];

pub(super) const CALLS: &[Call] = &[
    call("poll", libc::SYS_poll, &[To(Polls), Count, OneOf(PATIENCE)]),
    call("ppoll", libc::SYS_ppoll, &[To(Polls), Count, To(Time), To(Set), Exactly(8)]),
    call("select", libc::SYS_select, &[Number, To(Set), To(Set), To(Set), To(Time)]),
    call("pselect6", libc::SYS_pselect6, &[Number, To(Set), To(Set), To(Set), To(Time), To(SetAndSize)]),
    giving(File(Class::Epoll), "epoll_create", libc::SYS_epoll_create, &[Number]),
    giving(File(Class::Epoll), "epoll_create1", libc::SYS_epoll_create1, &[Flags(&[0o200_0000])]),
    call(
        "epoll_ctl",
        libc::SYS_epoll_ctl,
        &[Of(Class::Epoll), OneOf(&[1, 1, 1, 2, 3]), Descriptor, To(Watched)],
    ),
    call("epoll_wait", libc::SYS_epoll_wait, &[Of(Class::Epoll), Out, Number, OneOf(PATIENCE)]),
    call(
        "epoll_pwait",
        libc::SYS_epoll_pwait,
        &[Of(Class::Epoll), Out, Number, OneOf(PATIENCE), To(Set), Exactly(8)],
    ),
    call(
        "epoll_pwait2",
        libc::SYS_epoll_pwait2,
        &[Of(Class::Epoll), Out, Number, To(Time), To(Set), Exactly(8)],
    ),
    giving(File(Class::Event), "eventfd", libc::SYS_eventfd, &[Number]),
    giving(File(Class::Event), "eventfd2", libc::SYS_eventfd2, &[Number, Flags(&[1, 0o4000, 0o200_0000])]),
    call("futex$wait", libc::SYS_futex, &[Word, OneOf(WAITS), Number, To(Time), Word, Number]),
    call("futex$wake", libc::SYS_futex, &[Word, OneOf(WAKES), Number, Exactly(0), Word, Number]),
    call("futex$move", libc::SYS_futex, &[Word, OneOf(MOVES), Number, Number, Word, Number]),
    call("futex$owned", libc::SYS_futex, &[Word, OneOf(OWNED), Number, To(Time), Word, Number]).once_in(4),
    call("futex_waitv", 449, &[To(Words), Number, Number, To(Time), Number]).once_in(4),
    call("io_uring_setup", 425, &[Number, To(Words)]).once_in(8),
];
