//! What an inode says of itself, and who may do what with it.

use abi::{Encoder, Errno, Result};
use base::wall_clock;

/// What an inode is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file of bytes.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A character device with its number.
    Character(u32, u32),
    /// A block device with its number.
    Block(u32, u32),
    /// A named pipe.
    Fifo,
    /// A named socket.
    Socket,
}

impl Kind {
    /// Its bits in a mode.
    #[must_use]
    pub const fn mode(self) -> u32 {
        match self {
            Self::Fifo => 0o010_000,
            Self::Character(..) => 0o020_000,
            Self::Directory => 0o040_000,
            Self::Block(..) => 0o060_000,
            Self::Regular => 0o100_000,
            Self::Symlink => 0o120_000,
            Self::Socket => 0o140_000,
        }
    }

    /// The kind that a mode's bits name, with the number of a device.
    #[must_use]
    pub const fn of(mode: u32, device: u64) -> Option<Self> {
        let (major, minor) = device_numbers(device);
        Some(match mode & 0o170_000 {
            0o010_000 => Self::Fifo,
            0o020_000 => Self::Character(major, minor),
            0o040_000 => Self::Directory,
            0o060_000 => Self::Block(major, minor),
            0 | 0o100_000 => Self::Regular,
            0o120_000 => Self::Symlink,
            0o140_000 => Self::Socket,
            _ => return None,
        })
    }

    /// Its number among the types of directory entries.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "four bits")]
    pub const fn entry_type(self) -> u8 {
        (self.mode() >> 12) as u8
    }

    /// A device's number, in the form that `stat` has.
    #[must_use]
    pub const fn device(self) -> u64 {
        match self {
            Self::Character(major, minor) | Self::Block(major, minor) => device_number(major, minor),
            _ => 0,
        }
    }
}

/// A device's number of its two parts.
#[must_use]
pub const fn device_number(major: u32, minor: u32) -> u64 {
    let (major, minor) = (major as u64, minor as u64);
    (major & 0xfff) << 8 | (major & !0xfff) << 32 | minor & 0xff | (minor & !0xff) << 12
}

/// A device's number in its two parts.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "each part has its mask")]
pub const fn device_numbers(device: u64) -> (u32, u32) {
    let major = device >> 8 & 0xfff | device >> 32 & 0xffff_f000;
    let minor = device & 0xff | device >> 12 & 0xffff_ff00;
    (major as u32, minor as u32)
}

/// The set-user-ID bit of permissions: a program runs as the file's owner.
pub const SET_USER: u32 = 0o4000;
/// The set-group-ID bit: a program runs as the file's group, if that may execute it; what is made in a directory is of its group.
pub const SET_GROUP: u32 = 0o2000;
/// The bit by which the group may execute a file.
pub const GROUP_EXECUTES: u32 = 0o010;

/// Permissions of a file that is changed or given away, `by_root` or by somebody else: without the bits that would lend rights. Without
/// the group's right to execute, the set-group-ID bit lends none, and root's changes leave it.
#[must_use]
pub const fn without_set_id(permissions: u32, by_root: bool) -> u32 {
    let lends_group = permissions & GROUP_EXECUTES != 0 || !by_root;
    permissions & !SET_USER & if lends_group { !SET_GROUP } else { !0 }
}

/// A moment since 1970, as files have them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timestamp {
    /// Whole seconds.
    pub seconds: i64,
    /// And nanoseconds.
    pub nanoseconds: u32,
}

impl Timestamp {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        let now = wall_clock::now();
        Self { seconds: now.as_secs().cast_signed(), nanoseconds: now.subsec_nanos() }
    }
}

/// What an inode says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// What it is.
    pub kind: Kind,
    /// Who may do what: twelve bits.
    pub permissions: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// How many names it has.
    pub links: u32,
    /// How many bytes.
    pub size: u64,
    /// How many blocks of 512 bytes it takes.
    pub blocks: u64,
    /// The number of its filesystem.
    pub device: u64,
    /// Its number there.
    pub number: u64,
    /// When it was read last.
    pub accessed: Timestamp,
    /// When its bytes changed last.
    pub modified: Timestamp,
    /// When its attributes changed last.
    pub changed: Timestamp,
}

impl Attributes {
    /// Its mode: kind and permissions.
    #[must_use]
    pub const fn mode(&self) -> u32 {
        self.kind.mode() | self.permissions
    }

    /// As `struct stat` of Linux on x86_64.
    #[must_use]
    pub fn encode(&self) -> [u8; 144] {
        let mut encoder = Encoder::new();
        encoder
            .u64(self.device)
            .u64(self.number)
            .u64(u64::from(self.links))
            .u32(self.mode())
            .u32(self.uid)
            .u32(self.gid)
            .u32(0)
            .u64(self.kind.device())
            .u64(self.size)
            .u64(4096)
            .u64(self.blocks);
        for time in [self.accessed, self.modified, self.changed] {
            encoder.i64(time.seconds).i64(i64::from(time.nanoseconds));
        }
        encoder.finish()
    }
}

