//! Memory that processes share and that no file is: anonymous shared areas, which a child has together with its parent.
//!
//! Pages come into being when they are touched, by whichever process; so where they are stands in one place, behind a lock of class
//! [`SharedPages`], which a fault acquires with the space's own held.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use abi::{Errno, Result};
use base::mm::fallible::{try_arc, try_box};
use base::mm::page::Page;
use base::sched::Mutex;
use base::user::AddressSpace as Class;
use lockorder::{Held, Root, Task};

use crate::backing::{Backing, Description};
use crate::space::no_memory;

lockorder::hierarchy! {
    /// The pages of memory that processes share.
    pub class SharedPages in base::levels::Memory = 2;
}

/// How many pages stand together.
const GROUP: usize = 32;

/// The number of a page's group, and the page's place in it.
#[allow(clippy::cast_possible_truncation, reason = "smaller than a group")]
const fn split(index: u64) -> (u64, usize) {
    (index / GROUP as u64, (index % GROUP as u64) as usize)
}

/// Pages beside each other.
type Group = Box<[Option<Page>; GROUP]>;

/// Pages by their numbers, in groups that are sorted: room for one is asked for before there is one.
struct Pages(Vec<(u64, Group)>);

impl Pages {
    /// The place of a page, if its group is there.
    fn place(&self, index: u64) -> Option<&Option<Page>> {
        let (number, slot) = split(index);
        let place = self.0.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.0.get(place)?.1.get(slot)
    }

    /// A page, made of zeros if there is none yet.
    fn get_or_make(&mut self, index: u64) -> Result<Page> {
        let (number, slot) = split(index);
        let place = match self.0.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(place) => place,
            Err(place) => {
                self.0.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
                let group = try_box([const { None }; GROUP]).map_err(no_memory)?;
                self.0.insert(place, (number, group));
                place
            }
        };
        let slot = self.0.get_mut(place).and_then(|(_, group)| group.get_mut(slot)).ok_or(Errno::ENXIO)?;
        if slot.is_none() {
            *slot = Some(Page::zeroed().map_err(no_memory)?);
        }
        slot.clone().ok_or(Errno::ENOMEM)
    }
}

/// Memory of a fixed size that begins as zeros and that processes share.
pub struct SharedMemory {
    /// How many pages it has.
    size: u64,
    pages: Mutex<SharedPages, Pages>,
}

impl fmt::Debug for SharedMemory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SharedMemory({} pages)", self.size)
    }
}

impl SharedMemory {
    /// So many pages.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new(size: u64) -> Result<Arc<Self>> {
        try_arc(Self { size, pages: Mutex::new(Pages(Vec::new())) }).map_err(no_memory)
    }
}

impl Backing for SharedMemory {
    fn page(&self, held: &mut Held<'_, Class, Task>, index: u64, _write: bool) -> Result<Page> {
        if index >= self.size {
            return Err(Errno::ENXIO);
        }
        held.with(&self.pages, |pages, _| pages.get_or_make(index))
    }

    fn cached(&self, held: &mut Held<'_, Class, Task>, pages: Range<u64>, give: &mut dyn FnMut(u64, Page)) {
        held.with(&self.pages, |made, _| {
            for index in pages.start..pages.end.min(self.size) {
                if let Some(Some(page)) = made.place(index) {
                    give(index, page.clone());
                }
            }
        });
    }

    fn describe(&self, _held: &mut Held<'_, Class, Task>) -> Result<Description> {
        Description::named("/dev/zero (deleted)")
    }

    fn identity(&self) -> u64 {
        core::ptr::from_ref(self).addr() as u64
    }

    fn close(self: Arc<Self>, _held: &mut Root<'_, Task>) {}
}
