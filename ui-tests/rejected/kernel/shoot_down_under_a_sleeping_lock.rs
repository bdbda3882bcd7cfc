//! Translations are shot down under an interrupt-safe lock, where a mutex would do. Source: recipes: shoot down with a sleeping lock held.
//!
//! error[E0277]: cannot sleep in `IrqOff` context
//! fix: a sleeping lock may be held over it

use selftest::classes::AddressSpace;
use base::mm::VirtAddr;
use base::mm::shoot_down::shoot_down;
use base::sched::Mutex;
use lockorder::{IrqSpinLock, Root, Task};

static SPINNING: IrqSpinLock<AddressSpace, u64> = IrqSpinLock::new(0);
static SLEEPING: Mutex<AddressSpace, u64> = Mutex::new(0);

fn unmap(mut held: Root<'_, Task>, start: VirtAddr) {
    held.with(&SPINNING, |mappings, mut held| {
        *mappings -= 1;
        shoot_down(&mut held, start, 1);
    });
}

fn main() {
    println!("{:?} {SPINNING:?} {SLEEPING:?}", unmap as fn(Root<'_, Task>, VirtAddr));
}
