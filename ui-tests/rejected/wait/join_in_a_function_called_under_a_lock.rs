//! A function that joins is generic over what its caller holds. Source: surelock hole s4.
//!
//! error[E0277]: `Outer` may be held here, but this call waits for another thread and needs nothing held
//! fix: ask for nothing held

use lockorder::host::JoinHandle;
use lockorder::host::spawn;
use lockorder::{Held, Level, Task, with_root};

fn finish<Outer: Level>(worker: JoinHandle<u64>, held: &mut Held<'_, Outer, Task>) -> bool {
    worker.join(held).is_ok()
}

fn main() {
    let worker = spawn(|_| 7);
    println!("{}", with_root(|mut held| finish(worker, &mut held)));
}
