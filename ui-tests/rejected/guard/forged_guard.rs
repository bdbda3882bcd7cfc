//! A guard is written as a literal, without having acquired anything. Source: ordered-locks hole o3, a forged token.
//!
//! error[E0451]: fields `lock` and `mark` of struct `Guard` are private
//! fix: acquire

use lockorder::{SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        *held.lock(&SIZE) += 1;
        let size = lockorder::Guard::<_, lockorder::Nothing, Task> { lock: &SIZE, mark: std::marker::PhantomData };
        println!("{}", *size);
    });
}
