//! Translations are shot down with interrupts off: two CPUs that do it at once wait for each other. Source: Linux: smp_call_function with interrupts disabled.
//!
//! accepted: turn interrupts on before waiting for other CPUs

use base::mm::VirtAddr;
use base::mm::shoot_down::shoot_down;
use base::platform::Machine;
use lockorder::{Root, Task};

fn unmap(mut held: Root<'_, Task>, start: VirtAddr) {
    let off = held.irqs_off::<Machine>();
    drop(off);
    shoot_down(&mut held, start, 1);
    println!("unmapped {start:?}");
}

fn main() {
    println!("{:?}", unmap as fn(Root<'_, Task>, VirtAddr));
}
