//! A token with interrupts off, which threads have as well, is taken for a handler's. Source: an attack on the library.
//!
//! error[E0277]: `IrqOff` is not the context of an interrupt handler
//! fix: get the evidence before the lock

use lockorder::blocking::Completion;
use lockorder::{HardIrq, IrqSpinLock, Root, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of a disk.
        class Queue = 0;
        /// That the disk has answered.
        class Answer = 1;
        /// The rings of a card.
        class Ring = 2;
    }
}

static QUEUE: IrqSpinLock<Queue, u64> = IrqSpinLock::new(0);
static ANSWERED: Completion<Answer> = Completion::new();

fn disk_answers(mut held: Root<'_, HardIrq>) {
    held.with(&QUEUE, |requests, held| {
        *requests -= 1;
        ANSWERED.complete(held.in_handler());
    });
}

fn main() {
    println!("{}", size_of_val(&disk_answers));
}
