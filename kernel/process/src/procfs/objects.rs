//! `/proc/sysvipc`, what there is of objects of System V, and their limits in `/proc/sys/kernel`.

use abi::Result;
use fs::Caller;
use lockorder::{Root, Task};
use sysv::table::ANYBODY;
use sysv::{Kind, Permissions, messages, segments, semaphores};

use super::fixed::{Entry, Leaf, Write};
use super::text::Text;
use crate::system::System;

/// `/proc/sysvipc`.
pub(super) const ENTRIES: [Entry; 3] =
    [entry("msg", 100, queues), entry("sem", 101, sets), entry("shm", 102, shared)];

/// The limits, for `/proc/sys/kernel`.
pub(super) const LIMITS: [Entry; 7] = [
    entry("msgmax", 110, |_, _, text| text.put(format_args!("{}\n", messages::MOST_OF_MESSAGE))),
    entry("msgmnb", 111, |_, _, text| text.put(format_args!("{}\n", messages::MOST_OF_QUEUE))),
    entry("msgmni", 112, |_, _, text| text.put(format_args!("{}\n", messages::MOST_QUEUES))),
    entry("sem", 113, |_, _, text| {
        let (of_set, all) = (semaphores::MOST_OF_SET, semaphores::MOST_OF_ALL);
        let (parts, sets) = (semaphores::MOST_PARTS, semaphores::MOST_SETS);
        text.put(format_args!("{of_set}\t{all}\t{parts}\t{sets}\n"))
    }),
    entry("shmall", 114, |_, system, text| {
        text.put(format_args!("{}\n", system.objects.segments.most_pages()))
    }),
    entry("shmmax", 115, |_, system, text| {
        text.put(format_args!("{}\n", system.objects.segments.most_pages().saturating_mul(PAGE)))
    }),
    entry("shmmni", 116, |_, _, text| text.put(format_args!("{}\n", segments::MOST_SEGMENTS))),
];

/// Bytes of a page.
const PAGE: u64 = 4096;

/// A file.
const fn entry(name: &'static str, number: u64, write: Write) -> Entry {
    Entry { name, number, leaf: Leaf::File(write) }
}

/// Writes a row for each object of a kind, as it is when its row is written.
fn rows<K: Kind>(
    held: &mut Root<'_, Task>,
    all: &K,
    mut row: impl FnMut(u32, Permissions, K::Facts) -> Result<()>,
) -> Result<()> {
    for place in 0..=u32::try_from(all.highest(held)).unwrap_or(u32::MAX) {
        let Ok(number) = all.number_at(held, place) else { continue };
        // Another process may have removed it meanwhile.
        let Ok((permissions, facts)) = all.facts(held, number, &Caller::KERNEL, ANYBODY) else { continue };
        row(number, permissions, facts)?;
    }
    Ok(())
}

/// The columns that rows begin with: key, number, mode.
fn begin(text: &mut Text, number: u32, of: &Permissions) -> Result<()> {
    text.put(format_args!("{:10} {number:10}  {:4o}", of.key.cast_signed(), of.mode))
}

/// The columns of users and groups.
fn owners(text: &mut Text, of: &Permissions) -> Result<()> {
    let (owner, creator) = (of.owner, of.creator);
    text.put(format_args!(" {:5} {:5} {:5} {:5}", owner.0, owner.1, creator.0, creator.1))
}

fn queues(held: &mut Root<'_, Task>, system: &System, text: &mut Text) -> Result<()> {
    text.bytes(b"       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n")?;
    rows(held, &system.objects.messages, |number, of, facts| {
        let ([sender, reader], [sent, received]) = (facts.processes, facts.moved);
        begin(text, number, &of)?;
        text.put(format_args!("  {:10} {:10} {sender:5} {reader:5}", facts.bytes, facts.count))?;
        owners(text, &of)?;
        text.put(format_args!(" {sent:10} {received:10} {:10}\n", facts.changed))
    })
}

fn sets(held: &mut Root<'_, Task>, system: &System, text: &mut Text) -> Result<()> {
    text.bytes(b"       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n")?;
    rows(held, &system.objects.semaphores, |number, of, facts| {
        begin(text, number, &of)?;
        text.put(format_args!(" {:10}", facts.count))?;
        owners(text, &of)?;
        text.put(format_args!(" {:10} {:10}\n", facts.operated, facts.changed))
    })
}

fn shared(held: &mut Root<'_, Task>, system: &System, text: &mut Text) -> Result<()> {
    text.bytes(b"       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n")?;
    rows(held, &*system.objects.segments, |number, of, facts| {
        let ([maker, last], [attached, detached]) = (facts.processes, facts.moved);
        begin(text, number, &of)?;
        text.put(format_args!(" {:21} {maker:5} {last:5}  {:5}", facts.size, facts.attached))?;
        owners(text, &of)?;
        text.put(format_args!(" {attached:10} {detached:10} {:10}", facts.changed))?;
        text.put(format_args!(" {:21} {:21}\n", facts.size, 0))
    })
}
