//! An address space: its areas, behind its lock, and its page tables.
//!
//! **The lock** has the class [`base::user::AddressSpace`] and is held while a fault is resolved, with whatever a file does for that.
//! What changes areas acquires it with nothing held, and closes what they referred to when it is released (`change`). A space
//! that is being made, by fork or exec, is nobody else's yet, so its lock is free.
//!
//! **Entries of the tables follow the areas**, under the lock: no page is mapped outside of an area, nor with more rights than that
//! has; and with fewer, until a fault shows that the right is wanted.

use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::mm::user_tables::UserTables;
use base::mm::{NoMemory, frames};
use base::sched::Mutex;
use base::sched::deferred::{Deferred, Teardown};
use base::user::{Access, AddressSpace as Class, Fault, Space, UserAddress};
use lockorder::{AnythingOutside, Held, Root, Task};

use crate::area::PAGE;
use crate::areas::Areas;
use crate::backing::Reference;
use crate::layout::Layout;
use crate::limits::{Current, Limits, UNLIMITED};

/// The areas, whose references end with nothing held, however the space ends.
pub(crate) struct Owned(pub(crate) Areas<Reference>);

impl Teardown for Owned {
    fn tear_down(self, held: &mut Root<'_, Task>) {
        let Self(mut areas) = self;
        areas.take_references().for_each(|reference| reference.close(held));
    }
}

/// What the lock protects.
pub(crate) struct State {
    /// What is mapped.
    owned: Deferred<Owned>,
    /// Where the heap begins.
    pub(crate) heap_start: u64,
    /// Where it ends: any address.
    pub(crate) heap_end: u64,
}

impl State {
    /// The areas.
    pub(crate) fn areas(&self) -> &Areas<Reference> {
        &self.owned.0
    }

    /// The areas, to be changed.
    pub(crate) fn areas_mut(&mut self) -> &mut Areas<Reference> {
        &mut self.owned.0
    }

    /// Whether so many bytes more are within the limits.
    pub(crate) fn may_have(&self, bytes: u64, is_data: bool, limits: &Limits) -> bool {
        let within = |pages: u64, limit: u64| pages.saturating_add(bytes / PAGE) <= limit / PAGE;
        within(self.areas().pages(), limits.address_space) && (!is_data || self.may_have_data(bytes, limits))
    }

    /// Whether so many bytes more may be data.
    pub(crate) fn may_have_data(&self, bytes: u64, limits: &Limits) -> bool {
        limits.data == UNLIMITED
            || self.areas().data_pages().saturating_add(bytes / PAGE) <= limits.data / PAGE
    }
}

/// An address space.
pub struct AddressSpace {
    number: u64,
    pub(crate) tables: UserTables,
    pub(crate) layout: Layout,
    limits: Current,
    pub(crate) state: Mutex<Class, State>,
}

/// The number of the next space: none is used again.
static NEXT: AtomicU64 = AtomicU64::new(1);

impl fmt::Debug for AddressSpace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AddressSpace")
            .field("number", &self.number)
            .field("tables", &self.tables)
            .finish_non_exhaustive()
    }
}

/// Whether so much memory could be had if nobody else had any. Who asks for more in one piece is told so at once.
pub(crate) fn is_conceivable(bytes: u64) -> bool {
    bytes / PAGE <= frames::total()
}

/// An error for what there is no memory for.
pub(crate) const fn no_memory(_: NoMemory) -> Errno {
    Errno::ENOMEM
}

impl AddressSpace {
    /// A space in which nothing is mapped.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn new(layout: Layout, limits: &Limits) -> Result<Arc<Self>> {
        let owned = Deferred::try_new(Owned(Areas::new())).map_err(no_memory)?;
        try_arc(Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            tables: UserTables::new().map_err(no_memory)?,
            layout,
            limits: Current::new(limits),
            state: Mutex::new(State { owned, heap_start: 0, heap_end: 0 }),
        })
        .map_err(no_memory)
    }

    /// Its number: no other space has it, nor had.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Where its parts are.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits.get()
    }

    /// Gives it other limits. What it has already it keeps.
    pub fn set_limits(&self, limits: &Limits) {
        self.limits.set(limits);
    }

    /// How many pages are in memory for it.
    #[must_use]
    pub fn resident_pages(&self) -> u64 {
        self.tables.mapped_pages()
    }

    /// Changes the areas under the lock, and closes what they referred to when it is released.
    pub(crate) fn change<O>(
        &self,
        held: &mut Root<'_, Task>,
        change: impl FnOnce(&mut State, &mut Held<'_, Class, Task>) -> O,
    ) -> O {
        let (output, gone) = held.with(&self.state, |state, mut held| {
            let output = change(state, &mut held.to_task());
            (output, core::mem::take(&mut state.areas_mut().gone))
        });
        for reference in gone {
            reference.close(held);
        }
        output
    }
}

impl Space for AddressSpace {
    fn tables(&self) -> &UserTables {
        &self.tables
    }

    fn fault(
        &self,
        held: &mut Held<'_, AnythingOutside<Class>, Task>,
        at: UserAddress,
        access: Access,
    ) -> core::result::Result<(), Fault> {
        self.resolve(held, at, access).map_err(|_| Fault)
    }
}
