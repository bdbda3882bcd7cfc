//! Reads the archive that the kernel's first files come in: cpio, format newc, as Linux has it (its
//! `Documentation/driver-api/early-userspace/buffer-format.rst`).
//!
//! An archive is a row of entries. Each has a header of 110 bytes (the magic number `070701` and thirteen numbers of eight
//! hexadecimal digits), a name that ends in a NUL, and data, both padded to a multiple of four from the archive's start. The entry
//! called `TRAILER!!!` is the end; what follows is not looked at.
//!
//! [`entries`] gives them one by one, borrowed from the archive: nothing is copied or allocated. No bytes make it panic or
//! go on for ever. An archive that is damaged gives the entries before the damage, then a [`Malformed`], then nothing.
//!
//! A file with several names (hard links) is an entry a name, with the same [`inode`](Entry::inode) and
//! [`links`](Entry::links) above one; only the last of them has the data. The host's writer makes none.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use core::fmt;

/// What a header begins with.
const MAGIC: &[u8] = b"070701";
/// Bytes of a header.
const HEADER: usize = 110;
/// Numbers of a header, behind the magic number.
const FIELDS: usize = 13;
/// Digits of a number.
const DIGITS: usize = 8;
/// The name of the entry that ends an archive.
const TRAILER: &[u8] = b"TRAILER!!!";
/// The longest name, its NUL included: what Linux takes for a path.
const LONGEST_NAME: usize = 4096;

/// The bits of [`Entry::mode`] that say what it is.
const KIND: u32 = 0o170_000;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file with data.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link; its data is where it leads.
    Symlink,
    /// A character device.
    CharacterDevice,
    /// A block device.
    BlockDevice,
    /// A pipe with a name.
    Fifo,
    /// A socket with a name.
    Socket,
}

/// One file of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its path from the root, usually without a slash before it; never empty, no NUL in it. `.` is the root itself.
    pub name: &'a [u8],
    /// Kind and permissions, as `st_mode` has them.
    pub mode: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// When it was changed, in seconds since 1970.
    pub mtime: u32,
    /// How many names it has.
    pub links: u32,
    /// Its number: the same for all its names.
    pub inode: u32,
    /// Major and minor number of the device that it stands for; zeros where it is none.
    pub device: (u32, u32),
    /// What is in it; where a symbolic link leads.
    pub data: &'a [u8],
}

impl Entry<'_> {
    /// What it is; `None` where the mode says nothing that is known.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        match self.mode & KIND {
            0o100_000 => Some(Kind::Regular),
            0o040_000 => Some(Kind::Directory),
            0o120_000 => Some(Kind::Symlink),
            0o020_000 => Some(Kind::CharacterDevice),
            0o060_000 => Some(Kind::BlockDevice),
            0o010_000 => Some(Kind::Fifo),
            0o140_000 => Some(Kind::Socket),
            _ => None,
        }
    }

    /// Permissions, with the set-user, set-group and sticky bits.
    #[must_use]
    pub const fn permissions(&self) -> u32 {
        self.mode & 0o7777
    }
}

/// Why an archive cannot be read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It ends before its trailer; an empty archive does, too.
    Short,
    /// An entry does not begin with the magic number.
    Magic,
    /// A number has what is no hexadecimal digit.
    Number,
    /// A name is empty, too long, has a NUL in it or none behind it.
    Name,
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Short => "the archive ends before its trailer",
            Self::Magic => "an entry does not begin with 070701: this is no cpio archive of format newc",
            Self::Number => "a number of an entry's header is not hexadecimal",
            Self::Name => "an entry's name is empty, too long or without its end",
        })
    }
}

impl core::error::Error for Malformed {}

/// The entries of an archive, in its order.
#[must_use]
pub const fn entries(archive: &[u8]) -> Entries<'_> {
    Entries { archive, at: 0, ended: false }
}

/// The first entry called `name`; `None` where there is none before the end or the damage.
#[must_use]
pub fn find<'a>(archive: &'a [u8], name: &[u8]) -> Option<Entry<'a>> {
    entries(archive).map_while(Result::ok).find(|entry| entry.name == name)
}

/// Goes through the entries of an archive; made by [`entries`].
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    archive: &'a [u8],
    /// Where the next header begins.
    at: usize,
    /// Whether trailer or damage has been met.
    ended: bool,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let entry = self.read();
        self.ended = !matches!(entry, Ok(Some(_)));
        entry.transpose()
    }
}

impl core::iter::FusedIterator for Entries<'_> {}

impl<'a> Entries<'a> {
    /// Reads the entry at `at` and goes behind it; `None` is the trailer.
    fn read(&mut self) -> Result<Option<Entry<'a>>, Malformed> {
        let header = self.take(HEADER)?;
        let numbers = header.strip_prefix(MAGIC).ok_or(Malformed::Magic)?;
        let mut fields = [0; FIELDS];
        for (field, digits) in fields.iter_mut().zip(numbers.chunks_exact(DIGITS)) {
            *field = number(digits).ok_or(Malformed::Number)?;
        }
        let [inode, mode, uid, gid, links, mtime, size, _, _, major, minor, name_size, _] = fields;
        let name_size = usize::try_from(name_size).map_err(|_| Malformed::Name)?;
        if name_size > LONGEST_NAME {
            return Err(Malformed::Name);
        }
        let name = match self.take(name_size)?.split_last() {
            Some((0, name)) if !name.is_empty() && !name.contains(&0) => name,
            _ => return Err(Malformed::Name),
        };
        self.align()?;
        if name == TRAILER {
            return Ok(None);
        }
        let data = self.take(usize::try_from(size).map_err(|_| Malformed::Short)?)?;
        // The padding behind the data is the next entry's: an archive may end without it, and lacks a trailer then.
        self.align()?;
        Ok(Some(Entry { name, mode, uid, gid, mtime, links, inode, device: (major, minor), data }))
    }

    /// The next `count` bytes.
    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(count).ok_or(Malformed::Short)?;
        let taken = self.archive.get(self.at..end).ok_or(Malformed::Short)?;
        self.at = end;
        Ok(taken)
    }

    /// Skips padding.
    fn align(&mut self) -> Result<(), Malformed> {
        self.at = self.at.checked_next_multiple_of(4).ok_or(Malformed::Short)?;
        Ok(())
    }
}

/// A number of eight hexadecimal digits. (`from_str_radix` would take a sign.)
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number: u32, &digit| {
        // Eight digits fill a number exactly: none is shifted out.
        Some(number << 4 | char::from(digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests;
