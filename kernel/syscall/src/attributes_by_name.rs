//! Extended attributes, which files here do not have: what a caller is told of that.
//!
//! To look for one or to set one of a name space that the filesystem does not know is `ENOTSUP`, as on Linux; one of a name space that the
//! kernel has for all files (`security.`) is not there (`ENODATA`); the list of a file's attributes is empty.

use alloc::vec::Vec;

use abi::{Errno, Result, general};
use lockorder::{Root, Task};
use process::Current;

use crate::arguments::{AT_FDCWD, Arguments, string, usable};
use crate::paths;

/// The longest name of an attribute.
const LONGEST_NAME: usize = 255;

/// What a call is about: a path that is followed or not, or a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// What a path leads to.
    Path,
    /// What a path leads to, if that is a symbolic link the link itself.
    Link,
    /// A descriptor's file.
    File,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// The value of one.
    Get,
    /// To set one.
    Set,
    /// To remove one.
    Remove,
    /// Their names.
    List,
}

/// What is said of an attribute by its name.
fn said(asks: Asks, name: &[u8]) -> Errno {
    let is_of_kernel = name.starts_with(b"security.") || name.starts_with(b"trusted.");
    if is_of_kernel && asks != Asks::Set { Errno::ENODATA } else { Errno::EOPNOTSUPP }
}

pub(crate) fn answer(
    current: &Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
    of: Of,
    asks: Asks,
) -> Result<u64> {
    let name = if asks == Asks::List { None } else { Some(attribute(held, a.0[1])?) };
    match of {
        Of::File => drop(usable(current, held, a.0[0])?),
        Of::Path => drop(paths::find(current, held, AT_FDCWD, a.0[0], 0)?),
        Of::Link => {
            drop(paths::find(current, held, AT_FDCWD, a.0[0], general::AT_SYMLINK_NOFOLLOW)?);
        }
    }
    name.map_or(Ok(0), |name| Err(said(asks, &name)))
}

/// Reads the name of an attribute.
fn attribute(held: &mut Root<'_, Task>, at: u64) -> Result<Vec<u8>> {
    match string(held, at, LONGEST_NAME) {
        Err(Errno::ENAMETOOLONG) => Err(Errno::ERANGE),
        Ok(name) if name.is_empty() => Err(Errno::ERANGE),
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use abi::Errno;

    use super::{Asks, said};

    #[test]
    fn what_all_files_could_have_is_not_there_and_the_rest_is_not_supported() {
        assert_eq!(said(Asks::Get, b"security.capability"), Errno::ENODATA);
        assert_eq!(said(Asks::Set, b"security.capability"), Errno::EOPNOTSUPP);
        assert_eq!(said(Asks::Get, b"user.note"), Errno::EOPNOTSUPP);
        assert_eq!(said(Asks::Remove, b"trusted.note"), Errno::ENODATA);
    }
}
