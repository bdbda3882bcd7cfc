//! Calls on processes, threads, users, limits and the machine.

use libc::{
    CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, CLONE_FILES, CLONE_FS, CLONE_PARENT, CLONE_PARENT_SETTID,
    CLONE_PIDFD, CLONE_SETTLS, CLONE_SIGHAND, CLONE_SYSVSEM, CLONE_THREAD, CLONE_VFORK, CLONE_VM, P_ALL,
    P_PGID, P_PID, P_PIDFD, WCONTINUED, WEXITED, WNOHANG, WNOWAIT, WSTOPPED, WUNTRACED,
};

use super::Gives::{Anything, File, Process as GivesProcess, Shortlived};
use super::Kind::{
    Count, Descriptor, Directory, Exactly, Flags, Hint, In, Length, Number, Of, OneOf, Out, Process, Program,
    Size, SizeAt, Text, To, User, Word,
};
use super::Shape::{Attributes, Capabilities, Clone, Integer, Limit, Robust, Set, Strings, Words};
use super::{Call, call, giving};
use crate::pools::Class;

/// How a thread is made; the least bits are the signal of its end.
const TO_CLONE: &[i32] = &[
    17,
    CLONE_VM,
    CLONE_VM | CLONE_SIGHAND,
    CLONE_VM | CLONE_SIGHAND | CLONE_THREAD,
    CLONE_FILES,
    CLONE_FS,
    CLONE_VFORK,
    CLONE_PARENT,
    CLONE_PARENT_SETTID,
    CLONE_CHILD_SETTID,
    CLONE_CHILD_CLEARTID,
    CLONE_SETTLS,
    CLONE_PIDFD,
    CLONE_SYSVSEM,
];
/// Spaces of names, and what `unshare` has besides.
const TO_UNSHARE: &[i32] =
    &[CLONE_FILES, CLONE_FS, CLONE_VM, CLONE_THREAD, 0x0002_0000, 0x0400_0000, 0x1000_0000, 0x2000_0000];
