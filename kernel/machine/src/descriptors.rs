//! Segments and emergency stacks of each CPU.
//!
//! Long mode needs a code and a data segment, and a task state segment that names stacks for the exceptions
//! that must not trust the current one: double fault, non-maskable interrupt, machine check.

use alloc::boxed::Box;
use alloc::vec;

use x86_64::VirtAddr;
use x86_64::instructions::segmentation::{CS, DS, ES, SS, Segment};
use x86_64::instructions::tables::load_tss;
use x86_64::structures::gdt::{Descriptor, GlobalDescriptorTable};
use x86_64::structures::tss::TaskStateSegment;

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

/// Bytes of one emergency stack.
const STACK_SIZE: usize = 8192;

/// The top of a new stack that lives for ever.
fn new_stack(size: usize) -> VirtAddr {
    let stack = Box::leak(vec![0_u128; size / size_of::<u128>()].into_boxed_slice());
    VirtAddr::from_ptr(stack.as_ptr_range().end)
}

/// Gives this CPU its segments and emergency stacks. Needs the heap.
///
/// # Safety
///
/// Called once by each CPU.
pub unsafe fn load() {
    let mut task_state = TaskStateSegment::new();
    for stack in [EmergencyStack::DoubleFault, EmergencyStack::NonMaskable, EmergencyStack::MachineCheck] {
        task_state.interrupt_stack_table[stack as usize] = new_stack(STACK_SIZE);
    }
    let task_state: &'static TaskStateSegment = Box::leak(Box::new(task_state));
    let table: &'static mut GlobalDescriptorTable = Box::leak(Box::new(GlobalDescriptorTable::new()));
    let code = table.append(Descriptor::kernel_code_segment());
    let data = table.append(Descriptor::kernel_data_segment());
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
}
