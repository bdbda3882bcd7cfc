//! A serialising token is acquired as if it were a lock. Source: a first program.
//!
//! accepted: `held.with_serial_token(&MOUNTS, |mounts| …)`

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
        held.with_serial_token(&MOUNTS, |mounts| mounts.with(|mounts, _| *mounts += 1));
    });
}
