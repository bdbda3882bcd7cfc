//! How much a process may use: `getrlimit` and `setrlimit`.
//!
//! A process inherits its parent's limits, and lowers them as it likes; only the superuser raises the most. Held are those of descriptors, of
//! memory, of the sizes of files, of processes of a user, of signals that wait, of processor time, and of niceness; the others are
//! kept and told.

use abi::{Errno, Result, general};

use crate::descriptors;

/// How many resources there are.
const COUNT: usize = 16;
/// The stack of a program.
const STACK: u64 = 8 << 20;

/// Signals that wait.
const SIGNALS: u64 = 1024;

/// Of one resource: what may be used now, and the most to which that may be raised.
pub type Limit = [u64; 2];
/// Of each resource, by its number.
pub type Resources = [Limit; COUNT];

/// What the first process has.
pub const INITIAL: Resources = {
    let mut limits = [[u64::MAX; 2]; COUNT];
    limits[general::RLIMIT_STACK as usize] = [STACK, u64::MAX];
    limits[general::RLIMIT_NOFILE as usize] = [descriptors::MOST as u64; 2];
    limits[general::RLIMIT_SIGPENDING as usize] = [SIGNALS; 2];
    limits[general::RLIMIT_NICE as usize] = [0; 2];
    limits[general::RLIMIT_RTPRIO as usize] = [0; 2];
    limits
};

/// The limits of a process's memory.
#[must_use]
pub const fn of_memory(limits: &Resources) -> memory::Limits {
    memory::Limits {
        address_space: limits[general::RLIMIT_AS as usize][0],
        data: limits[general::RLIMIT_DATA as usize][0],
        stack: limits[general::RLIMIT_STACK as usize][0],
    }
}

/// What a limit becomes for which a process asks.
///
/// # Errors
///
/// [`Errno::EINVAL`] where there is more now than at most; [`Errno::EPERM`] where the most would be raised by who may not, or above
/// what the kernel has.
pub fn changed(resource: u32, had: Limit, [now, most]: Limit, is_superuser: bool) -> Result<Limit> {
    if now > most {
        return Err(Errno::EINVAL);
    }
    let is_too_many = resource == general::RLIMIT_NOFILE && most > descriptors::MOST as u64;
    if most > had[1] && !is_superuser || is_too_many {
        return Err(Errno::EPERM);
    }
    Ok([now, most])
}

#[cfg(test)]
mod tests {
    use abi::{Errno, general};

    use super::{INITIAL, changed};

    #[test]
    fn only_the_superuser_raises_the_most() {
        let had = [5, 10];
        assert_eq!(changed(general::RLIMIT_CORE, had, [10, 10], false), Ok([10, 10]));
        assert_eq!(changed(general::RLIMIT_CORE, had, [0, 11], false), Err(Errno::EPERM));
        assert_eq!(changed(general::RLIMIT_CORE, had, [0, 11], true), Ok([0, 11]));
        assert_eq!(changed(general::RLIMIT_CORE, had, [11, 10], true), Err(Errno::EINVAL));
    }

    #[test]
    fn no_table_of_descriptors_grows_over_the_kernels_own_limit() {
        let had = INITIAL[general::RLIMIT_NOFILE as usize];
        assert_eq!(changed(general::RLIMIT_NOFILE, had, [20, 1 << 20], true), Err(Errno::EPERM));
    }
}
