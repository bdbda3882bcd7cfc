//! Whose terminal it is: a session's, one group of which stands in the foreground.
//!
//! Sessions and groups belong to processes, which rank outside of everything here. So a terminal knows two numbers, in one atomic
//! word: signals go to the group that stands there when they are sent.

use core::sync::atomic::{AtomicU64, Ordering};

/// Who calls: the numbers of its session and of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// The session.
    pub session: u32,
    /// The group.
    pub group: u32,
}

/// The job in the foreground; zeros where there is none.
#[derive(Debug, Default)]
pub(crate) struct Foreground(AtomicU64);

const fn pack(job: Job) -> u64 {
    (job.session as u64) << 32 | job.group as u64
}

#[allow(clippy::cast_possible_truncation, reason = "each half has its number")]
const fn unpack(word: u64) -> Job {
    Job { session: (word >> 32) as u32, group: word as u32 }
}

impl Foreground {
    /// The job in the foreground.
    pub(crate) fn get(&self) -> Job {
        unpack(self.0.load(Ordering::SeqCst))
    }

    /// Becomes the terminal of a job's session, if it is nobody's or that one's already; says whether.
    pub(crate) fn claim(&self, job: Job) -> bool {
        let claimed = self.0.compare_exchange(0, pack(job), Ordering::SeqCst, Ordering::SeqCst);
        claimed.is_ok() || self.get().session == job.session
    }

    /// Becomes the terminal of a job's session, whosever it was.
    pub(crate) fn steal(&self, job: Job) {
        self.0.store(pack(job), Ordering::SeqCst);
    }

    /// Another group of the session stands in the foreground, if it is still that session's terminal; says whether.
    pub(crate) fn change(&self, job: Job) -> bool {
        let change = |word| (unpack(word).session == job.session).then_some(pack(job));
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, change).is_ok()
    }

    /// Is nobody's terminal any more, if it was that session's.
    pub(crate) fn release(&self, session: u32) {
        let change = |word| (unpack(word).session == session).then_some(0);
        // It is somebody else's already.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, change);
    }

    /// Is nobody's terminal any more; gives whose it was.
    pub(crate) fn take(&self) -> Job {
        unpack(self.0.swap(0, Ordering::SeqCst))
    }

    /// Whether `job` is in the background: of the session, but not of the group.
    pub(crate) fn is_behind(&self, job: Job) -> bool {
        let foreground = self.get();
        foreground.session != 0
            && foreground.session == job.session
            && foreground.group != 0
            && foreground.group != job.group
    }
}

#[cfg(test)]
mod tests {
    use super::{Foreground, Job};

    const SHELL: Job = Job { session: 7, group: 7 };
    const EDITOR: Job = Job { session: 7, group: 9 };
    const STRANGER: Job = Job { session: 8, group: 8 };

    #[test]
    fn nobody_is_behind_on_a_terminal_of_nobody() {
        assert!(!Foreground::default().is_behind(SHELL));
    }

    #[test]
    fn a_session_claims_a_free_terminal_once_and_no_other_does() {
        let foreground = Foreground::default();
        assert!(foreground.claim(SHELL) && foreground.claim(EDITOR));
        assert_eq!(foreground.get(), SHELL, "claiming it again changes nothing");
        assert!(!foreground.claim(STRANGER));
        foreground.steal(STRANGER);
        assert_eq!(foreground.get(), STRANGER);
    }

    #[test]
    fn the_other_groups_of_the_session_are_behind_the_one_in_the_foreground() {
        let foreground = Foreground::default();
        foreground.steal(SHELL);
        assert!(foreground.is_behind(EDITOR) && !foreground.is_behind(SHELL));
        assert!(foreground.change(EDITOR));
        assert!(foreground.is_behind(SHELL) && !foreground.is_behind(EDITOR));
        assert!(!foreground.is_behind(STRANGER), "it is not that one's terminal");
        assert!(!foreground.change(STRANGER));
    }

    #[test]
    fn only_the_session_gives_its_terminal_up() {
        let foreground = Foreground::default();
        foreground.steal(SHELL);
        foreground.release(8);
        assert_eq!(foreground.get(), SHELL);
        foreground.release(7);
        assert_eq!(foreground.get(), Job { session: 0, group: 0 });
    }
}
