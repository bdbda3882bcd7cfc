//! A table of handlers stays locked while one of them runs, and it registers another. Source: asterinas d8dc153be; td-shim #779.
//!
//! accepted: take the handler out, release, then call it

use lockorder::{Before, Held, MaySpin, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// Handler table.
        class HandlerTable = 8;
    }
}

static HANDLER_TABLE: SpinLock<HandlerTable, u64> = SpinLock::new(0);

type Handler = fn(Root<'_, Task>);

fn register_another(mut held: Held<'_, impl Before<HandlerTable>, impl MaySpin>) {
    let mut held = held.below::<HandlerTable>();
    let mut held = held.to_atomic();
    *held.lock(&HANDLER_TABLE) += 1;
}

fn commit(mut held: Root<'_, Task>) {
    drop(held.lock(&HANDLER_TABLE));
    register_another(held);
}

fn main() {
    with_root(commit as Handler);
}
