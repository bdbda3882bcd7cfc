//! A future holds a lock while it waits for another. Source: lock_ordering, happylock: async.
//!
//! accepted: release before waiting

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

fn start(_: impl Future<Output = u64> + Send) {}

async fn other() {}

fn main() {
    start(async {
        let size = with_root(|mut held| *held.lock(&INODE));
        other().await;
        size
    });
}
