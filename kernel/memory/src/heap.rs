//! `brk`: the heap, one area behind the program that grows and shrinks at its end.

use abi::Result;
use base::mm::user_tables::Protection;
use base::user::USER_END;
use lockorder::{Held, Root, Task};

use base::user::AddressSpace as Class;

use crate::area::{Area, PAGE};
use crate::limits::{Limits, UNLIMITED};
use crate::map::whole_pages;
use crate::space::{AddressSpace, State, is_conceivable};

impl AddressSpace {
    /// Has the heap begin where a program ends, moved by what the layout says. Once, when a program is loaded.
    pub fn set_program_end(&self, held: &mut Root<'_, Task>, end: u64) {
        let start = self.layout.heap_start(end);
        self.change(held, |state, _| (state.heap_start, state.heap_end) = (start, start));
    }

    /// Has the heap end at an address, if it can; gives where it ends.
    pub fn set_heap_end(&self, held: &mut Root<'_, Task>, end: u64) -> u64 {
        let limits = self.limits();
        self.change(held, |state, held| {
            // What is refused leaves the heap as it is, which is what the caller is told.
            let _ = state.set_heap_end(self, held, end, &limits);
            state.heap_end
        })
    }
}

impl State {
    /// The same, under the lock.
    fn set_heap_end(
        &mut self,
        space: &AddressSpace,
        held: &mut Held<'_, Class, Task>,
        end: u64,
        limits: &Limits,
    ) -> Result<()> {
        if self.heap_start == 0 || end < self.heap_start || end > USER_END {
            return Ok(());
        }
        let (Some(old), Some(new)) = (whole_pages(self.heap_end), whole_pages(end)) else { return Ok(()) };
        if new < old {
            self.unmap(&space.tables, held, &(new..old))?;
        } else if new > old {
            let fits = limits.data == UNLIMITED || end - self.heap_start <= limits.data;
            if !fits
                || !is_conceivable(new - old)
                || new > USER_END - PAGE
                || !self.areas().is_free(&(old..new + PAGE))
                || !self.may_have(new - old, true, limits)
            {
                return Ok(());
            }
            self.areas_mut().room()?;
            self.areas_mut().insert(Area::anonymous(old..new, Protection::READ | Protection::WRITE));
        }
        self.heap_end = end;
        Ok(())
    }
}
