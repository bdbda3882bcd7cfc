//! A timer's callback arms another timer while the list is locked. Source: arceos ef46dfd1.
//!
//! accepted: take the event out first

use lockorder::{Before, Context, HardIrq, Held, IrqSpinLock, Root, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// Timer list.
        class TimerList = 6;
    }
}

static TIMER_LIST: IrqSpinLock<TimerList, u64> = IrqSpinLock::new(0);

fn arm(mut held: Held<'_, impl Before<TimerList>, impl Context>) {
    let mut held = held.below::<TimerList>();
    let mut held = held.to_irq_off();
    *held.lock(&TIMER_LIST) += 1;
}

fn expire_one(mut held: Root<'_, HardIrq>) {
    *held.lock(&TIMER_LIST) -= 1;
    arm(held);
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = expire_one;
}
