//! A program writes a level of its own, without `hierarchy!`. Source: ordered-locks hole o4: safe traits.
//!
//! error[E0200]: the trait `Level` requires an `unsafe impl` declaration
//! fix: declare it in `hierarchy!`

use lockorder::{Ceiling, Level, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

enum Anywhere {}
impl Level for Anywhere {
    type Rank = lockorder::__private::typenum::U1000;
    const CEILING: Ceiling = Ceiling::at("Anywhere", 1000);
}

fn main() {
    println!("{}", <Anywhere as Level>::CEILING);
}
