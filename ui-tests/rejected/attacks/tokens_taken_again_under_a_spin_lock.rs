//! A thread gives its serialising tokens back under a spin lock, and sleeps for them there. Source: an attack on the library.
//!
//! error[E0133]: call to unsafe function `without_serial_tokens` is unsafe and requires unsafe block
//! fix: block outside of the spin lock

use lockorder::blocking::{Patience, SerialToken, Waiting, without_serial_tokens};
use lockorder::host::{Host, WaitQueue};
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
            mounts.held().with(&SIZE, |size, _| {
                without_serial_tokens::<Host, _>(&Waiting::here(Patience::ForEver), || *size += 1);
            });
            CHANGED.wait_until(&mut mounts.held(), |_| true);
        });
    });
}
