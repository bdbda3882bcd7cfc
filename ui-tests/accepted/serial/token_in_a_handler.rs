//! A token is acquired by an interrupt handler. Source: DragonFly lwkt_token.c: not in a hard interrupt.
//!
//! accepted: let a thread do it

use lockorder::blocking::SerialToken;
use lockorder::{Root, Task, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// What is mounted where.
        class Mounts = 0, order = serial;
        /// The entries of a directory.
        class Directory = 1;
        /// The state of a file.
        class Inode = 3;
    }
}

static MOUNTS: SerialToken<Mounts, u64> = SerialToken::new(0);

fn handler(mut held: Root<'_, Task>) {
    held.with_serial_token(&MOUNTS, |mounts| mounts.with(|count, _| *count += 1));
}

fn main() {
    let _: fn(Root<'_, Task>) = handler;
}
