//! A space that is not the current thread's: a program is loaded into it, or another process looks.
//!
//! Pages are copied to and from as the kernel has them, one after the other, each with its fault resolved as if the process itself
//! had touched it.

use abi::{Errno, Result};
use base::mm::page::{PAGE_SIZE, Page};
use base::user::{Access, AddressSpace as Class, UserAddress};
use lockorder::{AnythingOutside, Before, Held, MaySleep, Task};

use crate::fault::Refusal;
use crate::space::AddressSpace;

impl Refusal {
    /// What a system call returns for it.
    #[must_use]
    pub const fn errno(self) -> Errno {
        match self {
            Self::NoMemory => Errno::ENOMEM,
            Self::Unmapped | Self::Denied | Self::NoPage => Errno::EFAULT,
        }
    }
}

impl AddressSpace {
    /// Reads.
    ///
    /// # Errors
    ///
    /// `EFAULT` where it cannot be read, `ENOMEM`; a part may have been read.
    pub fn read<H: Before<Class>>(
        &self,
        held: &mut Held<'_, H, impl MaySleep>,
        at: u64,
        to: &mut [u8],
    ) -> Result<()> {
        let (mut held, mut at, mut to) = (held.below::<Class>(), at, to);
        let mut held = held.to_task();
        while !to.is_empty() {
            let offset = UserAddress::new(at).offset();
            let (part, rest) = to.split_at_mut(to.len().min(PAGE_SIZE - offset));
            self.with_page(&mut held, at, Access::Read, |page| page.read(offset, part))?;
            at = at.checked_add(part.len() as u64).ok_or(Errno::EFAULT)?;
            to = rest;
        }
        Ok(())
    }

    /// Writes.
    ///
    /// # Errors
    ///
    /// `EFAULT` where it may not be written to, `ENOMEM`; a part may have been written.
    pub fn write<H: Before<Class>>(
        &self,
        held: &mut Held<'_, H, impl MaySleep>,
        at: u64,
        from: &[u8],
    ) -> Result<()> {
        let (mut held, mut at, mut from) = (held.below::<Class>(), at, from);
        let mut held = held.to_task();
        while !from.is_empty() {
            let offset = UserAddress::new(at).offset();
            let (part, rest) = from.split_at(from.len().min(PAGE_SIZE - offset));
            self.with_page(&mut held, at, Access::Write, |page| page.write(offset, part))?;
            at = at.checked_add(part.len() as u64).ok_or(Errno::EFAULT)?;
            from = rest;
        }
        Ok(())
    }

    /// Writes zeros.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn write_zeros<H: Before<Class>>(
        &self,
        held: &mut Held<'_, H, impl MaySleep>,
        at: u64,
        count: u64,
    ) -> Result<()> {
        let (mut held, mut at, mut count) = (held.below::<Class>(), at, count);
        let mut held = held.to_task();
        while count > 0 {
            let offset = UserAddress::new(at).offset();
            let part = (PAGE_SIZE - offset) as u64;
            let part = part.min(count);
            #[allow(clippy::cast_possible_truncation, reason = "a part of a page")]
            self.with_page(&mut held, at, Access::Write, |page| page.clear(offset, part as usize))?;
            at = at.checked_add(part).ok_or(Errno::EFAULT)?;
            count -= part;
        }
        Ok(())
    }

    /// Has something done with the page at an address, which it may be used for.
    fn with_page(
        &self,
        held: &mut Held<'_, AnythingOutside<Class>, Task>,
        at: u64,
        access: Access,
        act: impl FnOnce(&Page),
    ) -> Result<()> {
        let (at, limits) = (UserAddress::new(at), self.limits());
        held.with(&self.state, |state, mut held| {
            state.resolve(&self.tables, &mut held, at, access, &limits).map_err(Refusal::errno)?;
            let mapped = self.tables.get(&mut held, at).ok_or(Errno::EFAULT)?;
            act(&mapped.page);
            Ok(())
        })
    }
}
