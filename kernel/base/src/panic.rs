//! Giving up: readable, from any place, past every lock.
//!
//! Every CPU says where it was, and every thread what it does. The first CPU to panic stops the others with a
//! non-maskable interrupt, prints past the console's lock, and ends the machine with status [`STATUS`]. A CPU that
//! panics while another one does stands still; one that panics while it reports its own panic says no more than that.

use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::mm::stacks;
use crate::sched::registry;
use crate::{console, record, sched};
use machine::traps::TrapFrame;
use machine::{clock, cpu, cpus, interrupts, nonmaskable, timer};

/// Exit status of a kernel that gave up.
pub const STATUS: u8 = 101;

/// Microseconds after stopping the others, for the one that is printing to reach its stop.
const SETTLE: u64 = 20_000;
/// Nobody panics.
const NOBODY: usize = usize::MAX;

/// Stops the others. Another CPU that comes here never returns; the same CPU, coming again, ends the machine.
fn alone() {
    static PANICKING: AtomicUsize = AtomicUsize::new(NOBODY);
    // Counted off and never on again: this CPU does nothing else any more.
    // SAFETY: nothing is acquired and nothing sleeps in here: the machine ends.
    unsafe { interrupts::disable() }
    let own = cpu::current().index();
    match PANICKING.compare_exchange(NOBODY, own, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {
            nonmaskable::stop_others();
            clock::wait(SETTLE);
        }
        Err(panicking) if panicking == own => {
            record::exit_after_panic(format_args!("panic while reporting a panic"), STATUS)
        }
        Err(_) => cpu::halt(),
    }
}

/// The most threads that a report shows; a machine full of them must not hide why it stopped.
const THREADS: usize = 48;

/// Says where every other CPU was and what every thread does, one line each.
fn print_others() {
    for index in (0..cpus::online()).filter(|&index| index != cpu::current().index()) {
        match cpu::numbered(index).stopped_at() {
            Some(place) => console::print_bypassing(format_args!("  CPU {index} was at {place:#x}\n")),
            None => console::print_bypassing(format_args!("  CPU {index} did not stop\n")),
        }
    }
    let (now, mut count) = (timer::nanoseconds(), 0);
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
    alone();
    console::print_bypassing(format_args!("\nkernel panic on CPU {}: {why}\n", cpu::current().index()));
    print_others();
    record::exit_after_panic(why, STATUS)
}

/// Gives up because of an exception in kernel mode.
pub fn exception(frame: &TrapFrame) -> ! {
    if frame.touched().is_some_and(stacks::is_guard) {
        let thread = sched::core::current_name();
        give_up(format_args!("kernel stack overflow in thread `{thread}`, at {:#x}", frame.rip));
    }
    alone();
    console::print_bypassing(format_args!("\nkernel panic on CPU {}: {frame}\n", cpu::current().index()));
    print_others();
    record::exit_after_panic(
        format_args!("exception {} at {:#x}, error code {:#x}", frame.vector, frame.rip, frame.error),
        STATUS,
    )
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
