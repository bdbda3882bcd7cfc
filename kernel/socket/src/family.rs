//! What makes sockets: one value a family, and the table of them that the kernel is started with.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use lockorder::{Root, Task};

use crate::call::Call;
use crate::common::Kind;
use crate::contract::Socket;

/// What is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct New {
    /// Of which kind.
    pub kind: Kind,
    /// By which protocol; 0 for the kind's own.
    pub protocol: u32,
}

/// A family of protocols.
pub trait Family: Send + Sync {
    /// Its number: `AF_UNIX`, `AF_INET`.
    fn number(&self) -> u32;

    /// A new socket.
    ///
    /// # Errors
    ///
    /// [`Errno::ESOCKTNOSUPPORT`] for a kind, [`Errno::EPROTONOSUPPORT`] for a protocol that it does not have; [`Errno::EPERM`];
    /// [`Errno::ENOMEM`].
    fn create(&self, held: &mut Root<'_, Task>, new: New, call: &Call<'_>) -> Result<Arc<dyn Socket>>;

    /// What `/proc/net` shows of its sockets, of one kind where it has a file for each; nothing where it has none.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`]; [`Errno::ENOMEM`].
    fn shown(&self, _held: &mut Root<'_, Task>, _kind: Kind) -> Result<Vec<u8>> {
        Err(Errno::ENOENT)
    }

    /// Two that are connected with each other.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create); [`Errno::EOPNOTSUPP`] where the family has no such.
    fn pair(&self, _held: &mut Root<'_, Task>, _new: New, _call: &Call<'_>) -> Result<[Arc<dyn Socket>; 2]> {
        Err(Errno::EOPNOTSUPP)
    }
}

/// The families that there are.
#[derive(Clone, Copy)]
pub struct Families(pub &'static [&'static dyn Family]);

impl core::fmt::Debug for Families {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|family| family.number())).finish()
    }
}

impl Families {
    /// The one with a number.
    ///
    /// # Errors
    ///
    /// [`Errno::EAFNOSUPPORT`].
    pub fn get(&self, number: u32) -> Result<&'static dyn Family> {
        let found = self.0.iter().copied().find(|family| family.number() == number);
        found.ok_or(Errno::EAFNOSUPPORT)
    }
}
