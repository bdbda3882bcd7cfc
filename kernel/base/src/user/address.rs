//! Addresses and ranges of user memory, as a user gives them.
//!
//! Any number is an address; whether it is a user's is asked where it matters, once: a [`UserSlice`] lies below [`USER_END`],
//! wholly.

use core::fmt;
use core::ops::Range;

use machine::paging::PAGE;

/// The end of user memory. The page below the end of the lower half stays free: a system call there would return to an
/// address that is none.
pub const USER_END: u64 = 0x0000_7fff_ffff_f000;

/// What a user address leads to cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bad address")
    }
}

impl core::error::Error for Fault {}

/// A number that a user gives as an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct UserAddress(u64);

impl UserAddress {
    /// The address with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether it is one of user memory.
    #[must_use]
    pub const fn is_user(self) -> bool {
        self.0 < USER_END
    }

    /// The beginning of its page.
    #[must_use]
    pub const fn page(self) -> Self {
        Self(self.0 & !(PAGE - 1))
    }

    /// How far it is into its page.
    #[must_use]
    pub const fn offset(self) -> usize {
        (self.0 & (PAGE - 1)) as usize
    }

    /// The address so many bytes further on, if there is one.
    #[must_use]
    pub const fn checked_add(self, bytes: u64) -> Option<Self> {
        match self.0.checked_add(bytes) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

impl fmt::Display for UserAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#x}", self.0)
    }
}

/// A range of user memory. It lies below [`USER_END`], whatever is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserSlice {
    start: UserAddress,
    len: usize,
}

impl UserSlice {
    /// `len` bytes from `start`.
    ///
    /// # Errors
    ///
    /// [`Fault`] when they do not lie in user memory, wholly; a range of no bytes may begin anywhere in it, and at its end.
    pub fn new(start: u64, len: usize) -> Result<Self, Fault> {
        let end = start.checked_add(len as u64).ok_or(Fault)?;
        if end > USER_END { Err(Fault) } else { Ok(Self { start: UserAddress(start), len }) }
    }

    /// Where it begins.
    #[must_use]
    pub const fn start(self) -> UserAddress {
        self.start
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn len(self) -> usize {
        self.len
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Its first bytes and the others; where it has fewer than `first`, all of them and none.
    #[must_use]
    pub const fn split_at(self, first: usize) -> (Self, Self) {
        let first = if first < self.len { first } else { self.len };
        let rest = UserAddress(self.start.0 + first as u64);
        (Self { start: self.start, len: first }, Self { start: rest, len: self.len - first })
    }

    /// What comes after its first bytes.
    #[must_use]
    pub const fn skip(self, first: usize) -> Self {
        self.split_at(first).1
    }

    /// Its first bytes.
    #[must_use]
    pub const fn take(self, first: usize) -> Self {
        self.split_at(first).0
    }

    /// Its addresses.
    #[must_use]
    pub const fn range(self) -> Range<UserAddress> {
        self.start..UserAddress(self.start.0 + self.len as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, USER_END, UserAddress, UserSlice};

    #[test]
    fn a_range_lies_in_user_memory() {
        assert!(UserSlice::new(USER_END - 5, 5).is_ok());
        assert_eq!(UserSlice::new(USER_END - 5, 6), Err(Fault));
        assert_eq!(UserSlice::new(u64::MAX, 2), Err(Fault));
        assert_eq!(UserSlice::new(0xffff_8000_0000_0000, 0), Err(Fault));
        assert!(UserSlice::new(USER_END, 0).is_ok());
    }

    #[test]
    fn a_range_is_cut_where_it_has_bytes() {
        let slice = UserSlice::new(0x1000, 10).unwrap();
        let (first, rest) = slice.split_at(4);
        assert_eq!(
            (first.start().get(), first.len(), rest.start().get(), rest.len()),
            (0x1000, 4, 0x1004, 6)
        );
        assert_eq!(slice.skip(99).len(), 0);
        assert_eq!(slice.take(99), slice);
    }

    #[test]
    fn pages_are_of_4096_bytes() {
        let address = UserAddress::new(0x1fff);
        assert_eq!((address.page().get(), address.offset()), (0x1000, 0xfff));
    }
}
