//! A thread completes what others wait for with locks held, which it may need. Source: Linux: lockdep's completions.
//!
//! error[E0277]: `Task` is not the context of an interrupt handler
//! fix: complete it in the handler; what a thread does is an event

use lockorder::blocking::Completion;
use lockorder::{Root, Task, hierarchy};

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

static ANSWERED: Completion<Answer> = Completion::new();

fn disk_answers(held: Root<'_, Task>) {
    ANSWERED.complete(held.in_handler());
}

fn main() {
    println!("{}", size_of_val(&disk_answers));
}
