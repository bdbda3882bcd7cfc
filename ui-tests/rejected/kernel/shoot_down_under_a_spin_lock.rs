//! Translations are shot down with a spin lock held: a CPU that spins for it with interrupts off never answers. Source: Linux: smp_call_function under a lock.
//!
//! error[E0277]: cannot sleep in `Atomic` context
//! fix: release, then shoot down

use selftest::classes::AddressSpace;
use base::mm::VirtAddr;
use base::mm::shoot_down::shoot_down;
use lockorder::{Root, SpinLock, Task};

static SPACE: SpinLock<AddressSpace, u64> = SpinLock::new(0);

fn unmap(mut held: Root<'_, Task>, start: VirtAddr) {
    held.with(&SPACE, |mappings, mut held| {
        *mappings -= 1;
        shoot_down(&mut held, start, 1);
    });
}

fn main() {
    println!("{:?}", unmap as fn(Root<'_, Task>, VirtAddr));
}
