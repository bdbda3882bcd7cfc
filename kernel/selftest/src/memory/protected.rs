//! What must not be mapped: the page below each stack of a CPU, and the one that CPUs woke in.

use alloc::format;
use alloc::string::String;

use base::mm::{shoot_down, stacks};
use base::sched::reaper;
use base::{cpu, interrupt};
use lockorder::{Root, Task};

/// Pages of one emergency stack.
const EMERGENCY: u64 = 2;

/// Every stack of each CPU has its pages, and below them one that is not there.
pub(super) fn stacks_of_cpus_have_guards() -> Result<(), String> {
    for index in cpu::all() {
        let (emergency, interrupt) = stacks::pages_of_cpu(index);
        for (stack, pages) in emergency.enumerate() {
            if pages != EMERGENCY {
                return Err(format!("emergency stack {stack} of CPU {index} has {pages} pages"));
            }
        }
        if interrupt != stacks::PAGES {
            return Err(format!("the interrupt stack of CPU {index} has {interrupt} pages"));
        }
    }
    Ok(())
}

/// Every CPU but one was interrupted to forget the page that CPUs woke in. Before anything else is unmapped.
pub(super) fn every_cpu_forgot_where_it_woke(held: &mut Root<'_, Task>) -> Result<(), String> {
    reaper::settle(held);
    let asked = interrupt::count(held.reborrow(), shoot_down::VECTOR);
    let others = cpu::online() as u64 - 1;
    if asked < others {
        return Err(format!("{asked} of {others} CPUs were told to forget the page that they woke in"));
    }
    Ok(())
}
