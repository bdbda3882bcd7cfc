//! Translations are shot down with interrupts off: two CPUs that do it at once wait for each other. Source: Linux: smp_call_function with interrupts disabled.
//!
//! error[E0277]: cannot sleep in `IrqOff` context
//! fix: turn interrupts on before waiting for other CPUs

use base::mm::VirtAddr;
use base::mm::shoot_down::shoot_down;
use base::platform::Machine;
use lockorder::{Root, Task};

fn unmap(mut held: Root<'_, Task>, start: VirtAddr) {
    let mut off = held.irqs_off::<Machine>();
    shoot_down(&mut off.held(), start, 1);
    drop(off);
    println!("unmapped {start:?}");
}

fn main() {
    println!("{:?}", unmap as fn(Root<'_, Task>, VirtAddr));
}
