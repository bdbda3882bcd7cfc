//! What `/proc` says.
//!
//! Each file is written when it is opened, with nothing held: numbers are snapshots.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Write as _;

use abi::{Errno, Result};
use base::mm::fallible::try_copy;
use base::sched::core::current as carrier;
use base::time::Instant;
use fs::Kind;
use fs::file::FilePosition;
use fs::pseudo::{Content, Directory, Item};
use lockorder::{CLASSES, Held, Task};

use crate::process::{Process, State};
use crate::system::System;
use crate::tree;

/// The root of the tokens, under a name that is free here.
type Nothing<'a> = lockorder::Root<'a, Task>;

/// What writes a file of the whole system.
type Write = fn(&mut Nothing<'_>, &System) -> String;
/// What writes a file of one process.
type WriteOf = fn(&mut Nothing<'_>, &Process) -> Result<Vec<u8>>;

/// The files of the whole system.
const FILES: [(&str, Write); 7] = [
    ("filesystems", |_, _| "nodev\ttmpfs\nnodev\tproc\n".into()),
    ("loadavg", |held, _| {
        let count = tree::count(held);
        format!("0.00 0.00 0.00 1/{count} {count}\n")
    }),
    ("meminfo", |_, _| {
        let free = base::mm::available_frames() * 4;
        format!("MemTotal: {free:>15} kB\nMemFree: {free:>16} kB\nMemAvailable: {free:>11} kB\n")
    }),
    ("mounts", mounts),
    ("uptime", |_, _| {
        let nanoseconds = Instant::now().as_nanos();
        format!("{}.{:02} 0.00\n", nanoseconds / 1_000_000_000, nanoseconds / 10_000_000 % 100)
    }),
    ("version", |_, _| "Linux version 6.1.0 (lockorder)\n".into()),
    ("lockorder", classes),
];

/// The files of one process.
const OF_PROCESS: [(&str, WriteOf); 4] = [
    ("cmdline", command_line),
    ("comm", |held, process| Ok([&*process.program(held).name, b"\n"].concat())),
    ("stat", |held, process| Ok(statistics(held, process))),
    ("status", |held, process| Ok(status(held, process))),
];

/// Numbers of inodes: those of a process have its number above these bits.
const BITS: u32 = 8;

/// The mounts.
fn mounts(held: &mut Nothing<'_>, system: &System) -> String {
    let mut text = String::new();
    system.namespace.each(held, |kind, path| {
        // Into a string it never fails.
        let _ = writeln!(text, "{kind} {} {kind} rw 0 0", String::from_utf8_lossy(path));
    });
    text
}

/// The lock classes of the kernel, outermost first.
fn classes(_held: &mut Nothing<'_>, _system: &System) -> String {
    let mut classes: Vec<_> = CLASSES.iter().collect();
    classes.sort_by_key(|class| class.rank);
    let line = |class: &&&lockorder::ClassInfo| format!("{} {}\n", class.rank, class.name);
    classes.iter().map(line).collect()
}

/// What a process does, as one letter and in words.
const fn letter(state: State) -> (char, &'static str) {
    match state {
        State::Running => ('S', "sleeping"),
        State::Stopped => ('T', "stopped"),
        State::Ended => ('Z', "zombie"),
    }
}

/// A process's arguments, from its own memory.
fn command_line(held: &mut Nothing<'_>, process: &Process) -> Result<Vec<u8>> {
    let program = process.program(held);
    let Some(space) = &program.space else { return Ok(Vec::new()) };
    let (at, length) = program.arguments;
    let length = usize::try_from(length).map_err(|_| Errno::ENOMEM)?;
    let mut text = Vec::new();
    text.try_reserve_exact(length).map_err(|_| Errno::ENOMEM)?;
    text.resize(length, 0);
    space.read(held, at, &mut text)?;
    Ok(text)
}

/// `/proc/PID/stat`.
fn statistics(held: &mut Nothing<'_>, process: &Process) -> Vec<u8> {
    let program = process.program(held);
    let (letter, _) = letter(process.state());
    let console = &process.system().console;
    let has_terminal = console.session() == process.session() && process.session() != 0;
    let (terminal, foreground) =
        if has_terminal { (0x501, i64::from(console.foreground())) } else { (0, -1) };
    let threads = process.thread_count(held);
    let pages = program.space.as_ref().map_or(0, |space| space.resident_pages());
    let ticks = |nanoseconds: u64| nanoseconds / 10_000_000;
    let (used, of_children) = (ticks(process.used(held)), ticks(process.used_by_children()));
    let started = ticks(process.started.as_nanos());
    let name = String::from_utf8_lossy(&program.name).into_owned();
    format!(
        "{} ({name}) {letter} {} {} {} {terminal} {foreground} 0 0 0 0 0 {used} 0 {of_children} 0 20 0 {threads} 0 {started} {} {pages} \
         18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
        process.id(),
        process.parent(),
        process.group(),
        process.session(),
        pages * 4096,
    )
    .into_bytes()
}

/// `/proc/PID/status`.
fn status(held: &mut Nothing<'_>, process: &Process) -> Vec<u8> {
    let program = process.program(held);
    let (letter, word) = letter(process.state());
    let [real, effective, saved] = program.credentials.uids;
    let [real_group, effective_group, saved_group] = program.credentials.gids;
    let pages = program.space.as_ref().map_or(0, |space| space.resident_pages());
    let name = String::from_utf8_lossy(&program.name).into_owned();
    let (id, parent, resident) = (process.id(), process.parent(), pages * 4);
    let threads = process.thread_count(held);
    format!(
        "Name:\t{name}\nState:\t{letter} ({word})\nTgid:\t{id}\nPid:\t{id}\nPPid:\t{parent}\n\
         Uid:\t{real}\t{effective}\t{saved}\t{effective}\n\
         Gid:\t{real_group}\t{effective_group}\t{saved_group}\t{effective_group}\n\
         VmRSS:\t{resident} kB\nThreads:\t{threads}\n"
    )
    .into_bytes()
}

/// `/proc` itself.
pub struct Root(pub(crate) Arc<System>);

impl core::fmt::Debug for Root {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Root")
    }
}

/// A file of the whole system.
struct File(Arc<System>, Write);

impl Content for File {
    fn text(&self, held: &mut Nothing<'_>) -> Result<Vec<u8>> {
        Ok((self.1)(held, &self.0).into_bytes())
    }
}

/// The directory of a process.
struct OfProcess(Arc<Process>);

/// A file of a process.
struct FileOfProcess(Arc<Process>, WriteOf);

impl Content for FileOfProcess {
    fn text(&self, held: &mut Nothing<'_>) -> Result<Vec<u8>> {
        (self.1)(held, &self.0)
    }
}

/// The number of the process that asks.
fn own(held: &mut Nothing<'_>) -> Option<u32> {
    let carrier = carrier();
    let mut last = 0;
    while let Some(process) = tree::next(held, last, |_| true) {
        last = process.id();
        if process.is_carried_by(held, &carrier) {
            return Some(last);
        }
    }
    None
}

impl Directory for Root {
    fn get(&self, held: &mut Nothing<'_>, name: &[u8]) -> Option<(u64, Item)> {
        let name = core::str::from_utf8(name).ok()?;
        if name == "self" {
            return own(held).map(|id| (2, Item::Link(format!("{id}").into_bytes())));
        }
        if let Some(place) = FILES.iter().position(|(file, _)| *file == name) {
            let write = FILES.get(place)?.1;
            return Some((place as u64 + 3, Item::File(Arc::new(File(Arc::clone(&self.0), write)))));
        }
        let id: u32 = name.parse().ok()?;
        let process = tree::find(held, id).ok()?;
        Some((u64::from(id) << BITS, Item::Directory(Arc::new(OfProcess(process)))))
    }

    fn list(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        skip: u64,
        each: &mut dyn FnMut(&[u8], u64, Kind) -> bool,
    ) {
        let fixed =
            FILES.iter().zip(3..).map(|(&(name, _), number)| (Vec::from(name), number, Kind::Regular));
        let own = [(Vec::from("self"), 2, Kind::Symlink)];
        let of_processes = (0..)
            .map_while(|place| tree::number_at(held, place))
            .map(|id| (format!("{id}").into_bytes(), u64::from(id) << BITS, Kind::Directory));
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        for (name, number, kind) in own.into_iter().chain(fixed).chain(of_processes).skip(skip) {
            if !each(&name, number, kind) {
                return;
            }
        }
    }
}

impl Directory for OfProcess {
    fn get(&self, held: &mut Nothing<'_>, name: &[u8]) -> Option<(u64, Item)> {
        let process = &self.0;
        let base = u64::from(process.id()) << BITS;
        match name {
            b"exe" => Some((base + 1, Item::Link(try_copy(&process.program(held).path).ok()?))),
            b"cwd" => {
                let program = process.program(held);
                let start = program.start(process.namespace());
                Some((base + 2, Item::Link(start.path_of(held, start.directory).ok()?)))
            }
            _ => {
                let name = core::str::from_utf8(name).ok()?;
                let place = OF_PROCESS.iter().position(|(file, _)| *file == name)?;
                let write = OF_PROCESS.get(place)?.1;
                let content = Arc::new(FileOfProcess(Arc::clone(process), write));
                Some((base + 3 + place as u64, Item::File(content)))
            }
        }
    }

    fn list(
        &self,
        _held: &mut Held<'_, FilePosition, Task>,
        skip: u64,
        each: &mut dyn FnMut(&[u8], u64, Kind) -> bool,
    ) {
        let base = u64::from(self.0.id()) << BITS;
        let links = [("exe", Kind::Symlink), ("cwd", Kind::Symlink)];
        let files = OF_PROCESS.iter().map(|&(name, _)| (name, Kind::Regular));
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        for ((name, kind), number) in links.into_iter().chain(files).zip(1..).skip(skip) {
            if !each(name.as_bytes(), base + number, kind) {
                return;
            }
        }
    }
}
