//! Addresses of sockets, as bytes: the first two are the family, the rest is the family's own.

use abi::{Errno, Result};

/// The longest address: `struct sockaddr_storage`.
pub const LONGEST: usize = 128;

/// An address, from 0 to [`LONGEST`] bytes.
#[derive(Clone, Copy)]
pub struct Address {
    bytes: [u8; LONGEST],
    length: usize,
}

impl core::fmt::Debug for Address {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_tuple("Address").field(&self.bytes()).finish()
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Address {}

impl Address {
    /// These bytes, family and all.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for more than [`LONGEST`].
    pub fn new(bytes: &[u8]) -> Result<Self> {
        let mut address = Self { bytes: [0; LONGEST], length: bytes.len() };
        address.bytes.get_mut(..bytes.len()).ok_or(Errno::EINVAL)?.copy_from_slice(bytes);
        Ok(address)
    }

    /// An address that says its family and nothing else: what has no name has it.
    #[must_use]
    pub const fn unnamed(family: u16) -> Self {
        let mut bytes = [0; LONGEST];
        [bytes[0], bytes[1]] = family.to_le_bytes();
        Self { bytes, length: 2 }
    }

    /// All its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Its family; none where it is too short to have one.
    #[must_use]
    pub fn family(&self) -> Option<u16> {
        self.bytes().first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
    }

    /// What comes after the family.
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        self.bytes().get(2..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, LONGEST};

    #[test]
    fn an_address_has_a_family_and_a_rest() {
        let address = Address::new(&[1, 0, b'a']).unwrap();
        assert_eq!((address.family(), address.rest()), (Some(1), &b"a"[..]));
        assert_eq!(Address::unnamed(10).bytes(), [10, 0]);
        assert_eq!(Address::new(&[1]).unwrap().family(), None);
        assert!(Address::new(&[0; LONGEST + 1]).is_err());
    }
}
