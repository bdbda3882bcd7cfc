//! Numbers that a process sets for itself, and that are its own alone: nobody else waits for them or changes with them.
//!
//! Each is an atomic word: a process reads it while another one sets it, and either value is right.

use core::sync::atomic::{AtomicU32, Ordering};

/// The usual slack of a timer, in nanoseconds.
const SLACK: u32 = 50_000;

/// One number.
#[derive(Debug)]
pub struct Setting(AtomicU32);

impl Setting {
    const fn new(value: u32) -> Self {
        Self(AtomicU32::new(value))
    }

    /// What it is.
    #[must_use]
    pub fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Makes it something else; gives what it was.
    pub fn set(&self, value: u32) -> u32 {
        self.0.swap(value, Ordering::Relaxed)
    }

    /// Sets further bits of it.
    pub fn add(&self, bits: u32) {
        self.0.fetch_or(bits, Ordering::Relaxed);
    }

    fn copy(&self) -> Self {
        Self::new(self.get())
    }
}

/// What a process has set.
#[derive(Debug)]
pub struct Settings {
    /// Whether its memory may be looked at by others of its user (`PR_SET_DUMPABLE`).
    pub dumpable: Setting,
    /// Whether programs that it executes get no more rights than it has (`PR_SET_NO_NEW_PRIVS`). Never unset.
    pub no_new_rights: Setting,
    /// Whether it keeps its capabilities when it stops to be root (`PR_SET_KEEPCAPS`).
    pub keeps_capabilities: Setting,
    /// How late a timer may be, in nanoseconds (`PR_SET_TIMERSLACK`).
    pub slack: Setting,
    /// The signal that it gets when its parent ends; 0 for none. Not inherited.
    pub parent_death: Setting,
    /// Whether its parent has ended and it was not told yet. Not inherited.
    pub(crate) bereaved: Setting,
    /// Whether it gets the orphans among its descendants (`PR_SET_CHILD_SUBREAPER`). Not inherited.
    pub adopts: Setting,
    /// The commands of `membarrier` that it has registered for, a bit each. Reset by an execution.
    pub barriers: Setting,
    /// Which system it is to be (`personality`).
    pub personality: Setting,
    /// How nice it is, plus 20: 0 is the least nice.
    pub niceness: Setting,
    /// The policy by which it is scheduled: one of those that share.
    pub policy: Setting,
    /// Whether its timers have a place in the table of deadlines. Not inherited.
    pub(crate) is_timed: Setting,
    /// Whether operations on semaphores are undone when it ends. Not inherited.
    pub undoes: Setting,
    /// Whether it has executed a program since its parent made it: its parent moves it to no other group then. Not inherited.
    pub has_executed: Setting,
}

impl Settings {
    /// What the first process has.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            dumpable: Setting::new(1),
            no_new_rights: Setting::new(0),
            keeps_capabilities: Setting::new(0),
            slack: Setting::new(SLACK),
            parent_death: Setting::new(0),
            bereaved: Setting::new(0),
            adopts: Setting::new(0),
            barriers: Setting::new(0),
            personality: Setting::new(0),
            niceness: Setting::new(20),
            policy: Setting::new(0),
            is_timed: Setting::new(0),
            undoes: Setting::new(0),
            has_executed: Setting::new(0),
        }
    }

    /// What a child of its has.
    #[must_use]
    pub fn inherited(&self) -> Self {
        Self {
            dumpable: self.dumpable.copy(),
            no_new_rights: self.no_new_rights.copy(),
            keeps_capabilities: self.keeps_capabilities.copy(),
            slack: self.slack.copy(),
            barriers: self.barriers.copy(),
            personality: self.personality.copy(),
            niceness: self.niceness.copy(),
            policy: self.policy.copy(),
            ..Self::new()
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn what_is_not_inherited_is_as_it_was_at_first() {
        let parent = Settings::new();
        parent.niceness.set(39);
        parent.parent_death.set(9);
        parent.adopts.set(1);
        let child = parent.inherited();
        assert_eq!((child.niceness.get(), child.parent_death.get(), child.adopts.get()), (39, 0, 0));
    }
}
