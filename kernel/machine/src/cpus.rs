//! Starting the other CPUs.
//!
//! A CPU wakes in real mode at a page below one megabyte. The trampoline there takes it to long mode, on the
//! first CPU's page tables and a stack of its own, and into `arrive`. CPUs are started one at a time; the
//! starter holds no lock while it waits, and waits with a deadline.

use core::sync::atomic::{AtomicPtr, Ordering};

use x86_64::{PhysAddr, VirtAddr};

use super::acpi::{self, Memory, TableError};
use super::cpu::{ApicId, CpuIndex};
pub use super::cpu::{all, last, online};
use super::descriptors::CpuStacks;
use super::direct_map::{DIRECT_MAP, DIRECT_MAP_END, direct};
use super::paging::{self, PAGE};
use super::{clock, cpu, descriptors, features, local_apic, traps, user};

/// How long a CPU may take to arrive, in steps of a millisecond.
const PATIENCE_MILLISECONDS: u32 = 10_000;

/// Where a CPU goes once it is set up.
pub type Start = unsafe extern "C" fn(CpuIndex) -> !;

/// The function given to [`start_others`], for CPUs to find.
static START: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

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
        Some(unsafe { core::slice::from_raw_parts(direct(PhysAddr::new_truncate(address)), length) })
    }
}

/// What [`start_others`] found.
#[derive(Debug, Default)]
pub struct Report {
    /// CPUs that run now, the first one included.
    pub online: usize,
    /// APIC numbers of CPUs that did not arrive in time.
    pub silent: [Option<ApicId>; 4],
    /// CPUs whose numbers the local APIC's mode does not reach, left alone.
    pub out_of_reach: usize,
    /// CPUs for whose stacks there was no memory, left alone.
    pub without_stacks: usize,
    /// CPUs beyond [`cpu::MAXIMUM`], left alone.
    pub surplus: usize,
}

/// The tops of stacks of a CPU, which live for ever.
#[derive(Clone, Copy, Debug)]
pub struct Stacks {
    /// What it starts on.
    pub first: VirtAddr,
    /// Those of its exceptions and interrupts.
    pub own: CpuStacks,
}

