//! The machine that the models run on: the scheduler's threads.

use core::num::NonZeroU64;
use std::cell::Cell;

use lockorder::Platform;

use crate::copy::blocking::Blocking;
use crate::copy::blocking::serial::HeldSerialTokens;
use crate::copy::wait_queue::WaitQueue;

/// It.
#[derive(Debug)]
pub enum Machine {}

// SAFETY: the scheduler's threads have no handlers; exclusion is what the models check.
unsafe impl Platform for Machine {
    const HAS_INTERRUPTS: bool = false;

    unsafe fn disable_interrupts() {}
    unsafe fn enable_interrupts() {}
    unsafe fn disable_preemption() {}
    unsafe fn enable_preemption() {}
    fn cpu() -> usize {
        0
    }
    fn relax() {
        shuttle::thread::yield_now();
    }
    fn oversubscribed() -> bool {
        true
    }
    fn back_off() {
        shuttle::thread::yield_now();
    }
}

shuttle::thread_local! {
    static NUMBER: Cell<u64> = Cell::new(1);
    static TOKENS: HeldSerialTokens<Machine> = HeldSerialTokens::new();
}

/// Says which of the model's threads this is.
pub fn number_thread(number: u64) {
    NUMBER.with(|own| own.set(number + 1));
}

// SAFETY: the models number their threads.
unsafe impl Blocking for Machine {
    type WaitQueue = WaitQueue;

    fn thread() -> NonZeroU64 {
        NonZeroU64::new(NUMBER.with(Cell::get)).expect("numbers begin at one")
    }

    fn runs(thread: NonZeroU64) -> bool {
        // The scheduler does not say; both answers are right.
        thread.get() % 2 == 0
    }

    fn with_serial_tokens<O>(look: impl FnOnce(&HeldSerialTokens<Self>) -> O) -> O {
        TOKENS.with(look)
    }
}
