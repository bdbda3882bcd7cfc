//! A CPU waits, address space held, until the others have flushed; one of them waits for the address space. Source: redox 7d42e8d9.
//!
//! error[E0277]: `AddressSpace` may be held here, but this call waits for another thread and needs nothing held
//! fix: release the address space before waiting

use lockorder::{Held, Root, SpinLock, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Memory = 20 {
        class AddressSpace = 1;
    }
}

static PAGES: SpinLock<AddressSpace, Vec<u64>> = SpinLock::new(Vec::new());

/// Asks all CPUs to forget a page, and waits until they have.
#[acquires(; nothing_held, atomic)]
fn shoot_down(_held: Held, _page: u64) {}

/// Takes a page away from a process.
fn unmap(mut held: Root<'_, Task>, page: u64) {
    let mut pages = held.lock(&PAGES);
    pages.retain(|mapped| *mapped != page);
    shoot_down(pages.held(), page);
}

fn main() {
    with_root(|held| unmap(held, 0x1000));
}
