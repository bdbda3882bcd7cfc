//! A level has number 0, which is for nothing held. Source: the rules of `hierarchy!`.
//!
//! accepted: begin at 1

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Threads.
    level Scheduler = 10;
}

fn main() {
    println!("{}", LOCKS.name);
}
