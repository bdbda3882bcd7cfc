//! `mremap`: an area becomes larger, smaller, or lies elsewhere.

use core::ops::Range;

use abi::general::{MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE};
use abi::{Errno, Result};
use base::user::{AddressSpace as Class, USER_END, UserAddress};
use lockorder::{Held, Root, Task};

use crate::area::{Area, PAGE};
use crate::backing::Reference;
use crate::layout::LOWEST;
use crate::limits::Limits;
use crate::map::{Request, whole_pages};
use crate::space::{AddressSpace, State, is_conceivable, no_memory};
use crate::unmap::addresses;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Move {
    old: u64,
    old_length: u64,
    new_length: u64,
    flags: u32,
    /// Where to, with `MREMAP_FIXED`; else a wish.
    new: u64,
}

impl Move {
    /// Checks what can be said without looking.
    fn new(old: u64, old_length: u64, new_length: u64, flags: u32, new: u64) -> Result<Self> {
        let is_known = flags & !(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP) == 0;
        let moves = flags & MREMAP_MAYMOVE != 0;
        let keeps = flags & MREMAP_DONTUNMAP != 0;
        if !is_known
            || flags & MREMAP_FIXED != 0 && !moves
            || keeps && (!moves || old_length != new_length)
            || !old.is_multiple_of(PAGE)
        {
            return Err(Errno::EINVAL);
        }
        let old_length = whole_pages(old_length).ok_or(Errno::EINVAL)?;
        let new_length = whole_pages(new_length).filter(|&length| length > 0).ok_or(Errno::EINVAL)?;
        Ok(Self { old, old_length, new_length, flags, new })
    }

    /// Whether it has one of these flags.
    const fn has(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }

    /// The range that is not wanted any more, where it becomes smaller.
    fn rest(&self) -> Result<Range<u64>> {
        let end = self.old.checked_add(self.old_length).filter(|&end| end <= USER_END);
        Ok(self.old + self.new_length.min(self.old_length)..end.ok_or(Errno::EINVAL)?)
    }

    /// The range to which it goes, with `MREMAP_FIXED`.
    fn target(&self) -> Result<Range<u64>> {
        if !self.new.is_multiple_of(PAGE)
            || self.new_length > USER_END
            || self.new > USER_END - self.new_length
        {
            return Err(Errno::EINVAL);
        }
        let target = self.new..self.new + self.new_length;
        if self.old.saturating_add(self.old_length) > target.start && target.end > self.old {
            return Err(Errno::EINVAL);
        }
        if target.start < LOWEST { Err(Errno::EPERM) } else { Ok(target) }
    }
}

impl AddressSpace {
    /// Changes the length of what is mapped, and where it is; gives where.
    ///
    /// # Errors
    ///
    /// As Linux's `mremap`: `EINVAL`, `EFAULT` where it is not one area, `ENOMEM`.
    pub fn remap(
        &self,
        held: &mut Root<'_, Task>,
        [old, old_length, new_length]: [u64; 3],
        flags: u32,
        new: u64,
    ) -> Result<u64> {
        let wanted = Move::new(old, old_length, new_length, flags, new)?;
        let limits = self.limits();
        self.change(held, |state, held| state.remap(self, held, wanted, &limits))
    }
}

impl State {
    /// The same, under the lock.
    fn remap(
        &mut self,
        space: &AddressSpace,
        held: &mut Held<'_, Class, Task>,
        wanted: Move,
        limits: &Limits,
    ) -> Result<u64> {
        let mut wanted = wanted;
        self.areas().find(wanted.old).ok_or(Errno::EFAULT)?;
        let is_elsewhere = wanted.has(MREMAP_FIXED | MREMAP_DONTUNMAP);
        if wanted.has(MREMAP_FIXED) {
            let target = wanted.target()?;
            self.unmap(&space.tables, held, &target)?;
        }
        if wanted.old_length >= wanted.new_length {
            let rest = wanted.rest()?;
            if !rest.is_empty() {
                self.unmap(&space.tables, held, &rest)?;
            }
            wanted.old_length = wanted.new_length;
            if !is_elsewhere {
                return Ok(wanted.old);
            }
        }
        let area_end = self.check_resize(&wanted, limits)?;
        if !is_elsewhere && wanted.old_length == area_end - wanted.old {
            let end = wanted.old.saturating_add(wanted.new_length);
            if end <= USER_END && self.areas().is_free(&(area_end..end)) {
                self.areas_mut().grow_up(area_end, end)?;
                return Ok(wanted.old);
            }
        }
        if !wanted.has(MREMAP_MAYMOVE) || wanted.new_length > USER_END {
            return Err(Errno::ENOMEM);
        }
        let new = if wanted.has(MREMAP_FIXED) {
            wanted.new
        } else {
            let wish = if wanted.has(MREMAP_DONTUNMAP) { wanted.new } else { 0 };
            let request = Request { at: wish, ..Request::default() };
            self.place_for(&space.layout, &request, wanted.new_length)?
        };
        self.move_area(space, held, &wanted, new)?;
        Ok(new)
    }