/// Starts every other CPU that the tables under `root` name, each on stacks that `new_stacks` gives; each ends in `start`
/// with its number. They wake in `page`, which is executable where it is.
///
/// # Safety
///
/// `page` is usable memory below one megabyte that nobody else has, and the direct map covers it. Nobody else uses the
/// stacks.
///
/// # Errors
///
/// [`TableError`] when the tables cannot be read; then this CPU runs alone.
pub unsafe fn start_others(
    root: u64,
    page: PhysAddr,
    start: Start,
    mut new_stacks: impl FnMut() -> Option<Stacks>,
) -> Result<Report, TableError> {
    START.store(start as *mut (), Ordering::Release);
    let own = local_apic::id();
    let mut ids = [ApicId::new(0); cpu::MAXIMUM];
    let mut count = 0;
    let mut report = Report::default();
    acpi::each_cpu(&DirectMap, root, |id| {
        if id == own {
            return;
        }
        if !local_apic::mode().reaches(id) {
            report.out_of_reach += 1;
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
    // SAFETY: the caller vouches for the page.
    let trampoline = unsafe { trampoline::Trampoline::place(page) };
    for (started, &id) in ids[..count].iter().enumerate() {
        let Some(stacks) = new_stacks() else {
            report.without_stacks = count - started;
            break;
        };
        if !start_one(&trampoline, id, stacks)
            && let Some(free) = report.silent.iter_mut().find(|silent| silent.is_none())
        {
            *free = Some(id);
        }
    }
    report.online = online();
    Ok(report)
}

/// Starts one CPU and waits until it has arrived; says whether it has.
fn start_one(trampoline: &trampoline::Trampoline, apic_id: ApicId, stacks: Stacks) -> bool {
    let Some(index) = CpuIndex::new(online()) else { return false };
    descriptors::provide(index, stacks.own);
    trampoline.prepare(stacks.first, index, apic_id);
    let arrived = || online() > index.get();
    local_apic::start(apic_id, trampoline.page(), arrived);
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
extern "C" fn arrive(index: usize, apic_id: ApicId) -> ! {
    let Some(index) = CpuIndex::new(index) else { cpu::halt() };
    // SAFETY: this CPU's first steps, once; the starter gave it a number and stacks of its own.
    unsafe {
        cpu::install(index, apic_id);
        descriptors::load();
        user::prepare();
    }
    features::protect();
    traps::load();
    local_apic::enable();
    let start = START.load(Ordering::Acquire);
    // SAFETY: `start_others` stored a function of this very type before it started any CPU.
    let start = unsafe { core::mem::transmute::<*mut (), Start>(start) };
    cpu::note_arrival();
    // SAFETY: control has just entered on this CPU, and goes nowhere else.
    unsafe { start(index) }
}

/// The code below one megabyte.
mod trampoline {
    use core::sync::atomic::{AtomicU64, Ordering};

    use x86_64::{PhysAddr, VirtAddr};

    use crate::cpu::{ApicId, CpuIndex};
    use crate::direct_map::direct;

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
    # The page is anywhere below one megabyte: its segment says where. The code puts its own address into what needs it.
    movw %cs, %ax
    movw %ax, %ds
    xorl %ebx, %ebx
    movw %ax, %bx
    shll $4, %ebx
    leal (trampoline_gdt - trampoline_begin)(%ebx), %eax
    movl %eax, (trampoline_gdt_pointer + 2 - trampoline_begin)
    leal (trampoline_protected - trampoline_begin)(%ebx), %eax
    movl %eax, (trampoline_to_protected - trampoline_begin)
    leal (trampoline_long - trampoline_begin)(%ebx), %eax
    movl %eax, (trampoline_to_long - trampoline_begin)
    lgdtl (trampoline_gdt_pointer - trampoline_begin)
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl *(trampoline_to_protected - trampoline_begin)

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
    movl 0xf00(%ebx), %eax
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
    ljmpl *(trampoline_to_long - trampoline_begin)(%ebx)

    .code64
trampoline_long:
    # The upper half of a register is undefined after the change of mode.
    movl %ebx, %ebx
    movq 0xf08(%rbx), %rsp
    movq 0xf10(%rbx), %rdi
    movl 0xf18(%rbx), %esi
    movq 0xf20(%rbx), %rax
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
    .long 0
trampoline_to_protected:
    .long 0
    .word 0x08
trampoline_to_long:
    .long 0
    .word 0x18
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
    pub(super) struct Trampoline(PhysAddr);

    impl Trampoline {
        /// Copies the code to a page below one megabyte.
        ///
        /// # Safety
        ///
        /// The page is usable memory that nobody else has, and the direct map covers it.
        pub(super) unsafe fn place(page: PhysAddr) -> Self {
            let code = code();
            // SAFETY: the page is the caller's to give, and no CPU runs there yet.
            unsafe { direct::<u8>(page).copy_from_nonoverlapping(code.as_ptr(), code.len()) }
            Self(page)
        }

        /// The number of its page, by which a CPU is told where to start.
        pub(super) fn page(&self) -> u8 {
            u8::try_from(self.0.as_u64() / 4096).expect("the trampoline is below one megabyte")
        }

        /// One word of the mailbox.
        fn word(&self, offset: u64) -> &'static AtomicU64 {
            // SAFETY: inside of the page, aligned, and written through this type only.
            unsafe { &*direct(self.0 + (MAILBOX + offset)) }
        }

        /// Writes what the next CPU needs: page tables, stack, number, and where to go.
        pub(super) fn prepare(&self, stack: VirtAddr, index: CpuIndex, apic_id: ApicId) {
            let (tables, _) = x86_64::registers::control::Cr3::read_raw();
            let entry: extern "C" fn(usize, ApicId) -> ! = super::arrive;
            self.word(0).store(tables.start_address().as_u64(), Ordering::Relaxed);
            self.word(8).store(stack.as_u64(), Ordering::Relaxed);
            self.word(16).store(index.get() as u64, Ordering::Relaxed);
            self.word(24).store(u64::from(apic_id.get()), Ordering::Relaxed);
            self.word(32).store(entry as usize as u64, Ordering::Release);
        }
    }
}
