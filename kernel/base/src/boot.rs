//! Bringing the machine up, from the first instruction of Rust to threads on every CPU.
//!
//! An image names its main function to [`boot!`](crate::boot!), once. Both ways to boot end in `enter`, which sets the first
//! CPU and the memory up, before anything is locked, starts the other CPUs, and calls that function with the boot root.
//! When it returns, the first CPU idles like the others, and threads do everything.

use core::marker::PhantomData;
use core::time::Duration;

use bootloader_api::BootInfo;
use lockorder::{Atomic, IrqOff, Root, Task, entry_point};
use machine::cpu::{ApicId, CpuIndex};
use machine::interrupts::InterruptsOff;
use machine::memory_map::MemoryMap;
use machine::paging::{NoMemory, PageTables, Permissions};
use machine::{
    cpu, cpus, descriptors, features, image, local_apic, nonmaskable, real_time_clock, timer, traps, user,
};
use x86_64::structures::paging::PhysFrame;
use x86_64::{PhysAddr, VirtAddr};

use crate::mm::frames::TableFrames;
use crate::mm::{drain, frames, heap, kernel_space, shoot_down, stacks};
use crate::sched::deferred::{Deferred, Teardown};
use crate::{console, interrupt, panic, println, record, sched, wall_clock};

/// What the boot loader has left.
#[derive(Debug)]
pub struct Firmware {
    ramdisk: &'static [u8],
    tables: Option<u64>,
}

impl Firmware {
    /// The ramdisk's bytes; none where there is no ramdisk.
    #[must_use]
    pub const fn ramdisk(&self) -> &'static [u8] {
        self.ramdisk
    }

    /// The physical address of the root of the firmware's tables, if the boot loader names it.
    pub(crate) const fn tables(&self) -> Option<u64> {
        self.tables
    }
}

