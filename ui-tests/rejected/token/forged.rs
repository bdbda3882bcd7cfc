//! A token is built from its field. Source: ordered-locks hole o3: a public unit struct.
//!
//! error[E0451]: field `mark` of struct `Held` is private
//! fix: get it from an entry point

use lockorder::{Held, Root, SpinLock, Task, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn token<'a>() -> Option<Root<'a, Task>> {
    Some(Held { mark: std::marker::PhantomData })
}

fn main() {
    println!("{:?}", token().map(|mut held| *held.lock(&INODE)));
}
