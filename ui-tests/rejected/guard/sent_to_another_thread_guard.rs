//! A guard is released on another thread, whose counts know nothing of it. Source: interrupt-mutex: guards leave their CPU.
//!
//! error[E0277]: `(dyn TokensAndGuardsStayOnTheirThread + 'static)` cannot be sent between threads safely
//! fix: send a copy of the data

use lockorder::{SpinLock, hierarchy, with_root};

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

fn main() {
    with_root(|mut held| {
        let size = held.lock(&INODE);
        std::thread::scope(|scope| {
            scope.spawn(move || println!("{size:?}"));
        });
    });
}
