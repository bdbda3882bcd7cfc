//! Who waits for whom: a circle would never end.
//!
//! Only waits of processes for record locks are noted, as on Linux: a description may be used by several, so that a circle of those
//! means nothing. A note stands while its waiter waits for what that owner has; when anything of a file's locks goes, the notes
//! of that file go, and whoever still waits makes a new one.

use alloc::vec::Vec;

use abi::{Errno, Result};

use super::ranges::Owner;

/// A note.
#[derive(Debug)]
struct Wait {
    waiter: Owner,
    blocker: Owner,
    file: (u64, u64),
}

/// All waits.
#[derive(Debug)]
pub(super) struct Waits(Vec<Wait>);

impl Waits {
    /// None.
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether `from` waits for `to`, perhaps by way of others.
    fn leads(&self, from: Owner, to: Owner) -> Result<bool> {
        let mut reached: Vec<Owner> = Vec::new();
        reached.try_reserve(self.0.len() + 1).map_err(|_| Errno::ENOLCK)?;
        reached.push(from);
        let mut looked = 0;
        while let Some(&owner) = reached.get(looked) {
            if owner == to {
                return Ok(true);
            }
            looked += 1;
            for wait in self.0.iter().filter(|wait| wait.waiter == owner) {
                if !reached.contains(&wait.blocker) {
                    reached.push(wait.blocker);
                }
            }
        }
        Ok(false)
    }

    /// Notes that one waits for another one at a file.
    ///
    /// # Errors
    ///
    /// [`Errno::EDEADLK`] where that one waits for this one already; [`Errno::ENOLCK`] where there is no memory for it.
    pub(super) fn add(&mut self, waiter: Owner, blocker: Owner, file: (u64, u64)) -> Result<()> {
        if !matches!((waiter, blocker), (Owner::Table(_), Owner::Table(_))) {
            return Ok(());
        }
        if self.leads(blocker, waiter)? {
            return Err(Errno::EDEADLK);
        }
        self.0.try_reserve(1).map_err(|_| Errno::ENOLCK)?;
        self.0.push(Wait { waiter, blocker, file });
        Ok(())
    }

    /// The locks of a file have changed.
    pub(super) fn forget_file(&mut self, file: (u64, u64)) {
        self.0.retain(|wait| wait.file != file);
    }

    /// One waits no more at a file.
    pub(super) fn forget(&mut self, waiter: Owner, file: (u64, u64)) {
        self.0.retain(|wait| wait.waiter != waiter || wait.file != file);
    }
}

#[cfg(test)]
mod tests {
    use abi::Errno;

    use super::super::ranges::Owner;
    use super::Waits;

    #[test]
    fn a_circle_of_any_length_is_refused() {
        let mut waits = Waits::new();
        let owner = Owner::Table;
        for number in 0..20 {
            assert_eq!(waits.add(owner(number), owner(number + 1), (1, number)), Ok(()));
        }
        assert_eq!(waits.add(owner(20), owner(0), (1, 99)), Err(Errno::EDEADLK));
        assert_eq!(waits.add(owner(20), owner(30), (1, 99)), Ok(()), "a chain is none");
        waits.forget_file((1, 7));
        assert_eq!(waits.add(owner(20), owner(0), (1, 99)), Ok(()), "it is open where one waits no more");
    }

    #[test]
    fn descriptions_are_not_looked_at() {
        let mut waits = Waits::new();
        assert_eq!(waits.add(Owner::Table(1), Owner::Description(2), (1, 1)), Ok(()));
        assert_eq!(waits.add(Owner::Description(2), Owner::Table(1), (1, 2)), Ok(()));
    }
}
