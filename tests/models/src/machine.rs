//! The machines that models run on: who has which CPU, and what waiting is.
//!
//! The checker explores every order of steps, so a loop that waits must not be explored for ever. A waiter lets others
//! run a few times; after that this execution is followed to its end but branches no more. What comes out is bounded
//! evidence, not a proof; that it is worth something the mutants show.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use lockorder::Platform;

/// How often a waiter looks before its execution branches no more.
const LOOKS: u32 = 2;
/// How often a waiter looks before it is said to wait for ever.
const PATIENCE: u32 = 100;

loom::thread_local! {
    static NUMBER: Cell<usize> = Cell::new(0);
    static LOOKED: Cell<u32> = Cell::new(0);
}

/// Says which of the model's threads this is.
pub fn number_thread(number: usize) {
    NUMBER.with(|own| own.set(number));
}

/// Begins an acquisition: this thread has not waited yet.
pub fn begin_acquisition() {
    LOOKED.with(|looked| looked.set(0));
}

/// Lets the other threads run.
fn look_again() {
    let looked = LOOKED.with(|looked| looked.replace(looked.get() + 1));
    assert!(looked < PATIENCE, "a thread waits for ever");
    if looked == LOOKS {
        loom::skip_branch();
    }
    loom::thread::yield_now();
}

/// What differs between machines.
pub trait Description: 'static {
    /// The CPU that thread `number` runs on.
    fn cpu(number: usize) -> usize;
    /// Whether thread `number` finds that CPUs are scarce.
    fn oversubscribed(number: usize) -> bool;
}

/// Each thread has a CPU.
#[derive(Debug)]
pub enum OneEach {}

impl Description for OneEach {
    fn cpu(number: usize) -> usize {
        number
    }
    fn oversubscribed(_: usize) -> bool {
        false
    }
}

/// All threads believe that they are on the first CPU, as on hosts.
#[derive(Debug)]
pub enum AllOnFirst {}

impl Description for AllOnFirst {
    fn cpu(_: usize) -> usize {
        0
    }
    fn oversubscribed(_: usize) -> bool {
        false
    }
}

/// The first thread finds that CPUs are scarce, the others do not: the two ways of waiting meet.
#[derive(Debug)]
pub enum FirstBarges {}

impl Description for FirstBarges {
    fn cpu(number: usize) -> usize {
        number
    }
    fn oversubscribed(number: usize) -> bool {
        number == 0
    }
}

/// Every thread finds that CPUs are scarce.
#[derive(Debug)]
pub enum AllBarge {}

impl Description for AllBarge {
    fn cpu(number: usize) -> usize {
        number
    }
    fn oversubscribed(_: usize) -> bool {
        true
    }
}

/// A machine.
pub struct Machine<D>(PhantomData<fn(D) -> D>);

impl<D> fmt::Debug for Machine<D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Machine")
    }
}

// SAFETY: the checker's threads have no handlers and are never moved; exclusion is what the models check.
unsafe impl<D: Description> Platform for Machine<D> {
    unsafe fn disable_interrupts() {}
    unsafe fn enable_interrupts() {}
    unsafe fn disable_preemption() {}
    unsafe fn enable_preemption() {}
    fn cpu() -> usize {
        D::cpu(NUMBER.with(Cell::get))
    }
    fn relax() {
        look_again();
    }
    fn oversubscribed() -> bool {
        D::oversubscribed(NUMBER.with(Cell::get))
    }
    fn back_off() {
        look_again();
    }
}
