//! Why something cannot be done.

use core::fmt;

/// Why a filesystem refuses. What is refused has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The journal or the disk below it.
    Journal(journal::Error),
    /// What the disk says cannot be: what it says.
    Corrupt(&'static str),
    /// There is no such filesystem on the disk.
    NotExt2,
    /// The filesystem has an incompatible feature that is not known here.
    Unsupported(&'static str),
    /// It is mounted to be read only, or its journal has stopped.
    ReadOnly,
    /// No block is free.
    NoSpace,
    /// No inode is free.
    NoInodes,
    /// The name is there already.
    Exists,
    /// The name is not there.
    NotFound,
    /// It is no directory.
    NotDirectory,
    /// It is a directory.
    IsDirectory,
    /// The directory has entries.
    NotEmpty,
    /// The inode or the directory has as many names as it can.
    TooManyLinks,
    /// A name is longer than 255 bytes, or a symbolic link than a block.
    NameTooLong,
    /// A name is empty, `.`, `..`, or has a slash or a NUL in it.
    BadName,
    /// A file cannot be so large.
    TooLarge,
    /// A directory would be moved into itself.
    IntoItself,
    /// It is not a regular file.
    NotRegular,
    /// It is not a symbolic link.
    NotSymlink,
}

impl From<journal::Error> for Error {
    fn from(error: journal::Error) -> Self {
        if error == journal::Error::Aborted { Self::ReadOnly } else { Self::Journal(error) }
    }
}

impl From<journal::Failed> for Error {
    fn from(failed: journal::Failed) -> Self {
        Self::Journal(failed.into())
    }
}

impl From<alloc::collections::TryReserveError> for Error {
    fn from(_: alloc::collections::TryReserveError) -> Self {
        Self::Journal(journal::Error::Memory)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Journal(error) => return error.fmt(formatter),
            Self::Corrupt(what) => {
                return write!(formatter, "the filesystem is damaged ({what}): run e2fsck");
            }
            Self::Unsupported(feature) => {
                return write!(formatter, "the filesystem has the feature {feature}, which is not supported");
            }
            Self::NotExt2 => "there is no ext2 or ext3 filesystem: make one with `mke2fs -t ext3`",
            Self::ReadOnly => "the filesystem is read-only",
            Self::NoSpace => "no block is free",
            Self::NoInodes => "no inode is free",
            Self::Exists => "the name is there already",
            Self::NotFound => "there is no such name",
            Self::NotDirectory => "it is no directory",
            Self::IsDirectory => "it is a directory",
            Self::NotEmpty => "the directory is not empty",
            Self::TooManyLinks => "it has as many links as it can have",
            Self::NameTooLong => "the name is too long",
            Self::BadName => "the name is none that a directory can have",
            Self::TooLarge => "a file cannot be so large",
            Self::IntoItself => "a directory cannot be moved into itself",
            Self::NotRegular => "it is not a regular file",
            Self::NotSymlink => "it is not a symbolic link",
        };
        formatter.write_str(text)
    }
}

impl core::error::Error for Error {}
