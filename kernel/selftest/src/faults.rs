//! Workloads that go wrong on purpose: the reports must be readable.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use super::FAILED;
use crate::classes::{Inode, ProcessTree};
use base::platform::Machine;
use base::sched::{self, Mutex, Placement, WaitQueue};
use base::watchdog;

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
pub(super) fn page_fault(_held: Root<'_, Task>) -> u8 {
    base::faults::read_unmapped()
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
pub(super) fn invalid_opcode(_held: Root<'_, Task>) -> u8 {
    base::faults::invalid_opcode()
}

/// Keeps interrupts off for ever: the watchdog must notice.
pub(super) fn mask(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    let guard = held.irqs_off::<Machine>();
    base::println!("mask: {guard:?} for ever");
    loop {
        core::hint::spin_loop();
    }
}

/// A thread waits for what nobody does for long: the watchdog must say so, once, and the kernel goes on.
pub(super) fn lost_wait(held: Root<'_, Task>) -> u8 {
    static DONE: AtomicBool = AtomicBool::new(false);
    static QUEUE: WaitQueue = WaitQueue::new();
    /// How often it is looked for the warning, half a second apart.
    const LOOKS: usize = 120;
    let mut held = held;
    let forgotten = sched::spawn("forgotten", Placement::default(), |mut held| {
        QUEUE.wait_until(&mut held, |_| DONE.load(Ordering::Acquire));
    });
    for _ in 0..LOOKS {
        sched::sleep(&mut held, Duration::from_millis(500));
        if watchdog::warnings() > 0 {
            break;
        }
    }
    // Time for a second warning, which must not come.
    sched::sleep(&mut held, Duration::from_secs(3));
    let warnings = watchdog::warnings();
    DONE.store(true, Ordering::Release);
    QUEUE.wake_all();
    forgotten.join(&mut held);
    if warnings == 1 { 0 } else { FAILED }
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
    base::println!("hang: waiting for ever");
    loop {
        core::hint::spin_loop();
    }
}
