//! A function that joins is generic over what its caller holds. Source: surelock hole s4.
//!
//! accepted: ask for nothing held

use lockorder::host::JoinHandle;
use lockorder::host::spawn;
use lockorder::{Held, NothingHeld, Task, with_root};

fn finish<Outer: NothingHeld>(worker: JoinHandle<u64>, held: &mut Held<'_, Outer, Task>) -> bool {
    worker.join(held).is_ok()
}

fn main() {
    let worker = spawn(|_| 7);
    println!("{}", with_root(|mut held| finish(worker, &mut held)));
}
