//! The power fails at every moment of a workload, and whatever the disk had not flushed is there or not.
//!
//! Every write and flush of a workload is recorded. The disk is rebuilt as a cut would leave it: after every event, and for
//! each stretch between two flushes with random subsets of its writes in a random order, some torn in their middle where a disk
//! writes sectors of 512 bytes. Each image is recovered by our mount, and a sample also by e2fsck. Both must be clean; what was
//! acknowledged by a commit before the cut is there, byte for byte; and of a rename one name is there, never none or half.

use std::collections::BTreeMap;

use ext2::{Access, Error, Kind, New, Number, Operations};

use crate::disk::{Disk, Event, NOW};
use crate::random::Random;
use crate::tools;

const ROOT: Number = Number::ROOT;

/// What must be there after a cut: for each path the content that was acknowledged, as long as nothing is done to it.
type Promised = BTreeMap<Vec<u8>, Promise>;

/// What is promised of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Promise {
    /// It is there with this content.
    Content(Vec<u8>),
    /// It is a directory.
    Directory,
    /// It is gone.
    Gone,
}

/// A workload under way.
struct Work<'a> {
    over: Operations<'a, Disk>,
    /// What the next commit acknowledges.
    done: Promised,
    /// What each commit has acknowledged, and after how many events; and what was begun after it.
    acknowledged: Vec<(usize, Promised)>,
    /// Names whose state is being changed, and since when.
    touched: Vec<(usize, Vec<u8>)>,
    events: usize,
}

/// A directory and a name of a path of at most two parts.
fn parent(over: &mut Operations<'_, Disk>, path: &[u8]) -> Result<(Number, Vec<u8>), Error> {
    match path.iter().position(|byte| *byte == b'/') {
        Some(at) => Ok((over.lookup(ROOT, &path[..at])?, path[at + 1..].to_vec())),
        None => Ok((ROOT, path.to_vec())),
    }
}

impl Work<'_> {
    /// A name is about to change: until the next commit nothing is promised of it.
    fn touch(&mut self, path: &str) {
        self.events = self.over.device().record.as_ref().map_or(0, Vec::len);
        self.touched.push((self.events, path.into()));
    }

    fn write(&mut self, path: &str, bytes: &[u8]) {
        self.touch(path);
        let (directory, name) = parent(&mut self.over, path.as_bytes()).unwrap();
        let number = match self.over.lookup(directory, &name) {
            Ok(number) => number,
            Err(_) => self.over.create(directory, &name, &New::of(Kind::Regular, 0o644, NOW)).unwrap(),
        };
        // Other names of the same file change, too.
        let mut names = vec![path.as_bytes().to_vec()];
        for (other, promise) in &self.done {
            let (directory, name) = parent(&mut self.over, other).unwrap_or((ROOT, Vec::new()));
            if matches!(promise, Promise::Content(_)) && self.over.lookup(directory, &name) == Ok(number) {
                names.push(other.clone());
            }
        }
        self.touched.extend(names.iter().map(|name| (self.events, name.clone())));
        self.over.truncate(number, 0, NOW).unwrap();
        assert_eq!(self.over.write(number, 0, bytes, NOW), Ok(bytes.len()));
        for name in names {
            self.done.insert(name, Promise::Content(bytes.to_vec()));
        }
    }

    fn directory(&mut self, path: &str) {
        self.touch(path);
        let (directory, name) = parent(&mut self.over, path.as_bytes()).unwrap();
        self.over.create(directory, &name, &New::of(Kind::Directory, 0o755, NOW)).unwrap();
        self.done.insert(path.into(), Promise::Directory);
    }

    fn remove(&mut self, path: &str) {
        self.touch(path);
        let (directory, name) = parent(&mut self.over, path.as_bytes()).unwrap();
        let lost = match self.done.get(path.as_bytes()) {
            Some(Promise::Directory) => Some(self.over.remove_directory(directory, &name, NOW).unwrap()),
            _ => self.over.unlink(directory, &name, NOW).unwrap(),
        };
        if let Some(lost) = lost {
            self.over.reap(lost, NOW).unwrap();
        }
        self.done.insert(path.into(), Promise::Gone);
    }

    fn rename(&mut self, from: &str, to: &str) {
        self.touch(from);
        self.touch(to);
        let old = parent(&mut self.over, from.as_bytes()).unwrap();
        let new = parent(&mut self.over, to.as_bytes()).unwrap();
        if let Some(lost) = self.over.rename((old.0, &old.1), (new.0, &new.1), NOW).unwrap() {
            self.over.reap(lost, NOW).unwrap();
        }
        let moved = self.done.insert(from.into(), Promise::Gone).unwrap();
        self.done.insert(to.into(), moved);
    }

    fn link(&mut self, from: &str, to: &str) {
        self.touch(to);
        let old = parent(&mut self.over, from.as_bytes()).unwrap();
        let new = parent(&mut self.over, to.as_bytes()).unwrap();
        let number = self.over.lookup(old.0, &old.1).unwrap();
        self.over.link(number, new.0, &new.1, NOW).unwrap();
        let same = self.done[from.as_bytes()].clone();
        self.done.insert(to.into(), same);
    }

    fn commit(&mut self) {
        self.over.commit().unwrap();
        let events = self.over.device().record.as_ref().map_or(0, Vec::len);
        self.acknowledged.push((events, self.done.clone()));
    }
}

