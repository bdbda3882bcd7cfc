//! Starting the other CPUs.
//!
//! A CPU wakes in real mode at a page below one megabyte. The trampoline there takes it to long mode, on the
//! first CPU's page tables and a stack of its own, and into `arrive`. CPUs are started one at a time; the
//! starter holds no lock while it waits, and waits with a deadline.

use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use x86_64::VirtAddr;

use super::acpi::{self, Memory, TableError};
use super::direct_map::{DIRECT_MAP, DIRECT_MAP_END, direct};
use super::paging::{self, PAGE};
use super::{clock, cpu, descriptors, features, local_apic, traps};

/// The page that CPUs wake in: executable where it is, while CPUs are started.
pub const TRAMPOLINE: u64 = trampoline::ADDRESS;

/// How long a CPU may take to arrive, in steps of a millisecond.
const PATIENCE_MILLISECONDS: u32 = 10_000;

/// CPUs that have arrived, the first one included.
static ARRIVED: AtomicUsize = AtomicUsize::new(1);

/// Where a CPU goes once it is set up.
pub type Start = unsafe extern "C" fn(usize) -> !;

/// The function given to [`start_others`], for CPUs to find.
static START: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// How many CPUs run.
#[must_use]
pub fn online() -> usize {
    ARRIVED.load(Ordering::Acquire)
}

/// Physical memory through the direct map, as far as that has it.
#[derive(Debug)]
pub struct DirectMap;

impl Memory for DirectMap {
    fn read(&self, address: u64, length: usize) -> Option<&[u8]> {
        let end = address.checked_add(length as u64)?;
        if address == 0 || end > DIRECT_MAP_END {
            return None;
        }
        let mut pages = (address & !(PAGE - 1)..end).step_by(4096);
        if !pages.all(|page| paging::loaded(VirtAddr::new(DIRECT_MAP + page)).is_some()) {
            return None;
        }
        // SAFETY: every page of it is mapped; firmware tables are not written while the kernel runs.
        Some(unsafe { core::slice::from_raw_parts(direct(address), length) })
    }
}

/// What [`start_others`] found.
#[derive(Debug, Default)]
pub struct Report {
    /// CPUs that run now, the first one included.
    pub online: usize,
    /// APIC numbers of CPUs that did not arrive in time.
    pub silent: [Option<u32>; 4],
    /// CPUs beyond [`cpu::MAXIMUM`], left alone.
    pub surplus: usize,
}

/// Starts every other CPU that the tables under `root` name, each on a stack that lives for ever and whose top
/// `new_stack` gives; each ends in `start` with its number. The trampoline's page is executable meanwhile.
///
/// # Errors
///
/// [`TableError`] when the tables cannot be read; then this CPU runs alone.
pub fn start_others(
    root: u64,
    start: Start,
    mut new_stack: impl FnMut() -> Option<VirtAddr>,
) -> Result<Report, TableError> {
    START.store(start as *mut (), Ordering::Release);
    let own = local_apic::id();
    let mut ids = [0_u32; cpu::MAXIMUM];
    let mut count = 0;
    let mut report = Report::default();
    acpi::each_cpu(&DirectMap, root, |id| {
        if id == own {
            return;
        }
        // The first CPU has number 0 and is not in `ids`.
        if count + 1 < cpu::MAXIMUM {
            ids[count] = id;
            count += 1;
        } else {
            report.surplus += 1;
        }
    })?;
    let trampoline = trampoline::Trampoline::place();
    for &id in &ids[..count] {
        if !new_stack().is_some_and(|stack| start_one(&trampoline, id, stack))
            && let Some(free) = report.silent.iter_mut().find(|silent| silent.is_none())
        {
            *free = Some(id);
        }
    }
    report.online = online();
    Ok(report)
}

/// Starts one CPU and waits until it has arrived; says whether it has.
fn start_one(trampoline: &trampoline::Trampoline, apic_id: u32, stack: VirtAddr) -> bool {
    let index = online();
    trampoline.prepare(stack, index, apic_id);
    let arrived = || online() > index;
    local_apic::start(apic_id, trampoline::PAGE, arrived);
    for _ in 0..PATIENCE_MILLISECONDS {
        if arrived() {
            return true;
        }
        clock::wait(1000);
    }
    // It must not come late, and take the stack and the number of the next one.
    local_apic::reset(apic_id);
    arrived()
}

/// The first function of a CPU, from the trampoline.
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "only the trampoline calls it"))]
extern "C" fn arrive(index: usize, apic_id: u32) -> ! {
    // SAFETY: this CPU's first steps, once; the starter gave it a number of its own.
    unsafe {
        cpu::install(index, apic_id);
        descriptors::load();
    }
    features::protect();
    traps::load();
    local_apic::enable();
    let start = START.load(Ordering::Acquire);
    // SAFETY: `start_others` stored a function of this very type before it started any CPU.
    let start = unsafe { core::mem::transmute::<*mut (), Start>(start) };
    ARRIVED.fetch_add(1, Ordering::Release);
    // SAFETY: control has just entered on this CPU, and goes nowhere else.
    unsafe { start(index) }
}

