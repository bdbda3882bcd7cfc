//! Pages of a file that somebody has mapped: the same for all who map it, and what is written to the file shows in them.
//!
//! A page is here from the first fault on until the file is cut or nobody has its inode any more. Pages are put in and changed under the
//! journal's lock, so that none is read from the disk while the file changes.

use alloc::collections::BTreeMap;

use base::mm::page::{PAGE_SIZE, Page};
use base::sched::SleepRwLock;
use lockorder::{Before, Held, Task, hierarchy};
use memory::Mappers;

hierarchy! {
    /// Which pages of a file on a disk are in memory.
    pub class FilePages in base::levels::Filesystem = 10;
}

/// A file's pages in memory.
pub(crate) struct Pages {
    /// Protects which there are; class `FilePages`.
    pages: SleepRwLock<FilePages, BTreeMap<u64, Page>>,
    /// Who maps them.
    pub(crate) mappers: Mappers,
}

/// The page that a byte is in, and where in it.
fn place(at: u64) -> (u64, usize) {
    let size = PAGE_SIZE as u64;
    (at / size, usize::try_from(at % size).unwrap_or(0))
}

impl Pages {
    pub(crate) const fn new() -> Self {
        Self { pages: SleepRwLock::new(BTreeMap::new()), mappers: Mappers::new() }
    }

    /// A page, if it is here.
    pub(crate) fn get<H: Before<FilePages>>(&self, held: &mut Held<'_, H, Task>, index: u64) -> Option<Page> {
        held.below::<FilePages>().with_read(&self.pages, |pages, _| pages.get(&index).cloned())
    }

    /// Puts a page in.
    pub(crate) fn insert<H: Before<FilePages>>(&self, held: &mut Held<'_, H, Task>, index: u64, page: Page) {
        let before = held.below::<FilePages>().with_write(&self.pages, |pages, _| pages.insert(index, page));
        drop(before);
    }

    /// Bytes were written to the file.
    pub(crate) fn update<H: Before<FilePages>>(&self, held: &mut Held<'_, H, Task>, at: u64, bytes: &[u8]) {
        held.below::<FilePages>().with_read(&self.pages, |pages, _| {
            let mut done = 0;
            while done < bytes.len() && !pages.is_empty() {
                let (index, offset) = place(at.saturating_add(done as u64));
                let part = (PAGE_SIZE - offset).min(bytes.len() - done);
                if let Some(page) = pages.get(&index) {
                    page.write(offset, &bytes[done..done + part]);
                }
                done += part;
            }
        });
    }

    /// The file ends at a byte now; gives the first page that it has not.
    pub(crate) fn cut<H: Before<FilePages>>(&self, held: &mut Held<'_, H, Task>, size: u64) -> u64 {
        let first_gone = size.div_ceil(PAGE_SIZE as u64);
        let gone = held.below::<FilePages>().with_write(&self.pages, |pages, _| {
            let (last, offset) = place(size);
            if offset > 0
                && let Some(page) = pages.get(&last)
            {
                page.clear(offset, PAGE_SIZE - offset);
            }
            pages.split_off(&first_gone)
        });
        drop(gone);
        first_gone
    }
}
