//! Giving up: readable, from any place, past every lock.
//!
//! Every CPU says where it was, and every thread what it does. The first CPU to panic stops the others with a
//! non-maskable interrupt, prints past the console's lock, and ends the machine with status [`STATUS`]. A CPU that
//! panics while another one does stands still; one that panics while it reports its own panic says both reasons, the
//! first as far as it had been written down.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use crate::mm::stacks;
use crate::sched::registry;
use crate::time::Instant;
use crate::{console, record, sched};
use machine::interrupts::InterruptsOff;
use machine::traps::TrapFrame;
use machine::{clock, cpu, cpus, nonmaskable};

/// Exit status of a kernel that gave up.
pub const STATUS: u8 = 101;

/// Microseconds after stopping the others, for the one that is printing to reach its stop.
const SETTLE: u64 = 20_000;
/// Nobody panics.
const NOBODY: usize = usize::MAX;

/// The first reason: written by the CPU that panics first, and read by the same.
struct Reason {
    bytes: [AtomicU8; Self::LONGEST],
    length: AtomicUsize,
}

impl Reason {
    /// Bytes of a reason that are kept.
    const LONGEST: usize = 256;

    const fn new() -> Self {
        Self { bytes: [const { AtomicU8::new(0) }; Self::LONGEST], length: AtomicUsize::new(0) }
    }

    /// Puts the reason into `place`, and gives it as text.
    fn read<'a>(&self, place: &'a mut [u8; Self::LONGEST]) -> &'a str {
        for (byte, kept) in place.iter_mut().zip(&self.bytes) {
            *byte = kept.load(Ordering::Relaxed);
        }
        let text = &place[..self.length.load(Ordering::Relaxed)];
        // A character that is cut at the end is left out.
        core::str::from_utf8(text)
            .unwrap_or_else(|error| core::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default())
    }
}

impl Write for &Reason {
    /// Keeps what there is room for, byte by byte: whatever is being written may panic in between.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            let length = self.length.load(Ordering::Relaxed);
            let Some(place) = self.bytes.get(length) else { break };
            place.store(byte, Ordering::Relaxed);
            self.length.store(length + 1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Ends the machine: this CPU has panicked while it reported a panic. Says both reasons; only the first one if the second
/// cannot be said without a third.
fn again(first: &Reason, second: fmt::Arguments<'_>) -> ! {
    static AGAIN: AtomicBool = AtomicBool::new(false);
    let mut place = [0; Reason::LONGEST];
    let first = first.read(&mut place);
    if AGAIN.swap(true, Ordering::Relaxed) {
        record::exit_after_panic(format_args!("panic while reporting a panic; the first: {first}"), STATUS)
    }
    console::print_bypassing(format_args!("\npanic while reporting a panic: {second}; the first: {first}\n"));
    record::exit_after_panic(
        format_args!("panic while reporting a panic: {second}; the first: {first}"),
        STATUS,
    )
}

/// Stops the others, and keeps the reason. Another CPU that comes here never returns; the same CPU, coming again, ends the
/// machine.
fn alone(why: fmt::Arguments<'_>) {
    static FIRST: Reason = Reason::new();
    static PANICKING: AtomicUsize = AtomicUsize::new(NOBODY);
    // Never on again: this CPU does nothing else any more.
    core::mem::forget(InterruptsOff::new());
    let own = cpu::current().index();
    match PANICKING.compare_exchange(NOBODY, own.get(), Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {
            nonmaskable::stop_others();
            clock::wait(SETTLE);
            // It always has room.
            let _ = (&FIRST).write_fmt(why);
        }
        Err(panicking) if panicking == own.get() => again(&FIRST, why),
        Err(_) => cpu::halt(),
    }
}

/// The most threads that a report shows; a machine full of them must not hide why it stopped.
const THREADS: usize = 48;

/// Says where every other CPU was and what every thread does, one line each.
fn print_others() {
    for index in cpus::all().filter(|&index| index != cpu::current().index()) {
        match cpu::numbered(index).stopped_at() {
            Some(place) => console::print_bypassing(format_args!("  CPU {index} was at {place:#x}\n")),
            None => console::print_bypassing(format_args!("  CPU {index} did not stop\n")),
        }
    }
    let (now, mut count) = (Instant::now(), 0);
    registry::each_of_stopped(|thread| {
        count += 1;
        if count <= THREADS {
            console::print_bypassing(format_args!("  {}\n", thread.describe(now)));
        }
    });
    if count > THREADS {
        console::print_bypassing(format_args!("  and {} more threads\n", count - THREADS));
    }
}

/// Gives up with a message.
pub fn give_up(why: fmt::Arguments<'_>) -> ! {
    alone(why);
    console::print_bypassing(format_args!("\nkernel panic on CPU {}: {why}\n", cpu::current().index()));
    print_others();
    record::exit_after_panic(why, STATUS)
}

/// Gives up because of an exception in kernel mode.
pub(crate) fn exception(frame: &TrapFrame) -> ! {
    if frame.touched().is_some_and(stacks::is_guard) {
        let thread = sched::core::current_name();
        give_up(format_args!("kernel stack overflow in thread `{thread}`, at {:#x}", frame.rip));
    }
    let why = format_args!("exception {} at {:#x}, error code {:#x}", frame.vector, frame.rip, frame.error);
    alone(why);
    console::print_bypassing(format_args!("\nkernel panic on CPU {}: {frame}\n", cpu::current().index()));
    print_others();
    record::exit_after_panic(why, STATUS)
}

/// Where `panic!` ends.
#[cfg(target_os = "none")]
#[panic_handler]
fn panicked(info: &core::panic::PanicInfo<'_>) -> ! {
    match info.location() {
        Some(place) => give_up(format_args!("{} ({}:{})", info.message(), place.file(), place.line())),
        None => give_up(format_args!("{}", info.message())),
    }
}
