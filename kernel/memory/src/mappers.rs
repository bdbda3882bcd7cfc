//! Which spaces map a file: for a file that becomes shorter, and takes its pages away from whoever has them.
//!
//! A file that may become shorter has a [`Mappers`], and gives it to who maps it ([`Backing::mappers`](crate::Backing::mappers)). A
//! space that has mapped it once stays in the list until it ends; looking at it in vain costs little, and it happens when a file is cut.
//!
//! **A cut**, at root: the file says what its size is now, and that nobody gets a page beyond it; then [`forget`](Mappers::forget). A
//! fault that got a page before holds the lock of its space until the page is mapped, and `forget` acquires that lock after it.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::fmt;

use abi::{Errno, Result};
use lockorder::{Before, Held, Root, SpinLock, Task};

lockorder::hierarchy! {
    /// Which spaces map one file.
    pub class MappedBy in base::levels::Memory = 3;
}

/// A space, as who it maps knows it.
pub(crate) trait Mapper: Send + Sync {
    /// Its number: no other space has it, nor had.
    fn number(&self) -> u64;

    /// Takes away the pages of a file from the page `first` on: it has become shorter. Who touches one asks the file again.
    ///
    /// The file says no to new ones before; a fault that had one before is over when this returns, or its page is taken away.
    fn forget_pages(&self, held: &mut Root<'_, Task>, identity: u64, first: u64);
}

/// Spaces by their numbers, in order.
type Spaces = Vec<(u64, Weak<dyn Mapper>)>;

/// The spaces that map a file, or did.
pub struct Mappers(SpinLock<MappedBy, Spaces>);

impl fmt::Debug for Mappers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Mappers")
    }
}

impl Default for Mappers {
    fn default() -> Self {
        Self::new()
    }
}

impl Mappers {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self(SpinLock::new(Vec::new()))
    }

    /// Adds a space, if it is not there.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn add<M: Mapper + 'static, H: Before<MappedBy>>(
        &self,
        held: &mut Held<'_, H, Task>,
        space: &Arc<M>,
    ) -> Result<()> {
        held.below::<MappedBy>().with(&self.0, |spaces, _| {
            let number = space.number();
            let weak = || -> Weak<dyn Mapper> { Arc::<M>::downgrade(space) };
            let Err(place) = spaces.binary_search_by_key(&number, |(number, _)| *number) else {
                return Ok(());
            };
            if spaces.len() < spaces.capacity() {
                spaces.insert(place, (number, weak()));
                return Ok(());
            }
            // Before it takes more room: those that have ended. A dropped reference frees a block, no more.
            spaces.retain(|(_, space)| space.strong_count() > 0);
            let room = spaces.len().max(4);
            spaces.try_reserve(room).map_err(|_| Errno::ENOMEM)?;
            let place = spaces.partition_point(|(other, _)| *other < number);
            spaces.insert(place, (number, weak()));
            Ok(())
        })
    }

    /// The next space after a number, of those that have not ended.
    fn after(&self, held: &mut Root<'_, Task>, number: u64) -> Option<Arc<dyn Mapper>> {
        held.with(&self.0, |spaces, _| {
            let place = spaces.partition_point(|(other, _)| *other <= number);
            spaces.iter().skip(place).find_map(|(_, space)| space.upgrade())
        })
    }

    /// Takes the pages of a file from `first` on away from all who have them mapped. When this returns, nobody has them.
    pub fn forget(&self, held: &mut Root<'_, Task>, identity: u64, first: u64) {
        let mut number = 0;
        while let Some(space) = self.after(held, number) {
            space.forget_pages(held, identity, first);
            number = space.number();
        }
    }
}
