//! The kernel: SMP, x86_64, every blocking acquisition through `lockorder`.
//!
//! Modules point one way, from the machine at the bottom to what it is used for on top:
//!
//! | layer | modules | what |
//! |---|---|---|
//! | machine | [`arch`] | registers, descriptors, traps, other CPUs |
//! | locks | [`platform`], [`hierarchy`], `leaf` | the machine as locks see it, the classes, the leaves |
//! | memory | [`mm`] | frames, heap, stacks |
//! | reports | [`console`], [`record`] | the console, records for the host |
//! | threads | [`sched`], [`ring`] | running, waiting, waking; work for threads from handlers |
//! | control | `checker` (with this feature), [`mod@panic`], [`watchdog`], [`mod@nonmaskable`], [`keys`], [`interrupt`], [`options`] | giving up, what hangs, who looks for that, the console's keys, the dispatcher, what the host asks for |
//! | work | [`workload`] | what runs |
//!
//! Control enters at [`kernel_main`], from either way to boot. The crate compiles, is linted and tested for a
//! host too; only the final image needs the bare-metal target.

#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

extern crate alloc;

#[allow(unsafe_code, reason = "the machine: registers, ports, descriptors, physical addresses")]
#[allow(clippy::disallowed_methods, reason = "interrupts are counted in here, over these very calls")]
pub mod arch;
#[cfg(feature = "checker")]
mod checker;
#[allow(unsafe_code, reason = "names the serial port it owns")]
pub mod console;
pub mod hierarchy;
#[allow(unsafe_code, reason = "an entry point, unsafe to call")]
pub mod interrupt;
#[allow(unsafe_code, reason = "names the serial port it receives from")]
pub mod keys;
#[allow(unsafe_code, reason = "a lock shares its data between CPUs")]
#[allow(clippy::disallowed_types, reason = "leaf locks are made of a raw core; a test counts them")]
mod leaf;
#[allow(unsafe_code, reason = "frames hold links and the heap's blocks")]
pub mod mm;
pub mod nonmaskable;
pub mod options;
#[allow(unsafe_code, reason = "interrupts go off for good")]
pub mod panic;
pub mod platform;
#[allow(unsafe_code, reason = "names the serial port it owns")]
pub mod record;
pub mod ring;
#[allow(unsafe_code, reason = "threads are switched by hand, and their lists are intrusive")]
pub mod sched;
pub mod watchdog;
pub mod workload;

use core::time::Duration;

use bootloader_api::BootInfo;
use lockorder::{Atomic, IrqOff, IrqSpinLock, Root, entry_point};

use arch::paging::{NoMemory, PageTables};
use arch::{DIRECT_MAP_END, cpu, cpus, descriptors, features, interrupts, local_apic, timer, traps};
use hierarchy::ProcessTree;
use mm::frames::TableFrames;
use mm::{frames, heap, kernel_space, stacks};
use x86_64::VirtAddr;

/// The ramdisk's bytes.
#[allow(unsafe_code, reason = "the boot loader says where the ramdisk is")]
fn ramdisk(boot_info: &BootInfo) -> &'static [u8] {
    let (Some(address), Ok(length)) =
        (boot_info.ramdisk_addr.into_option(), usize::try_from(boot_info.ramdisk_len))
    else {
        return &[];
    };
    let Ok(address) = usize::try_from(address) else { return &[] };
    // SAFETY: the boot loader mapped the ramdisk there, and nobody writes to it.
    unsafe { core::slice::from_raw_parts(core::ptr::with_exposed_provenance(address), length) }
}

/// Sets the first CPU and the memory up, before anything is locked.
///
/// # Safety
///
/// Called once, by the first CPU, before anything else of the kernel.
#[allow(unsafe_code, reason = "the first steps of the first CPU")]
unsafe fn bring_up(boot_info: &BootInfo) {
    // SAFETY: this CPU's first steps, once; the first CPU has number 0.
    unsafe { cpu::install(0, 0) }
    console::configure();
    record::configure();
    #[cfg(feature = "checker")]
    checker::start();
    let protections = features::protect();
    frames::add_early(&boot_info.memory_regions);
    let heap = match heap::initialise() {
        Ok(heap) => heap,
        Err(error) => panic::give_up(format_args!("{error}")),
    };
    let memory_end = boot_info.memory_regions.iter().map(|region| region.end).max().unwrap_or(0);
    match PageTables::new(memory_end.min(DIRECT_MAP_END), &mut TableFrames) {
        Ok(tables) => {
            // SAFETY: made from the map of all memory and of the whole image, which is all that runs so far.
            unsafe { tables.load() }
            kernel_space::initialise(tables);
        }
        Err(NoMemory) => panic::give_up(format_args!("no memory for page tables; start with more memory")),
    }
    frames::add_late(&boot_info.memory_regions);
    // SAFETY: once on this CPU, and the heap is there.
    unsafe { descriptors::load() }
    traps::install(traps::Handlers {
        exception: panic::exception,
        tail: sched::core::interrupt_tail,
        interrupt: interrupt::dispatch,
    });
    traps::load();
    local_apic::enable();
    cpu::set_apic_id(local_apic::id());
    let rate = timer::measure();
    // SAFETY: pairs with the count that a CPU starts with: interrupts are on from here.
    unsafe { interrupts::enable() }
    let memory = frames::free_count() * frames::FRAME_SIZE + heap;
    println!("kernel: {} MiB of memory, {} MiB of it for the heap", memory >> 20, heap >> 20);
    println!("kernel: protected by {protections}");
    println!("kernel: {rate}");
    #[cfg(feature = "checker")]
    println!("kernel: every acquisition is checked at run time");
}

