//! Keys on the serial console.
//!
//! The interrupt handler moves bytes from the port to lock-free rings and wakes a thread; everything else happens
//! in that thread, at its root. Control-T shows what every thread does, as the status key of BSD terminals does, and has a
//! thread of its own, which waits for nothing else. All other bytes are for whoever has [`Typed`], the console's terminal; what is
//! typed before that is kept for it, as much as the ring holds.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use lockorder::{Root, Task};

use crate::boot::Firmware;
use crate::interrupt::{self, Vector};
use crate::println;
use crate::ring::Ring;
use crate::sched::waiting::Source;
use crate::sched::{self, Placement, WaitQueue, registry};
use crate::time::Instant;
use machine::serial::{self, Receiver};
use machine::{cpu, io_apic};

/// The interrupt of the console's port.
const VECTOR: Vector = Vector::new(0x34);

/// Control-T.
const STATUS_KEY: u8 = 0x14;

// SAFETY: the first port of every PC; the interrupt handler is the only one to receive.
static RECEIVER: Receiver = unsafe { Receiver::at(serial::CONSOLE) };
/// How often the status key has come. The handler, which runs on one CPU, counts; the thread has shown so many.
static WANTED: AtomicU64 = AtomicU64::new(0);
/// Other bytes that have come. The handler puts in; whoever has [`Typed`] takes out.
static BYTES: Ring<2048> = Ring::new();
/// Whether somebody has it.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// What that one waits at.
static TYPED: Source = Source::new();
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
    let mut typed = false;
    while let Some(byte) = RECEIVER.receive() {
        if byte == STATUS_KEY {
            WANTED.fetch_add(1, Ordering::Release);
            CAME.wake_one();
        } else {
            BYTES.put(u64::from(byte));
            typed = true;
        }
    }
    if typed {
        TYPED.wake();
    }
}

/// Shows the threads as often as the status key comes, for ever.
fn watch(held: Root<'_, Task>) {
    let mut held = held;
    loop {
        CAME.wait_for_work(&mut held, |_| WANTED.load(Ordering::Acquire) > shown());
        show_threads();
    }
}

/// What is typed, except for the status key. There is one.
#[derive(Debug)]
pub struct Typed(());

/// What has been and will be typed, for the first caller.
pub fn typed() -> Option<Typed> {
    (!TAKEN.swap(true, Ordering::AcqRel)).then_some(Typed(()))
}

impl Typed {
    /// What is woken when something has been typed.
    #[must_use]
    pub fn source(&self) -> &'static Source {
        &TYPED
    }

    /// Whether there is nothing to take.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        BYTES.is_empty()
    }

    /// Takes what has been typed, as much as there is room for; says how many bytes that is. Does not wait.
    pub fn take(&mut self, to: &mut [u8]) -> usize {
        let mut count = 0;
        for place in to {
            let Some(byte) = BYTES.take() else { break };
            // What was put in was one.
            *place = u8::try_from(byte).unwrap_or_default();
            count += 1;
        }
        count
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
