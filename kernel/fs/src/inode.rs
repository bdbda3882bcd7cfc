//! What is said to and of an inode: entries, what is to be made, how a name moves.

use crate::attributes::Kind;

/// The longest name, in bytes.
pub const LONGEST_NAME: usize = 255;

/// One entry of a directory, as it is listed.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The inode's number.
    pub number: u64,
    /// What it is.
    pub kind: Kind,
    /// The position after it.
    pub next: u64,
    /// Its name.
    pub name: &'a [u8],
}

/// What is to be made under a name.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// What it is.
    pub kind: Kind,
    /// Who may do what with it.
    pub permissions: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Where a symbolic link leads.
    pub target: &'a [u8],
}

/// How much room a filesystem has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The number of its kind, as `statfs` has it.
    pub kind: u64,
    /// Bytes of a block.
    pub block_size: u64,
    /// How many blocks there are.
    pub blocks: u64,
    /// How many are free.
    pub free_blocks: u64,
    /// How many of those anybody may use.
    pub available_blocks: u64,
    /// How many inodes there are.
    pub inodes: u64,
    /// How many are free.
    pub free_inodes: u64,
}

/// How a rename deals with what has the new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renaming {
    /// It is replaced.
    Replace,
    /// It is an error.
    NoReplace,
    /// The two change places.
    Exchange,
}

/// What is to become of a part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// Its bytes have their place, and the file becomes as long as that where it is shorter.
    Extend,
    /// Its bytes have their place, and the file's length stays.
    Keep,
    /// It becomes a hole: it reads as zeros and takes no place.
    Punch,
    /// It reads as zeros; the file becomes as long as that where it is shorter.
    Zero,
    /// It reads as zeros, and the file's length stays.
    ZeroKeep,
}
