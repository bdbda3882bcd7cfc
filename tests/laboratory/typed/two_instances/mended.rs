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
    let mut both = held.lock_pair(from, to).expect("two inodes");
    let ([from, to], _held) = both.split();
    *to = *from;
}

fn main() {
    with_root(|held| rename(held, &ONE, &TWO));
    with_root(|held| rename(held, &TWO, &ONE));
}
