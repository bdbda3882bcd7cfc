//! What must not be mapped: the page below each emergency stack, and the one that CPUs woke in.

use alloc::format;
use alloc::string::String;

use lockorder::{Root, Task};

use crate::arch::paging::loaded;
use crate::arch::{cpus, descriptors};
use crate::interrupt;

/// The pages that one emergency stack is looked for in.
const MOST_PAGES: u64 = 64;

/// Every emergency stack is mapped at its top, and has an unmapped page somewhere below.
pub(super) fn emergency_stacks_have_guards() -> Result<(), String> {
    for cpu in 0..cpus::online() {
        for (stack, top) in descriptors::emergency_stacks(cpu).iter().enumerate() {
            let page = |number: u64| loaded(top.as_u64() - number * 4096).is_some();
            let Some(first) = (1..=MOST_PAGES).find(|&number| !page(number)) else {
                return Err(format!("emergency stack {stack} of CPU {cpu} has no guard below {top:?}"));
            };
            if first != 3 {
                return Err(format!("emergency stack {stack} of CPU {cpu} has {} pages", first - 1));
            }
        }
    }
    Ok(())
}

/// Every CPU but one was interrupted to forget the page that CPUs woke in. Before anything else is unmapped.
pub(super) fn every_cpu_forgot_where_it_woke(held: &mut Root<'_, Task>) -> Result<(), String> {
    let asked = interrupt::counts(held.reborrow()).shoot_downs;
    let others = cpus::online() as u64 - 1;
    if asked < others {
        return Err(format!("{asked} of {others} CPUs were told to forget the page that they woke in"));
    }
    Ok(())
}
