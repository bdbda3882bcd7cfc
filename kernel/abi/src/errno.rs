//! Numbers of errors, as Linux has them.

use core::fmt;

/// Why a system call fails: what the caller gets as a negative number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
#[allow(clippy::upper_case_acronyms, reason = "the names that every manual page has")]
pub enum Errno {
    /// Operation not permitted.
    EPERM = 1,
    /// No such file or directory.
    ENOENT = 2,
    /// No such process.
    ESRCH = 3,
    /// Interrupted by a signal.
    EINTR = 4,
    /// Input or output failed.
    EIO = 5,
    /// No such device or address.
    ENXIO = 6,
    /// Argument list too long.
    E2BIG = 7,
    /// Not a program that can be run.
    ENOEXEC = 8,
    /// Bad file descriptor.
    EBADF = 9,
    /// No child processes.
    ECHILD = 10,
    /// Try again.
    EAGAIN = 11,
    /// Out of memory.
    ENOMEM = 12,
    /// Permission denied.
    EACCES = 13,
    /// Bad address.
    EFAULT = 14,
    /// Not a block device.
    ENOTBLK = 15,
    /// Device or resource busy.
    EBUSY = 16,
    /// File exists.
    EEXIST = 17,
    /// Link across filesystems.
    EXDEV = 18,
    /// No such device.
    ENODEV = 19,
    /// Not a directory.
    ENOTDIR = 20,
    /// Is a directory.
    EISDIR = 21,
    /// Invalid argument.
    EINVAL = 22,
    /// Too many open files in the system.
    ENFILE = 23,
    /// Too many open files.
    EMFILE = 24,
    /// Not a terminal.
    ENOTTY = 25,
    /// Program is being run.
    ETXTBSY = 26,
    /// File too large.
    EFBIG = 27,
    /// No space left.
    ENOSPC = 28,
    /// Cannot seek.
    ESPIPE = 29,
    /// Read-only filesystem.
    EROFS = 30,
    /// Too many links.
    EMLINK = 31,
    /// Nobody reads.
    EPIPE = 32,
    /// Out of a function's domain.
    EDOM = 33,
    /// Result too large.
    ERANGE = 34,
    /// Would deadlock.
    EDEADLK = 35,
    /// Name too long.
    ENAMETOOLONG = 36,
    /// No locks available.
    ENOLCK = 37,
    /// No such system call.
    ENOSYS = 38,
    /// Directory not empty.
    ENOTEMPTY = 39,
    /// Too many symbolic links.
    ELOOP = 40,
    /// No message of the wanted kind.
    ENOMSG = 42,
    /// What was waited for was removed.
    EIDRM = 43,
    /// No data.
    ENODATA = 61,
    /// Timer expired.
    ETIME = 62,
    /// Protocol error.
    EPROTO = 71,
    /// Bad message.
    EBADMSG = 74,
    /// Value too large.
    EOVERFLOW = 75,
    /// Illegal byte sequence.
    EILSEQ = 84,
    /// Too many users.
    EUSERS = 87,
    /// Not a socket.
    ENOTSOCK = 88,
    /// Destination required.
    EDESTADDRREQ = 89,
    /// Message too long.
    EMSGSIZE = 90,
    /// Wrong protocol for the socket.
    EPROTOTYPE = 91,
    /// No such option.
    ENOPROTOOPT = 92,
    /// Protocol not supported.
    EPROTONOSUPPORT = 93,
    /// Kind of socket not supported.
    ESOCKTNOSUPPORT = 94,
    /// Operation not supported.
    EOPNOTSUPP = 95,
    /// Address family not supported.
    EAFNOSUPPORT = 97,
    /// Address in use.
    EADDRINUSE = 98,
    /// Address not available.
    EADDRNOTAVAIL = 99,
    /// Network unreachable.
    ENETUNREACH = 101,
    /// Connection aborted.
    ECONNABORTED = 103,
    /// Connection reset.
    ECONNRESET = 104,
    /// No buffer space.
    ENOBUFS = 105,
    /// Is connected already.
    EISCONN = 106,
    /// Not connected.
    ENOTCONN = 107,
    /// Too many references.
    ETOOMANYREFS = 109,
    /// Timed out.
    ETIMEDOUT = 110,
    /// Connection refused.
    ECONNREFUSED = 111,
    /// Host unreachable.
    EHOSTUNREACH = 113,
    /// Under way already.
    EALREADY = 114,
    /// Under way.
    EINPROGRESS = 115,
    /// Owner died.
    EOWNERDEAD = 130,
    /// State not recoverable.
    ENOTRECOVERABLE = 131,
}