/// How children are waited for.
const TO_WAIT: &[i32] = &[WNOHANG, WNOHANG, WUNTRACED, WCONTINUED, WNOWAIT, 0x2000_0000, 0x4000_0000];
/// The same for `waitid`.
const TO_WAIT_BY_KIND: &[i32] = &[WNOHANG, WNOHANG, WEXITED, WEXITED, WSTOPPED, WCONTINUED, WNOWAIT];
/// What `prctl` is asked.
const SETTINGS: &[i32] = &[1, 2, 3, 4, 7, 8, 15, 16, 21, 22, 23, 24, 29, 30, 35, 36, 37, 38, 39, 40, 53];
/// What `membarrier` is asked.
const BARRIERS: &[i32] = &[0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

pub(super) const CALLS: &[Call] = &[
    giving(GivesProcess, "fork", libc::SYS_fork, &[]).once_in(2),
    giving(Shortlived, "vfork", libc::SYS_vfork, &[]).once_in(2),
    giving(Shortlived, "clone", libc::SYS_clone, &[Flags(TO_CLONE), Hint, To(Integer), To(Integer), Hint]),
    giving(Shortlived, "clone3", libc::SYS_clone3, &[To(Clone), Size]),
    call("execve", libc::SYS_execve, &[Program, To(Strings), To(Strings)]).once_in(12),
    call(
        "execveat",
        libc::SYS_execveat,
        &[Directory, Program, To(Strings), To(Strings), Flags(&[0x100, 0x1000])],
    )
    .once_in(12),
    call("exit", libc::SYS_exit, &[Number]).once_in(40),
    call("exit_group", libc::SYS_exit_group, &[Number]).once_in(60),
    call("wait4", libc::SYS_wait4, &[Process, To(Integer), Flags(TO_WAIT), Out]),
    call(
        "waitid",
        libc::SYS_waitid,
        &[
            OneOf(&[P_ALL.cast_signed(), P_PID.cast_signed(), P_PGID.cast_signed(), P_PIDFD.cast_signed()]),
            Process,
            Out,
            Flags(TO_WAIT_BY_KIND),
            Out,
        ],
    ),
    call(
        "waitid$pidfd",
        libc::SYS_waitid,
        &[Exactly(3), Of(Class::Process), Out, Flags(TO_WAIT_BY_KIND), Out],
    ),
    call("set_tid_address", libc::SYS_set_tid_address, &[Word]),
    call("set_robust_list", libc::SYS_set_robust_list, &[To(Robust), Exactly(24)]),
    call("get_robust_list", libc::SYS_get_robust_list, &[Process, Out, Out]),
    call("sched_yield", libc::SYS_sched_yield, &[]),
    call("sched_getaffinity", libc::SYS_sched_getaffinity, &[Process, Exactly(128), Out]),
    call("sched_setaffinity", libc::SYS_sched_setaffinity, &[Process, Exactly(8), To(Set)]),
    call("sched_getscheduler", libc::SYS_sched_getscheduler, &[Process]),
    call(
        "sched_setscheduler",
        libc::SYS_sched_setscheduler,
        &[Process, OneOf(&[0, 1, 2, 3, 5, 6, 0x4000_0000]), To(Integer)],
    ),
    call("sched_getparam", libc::SYS_sched_getparam, &[Process, Out]),
    call("sched_setparam", libc::SYS_sched_setparam, &[Process, To(Integer)]),
    call("sched_getattr", libc::SYS_sched_getattr, &[Process, Out, Size, Exactly(0)]),
    call("sched_setattr", libc::SYS_sched_setattr, &[Process, To(Attributes), Exactly(0)]),
    call("sched_get_priority_min", libc::SYS_sched_get_priority_min, &[Number]),
    call("sched_get_priority_max", libc::SYS_sched_get_priority_max, &[Number]),
    call("sched_rr_get_interval", libc::SYS_sched_rr_get_interval, &[Process, Out]),
    call("getpriority", libc::SYS_getpriority, &[OneOf(&[0, 1, 2]), Process]),
    call("setpriority", libc::SYS_setpriority, &[OneOf(&[0, 1, 2]), Process, Number]),
    call("getcpu", libc::SYS_getcpu, &[Out, Out, Exactly(0)]),
    call("membarrier", libc::SYS_membarrier, &[OneOf(BARRIERS), Exactly(0), Number]),
    call("rseq", libc::SYS_rseq, &[Out, Exactly(32), Number, Number]),
    call("arch_prctl$get", libc::SYS_arch_prctl, &[OneOf(&[0x1003, 0x1004]), Out]),
    call("arch_prctl$gs", libc::SYS_arch_prctl, &[Exactly(0x1001), Hint]),
    giving(File(Class::Process), "pidfd_open", libc::SYS_pidfd_open, &[Process, Flags(&[0o4000])]),
    giving(
        File(Class::Path),
        "pidfd_getfd",
        libc::SYS_pidfd_getfd,
        &[Of(Class::Process), Descriptor, Exactly(0)],
    ),
    call("unshare", libc::SYS_unshare, &[Flags(TO_UNSHARE)]),
    call("setns", libc::SYS_setns, &[Descriptor, Number]),
    giving(Anything, "personality", libc::SYS_personality, &[Number]),
    call("prctl$words", libc::SYS_prctl, &[OneOf(SETTINGS), To(Words), Exactly(0), Exactly(0), Exactly(0)]),
    call("prctl$number", libc::SYS_prctl, &[OneOf(SETTINGS), Number, Number, Number, Number]),
    call("prctl$name", libc::SYS_prctl, &[Exactly(15), Text]),
    call("getrusage", libc::SYS_getrusage, &[OneOf(&[0, -1, 1, 2]), Out]),
    giving(Anything, "times", libc::SYS_times, &[Out]),
    call("prlimit64", libc::SYS_prlimit64, &[Process, Number, To(Limit), Out]),
    call("getrlimit", libc::SYS_getrlimit, &[Number, Out]),
    call("setrlimit", libc::SYS_setrlimit, &[Number, To(Limit)]).once_in(4),
    call("getpid", libc::SYS_getpid, &[]),
    call("gettid", libc::SYS_gettid, &[]),
    call("getppid", libc::SYS_getppid, &[]),
    call("getuid", libc::SYS_getuid, &[]),
    call("setuid", libc::SYS_setuid, &[User]),
    call("setreuid", libc::SYS_setreuid, &[User, User]),
    call("setresuid", libc::SYS_setresuid, &[User, User, User]),
    call("getresuid", libc::SYS_getresuid, &[Out, Out, Out]),
    call("setfsuid", libc::SYS_setfsuid, &[User]),
    call("setgid", libc::SYS_setgid, &[User]),
    call("setregid", libc::SYS_setregid, &[User, User]),
    call("setresgid", libc::SYS_setresgid, &[User, User, User]),
    call("getresgid", libc::SYS_getresgid, &[Out, Out, Out]),
    call("setfsgid", libc::SYS_setfsgid, &[User]),
    call("capget", libc::SYS_capget, &[To(Capabilities), Out]),
    call("capset", libc::SYS_capset, &[To(Capabilities), In]),
    call("getgroups", libc::SYS_getgroups, &[Number, Out]),
    call("setgroups", libc::SYS_setgroups, &[Number, In]),
    call("getpgid", libc::SYS_getpgid, &[Process]),
    call("setpgid", libc::SYS_setpgid, &[Process, Process]),
    call("getsid", libc::SYS_getsid, &[Process]),
    call("setsid", libc::SYS_setsid, &[]),
    call("uname", libc::SYS_uname, &[Out]),
    call("sysinfo", libc::SYS_sysinfo, &[Out]),
    call(
        "reboot",
        libc::SYS_reboot,
        &[Exactly(0xfee1_dead), Exactly(672_274_793), OneOf(&[0x0123_4567, 0x4321_fedc]), Text],
    ),
    call("sethostname", libc::SYS_sethostname, &[Text, Number]),
    call("setdomainname", libc::SYS_setdomainname, &[Text, Length]),
    call("getrandom", libc::SYS_getrandom, &[Out, Size, Flags(&[1, 2, 4])]),
    call("syslog", libc::SYS_syslog, &[Number, Out, Size]),
    call("acct", libc::SYS_acct, &[Text]).once_in(8),
    call("ptrace", libc::SYS_ptrace, &[Number, Process, Hint, Hint]).once_in(4),
    call("kexec_load", libc::SYS_kexec_load, &[Hint, Count, Out, SizeAt]).once_in(8),
];
