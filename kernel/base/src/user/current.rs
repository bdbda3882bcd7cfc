//! The address space of the thread that runs.

use alloc::sync::Arc;

use lockorder::{Root, Task};

use super::space::Space;
use crate::sched::core::current;

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
