//! Calls on open files.

use libc::{
    AT_FDCWD, CLOSE_RANGE_CLOEXEC, CLOSE_RANGE_UNSHARE, F_ADD_SEALS, F_DUPFD, F_DUPFD_CLOEXEC, F_GET_SEALS,
    F_GETFD, F_GETFL, F_GETLK, F_GETOWN, F_GETPIPE_SZ, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_SETFD,
    F_SETFL, F_SETLK, F_SETLKW, F_SETOWN, F_SETPIPE_SZ, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE,
    FALLOC_FL_ZERO_RANGE, LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, O_APPEND, O_ASYNC, O_CLOEXEC, O_DIRECT,
    O_NONBLOCK,
};

use super::Gives::{Again, Anything, File, Pair};
use super::Kind::{
    Count, Descriptor, Exactly, Flags, In, Length, Mode, Number, Of, Offset, OneOf, Out, Process, Size, Text,
    To, User,
};
use super::Shape::{Integer, Lock, Position, Vector, Words};
use super::{Call, call, giving};
use crate::pools::Class;

/// `TCGETS` to `TCSETAF`, `TIOCEXCL`, `TIOCSCTTY`, `TIOCGPGRP`, `TIOCSPGRP`, `TIOCOUTQ`, `TIOCSTI`, `TIOCGWINSZ`, `TIOCSWINSZ`,
/// `FIONREAD`, `TIOCPKT`, `FIONBIO`, `TIOCNOTTY`, `TIOCGSID`, `TIOCGPTN`, `TIOCSPTLCK`, `TIOCGPTLCK`, `TIOCGPTPEER`, `FIOCLEX`.
const CONTROLS: &[i32] = &[
    0x5401,
    0x5402,
    0x5403,
    0x5404,
    0x5405,
    0x5406,
    0x5407,
    0x5408,
    0x5409,
    0x540a,
    0x540b,
    0x540c,
    0x540e,
    0x540f,
    0x5410,
    0x5411,
    0x5412,
    0x5413,
    0x5414,
    0x541b,
    0x5420,
    0x5421,
    0x5422,
    0x5425,
    0x5429,
    0x5430,
    0x4004_5431,
    0x5439,
    0x541d,
    0x5450,
    0x5451,
    0x5452,
    0x5441,
];

/// Files that the network has: `SIOCGIFCONF`, `SIOCGIFFLAGS`, `SIOCGIFADDR`, `SIOCATMARK`, `SIOCGIFINDEX`.
const OF_SOCKETS: &[i32] = &[0x8912, 0x8913, 0x8915, 0x8905, 0x8933, 0x8927, 0x8906];

/// What `preadv2` and `pwritev2` know.
const HOW_TO_READ: &[i32] = &[1, 2, 4, 8, 16];

