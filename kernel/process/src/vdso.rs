//! The pages that every program has from the kernel: code that reads the clock without a system call, and what it reads.
//!
//! Two pages, made once, at boot: `[vvar]` with the words of the clock, and behind it `[vdso]`, a shared library that C libraries find by
//! the auxiliary vector. Every program maps the same two; one who makes them writable and writes has copies of its own.
//!
//! There is no lock: the pages do not change, but for the one word that moves when the clock of the day is set.

mod image;

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result, general};
use base::mm::fallible::try_arc;
use base::mm::page::{PAGE_SIZE, Page};
use base::user::vdso::{Clock, code};
use lockorder::{Root, Task};
use memory::{AddressSpace, Backing, Plain, Protection, Request};

/// Bytes of a page.
const PAGE: u64 = PAGE_SIZE as u64;

/// The two pages.
#[derive(Debug)]
pub struct Vdso {
    clock: Clock,
    words: Arc<Plain>,
    library: Arc<Plain>,
}

/// One page to be mapped, shown by a name.
fn plain(name: &'static str, page: Page) -> Result<Arc<Plain>> {
    let mut pages = Vec::new();
    pages.try_reserve_exact(1).map_err(|_| Errno::ENOMEM)?;
    pages.push(page);
    try_arc(Plain::new(name, pages)).map_err(|_| Errno::ENOMEM)
}

impl Vdso {
    /// Makes them.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub(crate) fn new() -> Result<Self> {
        let clock = Clock::new().map_err(|_| Errno::ENOMEM)?;
        let library = Page::zeroed().map_err(|_| Errno::ENOMEM)?;
        library.write(0, &image::build(&code())?);
        Ok(Self { words: plain("[vvar]", clock.page())?, library: plain("[vdso]", library)?, clock })
    }

    /// Shows programs the clock of the day as it is set now: after it was set.
    pub fn publish(&self) {
        self.clock.publish();
    }

    /// Maps both below the end of the mappings of a space, which has none yet; gives where the library is.
    pub(crate) fn map(
        &self,
        held: &mut Root<'_, Task>,
        space: &Arc<AddressSpace>,
        mapping_end: u64,
    ) -> Result<u64> {
        let library = mapping_end - PAGE;
        let executed = general::PROT_READ | general::PROT_EXEC;
        let both = [
            (&self.words, library - PAGE, general::PROT_READ, Protection::READ),
            (&self.library, library, executed, Protection::all()),
        ];
        for (pages, at, protection, allowed) in both {
            let flags = general::MAP_PRIVATE | general::MAP_FIXED;
            let request = Request { at, length: PAGE, protection, flags };
            let backing = Arc::clone(pages) as Arc<dyn Backing>;
            space.map(held, &request, Some(memory::File { backing, offset: 0, allowed }))?;
        }
        Ok(library)
    }
}
