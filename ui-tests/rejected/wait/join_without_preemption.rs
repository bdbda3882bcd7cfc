//! A thread is joined while preemption is off. Source: klint: sleep in atomic context.
//!
//! error[E0277]: cannot sleep in `Atomic` context
//! fix: join outside

use lockorder::host::Host;
use lockorder::host::spawn;
use lockorder::with_root;

fn main() {
    with_root(|mut held| {
        let worker = spawn(|_| 7);
        let mut guard = held.no_preempt::<Host>();
        println!("{:?}", worker.join(&mut guard.held()));
    });
}
