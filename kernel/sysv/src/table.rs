//! Which objects of a kind there are: by their numbers, and by keys.
//!
//! A number is a place in the table and, above it, how often objects were made: the number of one that is gone is not that of the next
//! one at its place.

use alloc::vec::Vec;

use abi::{Errno, Result};
use fs::Caller;
use lockorder::hierarchy;

hierarchy! {
    /// Which objects of System V there are, and who may do what with them.
    pub class ObjectTable in base::levels::Ipc = 9;
}

/// The key that no object is found by.
pub const PRIVATE: u32 = 0;
/// In the flags of a wish: an object is made where there is none.
pub const CREATE: u32 = 0o1000;
/// In the flags of a wish: there must be none.
pub const EXCLUSIVE: u32 = 0o2000;
/// The bits of a mode that say who may do what.
pub const MODE: u32 = 0o777;
/// What is wished to be done with an object: to read it, to change it.
pub const READ: u32 = 4;
/// See [`READ`].
pub const ALTER: u32 = 2;
/// What everybody may do.
pub const ANYBODY: u32 = 0;

/// How many places numbers have room for.
const PLACES: u32 = 1 << 15;

/// An object that somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Its key, or [`PRIVATE`].
    pub key: u32,
    /// [`CREATE`], [`EXCLUSIVE`], and a mode.
    pub flags: u32,
}

/// Whose an object is, and who may do what with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// Its key; [`PRIVATE`] for none.
    pub key: u32,
    /// The user and the group that it belongs to.
    pub owner: (u32, u32),
    /// Those that have made it.
    pub creator: (u32, u32),
    /// Who may do what: [`MODE`], and what a kind has besides.
    pub mode: u32,
    /// The upper part of its number.
    pub sequence: u32,
}

impl Permissions {
    /// Whether somebody may do what these bits say, of the lowest three: [`READ`], [`ALTER`].
    ///
    /// # Errors
    ///
    /// [`Errno::EACCES`].
    pub fn may(&self, caller: &Caller<'_>, wanted: u32) -> Result<()> {
        let allowed = if caller.uid == self.owner.0 || caller.uid == self.creator.0 {
            self.mode >> 6
        } else if caller.is_in(self.owner.1) || caller.is_in(self.creator.1) {
            self.mode >> 3
        } else {
            self.mode
        };
        if caller.uid == 0 || wanted & allowed == wanted { Ok(()) } else { Err(Errno::EACCES) }
    }

    /// Whether it is somebody's own, to be changed and removed.
    ///
    /// # Errors
    ///
    /// [`Errno::EPERM`].
    pub const fn owns(&self, caller: &Caller<'_>) -> Result<()> {
        let is_own = caller.uid == 0 || caller.uid == self.owner.0 || caller.uid == self.creator.0;
        if is_own { Ok(()) } else { Err(Errno::EPERM) }
    }

    /// Gives it to another user and group, with another mode.
    pub const fn set(&mut self, owner: (u32, u32), mode: u32) {
        self.owner = owner;
        self.mode = self.mode & !MODE | mode & MODE;
    }
}

/// An object of the table.
#[derive(Debug)]
pub(crate) struct Entry<T> {
    pub(crate) permissions: Permissions,
    pub(crate) object: T,
}

/// Objects of one kind.
#[derive(Debug)]
pub(crate) struct Table<T> {
    entries: Vec<Option<Entry<T>>>,
    /// How often objects were made.
    made: u32,
}

/// The number of what stands at a place.
fn number(place: usize, permissions: &Permissions) -> u32 {
    permissions.sequence * PLACES + u32::try_from(place).unwrap_or(0)
}

