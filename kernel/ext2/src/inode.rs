//! An inode: what a name leads to.

use crate::error::Error;
use crate::fields::{high, low, put, put_u16, put_u32, u16_at, u32_at};

/// The number of an inode, from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub u32);

impl Number {
    /// The root directory's.
    pub const ROOT: Self = Self(2);
}

/// As many names as an inode may have.
pub const MOST_LINKS: u16 = 32_000;
/// The directory is indexed.
pub(crate) const INDEXED: u32 = 0x1000;
/// Nothing is changed, not even the inode.
const IMMUTABLE: u32 = 0x10;
/// Data are only added.
const APPEND_ONLY: u32 = 0x20;
/// Pointers of an inode.
pub(crate) const POINTERS: usize = 15;
/// Bytes of a symbolic link that the inode has room for.
pub(crate) const FAST_LINK: usize = POINTERS * 4;

/// What an inode is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file with data.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
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

impl Kind {
    /// As the upper bits of a mode have it.
    #[must_use]
    pub const fn of_mode(mode: u16) -> Option<Self> {
        Some(match mode & 0o170_000 {
            0o100_000 => Self::Regular,
            0o040_000 => Self::Directory,
            0o120_000 => Self::Symlink,
            0o020_000 => Self::CharacterDevice,
            0o060_000 => Self::BlockDevice,
            0o010_000 => Self::Fifo,
            0o140_000 => Self::Socket,
            _ => return None,
        })
    }

    /// The upper bits of a mode.
    #[must_use]
    pub const fn mode(self) -> u16 {
        match self {
            Self::Regular => 0o100_000,
            Self::Directory => 0o040_000,
            Self::Symlink => 0o120_000,
            Self::CharacterDevice => 0o020_000,
            Self::BlockDevice => 0o060_000,
            Self::Fifo => 0o010_000,
            Self::Socket => 0o140_000,
        }
    }

    /// As a directory's entry has it.
    pub(crate) const fn entry_type(self) -> u8 {
        match self {
            Self::Regular => 1,
            Self::Directory => 2,
            Self::CharacterDevice => 3,
            Self::BlockDevice => 4,
            Self::Fifo => 5,
            Self::Socket => 6,
            Self::Symlink => 7,
        }
    }

    /// The same from an entry.
    pub(crate) const fn of_entry_type(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::Regular,
            2 => Self::Directory,
            3 => Self::CharacterDevice,
            4 => Self::BlockDevice,
            5 => Self::Fifo,
            6 => Self::Socket,
            7 => Self::Symlink,
            _ => return None,
        })
    }
}

/// What an inode's 128 bytes say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inode {
    /// Kind and permissions.
    pub mode: u16,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Bytes of its data.
    pub size: u64,
    /// When it was read, in seconds since 1970.
    pub accessed: u32,
    /// When the inode was changed.
    pub changed: u32,
    /// When its data were changed.
    pub modified: u32,
    /// When it was deleted; the next orphan, while it waits for that.
    pub deleted: u32,
    /// How many names it has.
    pub links: u16,
    /// How many units of 512 bytes its blocks have.
    pub units: u32,
    /// Flags.
    pub flags: u32,
    /// Its blocks, or where a short symbolic link leads, or a device's number.
    pub pointers: [u32; POINTERS],
    /// Tells apart what had this number one after the other.
    pub generation: u32,
    /// The block of its extended attributes.
    pub attributes: u32,
}

