//! The log's blocks as bytes: typed views, without a rule of what follows what.

use crate::device::{Block, Error};

/// What every block of the log begins with, images apart.
pub(crate) const MAGIC: u32 = 0xC03B_3998;
/// Bytes of a block's header.
pub(crate) const HEADER: usize = 12;
/// Bytes of a revoke block's header.
pub(crate) const REVOKE_HEADER: usize = 16;
/// Bytes of a descriptor's tag.
pub(crate) const TAG: usize = 8;
/// Bytes of the UUID behind a tag.
const UUID: usize = 16;

/// The image's first four bytes were the magic number.
pub(crate) const ESCAPED: u16 = 1;
/// No UUID is behind the tag.
pub(crate) const SAME_UUID: u16 = 2;
/// The last tag of its descriptor.
pub(crate) const LAST: u16 = 8;

/// The log has revoke blocks.
pub(crate) const REVOKES: u32 = 1;
/// Names of the incompatible features, from bit 0 on.
const INCOMPATIBLE: [&str; 6] =
    ["revoke", "64bit", "async_commit", "checksum_v2", "checksum_v3", "fast_commit"];

/// `N` bytes at `at`; zeros where there are none.
pub(crate) fn bytes<const N: usize>(block: &[u8], at: usize) -> [u8; N] {
    block.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

/// The number at `at`.
pub(crate) fn number(block: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes(block, at))
}

/// Writes bytes to `at`, where they have room.
pub(crate) fn put(block: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = block.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// Writes a number to `at`.
pub(crate) fn put_number(block: &mut [u8], at: usize, number: u32) {
    put(block, at, &number.to_be_bytes());
}

/// The number of a transaction. It wraps, so it has no order, but a distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence(pub(crate) u32);

impl Sequence {
    /// The next transaction's.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// Whether this is later than `other`.
    pub(crate) const fn is_after(self, other: Self) -> bool {
        self.0.wrapping_sub(other.0).cast_signed() > 0
    }
}

/// What a block of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Descriptor,
    Commit,
    Revoke,
}

impl Kind {
    const fn code(self) -> u32 {
        match self {
            Self::Descriptor => 1,
            Self::Commit => 2,
            Self::Revoke => 5,
        }
    }
}

/// What the block's header says, if it has one that counts.
pub(crate) fn header(block: &[u8]) -> Option<(Kind, Sequence)> {
    let kind = match number(block, 4) {
        1 => Kind::Descriptor,
        2 => Kind::Commit,
        5 => Kind::Revoke,
        _ => return None,
    };
    (number(block, 0) == MAGIC).then(|| (kind, Sequence(number(block, 8))))
}

/// Writes a header.
pub(crate) fn put_header(block: &mut [u8], kind: Kind, sequence: Sequence) {
    put_number(block, 0, MAGIC);
    put_number(block, 4, kind.code());
    put_number(block, 8, sequence.0);
}

/// One tag of a descriptor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag {
    /// Where its image belongs.
    pub(crate) home: Block,
    /// Whether the image begins with the magic number, which is replaced by zeros.
    pub(crate) escaped: bool,
}

/// The tags of a descriptor block; ends with it whatever they say.
pub(crate) struct Tags<'a> {
    block: &'a [u8],
    at: usize,
}

impl<'a> Tags<'a> {
    pub(crate) const fn new(block: &'a [u8]) -> Self {
        Self { block, at: HEADER }
    }
}

impl Iterator for Tags<'_> {
    type Item = Tag;

    fn next(&mut self) -> Option<Tag> {
        if self.at + TAG > self.block.len() {
            return None;
        }
        let flags = u16::from_be_bytes(bytes(self.block, self.at + 6));
        let tag = Tag { home: Block(number(self.block, self.at)), escaped: flags & ESCAPED != 0 };
        self.at = if flags & LAST != 0 { self.block.len() } else { self.at + TAG };
        if flags & SAME_UUID == 0 {
            self.at += UUID;
        }
        Some(tag)
    }
}

