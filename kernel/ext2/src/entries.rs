//! Entries of one block of a directory. Each says how long it is; together they fill the block.

use crate::error::Error;
use crate::fields::{bytes, put, put_u16, put_u32, u16_at, u32_at};

/// Bytes of an entry before its name.
pub(crate) const HEADER: usize = 8;
/// The longest name.
pub const LONGEST_NAME: usize = 255;

/// Bytes that an entry with a name of `length` bytes takes at least.
const fn needed(length: usize) -> usize {
    (HEADER + length).next_multiple_of(4)
}

/// An entry as the disk has it, within its block.
#[derive(Clone, Copy, Debug)]
pub struct RawEntry<'a> {
    /// Where it begins in the block.
    pub at: usize,
    /// Its length.
    pub length: usize,
    /// The inode; 0 where the entry is unused.
    pub inode: u32,
    /// What that is, where entries say it.
    pub entry_type: u8,
    /// The name.
    pub name: &'a [u8],
}

/// The entries of a block, unused ones too. After an error there are none.
#[derive(Debug)]
pub struct Entries<'a> {
    block: &'a [u8],
    at: usize,
}

impl<'a> Entries<'a> {
    /// The entries from byte `at` on; an entry has to begin there.
    #[must_use]
    pub const fn new(block: &'a [u8], at: usize) -> Self {
        Self { block, at }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<RawEntry<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        if at >= self.block.len() {
            return None;
        }
        let length = usize::from(u16_at(self.block, at + 4));
        let [name_length, entry_type] = bytes(self.block, at + 6);
        let name_end = at + HEADER + usize::from(name_length);
        let sound = length % 4 == 0
            && at + length <= self.block.len()
            && length >= needed(if u32_at(self.block, at) == 0 { 0 } else { name_length.into() });
        self.at = if sound { at + length } else { self.block.len() };
        if !sound {
            return Some(Err(Error::Corrupt("the length of a directory's entry")));
        }
        let name = self.block.get(at + HEADER..name_end.min(at + length)).unwrap_or(&[]);
        Some(Ok(RawEntry { at, length, inode: u32_at(self.block, at), entry_type, name }))
    }
}

/// Writes an entry.
pub(crate) fn put_entry(block: &mut [u8], at: usize, length: usize, inode: u32, entry_type: u8, name: &[u8]) {
    let (Ok(length), Ok(name_length)) = (u16::try_from(length), u8::try_from(name.len())) else { return };
    put_u32(block, at, inode);
    put_u16(block, at + 4, length);
    put(block, at + 6, &[name_length, entry_type]);
    put(block, at + HEADER, name);
}

/// Where an entry with a name of `length` bytes finds room: where the one begins that has room to spare, and how much of
/// its own that needs.
pub(crate) fn room(block: &[u8], length: usize) -> Result<Option<(usize, usize)>, Error> {
    for entry in Entries::new(block, 0) {
        let entry = entry?;
        let own = if entry.inode == 0 { 0 } else { needed(entry.name.len()) };
        if entry.length - own >= needed(length) {
            return Ok(Some((entry.at, own)));
        }
    }
    Ok(None)
}

/// Puts an entry where [`room`] found some.
pub(crate) fn insert(block: &mut [u8], (at, own): (usize, usize), inode: u32, entry_type: u8, name: &[u8]) {
    let length = usize::from(u16_at(block, at + 4));
    if own > 0 {
        put_u16(block, at + 4, u16::try_from(own).unwrap_or(u16::MAX));
    }
    put_entry(block, at + own, length.saturating_sub(own), inode, entry_type, name);
}

/// Takes out the entry at `at`: the one before it grows, the first of a block becomes unused.
pub(crate) fn remove(block: &mut [u8], at: usize) -> Result<(), Error> {
    let mut before = None;
    let mut found = None;
    for entry in Entries::new(block, 0) {
        let entry = entry?;
        if entry.at == at {
            found = Some(entry.length);
            break;
        }
        before = Some((entry.at, entry.length));
    }
    let length = found.ok_or(Error::Corrupt("a directory's entry is gone"))?;
    match before {
        Some((before, own)) => put_u16(block, before + 4, u16::try_from(own + length).unwrap_or(u16::MAX)),
        None => put_u32(block, at, 0),
    }
    Ok(())
}
