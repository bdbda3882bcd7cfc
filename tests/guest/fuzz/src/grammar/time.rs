//! Calls on clocks and timers.

use super::Gives::{File, Timer as GivesTimer};
use super::Kind::{Exactly, Flags, Number, Of, OneOf, Out, Timer, To};
use super::Shape::{Event, Time, Times};
use super::{Call, call, giving};
use crate::pools::Class;

/// Clocks: those of Linux, and those of a process and a thread by number.
const CLOCKS: &[i32] = &[0, 0, 1, 1, 1, 2, 3, 4, 5, 6, 7, 7, 8, 11, -6, -2, -14];

pub(super) const CALLS: &[Call] = &[
    call("clock_gettime", libc::SYS_clock_gettime, &[OneOf(CLOCKS), Out]),
    call("clock_settime", libc::SYS_clock_settime, &[OneOf(CLOCKS), To(Time)]),
    call("clock_getres", libc::SYS_clock_getres, &[OneOf(CLOCKS), Out]),
    call("clock_adjtime", libc::SYS_clock_adjtime, &[OneOf(CLOCKS), Out]).once_in(4),
    call("gettimeofday", libc::SYS_gettimeofday, &[Out, Out]),
    call("settimeofday", libc::SYS_settimeofday, &[To(Time), Out]),
    call("time", libc::SYS_time, &[Out]),
    call("nanosleep", libc::SYS_nanosleep, &[To(Time), Out]),
    call("clock_nanosleep", libc::SYS_clock_nanosleep, &[OneOf(CLOCKS), Flags(&[1]), To(Time), Out]),
    call("setitimer", libc::SYS_setitimer, &[OneOf(&[0, 1, 2]), To(Times), Out]),
    call("getitimer", libc::SYS_getitimer, &[OneOf(&[0, 1, 2]), Out]),
    call("alarm", libc::SYS_alarm, &[Number]),
    giving(GivesTimer(2), "timer_create", libc::SYS_timer_create, &[OneOf(CLOCKS), To(Event), Out]),
    call("timer_settime", libc::SYS_timer_settime, &[Timer, Flags(&[1]), To(Times), Out]),
    call("timer_gettime", libc::SYS_timer_gettime, &[Timer, Out]),
    call("timer_getoverrun", libc::SYS_timer_getoverrun, &[Timer]),
    call("timer_delete", libc::SYS_timer_delete, &[Timer]),
    giving(
        File(Class::Timer),
        "timerfd_create",
        libc::SYS_timerfd_create,
        &[OneOf(CLOCKS), Flags(&[0o4000, 0o200_0000])],
    ),
    call("timerfd_settime", libc::SYS_timerfd_settime, &[Of(Class::Timer), Flags(&[1, 2]), To(Times), Out]),
    call("timerfd_gettime", libc::SYS_timerfd_gettime, &[Of(Class::Timer), Out]),
    call("adjtimex", libc::SYS_adjtimex, &[Out, Exactly(0)]).once_in(4),
];
