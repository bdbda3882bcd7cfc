//! A token is written with a class where its context belongs. Source: the hierarchy's rule.
//!
//! accepted: ceiling, then context

use lockorder::{Held, SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
        class Page = 5;
    }
}

static PAGE: SpinLock<Page, u8> = SpinLock::new(0);

/// Marks the page as written.
fn mark(held: &mut Held<'_, Inode, lockorder::Atomic>) {
    let _ = held;
}

fn main() {
    let _ = mark;
    with_root(|mut held| *held.lock(&PAGE) = 1);
}
