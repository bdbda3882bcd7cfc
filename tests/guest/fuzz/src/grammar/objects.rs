//! Calls on objects of System V.

use super::Gives::{Anything, Mapping as GivesMapping, Object as GivesObject};
use super::Kind::{Count, Flags, Hint, In, Mapping, Number, Object, OneOf, Out, Size, To};
use super::Shape::{Time, Words};
use super::{Call, call, giving};

/// Keys: none, and a few that workers meet at.
const KEYS: &[i32] = &[0, 0, 1, 2, 3];
/// Making one, there being none, and who may use it.
const MAKES: &[i32] = &[0o1000, 0o1000, 0o2000, 0o600, 0o66, 0o400];
/// Commands that all kinds have; rarely one removes.
const COMMANDS: &[i32] = &[0, 1, 1, 2, 2, 2, 3, 3, 0x102];
/// Commands that only sets of semaphores have, or segments, or queues.
const OTHERS: &[i32] = &[11, 12, 13, 14, 15, 16, 17, 18, 19, 20];

pub(super) const CALLS: &[Call] = &[
    giving(GivesObject, "semget", libc::SYS_semget, &[OneOf(KEYS), Number, Flags(MAKES)]),
    call("semop", libc::SYS_semop, &[Object, In, Count]).once_in(4),
    call("semtimedop", libc::SYS_semtimedop, &[Object, To(Words), Count, To(Time)]),
    giving(Anything, "semctl$all", libc::SYS_semctl, &[Object, Number, OneOf(COMMANDS), Out]),
    giving(Anything, "semctl$own", libc::SYS_semctl, &[Object, Number, OneOf(OTHERS), Out]),
    giving(Anything, "semctl$value", libc::SYS_semctl, &[Object, Number, OneOf(&[16]), Number]),
    giving(GivesObject, "msgget", libc::SYS_msgget, &[OneOf(KEYS), Flags(MAKES)]),
    call("msgsnd", libc::SYS_msgsnd, &[Object, In, Size, Flags(&[0o4000])]),
    call(
        "msgrcv",
        libc::SYS_msgrcv,
        &[Object, Out, Size, Number, Flags(&[0o4000, 0o10000, 0o20000, 0o40000])],
    ),
    giving(Anything, "msgctl$all", libc::SYS_msgctl, &[Object, OneOf(COMMANDS), Out]),
    giving(Anything, "msgctl$own", libc::SYS_msgctl, &[Object, OneOf(OTHERS), Out]),
    giving(GivesObject, "shmget", libc::SYS_shmget, &[OneOf(KEYS), Number, Flags(MAKES)]),
    giving(
        GivesMapping,
        "shmat",
        libc::SYS_shmat,
        &[Object, Hint, Flags(&[0o10000, 0o20000, 0o40000, 0o100_000])],
    ),
    call("shmdt", libc::SYS_shmdt, &[Mapping]),
    giving(Anything, "shmctl$all", libc::SYS_shmctl, &[Object, OneOf(COMMANDS), Out]),
    giving(Anything, "shmctl$own", libc::SYS_shmctl, &[Object, OneOf(OTHERS), Out]),
];
