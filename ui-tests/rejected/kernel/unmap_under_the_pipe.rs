//! A pipe's buffer is unmapped with the pipe held; the bookkeeping of addresses ranks outside of it. Source: recipes: reserve, then lock.
//!
//! error[E0277]: lock order violation: cannot acquire `KernelSpace` while holding `Pipe`
//! fix: take the buffer out, and unmap it after

use selftest::classes::Pipe;
use base::mm::frames;
use base::mm::kernel_space::Mapping;
use base::sched::Mutex;
use lockorder::{Root, Task};

static PIPE: Mutex<Pipe, Option<Mapping>> = Mutex::new(None);

fn close(mut held: Root<'_, Task>) {
    let mut pipe = held.lock(&PIPE);
    let (buffer, mut held) = pipe.split();
    let buffer = buffer.take();
    if let Some(mapping) = buffer {
        mapping.unmap(&mut held).into_iter().for_each(frames::free);
    }
}

fn main() {
    println!("{:?}", close as fn(Root<'_, Task>));
}
