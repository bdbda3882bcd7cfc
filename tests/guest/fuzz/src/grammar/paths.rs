//! Calls on what has a name.

use libc::{
    AT_EACCESS, AT_EMPTY_PATH, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, O_APPEND, O_CLOEXEC,
    O_CREAT, O_DIRECT, O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDWR, O_TMPFILE,
    O_TRUNC, O_WRONLY,
};

use super::Gives::{File, Watch as GivesWatch};
use super::Kind::{
    Directory, Exactly, Flags, In, Mode, Number, Of, Offset, OneOf, Out, Path, Size, Text, To, User, Watch,
};
use super::Shape::{How, Time, Times};
use super::{Call, call, giving};
use crate::pools::Class;

/// How a file is opened. That it does not block stands there more than once: a pipe's other end seldom comes.
const TO_OPEN: &[i32] = &[
    O_RDWR,
    O_RDWR,
    O_WRONLY,
    O_CREAT,
    O_CREAT,
    O_CREAT,
    O_EXCL,
    O_TRUNC,
    O_APPEND,
    O_NONBLOCK,
    O_NONBLOCK,
    O_NONBLOCK,
    O_DIRECTORY,
    O_NOFOLLOW,
    O_CLOEXEC,
    O_PATH,
    O_NOCTTY,
    O_DIRECT,
    O_TMPFILE,
];
/// How a name is followed.
const AT: &[i32] = &[AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH, AT_REMOVEDIR, AT_EACCESS];
/// Attributes that a call may set or not.
const IN_PLACE: &[i32] = &[1, 2];
/// What an inode is made as: file, named pipe, socket, directory, device.
const NODES: &[i32] = &[0o100_666, 0o10_666, 0o10_600, 0o140_666, 0o40_777, 0o20_666, 0o60_666, 0];

pub(super) const CALLS: &[Call] = &[
    giving(File(Class::Path), "open", libc::SYS_open, &[Path, Flags(TO_OPEN), Mode]),
    giving(File(Class::Path), "openat", libc::SYS_openat, &[Directory, Path, Flags(TO_OPEN), Mode]),
    giving(File(Class::Path), "openat2", libc::SYS_openat2, &[Directory, Path, To(How), Size]),
    giving(
        File(Class::Directory),
        "open$directory",
        libc::SYS_open,
        &[Path, Exactly((O_DIRECTORY | O_CLOEXEC) as u64), Exactly(0)],
    ),
    giving(File(Class::Path), "creat", libc::SYS_creat, &[Path, Mode]),
    call("stat", libc::SYS_stat, &[Path, Out]),
    call("lstat", libc::SYS_lstat, &[Path, Out]),
    call("newfstatat", libc::SYS_newfstatat, &[Directory, Path, Out, Flags(AT)]),
    call("statx", libc::SYS_statx, &[Directory, Path, Flags(AT), Number, Out]),
    call("access", libc::SYS_access, &[Path, Number]),
    call("faccessat", libc::SYS_faccessat, &[Directory, Path, Number]),
    call("faccessat2", libc::SYS_faccessat2, &[Directory, Path, Number, Flags(AT)]),
    call("readlink", libc::SYS_readlink, &[Path, Out, Size]),
    call("readlinkat", libc::SYS_readlinkat, &[Directory, Path, Out, Size]),
    call("mkdir", libc::SYS_mkdir, &[Path, Mode]),
    call("mkdirat", libc::SYS_mkdirat, &[Directory, Path, Mode]),
    call("mknod", libc::SYS_mknod, &[Path, OneOf(NODES), Number]),
    call("mknodat", libc::SYS_mknodat, &[Directory, Path, OneOf(NODES), Number]),
    call("unlink", libc::SYS_unlink, &[Path]),
    call("rmdir", libc::SYS_rmdir, &[Path]),
    call("unlinkat", libc::SYS_unlinkat, &[Directory, Path, Flags(&[AT_REMOVEDIR])]),
    call("symlink", libc::SYS_symlink, &[Path, Path]),
    call("symlinkat", libc::SYS_symlinkat, &[Path, Directory, Path]),
    call("link", libc::SYS_link, &[Path, Path]),
    call("linkat", libc::SYS_linkat, &[Directory, Path, Directory, Path, Flags(AT)]),
    call("rename", libc::SYS_rename, &[Path, Path]),
    call("renameat", libc::SYS_renameat, &[Directory, Path, Directory, Path]),
    call("renameat2", libc::SYS_renameat2, &[Directory, Path, Directory, Path, Flags(&[1, 2, 4])]),
    call("chmod", libc::SYS_chmod, &[Path, Mode]),
    call("fchmodat", libc::SYS_fchmodat, &[Directory, Path, Mode]),
    call("fchmodat2", 452, &[Directory, Path, Mode, Flags(AT)]),
    call("chown", libc::SYS_chown, &[Path, User, User]),
    call("lchown", libc::SYS_lchown, &[Path, User, User]),
    call("fchownat", libc::SYS_fchownat, &[Directory, Path, User, User, Flags(AT)]),
    call("utimensat", libc::SYS_utimensat, &[Directory, Path, To(Times), Flags(AT)]),
    call("utimes", libc::SYS_utimes, &[Path, To(Times)]),
    call("futimesat", libc::SYS_futimesat, &[Directory, Path, To(Times)]),
    call("utime", libc::SYS_utime, &[Path, To(Time)]),
    call("truncate", libc::SYS_truncate, &[Path, Offset]),
    call("chdir", libc::SYS_chdir, &[Path]).once_in(3),
    call("chroot", libc::SYS_chroot, &[Path]),
    call("getcwd", libc::SYS_getcwd, &[Out, Size]),
    call("umask", libc::SYS_umask, &[Number]).once_in(8),
    call("statfs", libc::SYS_statfs, &[Path, Out]),
    call("mount", libc::SYS_mount, &[Path, Path, Text, Number, Text]),
    call("umount2", libc::SYS_umount2, &[Path, Flags(&[1, 2, 4, 8])]),
    call("setxattr", libc::SYS_setxattr, &[Path, Text, In, Size, Flags(IN_PLACE)]),
    call("lsetxattr", libc::SYS_lsetxattr, &[Path, Text, In, Size, Flags(IN_PLACE)]),
    call("getxattr", libc::SYS_getxattr, &[Path, Text, Out, Size]),
    call("lgetxattr", libc::SYS_lgetxattr, &[Path, Text, Out, Size]),
    call("listxattr", libc::SYS_listxattr, &[Path, Out, Size]),
    call("removexattr", libc::SYS_removexattr, &[Path, Text]),
    giving(File(Class::Notify), "inotify_init", libc::SYS_inotify_init, &[]),
    giving(File(Class::Notify), "inotify_init1", libc::SYS_inotify_init1, &[Flags(&[O_NONBLOCK, O_CLOEXEC])]),
    giving(
        GivesWatch,
        "inotify_add_watch",
        libc::SYS_inotify_add_watch,
        &[
            Of(Class::Notify),
            Path,
            Flags(&[0xfff, 0xfff, 1, 2, 0x100, 0x200, 0x2000_0000, 0x0100_0000, i32::MIN]),
        ],
    ),
    call("inotify_rm_watch", libc::SYS_inotify_rm_watch, &[Of(Class::Notify), Watch]),
    call("fanotify_init", libc::SYS_fanotify_init, &[Number, Exactly(0)]).once_in(4),
];