impl<T> Table<T> {
    /// None.
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new(), made: 0 }
    }

    /// All objects, with their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Entry<T>)> {
        let entries = self.entries.iter().enumerate();
        entries.filter_map(|(place, entry)| {
            entry.as_ref().map(|entry| (number(place, &entry.permissions), entry))
        })
    }

    /// How many places it has, with an object or without.
    pub(crate) const fn places(&self) -> usize {
        self.entries.len()
    }

    /// The object at a place.
    pub(crate) fn at(&self, place: usize) -> Option<&T> {
        self.entries.get(place)?.as_ref().map(|entry| &entry.object)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.iter().count()
    }

    /// The highest place that has one; 0 for none.
    pub(crate) fn highest(&self) -> u64 {
        let place = self.entries.iter().rposition(Option::is_some);
        place.map_or(0, |place| place as u64)
    }

    /// The number of the object that somebody wants, which `fits` has looked at; made where there is none and that is wished, if there
    /// are fewer than `most`.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`], [`Errno::EEXIST`], [`Errno::EACCES`], [`Errno::ENOSPC`], [`Errno::ENOMEM`]; what `fits` and `make` give.
    pub(crate) fn find_or_make(
        &mut self,
        wish: Wish,
        caller: &Caller<'_>,
        most: usize,
        fits: impl FnOnce(&T) -> Result<()>,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<u32> {
        let found = self.iter().find(|(_, entry)| entry.permissions.key == wish.key);
        if let Some((number, entry)) = found.filter(|_| wish.key != PRIVATE) {
            if wish.flags & (CREATE | EXCLUSIVE) == CREATE | EXCLUSIVE {
                return Err(Errno::EEXIST);
            }
            fits(&entry.object)?;
            let mode = wish.flags & MODE;
            entry.permissions.may(caller, (mode >> 6 | mode >> 3 | mode) & 7)?;
            return Ok(number);
        }
        if wish.key != PRIVATE && wish.flags & CREATE == 0 {
            return Err(Errno::ENOENT);
        }
        if self.count() >= most {
            return Err(Errno::ENOSPC);
        }
        let place = self.entries.iter().position(Option::is_none).unwrap_or(self.entries.len());
        if place == self.entries.len() {
            self.entries.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        }
        let (user, group) = (caller.uid, caller.gid);
        let permissions = Permissions {
            key: wish.key,
            owner: (user, group),
            creator: (user, group),
            mode: wish.flags & MODE,
            // A number is not below 0 as an `int`.
            sequence: self.made % PLACES,
        };
        let entry = Some(Entry { permissions, object: make()? });
        self.made = self.made.wrapping_add(1);
        match self.entries.get_mut(place) {
            Some(slot) => *slot = entry,
            None => self.entries.push(entry),
        }
        Ok(number(place, &permissions))
    }

    /// The place of the object with a number.
    fn place(&self, wanted: u32) -> Result<usize> {
        let place = (wanted % PLACES) as usize;
        let entry = self.entries.get(place).and_then(Option::as_ref).ok_or(Errno::EINVAL)?;
        if number(place, &entry.permissions) == wanted { Ok(place) } else { Err(Errno::EINVAL) }
    }

    /// The object with a number.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is none.
    pub(crate) fn get(&mut self, number: u32) -> Result<&mut Entry<T>> {
        let place = self.place(number)?;
        self.entries.get_mut(place).and_then(Option::as_mut).ok_or(Errno::EINVAL)
    }

    /// The number of the object at a place.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is none.
    pub(crate) fn number_at(&self, place: u32) -> Result<u32> {
        let place = place as usize;
        let entry = self.entries.get(place).and_then(Option::as_ref).ok_or(Errno::EINVAL)?;
        Ok(number(place, &entry.permissions))
    }

    /// Takes an object out.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is none.
    pub(crate) fn remove(&mut self, number: u32) -> Result<Entry<T>> {
        let place = self.place(number)?;
        self.entries.get_mut(place).and_then(Option::take).ok_or(Errno::EINVAL)
    }
}

#[cfg(test)]
mod tests {
    use abi::Errno;
    use fs::Caller;

    use super::{ALTER, CREATE, EXCLUSIVE, PRIVATE, READ, Table, Wish};

    const OTHER: Caller<'static> = Caller { uid: 7, gid: 8, groups: &[9], umask: 0 };

    fn make(table: &mut Table<char>, key: u32, flags: u32, caller: &Caller<'_>) -> Result<u32, Errno> {
        table.find_or_make(Wish { key, flags }, caller, 3, |_| Ok(()), || Ok('x'))
    }

    #[test]
    fn a_key_stands_for_one_object_and_no_key_for_another_each_time() {
        let mut table = Table::new();
        assert_eq!(make(&mut table, 5, 0o600, &OTHER), Err(Errno::ENOENT));
        let first = make(&mut table, 5, CREATE | 0o600, &OTHER).unwrap();
        assert_eq!(make(&mut table, 5, CREATE | 0o600, &OTHER), Ok(first));
        assert_eq!(make(&mut table, 5, CREATE | EXCLUSIVE, &OTHER), Err(Errno::EEXIST));
        let own = make(&mut table, PRIVATE, 0o600, &OTHER).unwrap();
        let next = make(&mut table, PRIVATE, 0o600, &OTHER).unwrap();
        assert!(own != next && own != first);
        assert_eq!(make(&mut table, PRIVATE, 0o600, &OTHER), Err(Errno::ENOSPC));
    }

    #[test]
    fn a_number_is_not_given_again_at_once() {
        let mut table = Table::new();
        let first = make(&mut table, PRIVATE, 0, &OTHER).unwrap();
        assert!(table.remove(first).is_ok());
        assert_eq!(table.remove(first).err(), Some(Errno::EINVAL));
        let next = make(&mut table, PRIVATE, 0, &OTHER).unwrap();
        assert_ne!(first, next);
        assert_eq!(table.get(first).err(), Some(Errno::EINVAL));
        assert_eq!(table.number_at(0), Ok(next));
    }

    #[test]
    fn a_mode_says_who_may_do_what() {
        let mut table = Table::new();
        let number = make(&mut table, PRIVATE, 0o640, &OTHER).unwrap();
        let permissions = table.get(number).unwrap().permissions;
        let other = |uid, gid| Caller { uid, gid, groups: &[], umask: 0 };
        assert_eq!(permissions.may(&OTHER, READ | ALTER), Ok(()));
        assert_eq!(permissions.may(&other(1, 8), READ), Ok(()));
        assert_eq!(permissions.may(&other(1, 8), ALTER), Err(Errno::EACCES));
        assert_eq!(permissions.may(&other(1, 1), READ), Err(Errno::EACCES));
        assert_eq!(permissions.may(&Caller::KERNEL, ALTER), Ok(()));
        assert_eq!(permissions.owns(&other(1, 8)), Err(Errno::EPERM));
    }
}
