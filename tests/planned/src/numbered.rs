//! A machine whose threads say which CPU they are on, and that counts what is turned off.

use std::cell::Cell;

use lockorder::Platform;

thread_local! {
    static CPU: Cell<usize> = const { Cell::new(0) };
    static OFF: Cell<[i32; 2]> = const { Cell::new([0; 2]) };
}

/// It. Each waiter has a CPU, where `SCARCE` is false; it lets others run all the same, since it may not be so.
#[derive(Debug)]
pub enum Numbered<const SCARCE: bool> {}

/// Says which CPU this thread is on.
pub fn be_on(cpu: usize) {
    CPU.set(cpu);
}

/// How often interrupts and preemption are counted off on this thread.
#[must_use]
pub fn counted_off() -> [i32; 2] {
    OFF.get()
}

/// Counts one of them.
fn count(index: usize, by: i32) {
    let mut off = OFF.get();
    off[index] += by;
    OFF.set(off);
}

// SAFETY: threads of a process have no handlers; exclusion does not depend on the CPU's number.
unsafe impl<const SCARCE: bool> Platform for Numbered<SCARCE> {
    unsafe fn disable_interrupts() {
        count(0, 1);
    }
    unsafe fn enable_interrupts() {
        count(0, -1);
    }
    unsafe fn disable_preemption() {
        count(1, 1);
    }
    unsafe fn enable_preemption() {
        count(1, -1);
    }
    fn cpu() -> usize {
        CPU.get()
    }
    fn relax() {
        std::thread::yield_now();
    }
    fn oversubscribed() -> bool {
        SCARCE
    }
    fn back_off() {
        std::thread::yield_now();
    }
}