/// The code below one megabyte.
mod trampoline {
    use core::sync::atomic::{AtomicU64, Ordering};

    use x86_64::VirtAddr;

    use crate::direct_map::direct;

    /// The physical page of the trampoline; boot loaders leave everything below one megabyte alone.
    pub(super) const PAGE: u8 = 8;
    /// Its address.
    pub(super) const ADDRESS: u64 = PAGE as u64 * 4096;
    /// Where in the page the code finds what it needs.
    const MAILBOX: u64 = 0xf00;

    #[cfg(target_os = "none")]
    core::arch::global_asm!(
        r#"
    .section .rodata.trampoline, "a", @progbits
    .code16
    .global trampoline_begin
trampoline_begin:
    cli
    cld
    xorw %ax, %ax
    movw %ax, %ds
    lgdtl (0x8000 + trampoline_gdt_pointer - trampoline_begin)
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $0x08, $(0x8000 + trampoline_protected - trampoline_begin)

    .code32
trampoline_protected:
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    # Physical address extension, then the first CPU's page tables.
    movl %cr4, %eax
    orl $0x20, %eax
    movl %eax, %cr4
    movl 0x8f00, %eax
    movl %eax, %cr3
    # Long mode and no-execute.
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x900, %eax
    wrmsr
    # Paging and write protection; caches on, which a reset leaves off.
    movl %cr0, %eax
    andl $0x9fffffff, %eax
    orl $0x80010000, %eax
    movl %eax, %cr0
    ljmpl $0x18, $(0x8000 + trampoline_long - trampoline_begin)

    .code64
trampoline_long:
    movq 0x8f08, %rsp
    movq 0x8f10, %rdi
    movl 0x8f18, %esi
    movq 0x8f20, %rax
    xorl %ebp, %ebp
    # As if called: the address to return to is none.
    pushq $0
    jmpq *%rax

    .balign 8
trampoline_gdt:
    .quad 0
    .quad 0x00cf9a000000ffff
    .quad 0x00cf92000000ffff
    .quad 0x00af9a000000ffff
trampoline_gdt_pointer:
    .word trampoline_gdt_pointer - trampoline_gdt - 1
    .long 0x8000 + trampoline_gdt - trampoline_begin
    .global trampoline_end
trampoline_end:
    .text
    "#,
        options(att_syntax)
    );

    /// The code's bytes in the kernel image.
    #[cfg(target_os = "none")]
    fn code() -> &'static [u8] {
        unsafe extern "C" {
            static trampoline_begin: u8;
            static trampoline_end: u8;
        }
        let begin = &raw const trampoline_begin;
        let length = (&raw const trampoline_end).addr() - begin.addr();
        // SAFETY: both symbols delimit the code above, in read-only data.
        unsafe { core::slice::from_raw_parts(begin, length) }
    }

    /// On a host there is no trampoline and no CPU to start.
    #[cfg(not(target_os = "none"))]
    fn code() -> &'static [u8] {
        &[]
    }

    /// The trampoline, in its place.
    pub(super) struct Trampoline(());

    impl Trampoline {
        /// Copies the code to its page.
        pub(super) fn place() -> Self {
            let code = code();
            // SAFETY: the page is conventional memory below one megabyte that neither the boot loader nor
            // the frame allocator gives to anybody, and no CPU runs there yet.
            unsafe { direct::<u8>(ADDRESS).copy_from_nonoverlapping(code.as_ptr(), code.len()) }
            Self(())
        }

        /// One word of the mailbox.
        fn word(offset: u64) -> &'static AtomicU64 {
            // SAFETY: inside of the page, aligned, and written through this type only.
            unsafe { &*direct(ADDRESS + MAILBOX + offset) }
        }

        /// Writes what the next CPU needs: page tables, stack, number, and where to go.
        #[allow(clippy::unused_self, reason = "the value proves that the code is in its place")]
        pub(super) fn prepare(&self, stack: VirtAddr, index: usize, apic_id: u32) {
            let (tables, _) = x86_64::registers::control::Cr3::read_raw();
            let entry: extern "C" fn(usize, u32) -> ! = super::arrive;
            Self::word(0).store(tables.start_address().as_u64(), Ordering::Relaxed);
            Self::word(8).store(stack.as_u64(), Ordering::Relaxed);
            Self::word(16).store(index as u64, Ordering::Relaxed);
            Self::word(24).store(u64::from(apic_id), Ordering::Relaxed);
            Self::word(32).store(entry as usize as u64, Ordering::Release);
        }
    }
}
