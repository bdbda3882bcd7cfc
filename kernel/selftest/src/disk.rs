//! The disk at work: many threads at once, each with a lock held over its requests, and what is refused.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base::sched::{self, Mutex, Placement};
use base::{println, record};
use block::{BlockDevice, Error, SECTOR, VirtioDisk};
use lockorder::{Root, Task};

use super::FAILED;
use super::classes::Inode;

/// What is wrong.
type Verdict = Result<(), String>;

/// Threads: more than the disk takes requests.
const THREADS: usize = 24;
/// Requests of each.
const REQUESTS: usize = 20;
/// Bytes of a request.
const LENGTH: usize = 4096;

/// The byte at `at` of what thread `thread` writes in round `round`.
fn pattern(thread: usize, round: usize, at: usize) -> u8 {
    u8::try_from((thread * 31 + round * 7 + at * 3) % 251).unwrap_or_default()
}

/// Fails with a text if a condition does not hold.
fn check(holds: bool, what: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(what()) }
}

/// Runs the workload.
pub(crate) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    let tests: [(&str, fn(&mut Root<'_, Task>, VirtioDisk) -> Verdict); 3] = [
        ("many", many_at_once),
        ("again", what_was_written_is_there),
        ("refused", what_it_has_not_is_refused),
    ];
    let Some(disk) = VirtioDisk::find(&mut held) else {
        println!("disk: there is none: give one of 2 MiB or more with --disk FILE");
        return FAILED;
    };
    for (name, test) in tests {
        if let Err(what) = test(&mut held, disk) {
            println!("disk: {name}: {what}");
            return FAILED;
        }
        record::marker(&format!("disk: {name}"));
    }
    println!("disk: ok");
    0
}

/// Threads write, read what they wrote, and flush, each with a file's lock held.
fn many_at_once(held: &mut Root<'_, Task>, disk: VirtioDisk) -> Verdict {
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            sched::spawn("disk", Placement::default(), move |mut held| {
                let inode = Mutex::<Inode, ()>::with_key(thread as u64, ());
                held.with(&inode, |(), mut held| {
                    for round in 0..REQUESTS {
                        let sector = ((thread * REQUESTS + round) * (LENGTH / SECTOR)) as u64;
                        let bytes: Vec<u8> = (0..LENGTH).map(|at| pattern(thread, round, at)).collect();
                        let mut seen = alloc::vec![0; LENGTH];
                        disk.write(&mut held, sector, &bytes)?;
                        disk.read(&mut held, sector, &mut seen)?;
                        if seen != bytes {
                            return Ok(false);
                        }
                    }
                    disk.flush(&mut held)?;
                    Ok::<_, Error>(true)
                })
            })
        })
        .collect();
    let results: Vec<_> = threads.into_iter().map(|thread| thread.join(held)).collect();
    check(results.iter().all(|result| *result == Ok(true)), || format!("{results:?}"))
}

/// Sector for sector, what the threads wrote lies there.
fn what_was_written_is_there(held: &mut Root<'_, Task>, disk: VirtioDisk) -> Verdict {
    for (thread, round) in (0..THREADS).flat_map(|thread| (0..REQUESTS).map(move |round| (thread, round))) {
        let first = (thread * REQUESTS + round) * (LENGTH / SECTOR);
        for number in 0..LENGTH / SECTOR {
            let mut seen = [0; SECTOR];
            let sector = (first + number) as u64;
            disk.read(held, sector, &mut seen).map_err(|error| format!("{error}"))?;
            let whole = seen
                .iter()
                .enumerate()
                .all(|(at, byte)| *byte == pattern(thread, round, number * SECTOR + at));
            check(whole, || format!("sector {sector} has something else"))?;
        }
    }
    Ok(())
}

/// Sectors behind the end, parts of sectors, more than a page.
fn what_it_has_not_is_refused(held: &mut Root<'_, Task>, disk: VirtioDisk) -> Verdict {
    let mut sector = [0; SECTOR];
    for first in [disk.sectors(), u64::MAX] {
        let refused = disk.read(held, first, &mut sector);
        check(refused == Err(Error::Outside), || format!("sector {first}: {refused:?}"))?;
    }
    let refused = disk.write(held, 0, &sector[1..]);
    check(refused == Err(Error::Outside), || format!("a part of a sector: {refused:?}"))?;
    let refused = disk.write(held, 0, &[0; LENGTH + SECTOR]);
    check(refused == Err(Error::Outside), || format!("more than a page: {refused:?}"))?;
    let last = disk.read(held, disk.sectors() - 1, &mut sector);
    check(last == Ok(()), || format!("the last sector: {last:?}"))
}
