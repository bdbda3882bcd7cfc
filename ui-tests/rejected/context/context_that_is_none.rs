//! A token is written with a class where its context belongs. Source: the hierarchy's rule.
//!
//! error[E0277]: `Inode` is not an execution context
//! fix: name the ceiling first, then the context

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
fn mark(held: &mut Held<'_, Inode, Inode>) {
    let _ = held;
}

fn main() {
    let _ = mark;
    with_root(|mut held| *held.lock(&PAGE) = 1);
}
