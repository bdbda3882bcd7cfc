//! An entry point is `async`; control does not enter a kernel through a future. Source: the hierarchy's rule.
//!
//! error: control does not enter a kernel through a future
//! fix: make it a plain function

use lockorder::{Root, Task, entry_point as entry};

/// A kernel thread.
///
/// # Safety
///
/// Called by the scheduler when the thread first runs.
#[unsafe(no_mangle)]
#[entry(thread)]
async unsafe fn flusher(held: Root<'_, Task>) {
    println!("{held:?}");
}

fn main() {}
