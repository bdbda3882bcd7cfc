//! Which programs of Linux's own tests are run: those of calls that this kernel has or is to have, by the names of their files.
//!
//! Left out is what sets the clock, runs for more than ten seconds, wants modules, debugging interfaces or namespaces only, or is of another
//! machine.

/// A program of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Test {
    /// Its file below the folder of tests, without `.c`.
    pub(super) path: &'static str,
    /// Files that are compiled with it, below the same folder.
    pub(super) with: &'static [&'static str],
    /// What its makefile would have put beside it, as commands of a shell.
    pub(super) beside: &'static str,
}

const fn test(path: &'static str) -> Test {
    Test { path, with: &[], beside: "" }
}

/// All of them.
pub(super) const TESTS: &[Test] = &[
    test("clone3/clone3"),
    test("clone3/clone3_clear_sighand"),
    test("clone3/clone3_set_tid"),
    test("core/close_range_test"),
    Test {
        path: "exec/execveat",
        with: &[],
        beside: "ln -s execveat execveat.symlink; cp execveat execveat.denatured; chmod -x execveat.denatured; \
                 printf '#!/bin/sh\\nexit $*\\n' > script; chmod +x script; mkdir subdir",
    },
    test("exec/non-regular"),
    test("exec/null-argv"),
    test("exec/recursion-depth"),
    test("filesystems/epoll/epoll_wakeup_test"),
    test("futex/functional/futex_requeue"),
    test("futex/functional/futex_requeue_pi"),
    test("futex/functional/futex_requeue_pi_mismatched_ops"),
    test("futex/functional/futex_requeue_pi_signal_restart"),
    test("futex/functional/futex_wait"),
    test("futex/functional/futex_wait_private_mapped_file"),
    test("futex/functional/futex_wait_timeout"),
    test("futex/functional/futex_wait_uninitialized_heap"),
    test("futex/functional/futex_wait_wouldblock"),
    test("futex/functional/futex_waitv"),
    test("membarrier/membarrier_test_multi_thread"),
    test("membarrier/membarrier_test_single_thread"),
    test("mincore/mincore_selftest"),
    test("mqueue/mq_open_tests"),
    test("net/af_unix/test_unix_oob"),
    test("net/af_unix/unix_connect"),
    test("nolibc/nolibc-test"),
    Test { with: &["openat2/helpers.c"], ..test("openat2/openat2_test") },
    Test { with: &["openat2/helpers.c"], ..test("openat2/resolve_test") },
    test("pidfd/pidfd_fdinfo_test"),
    test("pidfd/pidfd_getfd_test"),
    test("pidfd/pidfd_open_test"),
    test("pidfd/pidfd_poll_test"),
    test("pidfd/pidfd_test"),
    test("pidfd/pidfd_wait"),
    test("prctl/set-anon-vma-name-test"),
    test("proc/fd-001-lookup"),
    test("proc/fd-002-posix-eq"),
    test("proc/fd-003-kthread"),
    test("proc/proc-empty-vm"),
    test("proc/proc-fsconfig-hidepid"),
    test("proc/proc-loadavg-001"),
    test("proc/proc-multiple-procfs"),
    test("proc/proc-pid-vm"),
    test("proc/proc-self-map-files-001"),
    test("proc/proc-self-map-files-002"),
    test("proc/proc-self-syscall"),
    test("proc/proc-self-wchan"),
    test("proc/proc-subset-pid"),
    test("proc/proc-tid0"),
    test("proc/proc-uptime-002"),
    test("proc/read"),
    test("proc/self"),
    test("proc/setns-dcache"),
    test("proc/setns-sysvipc"),
    test("proc/thread-self"),
    test("sigaltstack/sas"),
    test("splice/default_file_splice_read"),
    test("timers/nanosleep"),
    test("timers/posix_timers"),
];

#[cfg(test)]
mod tests {
    use super::TESTS;

    #[test]
    fn they_are_in_order() {
        assert!(TESTS.is_sorted_by_key(|test| test.path));
    }
}
