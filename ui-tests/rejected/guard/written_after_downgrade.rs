//! A writer lets readers in, and goes on writing. Source: what `rw_downgrade` of FreeBSD cannot refuse.
//!
//! error[E0382]: borrow of moved value: `writer`
//! fix: write before

use lockorder::{SpinRwLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// What is mounted where.
        class Mounts = 0;
        /// The state of a file.
        class Inode = 3;
    }
}

static MOUNTS: SpinRwLock<Mounts, Vec<&str>> = SpinRwLock::new(Vec::new());

fn main() {
    with_root(|mut held| {
        let mut writer = held.write(&MOUNTS);
        let reader = writer.downgrade();
        writer.push("/");
        println!("{}", reader.len());
    });
}
