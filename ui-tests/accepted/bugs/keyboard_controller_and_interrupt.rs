//! The interrupt controller's lock is taken by the keyboard's interrupt too. Source: rxinu #48.
//!
//! accepted: an interrupt-safe lock

use lockorder::{HardIrq, IrqSpinLock, Root, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// Interrupt controller.
        class InterruptController = 2;
    }
}

static INTERRUPT_CONTROLLER: IrqSpinLock<InterruptController, u64> = IrqSpinLock::new(0);

fn mask_line(mut held: Root<'_, Task>) {
    *held.lock(&INTERRUPT_CONTROLLER) += 1;
}

fn end_of_interrupt(mut held: Root<'_, HardIrq>) {
    *held.lock(&INTERRUPT_CONTROLLER) -= 1;
}

fn main() {
    with_root(mask_line);
    let _: fn(Root<'_, HardIrq>) = end_of_interrupt;
}
