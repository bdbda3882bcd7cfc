//! Bytes that are sent, from several ranges of user memory or the kernel's, and room for bytes that are received.
//!
//! Both are addressed as if they were one range. User memory is copied with nothing held, or tried under a lock
//! ([`Room::try_copy_out`]) and faulted in after it ([`Room::fault_in`]).

use abi::{Errno, Result};
use base::user::{self, Access, Fault, UserSlice};
use lockorder::{Root, Task};

/// Bytes that are sent.
#[derive(Clone, Copy, Debug)]
pub enum Bytes<'a> {
    /// In ranges of user memory, one after the other.
    User(&'a [UserSlice]),
    /// In the kernel's memory.
    Kernel(&'a [u8]),
}

/// How many bytes ranges have.
fn length(ranges: &[UserSlice]) -> usize {
    ranges.iter().fold(0, |sum, range| sum.saturating_add(range.len()))
}

/// Calls `each` for the parts of ranges that `count` bytes from `at` on lie in, with how far into those bytes each part is.
fn parts<E>(
    ranges: &[UserSlice],
    at: usize,
    count: usize,
    mut each: impl FnMut(UserSlice, usize) -> core::result::Result<(), E>,
) -> core::result::Result<(), E> {
    let (mut skip, mut done) = (at, 0_usize);
    for range in ranges {
        let part = range.skip(skip).take(count.saturating_sub(done));
        skip = skip.saturating_sub(range.len());
        if !part.is_empty() {
            each(part, done)?;
            done = done.saturating_add(part.len());
        }
        if done >= count {
            break;
        }
    }
    Ok(())
}

impl Bytes<'_> {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::User(ranges) => length(ranges),
            Self::Kernel(bytes) => bytes.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies those from `at` on, as many as `to` has room for and there are.
    ///
    /// # Errors
    ///
    /// [`Errno::EFAULT`]; a part may have been copied.
    pub fn copy_in(&self, held: &mut Root<'_, Task>, at: usize, to: &mut [u8]) -> Result<()> {
        match self {
            Self::User(ranges) => parts(ranges, at, to.len(), |part, done| {
                let to = to.get_mut(done..).unwrap_or_default();
                let count = part.len().min(to.len());
                user::copy_in(held, part, to.get_mut(..count).unwrap_or_default())
            })
            .map_err(|Fault| Errno::EFAULT),
            Self::Kernel(bytes) => {
                let bytes = bytes.get(at..).unwrap_or_default();
                let count = bytes.len().min(to.len());
                let to = to.get_mut(..count).unwrap_or_default();
                to.copy_from_slice(bytes.get(..count).unwrap_or_default());
                Ok(())
            }
        }
    }
}

/// Room in ranges of user memory for bytes that are received.
#[derive(Clone, Copy, Debug)]
pub struct Room<'a>(pub &'a [UserSlice]);

impl Room<'_> {
    /// For how many bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        length(self.0)
    }

    /// Whether for none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies bytes to the place `at`, as many as there is room for.
    ///
    /// # Errors
    ///
    /// [`Errno::EFAULT`]; a part may have been copied.
    pub fn copy_out(&self, held: &mut Root<'_, Task>, at: usize, from: &[u8]) -> Result<()> {
        let copied = parts(self.0, at, from.len(), |part, done| {
            user::copy_out(held, part, from.get(done..).unwrap_or_default())
        });
        copied.map_err(|Fault| Errno::EFAULT)
    }

    /// The same where user memory is there now. At any level, in any context of a thread.
    ///
    /// # Errors
    ///
    /// [`Fault`] where something is not there: release, [`fault_in`](Self::fault_in), and try again.
    pub fn try_copy_out(&self, at: usize, from: &[u8]) -> core::result::Result<(), Fault> {
        parts(self.0, at, from.len(), |part, done| {
            user::try_copy_out(part, from.get(done..).unwrap_or_default())
        })
    }

    /// Has the place for `count` bytes from `at` on faulted in; it may go away again.
    ///
    /// # Errors
    ///
    /// [`Errno::EFAULT`].
    pub fn fault_in(&self, held: &mut Root<'_, Task>, at: usize, count: usize) -> Result<()> {
        let found = parts(self.0, at, count, |part, _| user::fault_in(held, part, Access::Write));
        found.map_err(|Fault| Errno::EFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::{length, parts};
    use base::user::UserSlice;

    fn cut(at: usize, count: usize) -> Vec<(u64, usize, usize)> {
        let ranges =
            [(0x1000, 4), (0x2000, 0), (0x3000, 8)].map(|(at, len)| UserSlice::new(at, len).unwrap());
        assert_eq!(length(&ranges), 12);
        let mut found = Vec::new();
        parts::<()>(&ranges, at, count, |part, done| {
            found.push((part.start().get(), part.len(), done));
            Ok(())
        })
        .unwrap();
        found
    }

    #[test]
    fn ranges_are_one_after_the_other() {
        assert_eq!(cut(0, 12), [(0x1000, 4, 0), (0x3000, 8, 4)]);
        assert_eq!(cut(2, 4), [(0x1002, 2, 0), (0x3000, 2, 2)]);
        assert_eq!(cut(4, 3), [(0x3000, 3, 0)]);
        assert_eq!(cut(11, 9), [(0x3007, 1, 0)]);
        assert_eq!(cut(12, 9), []);
        assert_eq!(cut(0, 0), []);
    }
}
