//! Which programs of Linux's own tests are run: those of calls that this kernel has or is to have, by the names of their files.
//!
//! Left out is what sets the clock, runs for more than ten seconds, wants modules, debugging interfaces or namespaces only, or is of another
//! machine.

/// A program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// Its file below the folder of tests, without `.c`.
    pub(super) path: &'static str,
    /// Files that are compiled with it, below the same folder.
    pub(super) with: &'static [&'static str],
    /// What its makefile would have put beside it, as commands of a shell.
    pub(super) beside: &'static str,
}

const fn program(path: &'static str) -> Program {
    Program { path, with: &[], beside: "" }
}

/// All of them.
pub(super) const PROGRAMS: &[Program] = &[
    program("clone3/clone3"),
    program("clone3/clone3_clear_sighand"),
    program("clone3/clone3_set_tid"),
    program("core/close_range_test"),
    Program {
        path: "exec/execveat",
        with: &[],
        beside: "ln -s execveat execveat.symlink; cp execveat execveat.denatured; chmod -x execveat.denatured; \
                 printf '#!/bin/sh\\nexit $*\\n' > script; chmod +x script; mkdir subdir",
    },
    program("exec/non-regular"),
    program("exec/null-argv"),
    program("exec/recursion-depth"),
    program("filesystems/epoll/epoll_wakeup_test"),
    program("futex/functional/futex_requeue"),
    program("futex/functional/futex_requeue_pi"),
    program("futex/functional/futex_requeue_pi_mismatched_ops"),
    program("futex/functional/futex_requeue_pi_signal_restart"),
    program("futex/functional/futex_wait"),
    program("futex/functional/futex_wait_private_mapped_file"),
    program("futex/functional/futex_wait_timeout"),
    program("futex/functional/futex_wait_uninitialized_heap"),
    program("futex/functional/futex_wait_wouldblock"),
    program("futex/functional/futex_waitv"),
    program("membarrier/membarrier_test_multi_thread"),
    program("membarrier/membarrier_test_single_thread"),
    program("mincore/mincore_selftest"),
    program("mqueue/mq_open_tests"),
    program("net/af_unix/test_unix_oob"),
    program("net/af_unix/unix_connect"),
    program("nolibc/nolibc-test"),
    Program { with: &["openat2/helpers.c"], ..program("openat2/openat2_test") },
    Program { with: &["openat2/helpers.c"], ..program("openat2/resolve_test") },
    program("pidfd/pidfd_fdinfo_test"),
    program("pidfd/pidfd_getfd_test"),
    program("pidfd/pidfd_open_test"),
    program("pidfd/pidfd_poll_test"),
    program("pidfd/pidfd_test"),
    program("pidfd/pidfd_wait"),
    program("prctl/set-anon-vma-name-test"),
    program("proc/fd-001-lookup"),
    program("proc/fd-002-posix-eq"),
    program("proc/fd-003-kthread"),
    program("proc/proc-empty-vm"),
    program("proc/proc-fsconfig-hidepid"),
    program("proc/proc-loadavg-001"),
    program("proc/proc-multiple-procfs"),
    program("proc/proc-pid-vm"),
    program("proc/proc-self-map-files-001"),
    program("proc/proc-self-map-files-002"),
    program("proc/proc-self-syscall"),
    program("proc/proc-self-wchan"),
    program("proc/proc-subset-pid"),
    program("proc/proc-tid0"),
    program("proc/proc-uptime-002"),
    program("proc/read"),
    program("proc/self"),
    program("proc/setns-dcache"),
    program("proc/setns-sysvipc"),
    program("proc/thread-self"),
    program("sigaltstack/sas"),
    program("splice/default_file_splice_read"),
    program("timers/nanosleep"),
    program("timers/posix_timers"),
];

/// Why a case that passes on Linux does not here: the program's file, and the reason.
pub(super) const REASONS: &[(&str, &str)] = &[
    ("clone3/clone3", "there are no namespaces"),
    ("clone3/clone3_set_tid", "a process's number cannot be chosen, and there are no namespaces"),
    ("exec/recursion-depth", "there are no namespaces"),
    ("futex/functional/futex_requeue_pi", "futexes do not inherit priorities"),
    ("futex/functional/futex_requeue_pi_mismatched_ops", "futexes do not inherit priorities"),
    ("futex/functional/futex_requeue_pi_signal_restart", "futexes do not inherit priorities"),
    ("futex/functional/futex_wait", "there is no shared memory of System V"),
    (
        "futex/functional/futex_wait_timeout",
        "futexes do not inherit priorities, and a thread waits at one at a time",
    ),
    ("futex/functional/futex_wait_wouldblock", "a thread waits at one futex at a time"),
    ("futex/functional/futex_waitv", "a thread waits at one futex at a time"),
    ("mqueue/mq_open_tests", "there are no message queues"),
    ("proc/fd-003-kthread", "the kernel's own threads are no processes"),
    ("proc/proc-empty-vm", "there is no `ptrace`"),
    ("proc/proc-fsconfig-hidepid", "there is no `fsopen`"),
    ("proc/proc-loadavg-001", "there are no namespaces"),
    ("proc/proc-multiple-procfs", "there is one /proc"),
    ("proc/proc-self-map-files-001", "there is no `map_files`"),
    ("proc/proc-self-map-files-002", "there is no `map_files`"),
    ("proc/proc-self-syscall", "there is no `/proc/PID/syscall`"),
    ("proc/proc-subset-pid", "there are no namespaces"),
    ("proc/setns-dcache", "there are no namespaces"),
    ("proc/setns-sysvipc", "there are no namespaces"),
];

impl Program {
    /// What people call it: its file's name.
    pub(super) fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Its suite: the first folder.
    pub(super) fn suite(&self) -> &'static str {
        self.path.split('/').next().unwrap_or(self.path)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{PROGRAMS, REASONS};

    #[test]
    fn each_has_a_name_of_its_own_and_each_reason_a_program() {
        let names: BTreeSet<_> = PROGRAMS.iter().map(super::Program::name).collect();
        assert_eq!(names.len(), PROGRAMS.len());
        assert!(PROGRAMS.is_sorted_by_key(|program| program.path));
        assert!(REASONS.iter().all(|(path, _)| PROGRAMS.iter().any(|program| program.path == *path)));
    }
}
