//! Calls on signals. They reach whom the caller may reach: its own users' processes, which are all this program's.

use super::Gives::File;
use super::Kind::{Exactly, Flags, Of, OneOf, Out, Process, Signal, To};
use super::Shape::{Action, Information, Set, Stack, Time};
use super::{Call, call, giving};
use crate::pools::Class;

pub(super) const CALLS: &[Call] = &[
    call("kill", libc::SYS_kill, &[Process, Signal]),
    call("tkill", libc::SYS_tkill, &[Process, Signal]),
    call("tgkill", libc::SYS_tgkill, &[Process, Process, Signal]),
    call("rt_sigqueueinfo", libc::SYS_rt_sigqueueinfo, &[Process, Signal, To(Information)]),
    call("rt_tgsigqueueinfo", libc::SYS_rt_tgsigqueueinfo, &[Process, Process, Signal, To(Information)]),
    call("rt_sigtimedwait", libc::SYS_rt_sigtimedwait, &[To(Set), Out, To(Time), Exactly(8)]),
    call(
        "pidfd_send_signal",
        libc::SYS_pidfd_send_signal,
        &[Of(Class::Process), Signal, To(Information), Exactly(0)],
    ),
    call("rt_sigaction", libc::SYS_rt_sigaction, &[Signal, To(Action), Out, Exactly(8)]),
    call("rt_sigprocmask", libc::SYS_rt_sigprocmask, &[OneOf(&[0, 1, 2]), To(Set), Out, Exactly(8)]),
    call("rt_sigpending", libc::SYS_rt_sigpending, &[Out, Exactly(8)]),
    call("rt_sigsuspend", libc::SYS_rt_sigsuspend, &[To(Set), Exactly(8)]),
    call("rt_sigreturn", libc::SYS_rt_sigreturn, &[]).once_in(30),
    giving(File(Class::Signals), "signalfd", libc::SYS_signalfd, &[Of(Class::Signals), To(Set), Exactly(8)]),
    giving(
        File(Class::Signals),
        "signalfd4",
        libc::SYS_signalfd4,
        &[Of(Class::Signals), To(Set), Exactly(8), Flags(&[0o4000, 0o200_0000])],
    ),
    giving(
        File(Class::Signals),
        "signalfd4$new",
        libc::SYS_signalfd4,
        &[Exactly(u64::MAX), To(Set), Exactly(8), Flags(&[0o4000, 0o200_0000])],
    ),
    call("sigaltstack", libc::SYS_sigaltstack, &[To(Stack), Out]),
    call("pause", libc::SYS_pause, &[]).once_in(6),
];
