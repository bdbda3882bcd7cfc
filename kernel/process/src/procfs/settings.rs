//! `/proc/sys`: what is told of the kernel, and what root may set.

use abi::{Errno, Result};
use base::mm::drain;
use fs::file::FilePosition;
use lockorder::{Held, Root, Task};

use super::fixed::{Entry, Leaf};
use super::objects::LIMITS;
use super::text::Text;
use crate::names::{self, Which};
use crate::system::{RELEASE, System};
use crate::tree;

/// `/proc/sys`.
pub(super) const ENTRIES: [Entry; 4] = [
    Entry { name: "fs", number: 32, leaf: Leaf::Directory(&FS) },
    Entry { name: "kernel", number: 33, leaf: Leaf::Directory(&KERNEL) },
    Entry { name: "net", number: 35, leaf: Leaf::Directory(&NET) },
    Entry { name: "vm", number: 34, leaf: Leaf::Directory(&VM) },
];

const KERNEL: [Entry; 13] = [
    Entry {
        name: "domainname",
        number: 45,
        leaf: Leaf::Setting(
            |held, _, text| name(held, Which::Domain, text),
            |held, _, bytes| set_name(held, Which::Domain, bytes),
        ),
    },
    Entry {
        name: "hostname",
        number: 40,
        leaf: Leaf::Setting(
            |held, _, text| name(held, Which::Host, text),
            |held, _, bytes| set_name(held, Which::Host, bytes),
        ),
    },
    Entry {
        name: "osrelease",
        number: 41,
        leaf: Leaf::File(|_, _, text| text.put(format_args!("{RELEASE}\n"))),
    },
    Entry { name: "ostype", number: 42, leaf: Leaf::File(|_, _, text| text.bytes(b"Linux\n")) },
    Entry {
        name: "pid_max",
        number: 43,
        leaf: Leaf::File(|_, _, text| text.put(format_args!("{}\n", tree::LARGEST))),
    },
    Entry { name: "version", number: 44, leaf: Leaf::File(|_, _, text| text.bytes(b"#1 SMP\n")) },
    LIMITS[0],
    LIMITS[1],
    LIMITS[2],
    LIMITS[3],
    LIMITS[4],
    LIMITS[5],
    LIMITS[6],
];

const VM: [Entry; 2] = [
    Entry {
        name: "drop_caches",
        number: 50,
        leaf: Leaf::Setting(|_, _, text| text.bytes(b"0\n"), drop_caches),
    },
    Entry { name: "overcommit_memory", number: 51, leaf: Leaf::File(overcommit) },
];

const NET: [Entry; 2] = [
    Entry { name: "core", number: 36, leaf: Leaf::Directory(&NET_CORE) },
    Entry { name: "unix", number: 37, leaf: Leaf::Directory(&NET_UNIX) },
];

const NET_CORE: [Entry; 1] =
    [Entry { name: "somaxconn", number: 81, leaf: Leaf::File(|_, _, text| text.bytes(b"4096\n")) }];

const NET_UNIX: [Entry; 1] =
    [Entry { name: "max_dgram_qlen", number: 82, leaf: Leaf::File(|_, _, text| text.bytes(b"10\n")) }];

const FS: [Entry; 2] = [
    Entry { name: "nr_open", number: 60, leaf: Leaf::File(most_files) },
    Entry { name: "pipe-max-size", number: 61, leaf: Leaf::File(|_, _, text| text.bytes(b"1048576\n")) },
];

/// What the machine is called.
fn name(held: &mut Root<'_, Task>, which: Which, text: &mut Text) -> Result<()> {
    let name = names::get(held, which);
    text.bytes(name.bytes())?;
    text.bytes(b"\n")
}

/// Calls it something else: what is written up to the end of the line, as much as fits.
fn set_name(held: &mut Held<'_, FilePosition, Task>, which: Which, bytes: &[u8]) -> Result<()> {
    let line = bytes.split(|byte| matches!(byte, b'\n' | 0)).next().unwrap_or_default();
    names::set(held, which, line.get(..names::LONGEST).unwrap_or(line))
}

fn overcommit(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    // Memory is promised as it is asked for, and had when it is touched.
    text.bytes(b"1\n")
}

fn most_files(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    text.put(format_args!("{}\n", crate::descriptors::MOST))
}

/// Has every CPU give back what it keeps: 1 and 3 for pages, 2 and 3 for small blocks; both go together here.
fn drop_caches(held: &mut Held<'_, FilePosition, Task>, _system: &System, bytes: &[u8]) -> Result<()> {
    match bytes.trim_ascii() {
        b"1" | b"2" | b"3" => {
            drain::every_cpu(held);
            Ok(())
        }
        _ => Err(Errno::EINVAL),
    }
}
