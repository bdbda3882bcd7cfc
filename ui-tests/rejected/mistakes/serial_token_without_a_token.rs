//! A serialising token is acquired as if it were a mutex of another library. Source: a first program.
//!
//! error[E0277]: a serialising token is acquired through a token of the thread, and this call has none
//! fix: acquire it through the thread's token

use lockorder::blocking::SerialToken;
use lockorder::{hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
        class Mounts = 5, order = serial;
    }
}

static MOUNTS: SerialToken<Mounts, u64> = SerialToken::new(0);

fn main() {
    with_root(|mut held| {
        held.with_serial_token(&MOUNTS, |_| ());
        *MOUNTS.lock() += 1;
    });
}