    /// Whether the area may get its new length; gives where it ends.
    fn check_resize(&self, wanted: &Move, limits: &Limits) -> Result<u64> {
        let area = self.areas().find(wanted.old).ok_or(Errno::EFAULT)?;
        if wanted.old_length == 0 && !area.is_shared {
            return Err(Errno::EINVAL);
        }
        if wanted.old_length > area.end - wanted.old {
            return Err(Errno::EFAULT);
        }
        if area.index(wanted.old).checked_add(wanted.new_length / PAGE).is_none() {
            return Err(Errno::EINVAL);
        }
        let kept = if wanted.has(MREMAP_DONTUNMAP) { 0 } else { wanted.old_length };
        let more = wanted.new_length - kept;
        if !self.may_have(more, area.is_data(), limits) || area.is_data() && !is_conceivable(more) {
            return Err(Errno::ENOMEM);
        }
        Ok(area.end)
    }

    /// Has a part of an area, and its pages, lie at `new`, where nothing is.
    fn move_area(
        &mut self,
        space: &AddressSpace,
        held: &mut Held<'_, Class, Task>,
        wanted: &Move,
        new: u64,
    ) -> Result<()> {
        let old = wanted.old..wanted.old + wanted.old_length;
        // All that may fail comes first.
        self.areas_mut().prepare(&old)?;
        self.areas_mut().room()?;
        space.tables.move_to(held, addresses(&old), UserAddress::new(new)).map_err(no_memory)?;
        let area = self.areas().find(wanted.old).ok_or(Errno::EFAULT)?;
        let moved: Area<Reference> =
            Area { start: new, end: new + wanted.new_length, first: area.index(wanted.old), ..area.clone() };
        if !wanted.has(MREMAP_DONTUNMAP) && !old.is_empty() {
            // The part that has moved has the reference of its own.
            self.areas_mut().remove(&old)?;
        }
        self.areas_mut().insert(moved);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use abi::Errno;
    use base::user::USER_END;

    use super::{MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE, Move, PAGE};

    #[test]
    fn what_cannot_be_is_refused() {
        let refused = |old, old_length, new_length, flags| {
            assert_eq!(Move::new(old, old_length, new_length, flags, 0), Err(Errno::EINVAL));
        };
        refused(1, PAGE, PAGE, 0);
        refused(0, PAGE, 0, 0);
        refused(0, PAGE, PAGE, 8);
        refused(0, PAGE, PAGE, MREMAP_FIXED);
        refused(0, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
        refused(0, PAGE, u64::MAX, MREMAP_MAYMOVE);
    }

    #[test]
    fn a_target_lies_elsewhere_in_user_memory() {
        let flags = MREMAP_MAYMOVE | MREMAP_FIXED;
        let target = |new| Move::new(16 * PAGE, 4 * PAGE, 4 * PAGE, flags, new).unwrap().target();
        for new in [14 * PAGE, 16 * PAGE, 19 * PAGE, 20 * PAGE + 1, USER_END, !(PAGE - 1)] {
            assert_eq!(target(new), Err(Errno::EINVAL));
        }
        assert_eq!(target(20 * PAGE), Ok(20 * PAGE..24 * PAGE));
        assert_eq!(target(0), Err(Errno::EPERM));
    }
}
