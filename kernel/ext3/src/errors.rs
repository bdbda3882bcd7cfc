//! What programs are told of an error.

use abi::Errno;
use ext2::Error;
use fs::attributes::Timestamp;

/// The error's number.
pub(crate) const fn errno(error: Error) -> Errno {
    match error {
        Error::Journal(journal::Error::Memory) => Errno::ENOMEM,
        Error::Journal(_) | Error::Corrupt(_) => Errno::EIO,
        Error::NotExt2
        | Error::Unsupported(_)
        | Error::BadName
        | Error::IntoItself
        | Error::NotRegular
        | Error::NotSymlink => Errno::EINVAL,
        Error::ReadOnly => Errno::EROFS,
        Error::NoSpace | Error::NoInodes => Errno::ENOSPC,
        Error::Exists => Errno::EEXIST,
        Error::NotFound => Errno::ENOENT,
        Error::NotDirectory => Errno::ENOTDIR,
        Error::IsDirectory => Errno::EISDIR,
        Error::NotEmpty => Errno::ENOTEMPTY,
        Error::TooManyLinks => Errno::EMLINK,
        Error::NameTooLong => Errno::ENAMETOOLONG,
        Error::TooLarge => Errno::EFBIG,
    }
}

/// Now, in the seconds that inodes have.
pub(crate) fn now() -> u32 {
    seconds(Timestamp::now())
}

/// A moment in the seconds that inodes have.
pub(crate) fn seconds(time: Timestamp) -> u32 {
    u32::try_from(time.seconds.max(0)).unwrap_or(u32::MAX)
}

/// A moment of an inode's.
pub(crate) fn timestamp(seconds: u32) -> Timestamp {
    Timestamp { seconds: seconds.into(), nanoseconds: 0 }
}