/// A stack for a CPU, never given back.
fn stack_for_good() -> Option<VirtAddr> {
    let stack = stacks::allocate().ok()?;
    let top = stack.top();
    core::mem::forget(stack);
    Some(top)
}

/// Makes the trampoline's page executable, or takes that away.
fn set_trampoline(present: bool) {
    if kernel_space::tables().set_trampoline(present, &mut TableFrames).is_err() {
        panic::give_up(format_args!("no memory to start other CPUs; start with more memory"));
    }
}

/// Starts the other CPUs, and says which did not come.
fn start_cpus(boot_info: &BootInfo) {
    let Some(root) = boot_info.rsdp_addr.into_option() else {
        println!("kernel: the boot loader names no firmware tables; running on one CPU");
        return;
    };
    set_trampoline(true);
    let report = cpus::start_others(root, start_cpu, stack_for_good);
    set_trampoline(false);
    match report {
        Ok(report) => {
            println!("kernel: {} CPUs", report.online);
            for apic_id in report.silent.iter().flatten() {
                println!("kernel: the CPU with APIC number {apic_id} did not start; left out");
            }
            if report.surplus > 0 {
                println!("kernel: {} CPUs beyond {} left out", report.surplus, cpu::MAXIMUM);
            }
        }
        Err(error) => println!("kernel: cannot find the other CPUs: {error}; running on one CPU"),
    }
}

/// CPUs that have registered, the first one included. Interrupt-safe, since a CPU that starts has interrupts off.
/// Protects the number; class `ProcessTree`.
static REGISTERED: IrqSpinLock<ProcessTree, usize> = IrqSpinLock::new(1);

/// The first typed code of a CPU that was started: interrupts are still off.
///
/// # Safety
///
/// Called once by each CPU but the first, from its start-up code.
#[allow(unsafe_code, reason = "an entry point, unsafe to call")]
#[entry_point(cpu_start)]
unsafe fn register(held: Root<'_, IrqOff>) {
    let mut held = held;
    *held.lock(&REGISTERED) += 1;
}

/// Where every CPU but the first goes.
///
/// # Safety
///
/// Called once by each CPU but the first, from its start-up code, interrupts counted off once.
#[allow(unsafe_code, reason = "the first steps of a CPU")]
unsafe extern "C" fn start_cpu(_index: usize) -> ! {
    // SAFETY: this is the CPU's start-up code, before anything else on it.
    unsafe { register() }
    sched::core::join_in();
    timer::start(sched::core::TICK_VECTOR);
    // SAFETY: pairs with the count that a CPU starts with.
    unsafe { interrupts::enable() }
    sched::core::idle()
}

/// The kernel proper: where both ways to boot end.
///
/// # Safety
///
/// Called once, by the boot code of the first CPU, with what the boot loader said, interrupts off.
#[allow(unsafe_code, reason = "the boot code calls it by name")]
#[unsafe(no_mangle)]
#[entry_point(boot)]
pub unsafe extern "C" fn kernel_main(held: Root<'_, Atomic>, boot_info: &'static mut BootInfo) -> ! {
    // SAFETY: control has just entered, on the first CPU.
    unsafe { bring_up(boot_info) }
    start_cpus(boot_info);
    arch::nonmaskable::accept();
    // From here on threads do everything, and this CPU idles like the others: the boot root is not needed again.
    drop(held);
    sched::core::join_in();
    keys::start(boot_info.rsdp_addr.into_option());
    timer::start(sched::core::TICK_VECTOR);
    let options = options::from_ramdisk(ramdisk(boot_info));
    if let Some(seconds) = options.patience {
        watchdog::set_limit(Duration::from_secs(seconds));
    }
    sched::start_reaper();
    drop(sched::spawn("watchdog", sched::Placement::default(), watchdog::watch));
    drop(sched::spawn("main", sched::Placement::default(), move |held| {
        record::exit(workload::run(held, options.command))
    }));
    sched::core::idle()
}
