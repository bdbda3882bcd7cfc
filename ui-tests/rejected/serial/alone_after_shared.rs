//! A share of a token is acquired exclusively while its data is looked at, which another thread may change then. Source: DragonFly lwkt_token.c: exclusive after shared livelocks.
//!
//! error[E0277]: cannot sleep in `Atomic` context
//! fix: acquire it exclusively after the look: the share is given back until that is done

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

static MOUNTS: SerialToken<Mounts, Vec<u64>> = SerialToken::new(Vec::new());

fn main() {
    with_root(|mut held| {
        held.with_shared_serial_token(&MOUNTS, |share| {
            share.look(|mounts, mut held| {
                let first = mounts.len() as u64;
                held.with_serial_token(&MOUNTS, |alone| alone.with(|mounts, _| mounts.push(first)));
            });
        });
    });
}