/// What is to be changed of an inode; `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    /// The permissions.
    pub permissions: Option<u32>,
    /// The owner.
    pub uid: Option<u32>,
    /// The group.
    pub gid: Option<u32>,
    /// When it was read last.
    pub accessed: Option<Timestamp>,
    /// When its bytes changed last.
    pub modified: Option<Timestamp>,
}

/// What somebody wants to do with an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Reading.
    pub read: bool,
    /// Writing.
    pub write: bool,
    /// Executing, or looking something up in a directory.
    pub execute: bool,
}

impl Wish {
    /// Looking something up in a directory.
    pub const SEARCH: Self = Self { read: false, write: false, execute: true };
    /// Changing a directory's entries.
    pub const ALTER: Self = Self { read: false, write: true, execute: true };

    /// The bits of `access`: 4 to read, 2 to write, 1 to execute.
    #[must_use]
    pub const fn of(bits: u32) -> Self {
        Self { read: bits & 4 != 0, write: bits & 2 != 0, execute: bits & 1 != 0 }
    }

    const fn bits(self) -> u32 {
        (self.read as u32) << 2 | (self.write as u32) << 1 | self.execute as u32
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Further groups.
    pub groups: &'a [u32],
    /// Permissions that what it makes does not get.
    pub umask: u32,
}

impl Caller<'_> {
    /// The kernel itself.
    pub const KERNEL: Caller<'static> = Caller { uid: 0, gid: 0, groups: &[], umask: 0 };

    /// Whether it is in a group.
    #[must_use]
    pub fn is_in(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }

    /// Whether it may do something with an inode.
    ///
    /// # Errors
    ///
    /// [`Errno::EACCES`].
    pub fn may(&self, wish: Wish, attributes: &Attributes) -> Result<()> {
        let wanted = wish.bits();
        let permissions = attributes.permissions;
        if self.uid == 0 {
            // What nobody executes root does not either.
            let executable = attributes.kind == Kind::Directory || permissions & 0o111 != 0;
            return if wish.execute && !executable { Err(Errno::EACCES) } else { Ok(()) };
        }
        let allowed = if self.uid == attributes.uid {
            permissions >> 6
        } else if self.is_in(attributes.gid) {
            permissions >> 3
        } else {
            permissions
        };
        if allowed & wanted == wanted { Ok(()) } else { Err(Errno::EACCES) }
    }

    /// Whether it may do what only the owner may.
    ///
    /// # Errors
    ///
    /// [`Errno::EPERM`].
    pub fn owns(&self, attributes: &Attributes) -> Result<()> {
        if self.uid == 0 || self.uid == attributes.uid { Ok(()) } else { Err(Errno::EPERM) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Attributes, Caller, Kind, Timestamp, Wish, device_number, device_numbers};

    fn file(permissions: u32) -> Attributes {
        let time = Timestamp::default();
        Attributes {
            kind: Kind::Regular,
            permissions,
            uid: 7,
            gid: 8,
            links: 1,
            size: 5,
            blocks: 8,
            device: 1,
            number: 2,
            accessed: time,
            modified: time,
            changed: time,
        }
    }

    fn caller(uid: u32, gid: u32) -> Caller<'static> {
        Caller { uid, gid, groups: &[8], umask: 0 }
    }

    #[test]
    fn the_first_class_that_fits_decides() {
        let only_others = file(0o007);
        assert!(caller(7, 8).may(Wish::of(4), &only_others).is_err(), "the owner is not one of the others");
        assert!(caller(1, 1).may(Wish::of(4), &only_others).is_err(), "nor is who is in the group");
        assert!(Caller { groups: &[], ..caller(1, 1) }.may(Wish::of(7), &only_others).is_ok());
    }

    #[test]
    fn root_executes_what_anybody_may() {
        assert!(Caller::KERNEL.may(Wish::of(6), &file(0)).is_ok());
        assert!(Caller::KERNEL.may(Wish::of(1), &file(0o600)).is_err());
        assert!(Caller::KERNEL.may(Wish::of(1), &file(0o001)).is_ok());
    }

    #[test]
    fn a_stat_has_its_fields_in_place() {
        let encoded = file(0o644).encode();
        assert_eq!(u32::from_le_bytes(encoded[24..28].try_into().unwrap()), 0o100_644);
        assert_eq!(u64::from_le_bytes(encoded[48..56].try_into().unwrap()), 5);
    }

    #[test]
    fn a_devices_number_has_two_parts() {
        for parts in [(5, 1), (136, 300), (0xabcde, 0x12345)] {
            assert_eq!(device_numbers(device_number(parts.0, parts.1)), parts);
        }
        assert_eq!(device_number(5, 1), 0x501);
    }
}