/// How many tags fit a descriptor: the first has a UUID behind it.
pub(crate) const fn tags_per_block(block_size: usize) -> usize {
    (block_size - HEADER - UUID) / TAG
}

/// Writes tag `index` of a descriptor.
pub(crate) fn put_tag(
    block: &mut [u8],
    index: usize,
    home: Block,
    escaped: bool,
    last: bool,
    uuid: [u8; 16],
) {
    let at = HEADER + index * TAG + if index == 0 { 0 } else { UUID };
    let flags = if escaped { ESCAPED } else { 0 }
        | if index == 0 { 0 } else { SAME_UUID }
        | if last { LAST } else { 0 };
    put_number(block, at, home.0);
    put(block, at + 4, &[0, 0]);
    put(block, at + 6, &flags.to_be_bytes());
    if index == 0 {
        put(block, at + TAG, &uuid);
    }
}

/// How many blocks a revoke block names.
pub(crate) const fn revokes_per_block(block_size: usize) -> usize {
    (block_size - REVOKE_HEADER) / 4
}

/// The blocks that a revoke block names; ends with it whatever it says.
pub(crate) fn revoked(block: &[u8]) -> impl Iterator<Item = Block> {
    let used = (number(block, HEADER) as usize).min(block.len());
    (REVOKE_HEADER..used.saturating_sub(3)).step_by(4).map(|at| Block(number(block, at)))
}

/// What the log's superblock says, checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Superblock {
    /// Blocks of the log, this one included.
    pub(crate) length: u32,
    /// The first block of the ring.
    pub(crate) first: u32,
    /// The transaction that recovery begins with; the next, where the log is empty.
    pub(crate) sequence: Sequence,
    /// Where recovery begins; 0 where the log is empty.
    pub(crate) start: u32,
    /// Whether revokes are among the features.
    pub(crate) revokes: bool,
    /// Whose journal it is.
    pub(crate) uuid: [u8; 16],
}

impl Superblock {
    /// Reads and checks; the area has `available` blocks.
    pub(crate) fn read(block: &[u8], available: u32) -> Result<Self, Error> {
        let version = number(block, 4);
        if number(block, 0) != MAGIC || !matches!(version, 3 | 4) {
            return Err(Error::Malformed("its superblock is none"));
        }
        let incompatible = if version == 4 { number(block, 40) } else { 0 };
        for bit in 0..u32::BITS {
            if incompatible & !REVOKES & 1 << bit != 0 {
                return Err(Error::Unsupported(INCOMPATIBLE.get(bit as usize).copied().unwrap_or("unknown")));
            }
        }
        let found = Self {
            length: number(block, 16),
            first: number(block, 20),
            sequence: Sequence(number(block, 24)),
            start: number(block, 28),
            revokes: incompatible & REVOKES != 0,
            uuid: bytes(block, 48),
        };
        if number(block, 12) as usize != block.len() {
            return Err(Error::Malformed("its blocks have another size than the filesystem's"));
        }
        if found.length > available || found.first == 0 || found.first >= found.length {
            return Err(Error::Malformed("its length is not that of its file"));
        }
        if found.start != 0 && !(found.first..found.length).contains(&found.start) {
            return Err(Error::Malformed("it begins outside of its file"));
        }
        Ok(found)
    }

    /// The block behind `at` in the ring.
    pub(crate) const fn after(&self, at: u32) -> u32 {
        if at + 1 >= self.length { self.first } else { at + 1 }
    }

    /// How many blocks the ring has.
    pub(crate) const fn ring(&self) -> u32 {
        self.length - self.first
    }

    /// Writes what changes into the superblock's bytes.
    pub(crate) fn write(&self, block: &mut [u8]) {
        put_number(block, 24, self.sequence.0);
        put_number(block, 28, self.start);
        if self.revokes {
            put_number(block, 4, 4);
            let incompatible = number(block, 40) | REVOKES;
            put_number(block, 40, incompatible);
        }
    }
}
