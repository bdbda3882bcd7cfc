//! `/proc` itself: a directory for each process, and the files of the whole system.
//!
//! Numbers of inodes: those of what is fixed are in its table, below [`PROCESSES`]; those of a process have its number above
//! [`BITS`] bits.

use alloc::format;
use alloc::sync::Arc;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use fs::Kind;
use fs::file::FilePosition;
use fs::pseudo::{Directory, Item};
use lockorder::{Held, Task};

use super::fixed::{Entry, Leaf, get};
use super::of_process::OfProcess;
use super::subject::BITS;
use super::{asking, lockorder as classes, objects, settings, system};
use crate::system::System;
use crate::tree;

/// What is there besides processes.
const ENTRIES: [Entry; 17] = [
    Entry { name: "cpuinfo", number: 3, leaf: Leaf::File(system::cpus) },
    Entry { name: "cmdline", number: 4, leaf: Leaf::File(system::command_line) },
    Entry { name: "dag_stats", number: 5, leaf: Leaf::File(classes::order_statistics) },
    Entry { name: "devices", number: 6, leaf: Leaf::File(system::devices) },
    Entry { name: "filesystems", number: 7, leaf: Leaf::File(system::filesystems) },
    Entry { name: "loadavg", number: 8, leaf: Leaf::File(system::load) },
    Entry { name: "lockorder", number: 9, leaf: Leaf::Directory(&classes::ENTRIES) },
    Entry { name: "meminfo", number: 10, leaf: Leaf::File(system::memory) },
    Entry { name: "mounts", number: 11, leaf: Leaf::Link("self/mounts") },
    Entry { name: "stat", number: 12, leaf: Leaf::File(system::statistics) },
    Entry { name: "swaps", number: 13, leaf: Leaf::File(system::swaps) },
    Entry { name: "sys", number: 14, leaf: Leaf::Directory(&settings::ENTRIES) },
    Entry { name: "sysvipc", number: 103, leaf: Leaf::Directory(&objects::ENTRIES) },
    Entry { name: "uptime", number: 15, leaf: Leaf::File(system::uptime) },
    Entry { name: "version", number: 16, leaf: Leaf::File(system::version) },
    Entry { name: "net", number: 18, leaf: Leaf::Link("self/net") },
    Entry { name: "partitions", number: 17, leaf: Leaf::File(system::partitions) },
];

/// How many links there are to who asks.
const LINKS: usize = 2;
/// The number of `thread-self`.
const THREAD_SELF: u64 = 19;

/// `/proc` itself.
pub struct Root(pub(crate) Arc<System>);

impl core::fmt::Debug for Root {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Root")
    }
}

impl Directory for Root {
    fn get(&self, held: &mut lockorder::Root<'_, Task>, name: &[u8]) -> Result<(u64, Item)> {
        if name == b"self" {
            let id = asking::process(held).ok_or(Errno::ENOENT)?.id();
            return Ok((2, Item::Link(format!("{id}").into_bytes())));
        }
        if name == b"thread-self" {
            let (process, thread) = asking::thread(held).ok_or(Errno::ENOENT)?;
            let id = process.id();
            return Ok((THREAD_SELF, Item::Link(format!("{id}/task/{thread}").into_bytes())));
        }
        match get(&ENTRIES, &self.0, name) {
            Err(Errno::ENOENT) => {}
            found => return found,
        }
        let name = core::str::from_utf8(name).map_err(|_| Errno::ENOENT)?;
        // Only as it is listed: no sign, no zeros before it.
        let id: u32 = name.parse().ok().filter(|id| format!("{id}") == name).ok_or(Errno::ENOENT)?;
        let process = tree::find(held, id).map_err(|_| Errno::ENOENT)?;
        let directory = try_arc(OfProcess::new(process)).map_err(|_| Errno::ENOMEM)?;
        Ok((u64::from(id) << BITS, Item::Directory(directory)))
    }

    fn list(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        skip: u64,
        each: &mut dyn FnMut(&[u8], u64, Kind) -> bool,
    ) {
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let links: [(&[u8], u64); LINKS] = [(b"self", 2), (b"thread-self", THREAD_SELF)];
        for (name, number) in links.into_iter().skip(skip) {
            if !each(name, number, Kind::Symlink) {
                return;
            }
        }
        for entry in ENTRIES.iter().skip(skip.saturating_sub(LINKS)) {
            if !each(entry.name.as_bytes(), entry.number, entry.kind()) {
                return;
            }
        }
        let mut place = skip.saturating_sub(LINKS + ENTRIES.len());
        while let Some(id) = tree::number_at(held, place) {
            if !each(format!("{id}").as_bytes(), u64::from(id) << BITS, Kind::Directory) {
                return;
            }
            place += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ENTRIES, THREAD_SELF, classes, settings};
    use crate::procfs::fixed::{Entry, Leaf};
    use crate::procfs::net;

    /// An inode is known by its number.
    #[test]
    fn no_number_stands_for_two_files() {
        fn note(entries: &[Entry], numbers: &mut BTreeSet<u64>) {
            for entry in entries {
                assert!(numbers.insert(entry.number), "{} has another one's number", entry.name);
                assert!(entry.number < 1 << super::BITS, "{} has a process's number", entry.name);
                if let Leaf::Directory(entries) = entry.leaf {
                    note(entries, numbers);
                }
            }
        }
        let mut numbers = BTreeSet::from([1, 2, THREAD_SELF]);
        note(&ENTRIES, &mut numbers);
        note(&net::ENTRIES, &mut numbers);
        assert!(numbers.len() > ENTRIES.len() + classes::ENTRIES.len() + settings::ENTRIES.len());
    }
}
