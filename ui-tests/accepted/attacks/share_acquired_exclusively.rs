//! A reader of a serialising token changes what it protects; it may acquire the token exclusively meanwhile. Source: an attack on the library.
//!
//! accepted: acquire it exclusively as well: the share is given back until that is done

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
        held.with_shared_serial_token(&MOUNTS, |share| {
            let before = share.look(|mounts, _| *mounts);
            share.held().with_serial_token(&MOUNTS, |alone| alone.with(|mounts, _| *mounts += 1));
            println!("{} {}", before, share.look(|mounts, _| *mounts));
        });
    });
}
