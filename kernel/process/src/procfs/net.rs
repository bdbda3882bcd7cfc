//! `/proc/net`: what families of sockets show of theirs. It is a link to the directory of who asks: elsewhere each process may have a
//! network of its own; here all have the same.

use abi::{Result, net};
use lockorder::{Root, Task};
use socket::Kind;

use super::fixed::{Entry, Leaf, Write};
use super::text::Text;
use crate::system::System;

/// The directory.
pub(super) const ENTRIES: [Entry; 5] = [
    entry("unix", 80, |held, system, text| show(held, system, text, net::AF_UNIX, Kind::Stream)),
    entry("tcp", 91, |held, system, text| show(held, system, text, net::AF_INET, Kind::Stream)),
    entry("tcp6", 92, |held, system, text| show(held, system, text, net::AF_INET6, Kind::Stream)),
    entry("udp", 93, |held, system, text| show(held, system, text, net::AF_INET, Kind::Datagram)),
    entry("udp6", 94, |held, system, text| show(held, system, text, net::AF_INET6, Kind::Datagram)),
];

/// A file.
const fn entry(name: &'static str, number: u64, write: Write) -> Entry {
    Entry { name, number, leaf: Leaf::File(write) }
}

/// Writes what a family shows of its sockets of a kind.
fn show(held: &mut Root<'_, Task>, system: &System, text: &mut Text, family: u32, kind: Kind) -> Result<()> {
    let shown = system.families.get(family)?.shown(held, kind)?;
    text.bytes(&shown)
}
