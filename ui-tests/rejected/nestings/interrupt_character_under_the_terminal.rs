//! Control-C is turned into a signal to a process group with the terminal held. Source: nesting 13 of a Linux-like kernel.
//!
//! error[E0277]: lock order violation: cannot acquire `ProcessTree` while holding `Terminal`
//! fix: return the group, signal after

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents, children, exit states.
        class ProcessTree = 1;
    }
    /// What user-visible handles need last.
    level User = 80 {
        /// The state of one terminal line.
        class Terminal = 4;
    }
}

static TERMINAL: SpinLock<Terminal, u64> = SpinLock::new(0);
static PROCESS_TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);

fn interrupt_character(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&TERMINAL, |outer, mut held| {
        *outer += 1;
        held.with(&PROCESS_TREE, |inner, _| *inner += 1);
    });
}

fn main() {
    with_root(|mut held| interrupt_character(held.to_atomic()));
}