impl Inode {
    /// Reads an inode's bytes.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let mode = u16_at(bytes, 0);
        // Of anything else the field has been something else.
        let upper = if Kind::of_mode(mode) == Some(Kind::Regular) { u32_at(bytes, 108) } else { 0 };
        let joined = |lower, upper| u32::from(u16_at(bytes, lower)) | u32::from(u16_at(bytes, upper)) << 16;
        Self {
            mode,
            uid: joined(2, 120),
            gid: joined(24, 122),
            size: u64::from(u32_at(bytes, 4)) | u64::from(upper) << 32,
            accessed: u32_at(bytes, 8),
            changed: u32_at(bytes, 12),
            modified: u32_at(bytes, 16),
            deleted: u32_at(bytes, 20),
            links: u16_at(bytes, 26),
            units: u32_at(bytes, 28),
            flags: u32_at(bytes, 32),
            pointers: core::array::from_fn(|index| u32_at(bytes, 40 + index * 4)),
            generation: u32_at(bytes, 100),
            attributes: u32_at(bytes, 104),
        }
    }

    /// Writes what is known of an inode into its bytes; the others stay.
    pub fn write(&self, bytes: &mut [u8]) {
        let size = self.size.to_le_bytes();
        put_u16(bytes, 0, self.mode);
        put_u16(bytes, 2, low(self.uid));
        put_u16(bytes, 120, high(self.uid));
        put(bytes, 4, &size[..4]);
        put_u32(bytes, 8, self.accessed);
        put_u32(bytes, 12, self.changed);
        put_u32(bytes, 16, self.modified);
        put_u32(bytes, 20, self.deleted);
        put_u16(bytes, 24, low(self.gid));
        put_u16(bytes, 122, high(self.gid));
        put_u16(bytes, 26, self.links);
        put_u32(bytes, 28, self.units);
        put_u32(bytes, 32, self.flags);
        for (index, pointer) in self.pointers.into_iter().enumerate() {
            put_u32(bytes, 40 + index * 4, pointer);
        }
        put_u32(bytes, 100, self.generation);
        put_u32(bytes, 104, self.attributes);
        if self.kind() == Some(Kind::Regular) {
            put(bytes, 108, &size[4..]);
        }
    }

    /// What it is; `None` where the mode says nothing that is known.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        Kind::of_mode(self.mode)
    }

    /// Whether this is a directory.
    pub(crate) fn is_directory(&self) -> bool {
        self.kind() == Some(Kind::Directory)
    }

    /// Whether its flags forbid to change it or to take a name from it.
    #[must_use]
    pub const fn is_fixed(&self) -> bool {
        self.flags & (IMMUTABLE | APPEND_ONLY) != 0
    }

    /// Whether the pointers are the text of a symbolic link.
    pub(crate) fn is_fast_link(&self, block_size: u32) -> bool {
        let attributes = if self.attributes == 0 { 0 } else { block_size / 512 };
        self.kind() == Some(Kind::Symlink) && self.units == attributes
    }

    /// Whether the pointers are blocks.
    pub(crate) fn has_blocks(&self, block_size: u32) -> bool {
        match self.kind() {
            Some(Kind::Regular | Kind::Directory) => true,
            Some(Kind::Symlink) => !self.is_fast_link(block_size),
            _ => false,
        }
    }

    /// Blocks were added to it.
    pub(crate) fn add_blocks(&mut self, count: u32, block_size: u32) -> Result<(), Error> {
        let units = count.checked_mul(block_size / 512).and_then(|units| self.units.checked_add(units));
        self.units = units.ok_or(Error::TooLarge)?;
        Ok(())
    }

    /// Blocks of it were freed.
    pub(crate) fn remove_blocks(&mut self, count: u32, block_size: u32) -> Result<(), Error> {
        let units = count.checked_mul(block_size / 512).and_then(|units| self.units.checked_sub(units));
        self.units = units.ok_or(Error::Corrupt("the number of an inode's blocks"))?;
        Ok(())
    }

    /// A device's major and minor number.
    #[must_use]
    pub const fn device(&self) -> (u32, u32) {
        let [old, new, ..] = self.pointers;
        if old == 0 {
            ((new & 0xFFF00) >> 8, new & 0xFF | new >> 12 & 0xFFF00)
        } else {
            (old >> 8 & 0xFF, old & 0xFF)
        }
    }

    /// Sets a device's number.
    pub(crate) const fn set_device(&mut self, (major, minor): (u32, u32)) {
        if major < 256 && minor < 256 {
            self.pointers[0] = major << 8 | minor;
        } else {
            self.pointers[1] = minor & 0xFF | (major & 0xFFF) << 8 | (minor & !0xFF) << 12;
        }
    }
}
