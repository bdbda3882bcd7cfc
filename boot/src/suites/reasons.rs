//! Why something passes on Linux and not here.

/// Why a case that passes on Linux does not here: the program's file, and the reason.
const REASONS: &[(&str, &str)] = &[
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
    ("net/af_unix/unix_connect", "there are no namespaces"),
    ("pidfd/pidfd_fdinfo_test", "there are no namespaces"),
    ("proc/fd-003-kthread", "the kernel's own threads are no processes"),
    ("proc/proc-empty-vm", "there is no `ptrace`"),
    ("proc/proc-fsconfig-hidepid", "there is no `fsopen`"),
    ("proc/proc-loadavg-001", "there are no namespaces"),
    ("proc/proc-multiple-procfs", "there is one /proc"),
    ("proc/proc-pid-vm", "there are no namespaces"),
    ("proc/proc-self-map-files-001", "there is no `map_files`"),
    ("proc/proc-self-map-files-002", "there is no `map_files`"),
    ("proc/proc-self-syscall", "there is no `/proc/PID/syscall`"),
    ("proc/proc-subset-pid", "there are no namespaces"),
    ("proc/setns-dcache", "there are no namespaces"),
    ("proc/setns-sysvipc", "there are no namespaces"),
    ("rt-tests/cyclictest -q -S -l 200 -i 2000", "there are no policies of real time"),
    ("rt-tests/cyclictest -q -t 2 -l 200", "there are no policies of real time"),
    ("rt-tests/cyclictest -q -t 2 -l 200 -p 80 -m", "there are no policies of real time"),
];

/// The reason of a program, by its path.
pub(super) fn of(path: &str) -> Option<&'static str> {
    REASONS.iter().find(|(known, _)| *known == path).map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{REASONS, of};

    #[test]
    fn each_program_has_one() {
        let paths: BTreeSet<_> = REASONS.iter().map(|(path, _)| path).collect();
        assert_eq!(paths.len(), REASONS.len());
        assert_eq!((of("exec/recursion-depth"), of("exec/x")), (Some("there are no namespaces"), None));
    }
}
