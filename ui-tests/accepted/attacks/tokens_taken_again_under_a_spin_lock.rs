//! A thread gives its serialising tokens back under a spin lock, and sleeps for them there. Source: an attack on the library.
//!
//! accepted: block outside of the spin lock

use lockorder::blocking::SerialToken;
use lockorder::host::WaitQueue;
use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
        class Mounts = 5, order = serial;
    }
}

static MOUNTS: SerialToken<Mounts, u64> = SerialToken::new(0);
static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);
static CHANGED: WaitQueue = WaitQueue::new();

fn main() {
    with_root(|mut held| {
        held.with_serial_token(&MOUNTS, |mounts| {
            mounts.held().with(&SIZE, |size, _| *size += 1);
            CHANGED.wait_until(&mut mounts.held(), |_| true);
        });
    });
}