pub(super) const CALLS: &[Call] = &[
    call("read", libc::SYS_read, &[Descriptor, Out, Size]),
    call("write", libc::SYS_write, &[Descriptor, In, Size]),
    call("pread64", libc::SYS_pread64, &[Descriptor, Out, Size, Offset]),
    call("pwrite64", libc::SYS_pwrite64, &[Descriptor, In, Size, Offset]),
    call("readv", libc::SYS_readv, &[Descriptor, To(Vector), Count]),
    call("writev", libc::SYS_writev, &[Descriptor, To(Vector), Count]),
    call("preadv", libc::SYS_preadv, &[Descriptor, To(Vector), Count, Offset, Exactly(0)]),
    call("pwritev", libc::SYS_pwritev, &[Descriptor, To(Vector), Count, Offset, Exactly(0)]),
    call(
        "preadv2",
        libc::SYS_preadv2,
        &[Descriptor, To(Vector), Count, Offset, Exactly(0), Flags(HOW_TO_READ)],
    ),
    call(
        "pwritev2",
        libc::SYS_pwritev2,
        &[Descriptor, To(Vector), Count, Offset, Exactly(0), Flags(HOW_TO_READ)],
    ),
    call("lseek", libc::SYS_lseek, &[Descriptor, Offset, OneOf(&[0, 1, 2, 3, 4])]),
    call("close", libc::SYS_close, &[Descriptor]).once_in(3),
    call(
        "close_range",
        libc::SYS_close_range,
        &[
            Descriptor,
            Descriptor,
            Flags(&[CLOSE_RANGE_UNSHARE.cast_signed(), CLOSE_RANGE_CLOEXEC.cast_signed()]),
        ],
    )
    .once_in(12),
    giving(Again, "dup", libc::SYS_dup, &[Descriptor]),
    giving(Again, "dup2", libc::SYS_dup2, &[Descriptor, Descriptor]),
    giving(Again, "dup3", libc::SYS_dup3, &[Descriptor, Descriptor, Flags(&[O_CLOEXEC])]),
    giving(Again, "fcntl$dup", libc::SYS_fcntl, &[Descriptor, OneOf(&[F_DUPFD, F_DUPFD_CLOEXEC]), Number]),
    giving(
        Anything,
        "fcntl$get",
        libc::SYS_fcntl,
        &[Descriptor, OneOf(&[F_GETFD, F_GETFL, F_GETOWN, F_GETPIPE_SZ, F_GET_SEALS]), Number],
    ),
    call("fcntl$setfd", libc::SYS_fcntl, &[Descriptor, Exactly(F_SETFD as u64), Number]),
    call(
        "fcntl$setfl",
        libc::SYS_fcntl,
        &[
            Descriptor,
            Exactly(F_SETFL as u64),
            Flags(&[O_NONBLOCK, O_NONBLOCK, O_NONBLOCK, O_APPEND, O_ASYNC, O_DIRECT]),
        ],
    ),
    call("fcntl$own", libc::SYS_fcntl, &[Descriptor, Exactly(F_SETOWN as u64), Process]),
    call("fcntl$pipe", libc::SYS_fcntl, &[Of(Class::Pipe), Exactly(F_SETPIPE_SZ as u64), Length]),
    call(
        "fcntl$seal",
        libc::SYS_fcntl,
        &[Of(Class::Memory), Exactly(F_ADD_SEALS as u64), Flags(&[1, 2, 4, 8, 16])],
    ),
    call(
        "fcntl$lock",
        libc::SYS_fcntl,
        &[
            Descriptor,
            OneOf(&[F_GETLK, F_SETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW]),
            To(Lock),
        ],
    ),
    giving(Anything, "fcntl$any", libc::SYS_fcntl, &[Descriptor, Number, Number]),
    call("flock", libc::SYS_flock, &[Descriptor, Flags(&[LOCK_SH, LOCK_EX, LOCK_UN, LOCK_NB])]),
    call("ioctl$words", libc::SYS_ioctl, &[Of(Class::Terminal), OneOf(CONTROLS), To(Words)]),
    call("ioctl$integer", libc::SYS_ioctl, &[Of(Class::Terminal), OneOf(CONTROLS), To(Integer)]),
    call("ioctl$number", libc::SYS_ioctl, &[Of(Class::Terminal), OneOf(CONTROLS), Number]),
    call("ioctl$socket", libc::SYS_ioctl, &[Of(Class::Socket), OneOf(OF_SOCKETS), To(Words)]),
    giving(Pair(Class::Pipe, 0), "pipe", libc::SYS_pipe, &[Out]),
    giving(Pair(Class::Pipe, 0), "pipe2", libc::SYS_pipe2, &[Out, Flags(&[O_NONBLOCK, O_CLOEXEC, O_DIRECT])]),
    call("sendfile", libc::SYS_sendfile, &[Descriptor, Descriptor, To(Position), Length]),
    call(
        "copy_file_range",
        libc::SYS_copy_file_range,
        &[Descriptor, To(Position), Descriptor, To(Position), Length, Exactly(0)],
    ),
    call(
        "splice",
        libc::SYS_splice,
        &[Descriptor, To(Position), Descriptor, To(Position), Length, Flags(&[1, 2, 4, 8])],
    ),
    call("tee", libc::SYS_tee, &[Descriptor, Descriptor, Length, Flags(&[1, 2, 4, 8])]),
    call("vmsplice", libc::SYS_vmsplice, &[Descriptor, To(Vector), Count, Flags(&[1, 2, 4, 8])]),
    call(
        "fallocate",
        libc::SYS_fallocate,
        &[
            Descriptor,
            Flags(&[FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE, 8]),
            Offset,
            Offset,
        ],
    ),
    giving(File(Class::Memory), "memfd_create", libc::SYS_memfd_create, &[Text, Flags(&[1, 2, 4, 8])]),
    call("fsetxattr", libc::SYS_fsetxattr, &[Descriptor, Text, In, Size, Flags(&[1, 2])]),
    call("fgetxattr", libc::SYS_fgetxattr, &[Descriptor, Text, Out, Size]),
    call("flistxattr", libc::SYS_flistxattr, &[Descriptor, Out, Size]),
    call("fremovexattr", libc::SYS_fremovexattr, &[Descriptor, Text]),
    call("getdents64", libc::SYS_getdents64, &[Of(Class::Directory), Out, Size]),
    call("fsync", libc::SYS_fsync, &[Descriptor]),
    call("syncfs", libc::SYS_syncfs, &[Descriptor]),
    call("sync_file_range", libc::SYS_sync_file_range, &[Descriptor, Offset, Offset, Flags(&[1, 2, 4])]),
    call("readahead", libc::SYS_readahead, &[Descriptor, Offset, Length]),
    call("sync", libc::SYS_sync, &[]).once_in(8),
    call("ftruncate", libc::SYS_ftruncate, &[Descriptor, Offset]),
    call("ftruncate$memory", libc::SYS_ftruncate, &[Of(Class::Memory), Offset]),
    call("ioctl$any", libc::SYS_ioctl, &[Descriptor, OneOf(CONTROLS), To(Words)]),
    call("fstat", libc::SYS_fstat, &[Descriptor, Out]),
    call("fchmod", libc::SYS_fchmod, &[Descriptor, Mode]),
    call("fchown", libc::SYS_fchown, &[Descriptor, User, User]),
    call("fchdir", libc::SYS_fchdir, &[Descriptor]),
    call("fstatfs", libc::SYS_fstatfs, &[Descriptor, Out]),
    call("fadvise64", libc::SYS_fadvise64, &[Descriptor, Offset, Length, OneOf(&[0, 1, 2, 3, 4, 5])]),
    call("kcmp", libc::SYS_kcmp, &[Process, Process, OneOf(&[0, 1, 2, AT_FDCWD]), Descriptor, Descriptor]),
];
