//! What the machine is called: its name among hosts, and the name of their domain. Both are the same for all processes, and root sets
//! them.
//!
//! They are behind one lock, which is held to copy a name and for nothing else: under the position of the file in `/proc` by which they are
//! set as well.

use abi::{Errno, Result};
use base::sched::Mutex;
use lockorder::{Before, Held, Task, hierarchy};

use crate::system::NODE_NAME;

hierarchy! {
    /// What the machine is called.
    pub class MachineNames in base::levels::Scheduler = 7;
}

/// The longest name.
pub const LONGEST: usize = 64;

/// Which name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The host's.
    Host,
    /// The domain's.
    Domain,
}

/// A name.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    bytes: [u8; LONGEST],
    length: usize,
}

/// All names.
struct Names {
    host: Name,
    domain: Name,
}

/// Protects the names; class `MachineNames`.
static NAMES: Mutex<MachineNames, Names> =
    Mutex::new(Names { host: Name::of(NODE_NAME.as_bytes()), domain: Name::of(b"(none)") });

impl Name {
    /// As much of the bytes as fits.
    const fn of(from: &[u8]) -> Self {
        let (mut bytes, mut length) = ([0; LONGEST], 0);
        while length < from.len() && length < LONGEST {
            bytes[length] = from[length];
            length += 1;
        }
        Self { bytes, length }
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Names {
    const fn place(&mut self, which: Which) -> &mut Name {
        match which {
            Which::Host => &mut self.host,
            Which::Domain => &mut self.domain,
        }
    }
}

/// A name as it is now.
pub fn get(held: &mut Held<'_, impl Before<MachineNames>, Task>, which: Which) -> Name {
    held.below::<MachineNames>().with(&NAMES, |names, _| *names.place(which))
}

/// Sets a name.
///
/// # Errors
///
/// [`Errno::EINVAL`] where it is too long.
pub fn set(held: &mut Held<'_, impl Before<MachineNames>, Task>, which: Which, bytes: &[u8]) -> Result<()> {
    if bytes.len() > LONGEST {
        return Err(Errno::EINVAL);
    }
    let name = Name::of(bytes);
    held.below::<MachineNames>().with(&NAMES, |names, _| *names.place(which) = name);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Name};

    #[test]
    fn a_name_is_cut_where_it_is_too_long() {
        assert_eq!(Name::of(b"here").bytes(), b"here");
        assert_eq!(Name::of(&[b'x'; LONGEST + 9]).bytes(), [b'x'; LONGEST]);
        assert_eq!(Name::of(b"").bytes(), b"");
    }
}
