//! Calls on memory.

use libc::{
    MAP_ANONYMOUS, MAP_FIXED_NOREPLACE, MAP_GROWSDOWN, MAP_NORESERVE, MAP_POPULATE, MAP_PRIVATE, MAP_SHARED,
    MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE, MS_ASYNC, MS_INVALIDATE, MS_SYNC, PROT_EXEC, PROT_READ,
    PROT_WRITE,
};

use super::Gives::{Anything, Mapping as GivesMapping};
use super::Kind::{Descriptor, Exactly, Flags, Hint, Length, Mapping, Number, Of, Offset, OneOf, Out};
use super::{Call, call, giving};
use crate::pools::Class;

/// What may be done with pages.
const PROTECTIONS: &[i32] =
    &[PROT_READ, PROT_READ, PROT_WRITE, PROT_WRITE, PROT_EXEC, 0x0100_0000, 0x0200_0000];
/// Whose memory it is.
const SHARED_OR_NOT: &[i32] =
    &[MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED, MAP_SHARED, 3, MAP_POPULATE | MAP_SHARED];
/// Memory that no file backs.
const NAMELESS: &[i32] = &[
    MAP_PRIVATE | MAP_ANONYMOUS,
    MAP_SHARED | MAP_ANONYMOUS,
    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE,
    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
    MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN,
    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
    MAP_PRIVATE | MAP_ANONYMOUS | 0x40,
    MAP_PRIVATE | MAP_ANONYMOUS | 0x40000,
];
/// Over what a process had mapped before.
const IN_PLACE: &[i32] = &[MAP_PRIVATE | MAP_ANONYMOUS | 0x10, MAP_SHARED | MAP_ANONYMOUS | 0x10];
/// What `madvise` knows, and some that it may not.
const ADVICE: &[i32] = &[0, 1, 2, 3, 4, 4, 4, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 100];

pub(super) const CALLS: &[Call] = &[
    giving(
        GivesMapping,
        "mmap$nameless",
        libc::SYS_mmap,
        &[Hint, Length, Flags(PROTECTIONS), OneOf(NAMELESS), Exactly(u64::MAX), Exactly(0)],
    ),
    giving(
        GivesMapping,
        "mmap$file",
        libc::SYS_mmap,
        &[Hint, Length, Flags(PROTECTIONS), OneOf(SHARED_OR_NOT), Descriptor, Offset],
    ),
    giving(
        GivesMapping,
        "mmap$file0",
        libc::SYS_mmap,
        &[Exactly(0), Length, Flags(PROTECTIONS), OneOf(SHARED_OR_NOT), Of(Class::Memory), Exactly(0)],
    ),
    giving(
        GivesMapping,
        "mmap$fixed",
        libc::SYS_mmap,
        &[Mapping, Length, Flags(PROTECTIONS), OneOf(IN_PLACE), Exactly(u64::MAX), Exactly(0)],
    ),
    call("munmap", libc::SYS_munmap, &[Mapping, Length]),
    call("mprotect", libc::SYS_mprotect, &[Mapping, Length, Flags(PROTECTIONS)]),
    giving(
        GivesMapping,
        "mremap",
        libc::SYS_mremap,
        &[
            Mapping,
            Length,
            Length,
            Flags(&[MREMAP_MAYMOVE, MREMAP_MAYMOVE, MREMAP_FIXED, MREMAP_DONTUNMAP]),
            Mapping,
        ],
    ),
    call("madvise", libc::SYS_madvise, &[Mapping, Length, OneOf(ADVICE)]),
    call("msync", libc::SYS_msync, &[Mapping, Length, Flags(&[MS_ASYNC, MS_SYNC, MS_INVALIDATE])]),
    call("mincore", libc::SYS_mincore, &[Mapping, Length, Out]),
    call("mlock", libc::SYS_mlock, &[Mapping, Length]),
    call("mlock2", libc::SYS_mlock2, &[Mapping, Length, Number]),
    call("munlock", libc::SYS_munlock, &[Mapping, Length]),
    call("mlockall", libc::SYS_mlockall, &[Number]),
    call("munlockall", libc::SYS_munlockall, &[]),
    giving(Anything, "brk", libc::SYS_brk, &[Hint]).once_in(2),
    call("mbind", libc::SYS_mbind, &[Mapping, Length, Number, Out, Number, Number]).once_in(8),
    call("pkey_mprotect", libc::SYS_pkey_mprotect, &[Mapping, Length, Flags(PROTECTIONS), Number]).once_in(4),
];
