//! Pseudo-terminals: a terminal whose other end is a program.
//!
//! Opening `/dev/ptmx` makes a pair: the [`Master`] for the program that opens it, and the slave, an ordinary [`Tty`], which others
//! find by its number under `/dev/pts`. What the master writes is typed at the slave; what is written at the slave the master
//! reads. Both ends are one line behind one lock, so no path takes two.
//!
//! [`Ptys`] knows the slaves by their numbers. Its lock, [`PtyTable`], is held to look one up, to put one in and to take one out, and
//! nothing is acquired under it; a path that is looked up comes to it with directories held, so it ranks inside of those. A number
//! belongs to its pair until the master is closed.

mod master;

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::Mutex;
use lockorder::{Before, Held, MaySleep, Root, Task};

use crate::signal::Signaller;
use crate::terminal::{OtherEnd, Tty};
use crate::termios::Termios;

pub use master::Master;

lockorder::hierarchy! {
    /// Which numbers pseudo-terminals have, and the slaves that have them.
    pub class PtyTable in base::levels::User = 1;
}

/// Most pairs at a time.
const MOST: usize = 4096;

/// All pseudo-terminals.
pub struct Ptys {
    slaves: Mutex<PtyTable, Slots<Arc<Tty>>>,
    signaller: Arc<dyn Signaller>,
}

impl core::fmt::Debug for Ptys {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Ptys")
    }
}

impl Ptys {
    /// None yet; signals go out through `signaller`.
    pub fn new(signaller: Arc<dyn Signaller>) -> Self {
        Self { slaves: Mutex::new(Slots::new()), signaller }
    }

    /// Makes a pair; gives its master. The slave may be opened when the master has said so (`TIOCSPTLCK`).
    ///
    /// # Errors
    ///
    /// `ENOSPC` when there are as many as there may be, `ENOMEM`.
    pub fn open(self: &Arc<Self>, held: &mut Root<'_, Task>) -> Result<Arc<Master>> {
        let slave = Tty::try_new(Termios::default(), OtherEnd::Master, Arc::clone(&self.signaller))?;
        slave.set_locked(true);
        let slave = try_arc(slave).map_err(|_| Errno::ENOMEM)?;
        let number = held.with(&self.slaves, |slaves, _| slaves.insert(Arc::clone(&slave)))?;
        try_arc(Master::new(slave, number, Arc::clone(self))).map_err(|_| {
            held.with(&self.slaves, |slaves, _| slaves.remove(number));
            Errno::ENOMEM
        })
    }

    /// The slave of that number, to be opened ([`Tty::open`]) or looked at.
    ///
    /// # Errors
    ///
    /// `ENOENT` when there is none.
    pub fn slave<H: Before<PtyTable>>(
        &self,
        held: &mut Held<'_, H, impl MaySleep>,
        number: u32,
    ) -> Result<Arc<Tty>> {
        let mut held = held.below::<PtyTable>();
        let slave = held.to_task().with(&self.slaves, |slaves, _| slaves.get(number).cloned());
        slave.ok_or(Errno::ENOENT)
    }

    /// The lowest number from `number` on that a pair has: for who lists them.
    pub fn next<H: Before<PtyTable>>(
        &self,
        held: &mut Held<'_, H, impl MaySleep>,
        number: u32,
    ) -> Option<u32> {
        let mut held = held.below::<PtyTable>();
        held.to_task().with(&self.slaves, |slaves, _| slaves.next(number))
    }

    /// Gives a number back.
    fn remove(&self, held: &mut Root<'_, Task>, number: u32) {
        let slave = held.with(&self.slaves, |slaves, _| slaves.remove(number));
        // After the lock.
        drop(slave);
    }
}

/// Things by number, the lowest free one for the next.
#[derive(Debug)]
struct Slots<T>(Vec<Option<T>>);

impl<T> Slots<T> {
    const fn new() -> Self {
        Self(Vec::new())
    }

    /// Puts one in; gives its number.
    fn insert(&mut self, item: T) -> Result<u32> {
        let free = self.0.iter().position(Option::is_none).unwrap_or(self.0.len());
        if free >= MOST {
            return Err(Errno::ENOSPC);
        }
        if let Some(slot) = self.0.get_mut(free) {
            *slot = Some(item);
        } else {
            self.0.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            self.0.push(Some(item));
        }
        u32::try_from(free).map_err(|_| Errno::ENOSPC)
    }

    /// The one of that number.
    fn get(&self, number: u32) -> Option<&T> {
        self.0.get(usize::try_from(number).ok()?)?.as_ref()
    }

    /// Takes it out.
    fn remove(&mut self, number: u32) -> Option<T> {
        let item = self.0.get_mut(usize::try_from(number).ok()?)?.take();
        while let Some(None) = self.0.last() {
            self.0.pop();
        }
        item
    }

    /// The lowest number in use from `number` on.
    fn next(&self, number: u32) -> Option<u32> {
        let first = usize::try_from(number).ok()?;
        let used = (first..self.0.len()).find(|&at| self.0.get(at).is_some_and(Option::is_some))?;
        u32::try_from(used).ok()
    }
}

#[cfg(test)]
mod tests {
    use abi::Errno;

    use super::{MOST, Slots};

    #[test]
    fn the_lowest_free_number_is_given() {
        let mut slots = Slots::new();
        assert_eq!((slots.insert('a'), slots.insert('b'), slots.insert('c')), (Ok(0), Ok(1), Ok(2)));
        assert_eq!(slots.remove(1), Some('b'));
        assert_eq!((slots.get(1), slots.next(1), slots.next(3)), (None, Some(2), None));
        assert_eq!(slots.insert('d'), Ok(1));
        assert_eq!(slots.remove(7), None);
    }

    #[test]
    fn there_are_no_more_than_there_may_be() {
        let mut slots = Slots::new();
        assert!((0..MOST).all(|_| slots.insert(()).is_ok()));
        assert_eq!(slots.insert(()), Err(Errno::ENOSPC));
        assert_eq!(slots.remove(17), Some(()));
        assert_eq!(slots.insert(()), Ok(17));
    }
}
