//! The address space of the current thread.
//!
//! A thread of a process has a [`Space`]; its tables are loaded whenever the thread runs. What is mapped where is policy, and
//! stands above this crate: it is handed down as this trait object, and asked when user memory faults, in user mode or in a copy.

use alloc::sync::Arc;

use lockorder::{AnythingOutside, Held, Root, Task, hierarchy};

use super::address::{Fault, UserAddress};
use crate::mm::user_tables::UserTables;
use crate::sched::core::current;

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

/// Gives the current thread another address space, or none. It has it from here on, wherever it runs.
///
/// With nothing held: the last reference to the one before may go here.
pub fn set_space(_held: &mut Root<'_, Task>, space: Option<Arc<dyn Space>>) {
    let had = current().set_space(space);
    drop(had);
}

/// The current thread's address space; none for a thread of the kernel's.
#[must_use]
pub fn current_space() -> Option<Arc<dyn Space>> {
    current().space()
}
