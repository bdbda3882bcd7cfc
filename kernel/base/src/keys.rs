//! Keys on the serial console.
//!
//! The interrupt handler moves bytes from the port to a lock-free ring and wakes a thread; everything else happens
//! in that thread, at its root. Control-T shows what every thread does, as the status key of BSD terminals does.

use core::sync::atomic::{AtomicU64, Ordering};

use lockorder::{Root, Task};

use crate::boot::Firmware;
use crate::interrupt::{self, Vector};
use crate::println;
use crate::ring::Ring;
use crate::sched::{self, Placement, WaitQueue, registry};
use crate::time::Instant;
use machine::serial::{self, Receiver};
use machine::{cpu, io_apic};

/// The interrupt of the console's port.
const VECTOR: Vector = Vector::new(0x34);

/// Control-T.
const STATUS_KEY: u64 = 0x14;

// SAFETY: the first port of every PC; the interrupt handler is the only one to receive.
static RECEIVER: Receiver = unsafe { Receiver::at(serial::CONSOLE) };
/// Bytes that have come. The handler, which runs on one CPU, puts in; the thread takes out.
static BYTES: Ring<256> = Ring::new();
/// How often the threads have been shown.
static SHOWN: AtomicU64 = AtomicU64::new(0);
/// Where the thread waits.
static CAME: WaitQueue = WaitQueue::new();

/// Starts the thread, and has the port interrupt the first CPU. Once, by the first CPU at boot.
pub fn start(firmware: &Firmware) {
    if let Err(taken) = interrupt::register(VECTOR, |_| receive()) {
        println!("kernel: no keys on the console: {taken}");
        return;
    }
    let line = serial::CONSOLE_LINE;
    let routed =
        firmware.tables().map(|root| io_apic::route(root, line, VECTOR.number(), cpu::current().apic_id()));
    match routed {
        Some(Ok(true)) => {
            drop(sched::spawn("keys", Placement::default(), watch));
            RECEIVER.interrupt();
        }
        Some(Err(error)) => println!("kernel: no keys on the console: {error}"),
        _ => println!("kernel: no keys on the console: the firmware names no interrupt line for it"),
    }
}

/// Takes what has come from the port. In the interrupt handler.
fn receive() {
    while let Some(byte) = RECEIVER.receive() {
        BYTES.put(u64::from(byte));
    }
    CAME.wake_one();
}

/// Deals with keys, for ever.
fn watch(held: Root<'_, Task>) {
    let mut held = held;
    loop {
        CAME.wait_for_work(&mut held, |_| !BYTES.is_empty());
        while let Some(byte) = BYTES.take() {
            if byte == STATUS_KEY {
                show_threads();
            }
        }
    }
}

/// Shows what every thread does.
fn show_threads() {
    let now = Instant::now();
    println!("threads:");
    registry::each(|thread| println!("  {}", thread.describe(now)));
    SHOWN.fetch_add(1, Ordering::Release);
}

/// How often somebody has asked for that so far.
pub fn shown() -> u64 {
    SHOWN.load(Ordering::Acquire)
}
