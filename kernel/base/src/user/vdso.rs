//! Code of the kernel's that runs in user mode, and the page that it computes the time from.
//!
//! The code is bytes (`machine::vdso`), to be placed at [`CODE_AT`] of the page that follows a [`Clock`]'s.

use core::sync::atomic::{Ordering, fence};

use machine::timer;
use machine::vdso::STARTED_AT;
pub use machine::vdso::{CODE_AT, Code, Function, code};

use crate::mm::NoMemory;
use crate::mm::page::Page;
use crate::wall_clock;

/// The page that user mode computes the time from.
#[derive(Debug)]
pub struct Clock(Page);

impl Clock {
    /// A page that shows the time.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when memory is used up.
    pub fn new() -> Result<Self, NoMemory> {
        let page = Page::zeroed()?;
        let words = timer::words();
        page.store(0, words.start);
        page.store(8, words.multiplier);
        let clock = Self(page);
        clock.publish();
        Ok(clock)
    }

    /// The page, to be mapped for reading.
    #[must_use]
    pub fn page(&self) -> Page {
        self.0.clone()
    }

    /// Shows the time of the day as it is set now. Whoever sets it calls this afterwards.
    pub fn publish(&self) {
        loop {
            let started = wall_clock::started();
            self.0.store(STARTED_AT, u64::try_from(started.as_nanos()).unwrap_or(u64::MAX));
            // Two may publish at once, and the older value come last: whoever stores it sees the newer one after this fence.
            fence(Ordering::SeqCst);
            if wall_clock::started() == started {
                return;
            }
        }
    }
}
