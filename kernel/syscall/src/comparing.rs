//! Whether two threads use the same thing: `kcmp`, by which those who freeze processes find out what these share.

use alloc::sync::Arc;
use core::cmp::Ordering;

use abi::{Errno, Result};
use lockorder::{Root, Task};
use process::inspection::may_inspect;
use process::{Current, tree};

use crate::arguments::Arguments;
use crate::signals::owner;

/// Kinds of things, as Linux counts them.
const FILE: u32 = 0;
/// Address spaces.
const SPACE: u32 = 1;
/// Tables of open files.
const FILES: u32 = 2;
/// Roots and directories.
const PLACES: u32 = 3;
/// What is done about signals.
const HANDLERS: u32 = 4;
/// Contexts of input and output, which nobody here has.
const CONTEXTS: u32 = 5;
/// Operations on semaphores that are undone in the end.
const UNDONE: u32 = 6;

/// How things at two places in memory compare, as `kcmp` says it: the same, the first is before the second, or after it.
fn compared<T: ?Sized>(one: &Arc<T>, other: &Arc<T>) -> u64 {
    let place = |thing: &Arc<T>| Arc::as_ptr(thing).cast::<()>();
    match place(one).cmp(&place(other)) {
        Ordering::Equal => 0,
        Ordering::Less => 1,
        Ordering::Greater => 2,
    }
}

pub(crate) fn compare(current: &Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    // The usual case first: a process's number is that of its first thread.
    let mut found = |number| tree::find(held, number).or_else(|_| owner(held, number));
    let (one, other) = (found(a.int(0))?, found(a.int(1))?);
    let own = current.process().program(held).credentials;
    for process in [&one, &other] {
        if process.id() != current.process().id() && !may_inspect(held, &own, process) {
            return Err(Errno::EPERM);
        }
    }
    match a.int(2) {
        FILE => {
            let file = one.descriptors(held)?.get(held, a.0[3])?;
            let compared_with = other.descriptors(held).and_then(|files| files.get(held, a.0[4]));
            let result = compared_with.map(|second| {
                let result = compared(&file, &second);
                second.close(held);
                result
            });
            file.close(held);
            result
        }
        SPACE => match (one.space(held), other.space(held)) {
            (Some(one), Some(other)) => Ok(compared(&one, &other)),
            (one, other) => Ok(u64::from(one.is_some() != other.is_some())),
        },
        FILES => Ok(compared(&one.descriptors(held)?, &other.descriptors(held)?)),
        // The threads of a process share these, and no others do.
        PLACES | HANDLERS => Ok(compared(&one, &other)),
        UNDONE if one.settings.undoes.get() | other.settings.undoes.get() != 0 => Ok(compared(&one, &other)),
        CONTEXTS | UNDONE => Ok(0),
        _ => Err(Errno::EINVAL),
    }
}