/// The main function of an image: starts its threads, and returns.
pub type Main = fn(Root<'_, Atomic>, &Firmware);

/// An image, by its main function; what [`boot!`](crate::boot!) implements.
pub trait Image {
    /// The main function.
    const MAIN: Main;
}

/// What both ways to boot end in, for an image.
#[derive(Debug)]
pub struct Boot<I>(PhantomData<I>);

impl<I: Image> machine::boot::Main for Boot<I> {
    unsafe fn main(boot_info: &'static mut BootInfo) -> ! {
        // SAFETY: `machine::boot::Main::main` is called once, by the entry, on the first CPU, which is what `enter` asks for.
        unsafe { enter(boot_info, I::MAIN) }
    }
}

/// Makes a function with the signature [`Main`] the one in which the image begins. Once in an image.
#[macro_export]
macro_rules! boot {
    ($main:path) => {
        /// This image.
        #[cfg(target_os = "none")]
        enum Image {}

        #[cfg(target_os = "none")]
        impl $crate::boot::Image for Image {
            const MAIN: $crate::boot::Main = $main;
        }

        #[cfg(target_os = "none")]
        $crate::__boot_entries!($crate::boot::Boot<Image>);
    };
}

/// The first typed code of the first CPU.
///
/// # Safety
///
/// Called once, by the boot code of the first CPU, with what the boot loader said, interrupts off.
#[entry_point(boot)]
unsafe fn enter(held: Root<'_, Atomic>, boot_info: &'static mut BootInfo, main: Main) -> ! {
    // SAFETY: control has just entered, on the first CPU.
    let low_page = unsafe { bring_up(boot_info) };
    // SAFETY: no other CPU runs yet.
    if let Some(seconds) = unsafe { real_time_clock::read() } {
        wall_clock::set(Duration::from_secs(seconds));
    }
    let firmware = Firmware { ramdisk: ramdisk(boot_info), tables: boot_info.rsdp_addr.into_option() };
    // SAFETY: the memory map says that the page is usable, and the frame allocator gives nothing out below one megabyte.
    unsafe { start_cpus(&firmware, low_page) }
    frames::bound_caches(cpus::online());
    nonmaskable::accept();
    main(held, &firmware);
    sched::core::join_in();
    sched::timer::start();
    sched::core::idle()
}

/// The ramdisk's bytes.
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
unsafe fn bring_up(boot_info: &BootInfo) -> Option<PhysAddr> {
    // SAFETY: this CPU's first steps, once; the first CPU has number 0.
    unsafe { cpu::install(CpuIndex::FIRST, ApicId::new(0)) }
    console::configure();
    record::configure();
    #[cfg(feature = "checker")]
    crate::checker::start(violated);
    let protections = features::protect();
    let map = MemoryMap::new(
        &boot_info.memory_regions,
        &cpus::DirectMap,
        boot_info.rsdp_addr.into_option(),
        local_apic::mode(),
    );
    frames::add_early(&map.usable);
    if let Err(error) = heap::check() {
        panic::give_up(format_args!("{error}"));
    }
    match PageTables::new(&map, &image::parts(), &mut TableFrames) {
        Ok(tables) => {
            // SAFETY: made from the map of all memory, of the firmware's tables, of the APICs and of the whole image,
            // which is all that is in use so far.
            unsafe { tables.load() }
            kernel_space::initialise(tables);
        }
        Err(NoMemory) => panic::give_up(format_args!("no memory for page tables; start with more memory")),
    }
    frames::add_late(&map.usable);
    match stacks::of_cpu() {
        Ok(own) => descriptors::provide(CpuIndex::FIRST, own),
        Err(NoMemory) => {
            panic::give_up(format_args!("no memory for interrupt stacks; start with more memory"))
        }
    }
    // SAFETY: once on this CPU, with stacks of its own, and the heap is there.
    unsafe {
        descriptors::load();
        user::prepare();
    }
    if let Err(taken) = shoot_down::register()
        .and_then(|()| drain::register())
        .and_then(|()| sched::core::register())
        .and_then(|()| sched::timer::register())
    {
        panic::give_up(format_args!("{taken}"));
    }
    traps::install(traps::Handlers {
        exception: panic::exception,
        tail: sched::core::interrupt_tail,
        interrupt: interrupt::dispatch,
    });
    traps::load();
    local_apic::enable();
    cpu::set_apic_id(local_apic::id());
    let rate = timer::measure();
    // SAFETY: the count that a CPU starts with: interrupts are on from here.
    drop(unsafe { InterruptsOff::adopt() });
    println!("kernel: {} MiB of memory", (frames::free_count() * frames::FRAME_SIZE) >> 20);
    let unused = map.unused() + frames::dropped();
    if unused > 0 {
        println!(
            "kernel: {} KiB of memory are not used: it is in too many pieces, or too far up",
            unused >> 10
        );
    }
    println!("kernel: protected by {protections}");
    println!("kernel: {rate}");
    #[cfg(feature = "checker")]
    println!("kernel: every acquisition is checked at run time");
    map.low_page()
}

/// Shows what the run-time checker has found, and gives up.
#[cfg(feature = "checker")]
fn violated(violation: &lockorder::checker::Violation<'_>) {
    println!("{violation}");
    panic::give_up(format_args!("the lock checker found something wrong; its report is above"));
}

/// Stacks for a CPU, never given back.
fn stacks_for_good() -> Option<cpus::Stacks> {
    let own = stacks::of_cpu().ok()?;
    let stack = stacks::allocate().ok()?;
    let first = stack.top();
    core::mem::forget(stack);
    Some(cpus::Stacks { first, own })
}

/// The page that CPUs woke in, executable where it is. It is taken away from every CPU, which waits for them: the reaper
/// does it.
struct Trampoline(VirtAddr);

impl Teardown for Trampoline {
    fn tear_down(self, held: &mut Root<'_, Task>) {
        // SAFETY: the address is this value's, and every CPU has left the page: it is in `start_cpu`, or has been reset. Nobody
        // takes the frame: nothing below one megabyte is ever given out.
        let _ = unsafe { kernel_space::tables().unmap(self.0) };
        shoot_down::shoot_down(held, self.0, 1);
    }
}

/// Starts the other CPUs from `page`, and says which did not come.
///
/// # Safety
///
/// `page` is usable memory below one megabyte that nobody else has.
unsafe fn start_cpus(firmware: &Firmware, page: Option<PhysAddr>) {
    let Some(root) = firmware.tables() else {
        println!("kernel: the boot loader names no firmware tables; running on one CPU");
        return;
    };
    let Some(page) = page else {
        println!("kernel: no memory below one megabyte to start other CPUs in; running on one CPU");
        return;
    };
    let address = VirtAddr::new(page.as_u64());
    let Ok(trampoline) = Deferred::try_new(Trampoline(address)) else {
        println!("kernel: no memory to start other CPUs; running on one CPU");
        return;
    };
    let frame = PhysFrame::containing_address(page);
    // SAFETY: the caller vouches for the page, and nothing is mapped in the lower half of the kernel's tables.
    let mapped =
        unsafe { kernel_space::tables().map(address, frame, Permissions::PRESENT, &mut TableFrames) };
    if mapped.is_err() {
        println!("kernel: no memory to start other CPUs; running on one CPU");
        return;
    }
    // SAFETY: the caller vouches for the page; the stacks are made for each CPU and never given back.
    let report = unsafe { cpus::start_others(root, page, start_cpu, stacks_for_good) };
    drop(trampoline);
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

/// The first typed code of a CPU that was started: interrupts are still off.
///
/// # Safety
///
/// Called once by each CPU but the first, from its start-up code, interrupts counted off once.
#[entry_point(cpu_start)]
unsafe extern "C" fn start_cpu(held: Root<'_, IrqOff>, index: CpuIndex) -> ! {
    debug_assert_eq!(cpu::current().index(), index, "a CPU starts with its own number");
    drop(held);
    sched::core::join_in();
    sched::timer::start();
    // SAFETY: the count that a CPU starts with: interrupts are on from here.
    drop(unsafe { InterruptsOff::adopt() });
    sched::core::idle()
}
