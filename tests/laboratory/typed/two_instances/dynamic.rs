use lockorder::host::Mutex;
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Inode = 3, order = key;
    }
}

static ONE: Mutex<Inode, u32> = Mutex::with_key(1, 7);
static TWO: Mutex<Inode, u32> = Mutex::with_key(2, 8);

fn rename(mut held: Root<'_, Task>, from: &Mutex<Inode, u32>, to: &Mutex<Inode, u32>) {
    // Past the types: a guard that is forgotten leaves its lock held, and gives the token back.
    std::mem::forget(held.lock(from));
    *held.lock(to) += 1;
}

fn main() {
    with_root(|held| rename(held, &TWO, &ONE));
}
