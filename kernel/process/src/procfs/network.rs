//! `/proc/net`: the sockets of the network, as their families list them.

use abi::{Result, net};
use lockorder::{Root, Task};
use socket::Kind;

use super::fixed::{Entry, Leaf};
use super::text::Text;
use crate::system::System;

/// `/proc/net`.
pub(super) const ENTRIES: [Entry; 4] = [
    Entry {
        name: "tcp",
        number: 80,
        leaf: Leaf::File(|held, system, text| list(held, system, text, net::AF_INET, Kind::Stream)),
    },
    Entry {
        name: "tcp6",
        number: 81,
        leaf: Leaf::File(|held, system, text| list(held, system, text, net::AF_INET6, Kind::Stream)),
    },
    Entry {
        name: "udp",
        number: 82,
        leaf: Leaf::File(|held, system, text| list(held, system, text, net::AF_INET, Kind::Datagram)),
    },
    Entry {
        name: "udp6",
        number: 83,
        leaf: Leaf::File(|held, system, text| list(held, system, text, net::AF_INET6, Kind::Datagram)),
    },
];

/// Writes the list of a family's sockets of a kind.
fn list(held: &mut Root<'_, Task>, system: &System, text: &mut Text, family: u32, kind: Kind) -> Result<()> {
    text.with(|bytes| system.families.get(family)?.list(held, kind, bytes))
}
