//! Segments and emergency stacks of each CPU.
//!
//! Long mode needs a code and a data segment, and a task state segment that names stacks for the exceptions
//! that must not trust the current one: double fault, non-maskable interrupt, machine check. Ordinary interrupts have a stack
//! of their CPU's as well, to which their entry switches by itself, so that a thread's stack has room for one saved set of
//! registers and no handler. All stacks are handed down by the layer that maps memory, each above a page that is not there
//! ([`provide`]).

use alloc::boxed::Box;
use core::sync::atomic::{AtomicU64, Ordering};

use x86_64::VirtAddr;
use x86_64::instructions::segmentation::{CS, DS, ES, SS, Segment};
use x86_64::instructions::tables::load_tss;
use x86_64::registers::model_specific::Star;
use x86_64::structures::gdt::{Descriptor, GlobalDescriptorTable};
use x86_64::structures::tss::TaskStateSegment;

use super::cpu;
use super::cpu::CpuIndex;

/// Places of the emergency stacks in the task state segment.
#[derive(Clone, Copy, Debug)]
#[repr(u16)]
pub enum EmergencyStack {
    /// For double faults: the current stack may be what failed.
    DoubleFault = 0,
    /// For non-maskable interrupts: they come at any instruction.
    NonMaskable = 1,
    /// For machine checks: nothing can be trusted.
    MachineCheck = 2,
}

/// The selector of kernel code.
const KERNEL_CODE: u16 = 1 << 3;
/// The selector of user data, of privilege level 3.
pub(super) const USER_DATA: u16 = 3 << 3 | 3;
/// The selector of user code, of privilege level 3. After the data, as `sysretq` expects it.
pub(super) const USER_CODE: u16 = 4 << 3 | 3;

/// How many there are.
pub const EMERGENCY_STACKS: usize = 3;

/// The tops of one CPU's emergency stacks, by [`EmergencyStack`].
pub type EmergencyStacks = [VirtAddr; EMERGENCY_STACKS];

/// The tops of one CPU's stacks, which live for ever.
#[derive(Clone, Copy, Debug)]
pub struct CpuStacks {
    /// For exceptions that must not trust the current stack.
    pub emergency: EmergencyStacks,
    /// For interrupts.
    pub interrupt: VirtAddr,
}

/// The tops of all CPUs' interrupt stacks: written before each CPU comes to [`load`].
static INTERRUPT_STACKS: [AtomicU64; cpu::MAXIMUM] = [const { AtomicU64::new(0) }; cpu::MAXIMUM];

/// The tops of all CPUs' emergency stacks: written before each CPU comes to [`load`].
static STACKS: [[AtomicU64; EMERGENCY_STACKS]; cpu::MAXIMUM] =
    [const { [const { AtomicU64::new(0) }; EMERGENCY_STACKS] }; cpu::MAXIMUM];

/// Says which stacks a CPU is to have.
pub fn provide(index: CpuIndex, stacks: CpuStacks) {
    for (place, top) in STACKS[index.get()].iter().zip(stacks.emergency) {
        place.store(top.as_u64(), Ordering::Release);
    }
    INTERRUPT_STACKS[index.get()].store(stacks.interrupt.as_u64(), Ordering::Release);
}

/// The top of a CPU's interrupt stack.
#[must_use]
pub fn interrupt_stack(index: CpuIndex) -> VirtAddr {
    VirtAddr::new_truncate(INTERRUPT_STACKS[index.get()].load(Ordering::Acquire))
}

/// The tops of a CPU's emergency stacks.
#[must_use]
pub fn emergency_stacks(index: CpuIndex) -> EmergencyStacks {
    STACKS[index.get()].each_ref().map(|top| VirtAddr::new_truncate(top.load(Ordering::Acquire)))
}

/// Gives this CPU its segments and stacks. Needs the heap.
///
/// # Safety
///
/// Called once by each CPU, after somebody has [`provide`]d stacks for it that nobody else uses.
pub unsafe fn load() {
    let mut task_state = TaskStateSegment::new();
    for (place, top) in emergency_stacks(cpu::current().index()).into_iter().enumerate() {
        task_state.interrupt_stack_table[place] = top;
    }
    cpu::set_interrupt_stack(interrupt_stack(cpu::current().index()));
    let task_state: *mut TaskStateSegment = Box::into_raw(Box::new(task_state));
    // SAFETY: it lives for ever, and after this only the word that `user::enter` writes changes, which the CPU reads.
    let (task_state, stack_of_traps) = unsafe {
        let stacks = (&raw mut (*task_state).privilege_stack_table).cast::<u64>();
        (&*task_state, stacks)
    };
    let table: &'static mut GlobalDescriptorTable = Box::leak(Box::new(GlobalDescriptorTable::new()));
    let code = table.append(Descriptor::kernel_code_segment());
    let data = table.append(Descriptor::kernel_data_segment());
    let user_data = table.append(Descriptor::user_data_segment());
    let user_code = table.append(Descriptor::user_code_segment());
    debug_assert!(
        (code.0, user_data.0, user_code.0) == (KERNEL_CODE, USER_DATA, USER_CODE),
        "user segments are where their selectors say"
    );
    let task = table.append(Descriptor::tss_segment(task_state));
    table.load();
    // SAFETY: the selectors name the descriptors just loaded; reloading the data segments leaves the GS base
    // alone, since GS itself is not touched.
    unsafe {
        CS::set_reg(code);
        DS::set_reg(data);
        ES::set_reg(data);
        SS::set_reg(data);
        load_tss(task);
    }
    cpu::current().user.stack_of_traps.store(stack_of_traps, Ordering::Relaxed);
}

/// Says which segments a system call enters the kernel with, and returns to user mode with: by the CPU's rule those are the
/// one named and the next, and the second and third after the one named.
///
/// # Safety
///
/// This CPU's descriptors are loaded.
pub(super) unsafe fn name_system_call_segments() {
    // SAFETY: the kernel's code is followed by its data, and by the user's data and code.
    unsafe { Star::write_raw(USER_DATA - 8, KERNEL_CODE) }
}
