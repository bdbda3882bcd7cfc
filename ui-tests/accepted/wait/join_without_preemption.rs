//! A thread is joined while preemption is off. Source: klint: sleep in atomic context.
//!
//! accepted: join outside

use lockorder::host::Host;
use lockorder::host::spawn;
use lockorder::with_root;

fn main() {
    with_root(|mut held| {
        let worker = spawn(|_| 7);
        println!("{:?}", worker.join(&mut held));
        drop(held.no_preempt::<Host>());
    });
}
