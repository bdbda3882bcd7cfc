//! A token is used on another thread, which holds other locks. Source: ordered-locks hole o5: tokens were Send.
//!
//! error[E0277]: `(dyn TokensAndGuardsStayOnTheirThread + 'static)` cannot be sent between threads safely
//! fix: give the thread a root of its own

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
        std::thread::scope(|scope| {
            scope.spawn(|| *held.lock(&INODE) += 1);
        });
        drop(held.reborrow());
    });
}