impl Errno {
    /// What a system call returns for it.
    #[must_use]
    pub const fn to_return(self) -> i64 {
        -(self as u16 as i64)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::EPERM => "operation not permitted",
            Self::ENOENT => "no such file or directory",
            Self::ESRCH => "no such process",
            Self::EINTR => "interrupted by a signal",
            Self::EIO => "input or output failed",
            Self::ENXIO => "no such device or address",
            Self::E2BIG => "argument list too long",
            Self::ENOEXEC => "not a program that can be run",
            Self::EBADF => "bad file descriptor",
            Self::ECHILD => "no child processes",
            Self::EAGAIN => "try again",
            Self::ENOMEM => "out of memory",
            Self::EACCES => "permission denied",
            Self::EFAULT => "bad address",
            Self::ENOTBLK => "not a block device",
            Self::EBUSY => "device or resource busy",
            Self::EEXIST => "file exists",
            Self::EXDEV => "link across filesystems",
            Self::ENODEV => "no such device",
            Self::ENOTDIR => "not a directory",
            Self::EISDIR => "is a directory",
            Self::EINVAL => "invalid argument",
            Self::ENFILE => "too many open files in the system",
            Self::EMFILE => "too many open files",
            Self::ENOTTY => "not a terminal",
            Self::ETXTBSY => "program is being run",
            Self::EFBIG => "file too large",
            Self::ENOSPC => "no space left",
            Self::ESPIPE => "cannot seek",
            Self::EROFS => "read-only filesystem",
            Self::EMLINK => "too many links",
            Self::EPIPE => "nobody reads",
            Self::EDOM => "out of a function's domain",
            Self::ERANGE => "result too large",
            Self::EDEADLK => "would deadlock",
            Self::ENAMETOOLONG => "name too long",
            Self::ENOLCK => "no locks available",
            Self::ENOSYS => "no such system call",
            Self::ENOTEMPTY => "directory not empty",
            Self::ELOOP => "too many symbolic links",
            Self::ENOMSG => "no message of the wanted kind",
            Self::EIDRM => "removed",
            Self::ENODATA => "no data",
            Self::ETIME => "timer expired",
            Self::EPROTO => "protocol error",
            Self::EBADMSG => "bad message",
            Self::EOVERFLOW => "value too large",
            Self::EILSEQ => "illegal byte sequence",
            Self::EUSERS => "too many users",
            Self::ENOTSOCK => "not a socket",
            Self::EDESTADDRREQ => "destination required",
            Self::EMSGSIZE => "message too long",
            Self::EPROTOTYPE => "wrong protocol for the socket",
            Self::ENOPROTOOPT => "no such option",
            Self::EPROTONOSUPPORT => "protocol not supported",
            Self::ESOCKTNOSUPPORT => "kind of socket not supported",
            Self::EOPNOTSUPP => "operation not supported",
            Self::EAFNOSUPPORT => "address family not supported",
            Self::EADDRINUSE => "address in use",
            Self::EADDRNOTAVAIL => "address not available",
            Self::ENETUNREACH => "network unreachable",
            Self::ECONNABORTED => "connection aborted",
            Self::ECONNRESET => "connection reset",
            Self::ENOBUFS => "no buffer space",
            Self::EISCONN => "is connected already",
            Self::ENOTCONN => "not connected",
            Self::ETOOMANYREFS => "too many references",
            Self::ETIMEDOUT => "timed out",
            Self::ECONNREFUSED => "connection refused",
            Self::EHOSTUNREACH => "host unreachable",
            Self::EALREADY => "under way already",
            Self::EINPROGRESS => "under way",
            Self::EOWNERDEAD => "owner died",
            Self::ENOTRECOVERABLE => "state not recoverable",
        })
    }
}

impl core::error::Error for Errno {}

#[cfg(test)]
mod tests {
    use linux_raw_sys::errno;

    use super::Errno;

