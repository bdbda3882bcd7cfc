//! Names of sockets: a path, whose inode is what counts, or bytes in a space of names that no filesystem has.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result, net};
use fs::Inode;
use socket::Address;

/// The family's number, as addresses have it.
pub(super) const FAMILY: u16 = 1;
/// The longest address: `struct sockaddr_un`.
const LONGEST: usize = 2 + 108;

const _: () = assert!(FAMILY as u32 == net::AF_UNIX, "the family has one number");

/// What an address asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    /// No name: any, to whoever binds.
    Any,
    /// What lies at a path.
    Path(&'a [u8]),
    /// These bytes.
    Abstract(&'a [u8]),
}

/// What an address asks for.
///
/// # Errors
///
/// [`Errno::EINVAL`] for what is no address of this family.
pub(super) fn asked(address: &Address) -> Result<Asked<'_>> {
    if address.family() != Some(FAMILY) || address.bytes().len() > LONGEST {
        return Err(Errno::EINVAL);
    }
    Ok(match address.rest() {
        [] => Asked::Any,
        [0, name @ ..] => Asked::Abstract(name),
        path => Asked::Path(path.split(|&byte| byte == 0).next().unwrap_or_default()),
    })
}

/// A name that a socket has.
pub(super) enum Name {
    /// A path, as it was said, and what was made there.
    Path(Vec<u8>, Arc<dyn Inode>),
    /// Bytes.
    Abstract(Vec<u8>),
}

impl Name {
    /// Its address.
    pub(super) fn address(&self) -> Address {
        let mut bytes = [0; LONGEST + 1];
        let [low, high] = FAMILY.to_le_bytes();
        let (name, at, end) = match self {
            Self::Path(path, _) => (path, 2, 1),
            Self::Abstract(name) => (name, 3, 0),
        };
        let length = at + name.len() + end;
        bytes[0] = low;
        bytes[1] = high;
        if let Some(place) = bytes.get_mut(at..at + name.len()) {
            place.copy_from_slice(name);
        }
        Address::new(bytes.get(..length).unwrap_or_default()).unwrap_or(Address::unnamed(FAMILY))
    }

    /// Whether it is the name of bytes.
    pub(super) fn is_abstract(&self, bytes: &[u8]) -> bool {
        matches!(self, Self::Abstract(name) if name == bytes)
    }

    /// Whether it leads to an inode.
    pub(super) fn is_inode(&self, identity: (u64, u64)) -> bool {
        matches!(self, Self::Path(_, inode) if inode.identity() == identity)
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Name, asked};
    use socket::Address;

    #[test]
    fn an_address_asks_for_a_name() {
        let ask = |bytes: &[u8]| asked(&Address::new(bytes).unwrap()).map(|asked| std::format!("{asked:?}"));
        assert_eq!(asked(&Address::new(&[1, 0]).unwrap()), Ok(Asked::Any));
        assert_eq!(asked(&Address::new(b"\x01\0/a\0b").unwrap()), Ok(Asked::Path(b"/a")));
        assert_eq!(asked(&Address::new(b"\x01\0\0a\0b").unwrap()), Ok(Asked::Abstract(b"a\0b")));
        assert!(ask(&[1]).is_err() && ask(&[2, 0, 1]).is_err() && ask(&[1; 111]).is_err());
    }

    #[test]
    fn a_name_has_the_address_that_asks_for_it() {
        let name = Name::Abstract(b"abc".to_vec());
        assert_eq!(name.address().bytes(), b"\x01\0\0abc");
        assert!(name.is_abstract(b"abc") && !name.is_abstract(b"ab"));
    }
}
