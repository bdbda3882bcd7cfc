//! Calls on objects of System V: `sem*`, `msg*`, `shm*`.

pub(crate) mod messages;
pub(crate) mod segments;
pub(crate) mod semaphores;

use abi::{Encoder, Errno, Result};
use fs::Caller;
use lockorder::{Root, Task};
use process::Current;
use process::process::Program;
use sysv::table::{ANYBODY, READ};
use sysv::{Kind, Objects, Permissions, Wish};

use crate::arguments::{Arguments, give, take};

/// Removes an object.
const REMOVE: u32 = 0;
/// Sets its owner and mode.
const SET: u32 = 1;
/// Tells of it.
const TELL: u32 = 2;
/// Tells of the limits of all.
const LIMITS: u32 = 3;
/// In the command: the structures are those of this machine's size, which they always are.
const OF_64_BITS: u32 = 0x100;
/// In the flags of a call: it does not wait.
const NO_WAIT: u32 = 0o4000;

/// Bytes of a structure's permissions.
const PERMISSIONS: usize = 48;

/// All objects.
fn objects(current: &Current) -> &Objects {
    &current.process().system().objects
}

/// Who asks for an object.
fn caller(program: &Program) -> Caller<'_> {
    let credentials = &program.credentials;
    Caller { uid: credentials.uids[1], gid: credentials.gids[1], groups: &credentials.groups, umask: 0 }
}

/// The key and the flags of a call that asks for an object's number.
const fn wish(a: &Arguments, flags: usize) -> Wish {
    Wish { key: a.int(0), flags: a.int(flags) }
}

/// The command of a call that controls an object.
const fn command(a: &Arguments, place: usize) -> u32 {
    a.int(place) & !OF_64_BITS
}

/// Which object a command tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    /// The one with this number.
    Number(u32),
    /// The one at this place of the table.
    Place(u32),
    /// The same, whoever may read it.
    PlaceForAll(u32),
}

/// Tells of an object, in the structure that `told` makes; gives its number where it was found by its place.
fn tell<K: Kind, const N: usize>(
    held: &mut Root<'_, Task>,
    all: &K,
    which: Which,
    caller: &Caller<'_>,
    told: impl FnOnce(&Permissions, &K::Facts) -> [u8; N],
    at: u64,
) -> Result<u64> {
    let (number, wanted, given) = match which {
        Which::Number(number) => (number, READ, 0),
        Which::Place(place) => {
            let number = all.number_at(held, place)?;
            (number, READ, u64::from(number))
        }
        Which::PlaceForAll(place) => {
            let number = all.number_at(held, place)?;
            (number, ANYBODY, u64::from(number))
        }
    };
    let (permissions, facts) = all.facts(held, number, caller, wanted)?;
    give(held, at, &told(&permissions, &facts))?;
    Ok(given)
}

/// A number as an `int` without a sign, the largest one for what is larger.
fn int(number: impl TryInto<u32>) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

/// Permissions as structures begin with them.
fn encode<const N: usize>(permissions: &Permissions) -> Encoder<N> {
    let mut encoder = Encoder::new();
    let Permissions { key, owner, creator, mode, sequence } = *permissions;
    encoder.u32(key).u32(owner.0).u32(owner.1).u32(creator.0).u32(creator.1).u32(mode).u32(sequence & 0xffff);
    encoder.skip(PERMISSIONS - 28);
    encoder
}

/// The owner and the mode that a structure says.
fn owner(bytes: &[u8]) -> Result<((u32, u32), u32)> {
    let field = |place: usize| {
        let bytes = bytes.get(4 * place..).and_then(|rest| rest.first_chunk()).ok_or(Errno::EFAULT)?;
        Ok(u32::from_le_bytes(*bytes))
    };
    let owner = (field(1)?, field(2)?);
    if owner.0 == u32::MAX || owner.1 == u32::MAX {
        return Err(Errno::EINVAL);
    }
    Ok((owner, field(5)?))
}

/// The owner and the mode that a structure of a user's says.
fn take_owner(held: &mut Root<'_, Task>, at: u64) -> Result<((u32, u32), u32)> {
    let bytes: [u8; PERMISSIONS] = take(held, at)?;
    owner(&bytes)
}

#[cfg(test)]
mod tests {
    use abi::Errno;
    use sysv::Permissions;

    use super::{encode, owner};

    #[test]
    fn permissions_are_read_as_they_are_written() {
        let permissions =
            Permissions { key: 9, owner: (1, 2), creator: (3, 4), mode: 0o640, sequence: 0x1_0005 };
        let bytes: [u8; 48] = encode(&permissions).finish();
        assert_eq!(owner(&bytes), Ok(((1, 2), 0o640)));
        assert_eq!((bytes[0], bytes[24], bytes[26]), (9, 5, 0));
        assert_eq!(owner(&[0xff; 48]), Err(Errno::EINVAL));
    }
}
