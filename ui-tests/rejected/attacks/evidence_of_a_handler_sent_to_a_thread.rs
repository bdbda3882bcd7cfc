//! A handler lends a thread the evidence that it is a handler. Source: an attack on the library.
//!
//! error[E0277]: `(dyn TokensAndGuardsStayOnTheirThread + 'static)` cannot be sent between threads safely
//! fix: complete it in the handler

use lockorder::blocking::Completion;
use lockorder::{HardIrq, Root, hierarchy};

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

fn disk_answers(held: Root<'_, HardIrq>) {
    let handler = held.in_handler();
    std::thread::scope(|scope| {
        scope.spawn(move || ANSWERED.complete(handler));
    });
}

fn main() {
    println!("{}", size_of_val(&disk_answers));
}