/// A workload that is over.
struct Recorded {
    before: Disk,
    events: Vec<Event>,
    acknowledged: Vec<(usize, Promised)>,
    touched: Vec<(usize, Vec<u8>)>,
}

impl Recorded {
    /// What is promised after a cut behind `count` events.
    fn promised(&self, count: usize) -> Promised {
        let Some((since, promised)) = self.acknowledged.iter().rev().find(|(events, _)| *events <= count)
        else {
            return Promised::new();
        };
        let mut promised = promised.clone();
        for (_, path) in self.touched.iter().filter(|(at, _)| (*since..=count).contains(at)) {
            promised.remove(path);
        }
        promised
    }
}

fn record(image: &[u8], workload: impl FnOnce(&mut Work<'_>)) -> Recorded {
    let mut disk = Disk::new(image.to_vec());
    let mut filesystem = disk.mount(Access::ReadWrite).expect("mounted");
    let before = disk.clone();
    disk.record = Some(Vec::new());
    let mut work = Work {
        over: filesystem.over(&mut disk),
        done: Promised::new(),
        acknowledged: Vec::new(),
        touched: Vec::new(),
        events: 0,
    };
    workload(&mut work);
    let Work { acknowledged, touched, .. } = work;
    filesystem.unmount(&mut disk, NOW).expect("unmounted");
    Recorded { before, events: disk.record.take().expect("recorded"), acknowledged, touched }
}

/// Mounts what a cut has left, and looks for what is promised.
fn check(mut disk: Disk, promised: &Promised, judge: bool) -> Result<(), String> {
    if judge {
        let recovered = tools::recovered(&disk.bytes).map_err(|said| format!("e2fsck recovers: {said}"))?;
        if let Some(complaints) = tools::complaints(&recovered) {
            return Err(format!("after e2fsck's recovery: {complaints}"));
        }
        let mut other = Disk::new(recovered);
        look(&mut other, promised).map_err(|error| format!("after e2fsck's recovery: {error}"))?;
    }
    look(&mut disk, promised)?;
    if judge && let Some(complaints) = tools::complaints(&disk.bytes) {
        return Err(format!("after our recovery: {complaints}"));
    }
    Ok(())
}

fn look(disk: &mut Disk, promised: &Promised) -> Result<(), String> {
    let mut filesystem = disk.mount(Access::ReadWrite).map_err(|error| format!("mount: {error}"))?;
    let mut over = filesystem.over(disk);
    for (path, promise) in promised {
        let name = String::from_utf8_lossy(path);
        let found = parent(&mut over, path).and_then(|(directory, name)| over.lookup(directory, &name));
        let seen = match found {
            Err(Error::NotFound) => Promise::Gone,
            Err(error) => return Err(format!("{name}: {error}")),
            Ok(number) => {
                let inode = over.inode(number).map_err(|error| format!("{name}: {error}"))?;
                if inode.kind() == Some(Kind::Directory) {
                    Promise::Directory
                } else {
                    let mut bytes = vec![0; usize::try_from(inode.size).expect("small")];
                    over.read(number, 0, &mut bytes).map_err(|error| format!("{name}: {error}"))?;
                    Promise::Content(bytes)
                }
            }
        };
        if seen != *promise {
            return Err(format!("{name} is not what was promised"));
        }
    }
    filesystem.unmount(disk, NOW).map_err(|error| format!("unmount: {error}"))
}

/// Writes events to a disk; a write of `torn` sectors where there is such a number.
fn apply(disk: &mut Disk, event: &Event, torn: Option<usize>) {
    if let Event::Write(block, bytes) = event {
        let at = *block as usize * disk.size;
        let count = torn.map_or(bytes.len(), |sectors| sectors * 512);
        disk.bytes[at..at + count].copy_from_slice(&bytes[..count]);
    }
}

/// Checks every prefix, and `samples` subsets of each stretch between two flushes; every `judged`-th by e2fsck, too.
fn cut_everywhere(
    recorded: &Recorded,
    samples: usize,
    judged: usize,
    random: &mut Random,
) -> Result<usize, String> {
    let mut flushed = recorded.before.clone();
    let mut stretch = Vec::new();
    let mut images = 0;
    for (count, event) in recorded.events.iter().enumerate() {
        let mut prefix = flushed.clone();
        for event in &stretch {
            apply(&mut prefix, event, None);
        }
        images += 1;
        let promised = recorded.promised(count);
        check(prefix, &promised, images % judged == 0)
            .map_err(|error| format!("before event {count}: {error}"))?;
        let Event::Flush = event else {
            stretch.push(event.clone());
            continue;
        };
        for _ in 0..if stretch.is_empty() { 0 } else { samples } {
            let mut cut = flushed.clone();
            let share = 1 + random.below(8);
            let mut chosen: Vec<_> = stretch.iter().filter(|_| random.below(8) < share).collect();
            for at in (1..chosen.len()).rev() {
                // Writes of one block keep their order: the disk has one of each.
                let other = random.below(at + 1);
                let (Event::Write(a, _), Event::Write(b, _)) = (chosen[at], chosen[other]) else { continue };
                if a != b
                    && !chosen[other..=at].iter().any(|event| {
                        matches!(event, Event::Write(c, _) if c == a || c == b)
                            && !std::ptr::eq(*event, chosen[at])
                            && !std::ptr::eq(*event, chosen[other])
                    })
                {
                    chosen.swap(at, other);
                }
            }
            for event in chosen {
                let torn = (random.below(6) == 0).then(|| random.below(cut.size / 512));
                apply(&mut cut, event, torn);
            }
            images += 1;
            // The flush has not returned: the commit that waits for it is not acknowledged.
            check(cut, &promised, images % judged == 0)
                .map_err(|error| format!("in the flush {count}: {error}"))?;
        }
        stretch.drain(..).for_each(|event| apply(&mut flushed, &event, None));
    }
    Ok(images)
}

fn image() -> Vec<u8> {
    tools::make(&["-t", "ext3", "-b", "1024", "-J", "size=1", "-N", "128"], 3 * 1024)
}

fn bytes(random: &mut Random, most: usize) -> Vec<u8> {
    let (seed, length) = (random.below(251), random.below(most) + 1);
    (0..length).map(|at| u8::try_from((at * 7 + seed) % 251).expect("less than 251")).collect()
}

/// One operation of the small workloads, over four names of which two lie in a directory.
fn step(work: &mut Work<'_>, choice: usize, random: &mut Random) {
    let there =
        |work: &Work<'_>, path: &str| matches!(work.done.get(path.as_bytes()), Some(Promise::Content(_)));
    match choice {
        0 => work.write("a", &bytes(random, 5000)),
        1 => work.write("d/b", &bytes(random, 30_000)),
        2 if there(work, "a") => work.rename("a", "d/c"),
        3 if there(work, "d/c") => work.rename("d/c", "a"),
        4 if there(work, "a") => work.remove("a"),
        5 if there(work, "d/b") => work.remove("d/b"),
        6 if there(work, "a") && !there(work, "e") => work.link("a", "e"),
        7 => work.commit(),
        _ => {}
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_small_workloads() {
    if !tools::present() {
        return;
    }
    let image = image();
    let mut images = 0;
    for first in 0..7 {
        for second in 0..7 {
            let mut random = Random::new(first as u64 * 7 + second as u64);
            let recorded = record(&image, |work| {
                work.directory("d");
                work.write("a", b"the first content");
                work.write("d/b", &bytes(&mut Random::new(1), 20_000));
                work.commit();
                step(work, first, &mut random);
                step(work, second, &mut random);
                work.commit();
            });
            images += cut_everywhere(&recorded, 2, 40, &mut random).unwrap_or_else(|error| {
                panic!("workload {first}, {second}: {error}");
            });
        }
    }
    assert!(images > 1000, "{images} images");
}

#[test]
fn nothing_acknowledged_is_lost_by_a_long_workload() {
    if !tools::present() {
        return;
    }
    let mut random = Random::new(4);
    let recorded = record(&image(), |work| {
        work.directory("d");
        for _ in 0..250 {
            let choice = random.below(8);
            step(work, choice, &mut random);
        }
        work.commit();
    });
    let images = cut_everywhere(&recorded, 3, 50, &mut random).unwrap_or_else(|error| panic!("{error}"));
    assert!(images > 500, "{images} images");
}

/// A directory's blocks are logged, freed, and used for a file, whose data are not logged.
#[test]
fn what_was_metadata_does_not_come_back_over_data() {
    if !tools::present() {
        return;
    }
    let mut random = Random::new(5);
    let recorded = record(&image(), |work| {
        for round in 0..3 {
            work.directory("m");
            for number in 0..12 {
                work.write(&format!("m/{number}{}", "n".repeat(200)), b"x");
            }
            work.write("old", &bytes(&mut random, 200_000));
            work.commit();
            for number in 0..12 {
                work.remove(&format!("m/{number}{}", "n".repeat(200)));
            }
            work.remove("m");
            work.remove("old");
            work.commit();
            // All that is free: the blocks of the directory and of pointers are among them.
            work.write(&format!("r{round}"), &vec![b'a' + round; 400_000]);
            work.commit();
            work.touch("q");
            work.write(&format!("s{round}"), b"after it");
            work.commit();
        }
    });
    let images = cut_everywhere_rarely(&recorded, &mut random).unwrap_or_else(|error| panic!("{error}"));
    assert!(images > 100, "{images} images");
}

/// Checks prefixes around each flush, and one subset of each stretch: for long records.
fn cut_everywhere_rarely(recorded: &Recorded, random: &mut Random) -> Result<usize, String> {
    let mut flushed = recorded.before.clone();
    let mut stretch: Vec<&Event> = Vec::new();
    let mut images = 0;
    for (count, event) in recorded.events.iter().enumerate() {
        if matches!(event, Event::Write(..)) {
            stretch.push(event);
            if count % 16 != 0 {
                continue;
            }
        }
        for all in [true, false] {
            let mut cut = flushed.clone();
            for event in stretch.iter().filter(|_| all || random.below(2) == 0) {
                apply(&mut cut, event, None);
            }
            images += 1;
            check(cut, &recorded.promised(count), images % 40 == 0)
                .map_err(|error| format!("before event {count}: {error}"))?;
        }
        if matches!(event, Event::Flush) {
            stretch.drain(..).for_each(|event| apply(&mut flushed, event, None));
        }
    }
    Ok(images)
}
