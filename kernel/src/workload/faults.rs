//! Workloads that go wrong on purpose: the reports must be readable.

use core::fmt;
use core::time::Duration;

use lockorder::{Root, Task};

use crate::hierarchy::{Inode, ProcessTree};
use crate::platform::Machine;
use crate::sched::{self, Mutex, Placement, WaitQueue};

/// Panics.
pub(super) fn panic(_held: Root<'_, Task>) -> u8 {
    panic!("on purpose");
}

/// Panics, and panics again in what says why.
pub(super) fn panic_twice(_held: Root<'_, Task>) -> u8 {
    struct Bomb;

    impl fmt::Display for Bomb {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("the first reason")?;
            panic!("the second reason");
        }
    }

    panic!("{Bomb}");
}

/// Reads an address that is not mapped.
#[allow(unsafe_code, reason = "the fault is the purpose")]
pub(super) fn page_fault(_held: Root<'_, Task>) -> u8 {
    let unmapped = core::ptr::with_exposed_provenance::<u8>(0xdead_beef_f000_usize & 0x7fff_ffff_ffff);
    // SAFETY: none: nothing is mapped there, and the page fault ends the kernel before a value exists.
    unsafe { unmapped.read_volatile() }
}

/// Recurses without end, until its stack does.
pub(super) fn stack_overflow(_held: Root<'_, Task>) -> u8 {
    #[inline(never)]
    fn recurse(depth: u64) -> u64 {
        let block = core::hint::black_box([depth; 64]);
        if block[0] == u64::MAX {
            return depth;
        }
        recurse(depth + 1).wrapping_add(block[1])
    }
    recurse(0).to_le_bytes()[0]
}

/// Runs what is no instruction.
#[allow(unsafe_code, reason = "the fault is the purpose")]
pub(super) fn invalid_opcode(_held: Root<'_, Task>) -> u8 {
    // SAFETY: `ud2` raises an exception that ends the kernel, and does nothing else.
    unsafe { core::arch::asm!("ud2", options(noreturn)) }
}

/// Keeps interrupts off for ever: the watchdog must notice.
pub(super) fn mask(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    let guard = held.irqs_off::<Machine>();
    crate::println!("mask: {guard:?} for ever");
    loop {
        core::hint::spin_loop();
    }
}

/// Waits for what nobody does: the watchdog must notice.
pub(super) fn lost_wait(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    WaitQueue::new().wait_until(&mut held, |_| false);
    0
}

/// Acquires two locks in one order, and then, past the types, in the other: only the run-time checker can see it. A
/// guard that is forgotten gives the token back while its lock stays held.
pub(super) fn inversion(held: Root<'_, Task>) -> u8 {
    static TREE: Mutex<ProcessTree, u64> = Mutex::new(0);
    static INODE: Mutex<Inode, u64> = Mutex::with_key(1, 0);
    let mut held = held;
    held.with(&TREE, |count, mut held| *count += *held.lock(&INODE));
    core::mem::forget(held.lock(&INODE));
    *held.lock(&TREE) += 1;
    0
}

/// Two threads take two locks in both orders, past the types, and wait for each other: the watchdog must say so.
pub(super) fn deadlock(held: Root<'_, Task>) -> u8 {
    static TREE: Mutex<ProcessTree, ()> = Mutex::new(());
    static INODE: Mutex<Inode, ()> = Mutex::with_key(2, ());
    let mut held = held;
    let one = sched::spawn("one", Placement::default(), |mut held| {
        held.with(&TREE, |(), mut held| {
            sched::sleep(&mut held, Duration::from_millis(50));
            drop(held.lock(&INODE));
        });
    });
    let other = sched::spawn("other", Placement::default(), |mut held| {
        core::mem::forget(held.lock(&INODE));
        sched::sleep(&mut held, Duration::from_millis(50));
        drop(held.lock(&TREE));
    });
    one.join(&mut held);
    other.join(&mut held);
    0
}

/// Never ends.
pub(super) fn hang(_held: Root<'_, Task>) -> u8 {
    crate::println!("hang: waiting for ever");
    loop {
        core::hint::spin_loop();
    }
}
