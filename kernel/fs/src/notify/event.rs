//! One thing that has happened.

use alloc::vec::Vec;

use abi::{Encoder, general};

/// Bytes before the name.
pub const HEAD: usize = 16;

/// One thing that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The watch that is told of it; -1 for none.
    pub watch: i32,
    /// What has happened, `IN_`.
    pub mask: u32,
    /// What two halves of one move have in common.
    pub cookie: u32,
    /// The name of what it happened to, in the directory that is watched.
    pub name: Vec<u8>,
}

impl Event {
    /// That events were lost.
    pub(super) const OVERFLOW: Self =
        Self { watch: -1, mask: general::IN_Q_OVERFLOW, cookie: 0, name: Vec::new() };

    /// How many bytes the name takes: with a zero after it, up to the next whole head.
    fn room_for_name(&self) -> usize {
        if self.name.is_empty() { 0 } else { (self.name.len() + 1).next_multiple_of(HEAD) }
    }

    /// How many bytes are read of it.
    #[must_use]
    pub fn size(&self) -> usize {
        HEAD + self.room_for_name()
    }

    /// As `struct inotify_event`: its head, and the zeros after its name.
    #[must_use]
    pub fn head(&self) -> [u8; HEAD] {
        let length = u32::try_from(self.room_for_name()).unwrap_or(0);
        Encoder::new().i32(self.watch).u32(self.mask).u32(self.cookie).u32(length).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::Event;

    #[test]
    fn a_name_ends_with_zeros_up_to_a_whole_head() {
        let event = |name: &[u8]| Event { watch: 1, mask: 2, cookie: 3, name: Vec::from(name) };
        assert_eq!(event(b"").size(), 16);
        assert_eq!(event(b"fifteen letters").size(), 32);
        assert_eq!(event(b"sixteen letters.").size(), 48);
        assert_eq!(event(b"x").head(), [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 16, 0, 0, 0]);
    }
}
