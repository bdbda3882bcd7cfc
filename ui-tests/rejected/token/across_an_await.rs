//! A future holds a lock while it waits for another. Source: lock_ordering, happylock: async.
//!
//! error: future cannot be sent between threads safely
//! fix: release before waiting

use lockorder::{Root, SpinLock, Task, hierarchy};

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
        let mut held = std::future::pending::<Root<'static, Task>>().await;
        let size = *held.lock(&INODE);
        other().await;
        size
    });
}
