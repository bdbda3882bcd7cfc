//! This CPU's cache of address translations.

use x86_64::VirtAddr;
use x86_64::instructions::tlb;

use super::paging::PAGE;

/// From this many pages on everything is forgotten, which then is cheaper than one by one.
const ALL: u64 = 32;

/// Forgets what this CPU has cached of the `pages` small pages from `start`.
pub fn forget(start: VirtAddr, pages: u64) {
    if pages >= ALL {
        tlb::flush_all();
    } else {
        (0..pages).for_each(|page| tlb::flush(start + page * PAGE));
    }
}
