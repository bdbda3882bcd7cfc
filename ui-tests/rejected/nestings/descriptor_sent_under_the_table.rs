//! A descriptor is sent through a socket of this machine with the table held. Source: nesting 22 of a Linux-like kernel.
//!
//! error[E0277]: lock order violation: cannot acquire `Pipe` while holding `DescriptorTable`
//! fix: clone under the table, push after

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Messages between processes.
    level Ipc = 30 {
        /// The bytes in one pipe.
        class Pipe = 0;
    }
    /// What user-visible handles need last.
    level User = 80 {
        /// The open files of one process.
        class DescriptorTable = 0;
    }
}

static DESCRIPTOR_TABLE: SpinLock<DescriptorTable, u64> = SpinLock::new(0);
static PIPE: SpinLock<Pipe, u64> = SpinLock::new(0);

fn send_descriptor(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&DESCRIPTOR_TABLE, |outer, mut held| {
        *outer += 1;
        held.with(&PIPE, |inner, _| *inner += 1);
    });
}

fn main() {
    with_root(|mut held| send_descriptor(held.to_atomic()));
}
