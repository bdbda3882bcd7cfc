//! `/proc/sysvipc`, what there is of objects of System V, and their limits in `/proc/sys/kernel`.

use abi::Result;
use fs::Caller;
use lockorder::{Root, Task};
use sysv::{messages, segments, semaphores};

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

/// The places of a table up to the highest that has something.
fn places(highest: u64) -> impl Iterator<Item = u32> {
    0..=u32::try_from(highest).unwrap_or(u32::MAX - 1)
}

fn queues(held: &mut Root<'_, Task>, system: &System, text: &mut Text) -> Result<()> {
    text.bytes(b"       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n")?;
    let all = &system.objects.messages;
    let (_, highest, _) = all.used(held);
    for place in places(highest) {
        let Ok(number) = all.number_at(held, place) else { continue };
        // Another process may have removed it meanwhile.
        let Ok((of, facts)) = all.facts(held, number, &Caller::KERNEL, true) else { continue };
        let (key, (uid, gid), made) = (of.key.cast_signed(), of.owner, of.creator);
        let messages::Facts { bytes, count, moved: [sent, received], changed, .. } = facts;
        let [sender, reader] = facts.processes;
        text.put(format_args!("{key:10} {number:10}  {:4o}  {bytes:10} {count:10} ", of.mode))?;
        text.put(format_args!("{sender:5} {reader:5} {uid:5} {gid:5} {:5} {:5} ", made.0, made.1))?;
        text.put(format_args!("{sent:10} {received:10} {changed:10}\n"))?;
    }
    Ok(())
}

fn sets(held: &mut Root<'_, Task>, system: &System, text: &mut Text) -> Result<()> {
    text.bytes(b"       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n")?;
    let all = &system.objects.semaphores;
    let (_, _, highest) = all.used(held);
    for place in places(highest) {
        let Ok(number) = all.number_at(held, place) else { continue };
        let Ok((of, facts)) = all.facts(held, number, &Caller::KERNEL, true) else { continue };
        let (key, (uid, gid), made) = (of.key.cast_signed(), of.owner, of.creator);
        let semaphores::Facts { count, operated, changed } = facts;
        text.put(format_args!("{key:10} {number:10}  {:4o} {count:10} ", of.mode))?;
        text.put(format_args!("{uid:5} {gid:5} {:5} {:5} {operated:10} {changed:10}\n", made.0, made.1))?;
    }
    Ok(())
}

fn shared(held: &mut Root<'_, Task>, system: &System, text: &mut Text) -> Result<()> {
    text.bytes(b"       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n")?;
    let all = &system.objects.segments;
    let (_, _, highest) = all.used(held);
    for place in places(highest) {
        let Ok(number) = all.number_at(held, place) else { continue };
        let Ok((of, facts)) = all.facts(held, number, &Caller::KERNEL, true) else { continue };
        let (key, (uid, gid), made) = (of.key.cast_signed(), of.owner, of.creator);
        let segments::Facts { size, moved: [attached, detached], changed, .. } = facts;
        let [maker, last] = facts.processes;
        text.put(format_args!("{key:10} {number:10}  {:4o} {size:21} {maker:5} {last:5}  ", of.mode))?;
        text.put(format_args!("{:5} {uid:5} {gid:5} {:5} {:5} ", facts.attached, made.0, made.1))?;
        text.put(format_args!("{attached:10} {detached:10} {changed:10} {size:21} {:21}\n", 0))?;
    }
    Ok(())
}
