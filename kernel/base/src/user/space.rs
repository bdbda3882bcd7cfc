//! The address space of the current thread.
//!
//! A thread of a process has a [`Space`]; its tables are loaded whenever the thread runs. What is mapped where is policy, and
//! stands above this crate: it is handed down as this trait object, and asked when user memory faults, in user mode or in a copy.

use lockorder::{AnythingOutside, Held, Task, hierarchy};

use super::address::{Fault, UserAddress};
use crate::mm::user_tables::UserTables;

hierarchy! {
    /// What is mapped where in an address space: held while a fault in it is resolved.
    pub class AddressSpace in crate::levels::Memory = 0, order = address;
}

/// How memory is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is read.
    Read,
    /// It is written to.
    Write,
    /// An instruction is fetched from it.
    Execute,
}

/// An address space: its page tables, and what it does about faults.
pub trait Space: Send + Sync {
    /// Its page tables: the same ones for as long as it lives.
    fn tables(&self) -> &UserTables;

    /// Makes an access to an address possible.
    ///
    /// # Errors
    ///
    /// [`Fault`] when it is not to be, or there is no memory for it.
    fn fault(
        &self,
        held: &mut Held<'_, AnythingOutside<AddressSpace>, Task>,
        at: UserAddress,
        access: Access,
    ) -> Result<(), Fault>;
}
