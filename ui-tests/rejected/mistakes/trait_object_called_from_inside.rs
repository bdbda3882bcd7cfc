//! A method of a trait object is called under a lock that lies inside of what it acquires. Source: a first program.
//!
//! error[E0277]: lock order violation: cannot acquire `Filesystem` while holding `Queue`
//! fix: call it with nothing inner held

use lockorder::host::Mutex;
use lockorder::{AnythingOutside, Before, Held, MaySleep, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Inode = 3;
    }
    level Device = 50 {
        class Queue = 0;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);
static QUEUE: Mutex<Queue, u64> = Mutex::new(0);

/// What a file system implements: a method of a trait object is not generic, so it names one position.
trait File {
    fn read_below(&self, held: Held<'_, AnythingOutside<Filesystem>, Task>) -> u64;
}

/// What its users call: the token is weakened here, so that a wrong caller reads both names.
impl dyn File + '_ {
    fn read(&self, held: &mut Held<'_, impl Before<Filesystem>, impl MaySleep>) -> u64 {
        self.read_below(held.to_task().below::<Filesystem>())
    }
}

struct Disk;

impl File for Disk {
    fn read_below(&self, mut held: Held<'_, AnythingOutside<Filesystem>, Task>) -> u64 {
        *held.lock(&INODE)
    }
}

fn main() {
    let file: &dyn File = &Disk;
    with_root(|mut held| {
        held.with(&QUEUE, |requests, mut held| *requests += file.read(&mut held));
    });
}
