//! `/proc/net`: what families of sockets show of theirs.

use abi::Result;
use lockorder::{Root, Task};

use super::fixed::{Entry, Leaf};
use super::text::Text;
use crate::system::System;

/// `/proc/net`.
pub(super) const ENTRIES: [Entry; 1] = [Entry { name: "unix", number: 80, leaf: Leaf::File(unix) }];

fn unix(held: &mut Root<'_, Task>, system: &System, text: &mut Text) -> Result<()> {
    let shown = system.families.get(abi::net::AF_UNIX)?.shown(held)?;
    text.bytes(&shown)
}