    #[test]
    fn numbers_are_those_of_linux() {
        assert_eq!(Errno::EPERM as u32, errno::EPERM);
        assert_eq!(Errno::ENOENT as u32, errno::ENOENT);
        assert_eq!(Errno::ESRCH as u32, errno::ESRCH);
        assert_eq!(Errno::EINTR as u32, errno::EINTR);
        assert_eq!(Errno::EIO as u32, errno::EIO);
        assert_eq!(Errno::ENXIO as u32, errno::ENXIO);
        assert_eq!(Errno::E2BIG as u32, errno::E2BIG);
        assert_eq!(Errno::ENOEXEC as u32, errno::ENOEXEC);
        assert_eq!(Errno::EBADF as u32, errno::EBADF);
        assert_eq!(Errno::ECHILD as u32, errno::ECHILD);
        assert_eq!(Errno::EAGAIN as u32, errno::EAGAIN);
        assert_eq!(Errno::ENOMEM as u32, errno::ENOMEM);
        assert_eq!(Errno::EACCES as u32, errno::EACCES);
        assert_eq!(Errno::EFAULT as u32, errno::EFAULT);
        assert_eq!(Errno::ENOTBLK as u32, errno::ENOTBLK);
        assert_eq!(Errno::EBUSY as u32, errno::EBUSY);
        assert_eq!(Errno::EEXIST as u32, errno::EEXIST);
        assert_eq!(Errno::EXDEV as u32, errno::EXDEV);
        assert_eq!(Errno::ENODEV as u32, errno::ENODEV);
        assert_eq!(Errno::ENOTDIR as u32, errno::ENOTDIR);
        assert_eq!(Errno::EISDIR as u32, errno::EISDIR);
        assert_eq!(Errno::EINVAL as u32, errno::EINVAL);
        assert_eq!(Errno::ENFILE as u32, errno::ENFILE);
        assert_eq!(Errno::EMFILE as u32, errno::EMFILE);
        assert_eq!(Errno::ENOTTY as u32, errno::ENOTTY);
        assert_eq!(Errno::ETXTBSY as u32, errno::ETXTBSY);
        assert_eq!(Errno::EFBIG as u32, errno::EFBIG);
        assert_eq!(Errno::ENOSPC as u32, errno::ENOSPC);
        assert_eq!(Errno::ESPIPE as u32, errno::ESPIPE);
        assert_eq!(Errno::EROFS as u32, errno::EROFS);
        assert_eq!(Errno::EMLINK as u32, errno::EMLINK);
        assert_eq!(Errno::EPIPE as u32, errno::EPIPE);
        assert_eq!(Errno::EDOM as u32, errno::EDOM);
        assert_eq!(Errno::ERANGE as u32, errno::ERANGE);
        assert_eq!(Errno::EDEADLK as u32, errno::EDEADLK);
        assert_eq!(Errno::ENAMETOOLONG as u32, errno::ENAMETOOLONG);
        assert_eq!(Errno::ENOLCK as u32, errno::ENOLCK);
        assert_eq!(Errno::ENOSYS as u32, errno::ENOSYS);
        assert_eq!(Errno::ENOTEMPTY as u32, errno::ENOTEMPTY);
        assert_eq!(Errno::ELOOP as u32, errno::ELOOP);
        assert_eq!(Errno::ENOMSG as u32, errno::ENOMSG);
        assert_eq!(Errno::EIDRM as u32, errno::EIDRM);
        assert_eq!(Errno::ENODATA as u32, errno::ENODATA);
        assert_eq!(Errno::ETIME as u32, errno::ETIME);
        assert_eq!(Errno::EPROTO as u32, errno::EPROTO);
        assert_eq!(Errno::EBADMSG as u32, errno::EBADMSG);
        assert_eq!(Errno::EOVERFLOW as u32, errno::EOVERFLOW);
        assert_eq!(Errno::EILSEQ as u32, errno::EILSEQ);
        assert_eq!(Errno::EUSERS as u32, errno::EUSERS);
        assert_eq!(Errno::ENOTSOCK as u32, errno::ENOTSOCK);
        assert_eq!(Errno::EDESTADDRREQ as u32, errno::EDESTADDRREQ);
        assert_eq!(Errno::EMSGSIZE as u32, errno::EMSGSIZE);
        assert_eq!(Errno::EPROTOTYPE as u32, errno::EPROTOTYPE);
        assert_eq!(Errno::ENOPROTOOPT as u32, errno::ENOPROTOOPT);
        assert_eq!(Errno::EPROTONOSUPPORT as u32, errno::EPROTONOSUPPORT);
        assert_eq!(Errno::ESOCKTNOSUPPORT as u32, errno::ESOCKTNOSUPPORT);
        assert_eq!(Errno::ETOOMANYREFS as u32, errno::ETOOMANYREFS);
        assert_eq!(Errno::EHOSTUNREACH as u32, errno::EHOSTUNREACH);
        assert_eq!(Errno::EOPNOTSUPP as u32, errno::EOPNOTSUPP);
        assert_eq!(Errno::EAFNOSUPPORT as u32, errno::EAFNOSUPPORT);
        assert_eq!(Errno::EADDRINUSE as u32, errno::EADDRINUSE);
        assert_eq!(Errno::EADDRNOTAVAIL as u32, errno::EADDRNOTAVAIL);
        assert_eq!(Errno::ENETUNREACH as u32, errno::ENETUNREACH);
        assert_eq!(Errno::ECONNABORTED as u32, errno::ECONNABORTED);
        assert_eq!(Errno::ECONNRESET as u32, errno::ECONNRESET);
        assert_eq!(Errno::ENOBUFS as u32, errno::ENOBUFS);
        assert_eq!(Errno::EISCONN as u32, errno::EISCONN);
        assert_eq!(Errno::ENOTCONN as u32, errno::ENOTCONN);
        assert_eq!(Errno::ETIMEDOUT as u32, errno::ETIMEDOUT);
        assert_eq!(Errno::ECONNREFUSED as u32, errno::ECONNREFUSED);
        assert_eq!(Errno::EALREADY as u32, errno::EALREADY);
        assert_eq!(Errno::EINPROGRESS as u32, errno::EINPROGRESS);
        assert_eq!(Errno::EOWNERDEAD as u32, errno::EOWNERDEAD);
        assert_eq!(Errno::ENOTRECOVERABLE as u32, errno::ENOTRECOVERABLE);
    }
}
