//! What a process does, in numbers for programs (`stat`) and for people (`status`).

use abi::Result;
use lockorder::{Root, Task};
use memory::maps::Sizes;

use super::asking;
use super::subject::Subject;
use super::text::Text;
use crate::limits::Limit;
use crate::process::{Process, State};
use crate::terminal;

/// Nanoseconds of a hundredth of a second, in which times are told.
const TICK: u64 = 10_000_000;
/// Bytes of a page.
const PAGE: u64 = 4096;

/// What a process does, as one letter and in words.
fn letter(held: &mut Root<'_, Task>, process: &Process) -> (char, &'static str) {
    match process.state() {
        State::Running if process.is_ready(held) => ('R', "running"),
        State::Running => ('S', "sleeping"),
        State::Stopped => ('T', "stopped"),
        State::Ended => ('Z', "zombie"),
    }
}

/// The sizes of its memory; none where it has ended.
fn sizes(held: &mut Root<'_, Task>, process: &Process) -> Sizes {
    process.space(held).map(|space| space.sizes(held)).unwrap_or_default()
}

pub(super) fn name(held: &mut Root<'_, Task>, of: &Subject<'_>, text: &mut Text) -> Result<()> {
    text.bytes(&of.process.program(held).name)?;
    text.bytes(b"\n")
}

pub(super) fn statistics(held: &mut Root<'_, Task>, of: &Subject<'_>, text: &mut Text) -> Result<()> {
    let process = of.process;
    let (letter, _) = letter(held, process);
    let (terminal, foreground) = terminal::number_of(held, process);
    let threads = process.thread_count(held);
    let sizes = sizes(held, process);
    let used = process.used(held) / TICK;
    let of_children = process.used_by_children() / TICK;
    let started = process.started.as_nanos() / TICK;
    text.put(format_args!("{} (", of.thread))?;
    text.bytes(&process.program(held).name)?;
    text.put(format_args!(
        ") {letter} {} {} {} {terminal} {foreground} 0 0 0 0 0 {used} 0 {of_children} 0 20 0 {threads} 0 {started} {} {} \
         18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
        process.parent(),
        process.group(),
        process.session(),
        sizes.total * PAGE,
        sizes.resident,
    ))
}

pub(super) fn status(held: &mut Root<'_, Task>, of: &Subject<'_>, text: &mut Text) -> Result<()> {
    let process = of.process;
    let program = process.program(held);
    let (letter, word) = letter(held, process);
    text.bytes(b"Name:\t")?;
    text.field(&program.name, b"")?;
    text.put(format_args!(
        "\nUmask:\t{:04o}\nState:\t{letter} ({word})\nTgid:\t{}\nPid:\t{}\nPPid:\t{}\nTracerPid:\t0\n",
        program.umask,
        process.id(),
        of.thread,
        process.parent()
    ))?;
    for (name, [real, effective, saved]) in
        [("Uid", program.credentials.uids), ("Gid", program.credentials.gids)]
    {
        text.put(format_args!("{name}:\t{real}\t{effective}\t{saved}\t{effective}\n"))?;
    }
    text.bytes(b"Groups:\t")?;
    for group in program.credentials.groups.iter() {
        text.put(format_args!("{group} "))?;
    }
    text.bytes(b"\n")?;
    if program.space.is_some() {
        let sizes = sizes(held, process);
        let kibibytes = |pages: u64| pages * PAGE / 1024;
        for (name, pages) in [
            ("VmSize", sizes.total),
            ("VmRSS", sizes.resident),
            ("VmData", sizes.data),
            ("VmStk", sizes.stack),
            ("VmExe", sizes.code),
        ] {
            text.put(format_args!("{name}:\t{:>8} kB\n", kibibytes(pages)))?;
        }
    }
    let threads = process.thread_count(held);
    text.put(format_args!("Threads:\t{threads}\n"))?;
    let (pending, blocked) = process.signals_of(held, of.thread);
    let (ignored, caught) = process.ignored_and_caught(held);
    for (name, signals) in [
        ("SigPnd", pending),
        ("ShdPnd", process.pending()),
        ("SigBlk", blocked),
        ("SigIgn", ignored),
        ("SigCgt", caught),
    ] {
        text.put(format_args!("{name}:\t{signals:016x}\n"))?;
    }
    Ok(())
}

/// Resources in the order of their numbers: what they are called, and what they are counted in.
const RESOURCES: [(&str, &str); 16] = [
    ("Max cpu time", "seconds"),
    ("Max file size", "bytes"),
    ("Max data size", "bytes"),
    ("Max stack size", "bytes"),
    ("Max core file size", "bytes"),
    ("Max resident set", "bytes"),
    ("Max processes", "processes"),
    ("Max open files", "files"),
    ("Max locked memory", "bytes"),
    ("Max address space", "bytes"),
    ("Max file locks", "locks"),
    ("Max pending signals", "signals"),
    ("Max msgqueue size", "bytes"),
    ("Max nice priority", ""),
    ("Max realtime priority", ""),
    ("Max realtime timeout", "us"),
];

pub(super) fn limits(held: &mut Root<'_, Task>, of: &Subject<'_>, text: &mut Text) -> Result<()> {
    asking::check(held, of.process)?;
    let limits = of.process.program(held).limits;
    text.bytes(b"Limit                     Soft Limit           Hard Limit           Units     \n")?;
    for ((name, unit), limit) in RESOURCES.iter().zip(limits.iter()) {
        let [now, most]: Limit = *limit;
        text.bytes(name.as_bytes())?;
        for (width, value) in [(26, now), (47, most)] {
            text.pad_line(width)?;
            if value == u64::MAX {
                text.bytes(b"unlimited")?;
            } else {
                text.put(format_args!("{value}"))?;
            }
        }
        text.pad_line(68)?;
        text.put(format_args!("{unit:<10}\n"))?;
    }
    Ok(())
}
