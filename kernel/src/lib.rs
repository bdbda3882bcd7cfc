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
//! | control | `checker` (with this feature), [`mod@panic`], [`watchdog`], [`keys`], [`interrupt`], [`options`] | giving up, what hangs, the console's keys, the dispatcher, what the host asks for |
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
use lockorder::{Atomic, Held, IrqOff, IrqSpinLock, Level, MaySleep, Root, entry_point};

use arch::memory_map::MemoryMap;
use arch::paging::{NoMemory, PageTables, Permissions};
use arch::{cpu, cpus, descriptors, features, interrupts, local_apic, timer, traps};
use hierarchy::ProcessTree;
use mm::frames::TableFrames;
use mm::shoot_down::shoot_down;
use mm::{frames, heap, kernel_space, stacks};
use x86_64::PhysAddr;

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

/// Sets the first CPU and the memory up, before anything is locked. Gives a page that other CPUs can wake in.
///
/// # Safety
///
/// Called once, by the first CPU, before anything else of the kernel.
#[allow(unsafe_code, reason = "the first steps of the first CPU")]
unsafe fn bring_up(boot_info: &BootInfo) -> Option<PhysAddr> {
    // SAFETY: this CPU's first steps, once; the first CPU has number 0.
    unsafe { cpu::install(0, 0) }
    console::configure();
    record::configure();
    #[cfg(feature = "checker")]
    checker::start();
    let protections = features::protect();
    let map = MemoryMap::new(
        &boot_info.memory_regions,
        &cpus::DirectMap,
        boot_info.rsdp_addr.into_option(),
        local_apic::mode(),
    );
    frames::add_early(&map.usable);
    let heap = match heap::initialise() {
        Ok(heap) => heap,
        Err(error) => panic::give_up(format_args!("{error}")),
    };
    match PageTables::new(&map, &mut TableFrames) {
        Ok(tables) => {
            // SAFETY: made from the map of all memory, of the firmware's tables, of the APICs and of the whole image,
            // which is all that is in use so far.
            unsafe { tables.load() }
            kernel_space::initialise(tables);
        }
        Err(NoMemory) => panic::give_up(format_args!("no memory for page tables; start with more memory")),
    }
    frames::add_late(&map.usable);
    match stacks::emergency() {
        Ok(tops) => descriptors::provide(0, tops),
        Err(NoMemory) => {
            panic::give_up(format_args!("no memory for emergency stacks; start with more memory"))
        }
    }
    // SAFETY: once on this CPU, with stacks of its own, and the heap is there.
    unsafe { descriptors::load() }
    traps::install(traps::Handlers {
        exception: panic::exception,
        tail: sched::core::interrupt_tail,
        interrupt: interrupt::dispatch,
    });
    traps::load();
    local_apic::enable();
    cpu::set_apic_id(local_apic::id());
    timer::measure();
    // SAFETY: pairs with the count that a CPU starts with: interrupts are on from here.
    unsafe { interrupts::enable() }
    let memory = frames::free_count() * frames::FRAME_SIZE + heap;
    println!("kernel: {} MiB of memory, {} MiB of it for the heap", memory >> 20, heap >> 20);
    let unused = map.unused() + frames::dropped();
    if unused > 0 {
        println!(
            "kernel: {} KiB of memory are not used: it is in too many pieces, or too far up",
            unused >> 10
        );
    }
    println!("kernel: protected by {protections}");
    #[cfg(feature = "checker")]
    println!("kernel: every acquisition is checked at run time");
    map.low_page()
}

/// Stacks for a CPU, never given back.
fn stacks_for_good() -> Option<cpus::Stacks> {
    let emergency = stacks::emergency().ok()?;
    let stack = stacks::allocate().ok()?;
    let first = stack.top();
    core::mem::forget(stack);
    Some(cpus::Stacks { first, emergency })
}

/// Takes the page away that CPUs woke in, from every CPU.
fn close_trampoline(held: &mut Held<'_, impl Level, impl MaySleep>, page: PhysAddr) {
    let _ = kernel_space::tables().unmap(page.as_u64());
    shoot_down(held, page.as_u64(), 1);
}

/// Starts the other CPUs from `page`, and says which did not come.
///
/// # Safety
///
/// `page` is usable memory below one megabyte that nobody else has.
#[allow(unsafe_code, reason = "other CPUs start in a page that somebody must vouch for")]
unsafe fn start_cpus(boot_info: &BootInfo, page: Option<PhysAddr>) {
    let Some(root) = boot_info.rsdp_addr.into_option() else {
        println!("kernel: the boot loader names no firmware tables; running on one CPU");
        return;
    };
    let Some(page) = page else {
        println!("kernel: no memory below one megabyte to start other CPUs in; running on one CPU");
        return;
    };
    // Executable, where it is.
    let mapped =
        kernel_space::tables().map(page.as_u64(), page.as_u64(), Permissions::PRESENT, &mut TableFrames);
    if mapped.is_err() {
        println!("kernel: no memory to start other CPUs; running on one CPU");
        return;
    }
    // SAFETY: the caller vouches for the page; the stacks are made for each CPU and never given back.
    let report = unsafe { cpus::start_others(root, page, start_cpu, stacks_for_good) };
    match report {
        Ok(report) => {
            println!("kernel: {} CPUs", report.online);
            for apic_id in report.silent.iter().flatten() {
                println!("kernel: the CPU with APIC number {apic_id} did not start; left out");
            }
            if report.out_of_reach > 0 {
                println!("kernel: {} CPUs have numbers beyond xAPIC's; left out", report.out_of_reach);
            }
            if report.without_stacks > 0 {
                println!("kernel: no memory for the stacks of {} CPUs; left out", report.without_stacks);
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
    let low_page = unsafe { bring_up(boot_info) };
    // SAFETY: the memory map says that the page is usable, and the frame allocator gives nothing out below one megabyte.
    unsafe { start_cpus(boot_info, low_page) }
    frames::bound_caches(cpus::online());
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
    drop(sched::spawn("main", sched::Placement::default(), move |mut held| {
        if let Some(page) = low_page {
            close_trampoline(&mut held, page);
        }
        record::exit(workload::run(held, options.command))
    }));
    sched::core::idle()
}
