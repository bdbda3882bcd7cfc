//! Becoming another program.
//!
//! The new memory is built while nobody knows it, with nothing held: the file's parts are mapped, the stack is written through the pages
//! themselves. Until that has worked the process is what it was, and gets an error; after it there is no way back, and what is
//! left of the old program (threads, handlers, memory, files that were to be closed) goes.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;

use abi::{Errno, Result, general};
use base::mm::fallible::{try_copy, try_zeroed};
use base::sched::waiting;
use base::user::{self, UserContext};
use fs::attributes::{Attributes, GROUP_EXECUTES, SET_GROUP, SET_USER, Wish};
use fs::{File, Inode, Kind, OpenFile, OpenFlags, Start};
use lockorder::{Root, Task};
use memory::{AddressSpace, Layout, Protection, Randomness, Request};

use crate::elf::{self, HEADER};
use crate::life::Current;
use crate::limits::{self, Resources};
use crate::process::{Credentials, Program};
use crate::signal::frame::AlternateStack;
use crate::stack_image;
use crate::vdso::Vdso;

/// How many scripts may name another script as their interpreter.
const SCRIPTS: usize = 4;
/// How much of a file says what it is.
const HEAD: usize = 256;
/// The longest name of a program.
const LONGEST_NAME: usize = 15;

/// What a program is started with.
#[derive(Debug, Default)]
pub struct Arguments {
    /// Its arguments, the first one its name.
    pub arguments: Vec<Vec<u8>>,
    /// Its environment.
    pub environment: Vec<Vec<u8>>,
    /// Whether its path leads nowhere once it has begun, which a script's interpreter would read.
    pub path_is_lost: bool,
}

/// Memory that a program can begin in.
pub(crate) struct Loaded {
    pub(crate) space: Arc<AddressSpace>,
    entry: u64,
    stack: u64,
    /// Where its arguments are.
    arguments: (u64, u64),
    /// Where its environment is.
    environment: (u64, u64),
    executable: Option<Arc<dyn Inode>>,
    /// What was executed: a script and not its interpreter.
    named: Vec<u8>,
    path: Vec<u8>,
    rights: Rights,
}

/// The effective user and group that the set-user-ID and set-group-ID bits of a program's file give it, where they are not the
/// caller's already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rights {
    user: Option<u32>,
    group: Option<u32>,
}

impl Rights {
    /// What a file with these attributes gives to somebody.
    fn of(attributes: &Attributes, to: &Credentials) -> Self {
        let bits = attributes.permissions;
        // The bit of a group that may not execute the file asks for something else: mandatory locks, which there are none of.
        let for_group = bits & SET_GROUP != 0 && bits & GROUP_EXECUTES != 0;
        let user = (bits & SET_USER != 0).then_some(attributes.uid);
        let group = for_group.then_some(attributes.gid);
        Self {
            user: user.filter(|&user| user != to.uids[1]),
            group: group.filter(|&group| group != to.gids[1]),
        }
    }

    /// Whether they are more or others than who executes the program has.
    const fn differ(self) -> bool {
        self.user.is_some() || self.group.is_some()
    }

    /// Whether the program must not trust its environment: it runs as somebody else than who has started it.
    fn are_foreign(self, to: &Credentials) -> bool {
        self.differ() || to.uids[0] != to.uids[1] || to.gids[0] != to.gids[1]
    }
}

/// Opens a program.
fn open(held: &mut Root<'_, Task>, start: &Start<'_>, path: &[u8]) -> Result<Arc<OpenFile>> {
    let inode = start.find(held, path, true)?;
    if inode.kind() != Kind::Regular {
        return Err(Errno::EACCES);
    }
    let attributes = inode.attributes(held);
    start.caller.may(Wish::of(1), &attributes)?;
    OpenFile::new(inode.open(held)?, OpenFlags::empty())
}

/// Reads bytes of a file, as many as there are.
fn read(held: &mut Root<'_, Task>, file: &OpenFile, at: u64, length: usize) -> Result<Vec<u8>> {
    let mut bytes = try_zeroed(length).map_err(|_| Errno::ENOMEM)?;
    let count = file.read_kernel(held, &mut bytes, at)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// Reads what a program is.
fn parse(held: &mut Root<'_, Task>, file: &OpenFile, header: &[u8]) -> Result<elf::Program> {
    let header = header.get(..HEADER).ok_or(Errno::ENOEXEC)?;
    let (offset, length) = elf::table(header)?;
    let segments = read(held, file, offset, length)?;
    elf::parse(header, &segments)
}

/// The interpreter that a script names, and the argument that it is given.
fn interpreter(head: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let line = head.strip_prefix(b"#!")?;
    let end = line.iter().position(|&byte| byte == b'\n').unwrap_or(line.len());
    let line = line[..end].trim_ascii();
    let space = line.iter().position(u8::is_ascii_whitespace);
    let (path, argument) = space.map_or((line, None), |space| {
        let (path, argument) = line.split_at(space);
        (path, Some(argument.trim_ascii()))
    });
    (!path.is_empty()).then_some((path, argument))
}

/// Maps the parts of a program, moved by `moved`.
fn map(
    held: &mut Root<'_, Task>,
    space: &Arc<AddressSpace>,
    file: &OpenFile,
    program: &elf::Program,
    moved: u64,
) -> Result<()> {
    let File::Seekable(seekable) = file.file() else { return Err(Errno::ENOEXEC) };
    for segment in &program.segments {
        // An interpreter may have asked for a higher place than it gets.
        let start = segment.address.wrapping_add(moved);
        let into = start & 0xfff;
        let first = start - into;
        let in_file_end = start + segment.in_file;
        let fixed = general::MAP_PRIVATE | general::MAP_FIXED;
        if segment.in_file > 0 {
            let request = Request {
                at: first,
                length: into + segment.in_file,
                protection: segment.protection,
                flags: fixed,
            };
            let backing = seekable.backing().ok_or(Errno::ENOEXEC)?;
            let mapped = memory::File { backing, offset: segment.offset - into, allowed: Protection::all() };
            space.map(held, &request, Some(mapped))?;
        }
        let file_pages_end = if segment.in_file > 0 { in_file_end.next_multiple_of(4096) } else { first };
        let end = (start + segment.in_memory).next_multiple_of(4096);
        if end > file_pages_end {
            let request = Request {
                at: file_pages_end,
                length: end - file_pages_end,
                protection: segment.protection,
                flags: fixed | general::MAP_ANONYMOUS,
            };
            space.map(held, &request, None)?;
        }
        // The rest of the last page of the file is not the program's.
        let is_writable = segment.protection & general::PROT_WRITE != 0;
        if segment.in_memory > segment.in_file && is_writable && file_pages_end > in_file_end {
            space.write_zeros(held, in_file_end, file_pages_end - in_file_end)?;
        }
    }
    Ok(())
}

/// Loads the program at a path, for who these are; they get more rights by it unless that is switched off.
pub(crate) fn load(
    held: &mut Root<'_, Task>,
    start: &Start<'_>,
    path: &[u8],
    mut with: Arguments,
    limits: &Resources,
    by: (&Credentials, bool),
    vdso: &Vdso,
) -> Result<Loaded> {
    let copied = |bytes: &[u8]| try_copy(bytes).map_err(|_| Errno::ENOMEM);
    if with.arguments.is_empty() {
        // Programs take it for granted that they have a name.
        with.arguments.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        with.arguments.push(Vec::new());
    }
    let (named, mut executed) = (copied(path)?, copied(path)?);
    let (mut file, mut beginning);
    let mut scripts = 0;
    loop {
        file = open(held, start, &executed)?;
        beginning = read(held, &file, 0, HEAD)?;
        let Some((path, argument)) = interpreter(&beginning) else { break };
        if with.path_is_lost {
            return Err(Errno::ENOENT);
        }
        scripts += 1;
        if scripts > SCRIPTS {
            return Err(Errno::ELOOP);
        }
        let mut arguments = Vec::new();
        arguments.try_reserve(with.arguments.len() + 2).map_err(|_| Errno::ENOMEM)?;
        arguments.push(copied(path)?);
        arguments.extend(argument.map(copied).transpose()?);
        arguments.push(core::mem::replace(&mut executed, copied(path)?));
        arguments.extend(with.arguments.into_iter().skip(1));
        with.arguments = arguments;
    }
    let program = parse(held, &file, &beginning)?;
    let (credentials, gets_rights) = by;
    let rights = match file.file().inode().filter(|_| gets_rights) {
        Some(inode) => Rights::of(&inode.attributes(held), credentials),
        None => Rights::default(),
    };
    let limits = limits::of_memory(limits);
    let mut random = || crypto::pool::number(held);
    let randomness = Randomness { stack: random(), mappings: random(), heap: random(), program: random() };
    let layout = Layout::new(limits.stack, randomness);
    let space = AddressSpace::new(layout, &limits)?;
    let vdso = vdso.map(held, &space, layout.mapping_end)?;
    let moved = if program.is_relocatable { layout.program_start } else { 0 };
    map(held, &space, &file, &program, moved)?;
    let (first, length) = program.span();
    space.set_program_end(held, first + length + moved);
    let (mut entry, mut base_of_interpreter) = (program.entry + moved, 0);
    if let Some((offset, length)) = program.interpreter {
        let length = usize::try_from(length).ok().filter(|&length| length <= 4096).ok_or(Errno::ENOEXEC)?;
        let mut path = read(held, &file, offset, length)?;
        if path.pop() != Some(0) {
            return Err(Errno::ENOEXEC);
        }
        let file = open(held, start, &path)?;
        let header = read(held, &file, 0, HEADER)?;
        let interpreter = parse(held, &file, &header)?;
        let (first, length) = interpreter.span();
        let flags = general::MAP_PRIVATE | general::MAP_ANONYMOUS;
        // A place for all of it, into which its parts are mapped.
        let at = space.map(held, &Request { at: 0, length, protection: 0, flags }, None)?;
        // One that is to lie where it says is moved up, and never down past zero.
        base_of_interpreter = at.checked_sub(first).ok_or(Errno::ENOEXEC)?;
        map(held, &space, &file, &interpreter, base_of_interpreter)?;
        entry = interpreter.entry.wrapping_add(base_of_interpreter);
    }
    let top = layout.stack_top;
    space.map_stack(held, Protection::READ | Protection::WRITE)?;
    let auxiliary = [
        (3, program.table + if program.table == 0 { 0 } else { moved }),
        (4, 56),
        (5, u64::from(program.count)),
        (6, 4096),
        (7, base_of_interpreter),
        (8, 0),
        (9, program.entry + moved),
        (11, u64::from(credentials.uids[0])),
        (12, u64::from(rights.user.unwrap_or(credentials.uids[1]))),
        (13, u64::from(credentials.gids[0])),
        (14, u64::from(rights.group.unwrap_or(credentials.gids[1]))),
        (16, 0),
        (17, 100),
        (23, u64::from(rights.are_foreign(credentials))),
        (33, vdso),
    ];
    let mut bytes = [0; 16];
    crypto::fill(held, &mut bytes);
    let built = stack_image::build(top, &with.arguments, &with.environment, &auxiliary, &named, bytes)?;
    space.write(held, built.start, &built.bytes)?;
    let pointers = built.start + 8 * (3 + with.arguments.len() + with.environment.len()) as u64;
    let length: usize = with.arguments.iter().map(|argument| argument.len() + 1).sum();
    // Behind the pointers and the auxiliary vector, aligned.
    let strings = (pointers + 16 * (auxiliary.len() as u64 + 4) + 15) & !15;
    let arguments = (strings, length as u64);
    let length: usize = with.environment.iter().map(|string| string.len() + 1).sum();
    let environment = (strings + arguments.1, length as u64);
    let executable = file.file().inode().cloned();
    let stack = built.start;
    Ok(Loaded { space, entry, stack, arguments, environment, executable, named, path: executed, rights })
}

impl Loaded {
    /// Has a context begin in it.
    pub(crate) fn begin(&self, context: &mut UserContext) {
        context.reset();
        context.registers.rip = self.entry;
        context.registers.rsp = self.stack;
    }

    /// Notes which program it is, and as whom it runs.
    pub(crate) fn describe(&self, program: &mut Program) {
        let name = self.named.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        program.name = Arc::from(&name[..name.len().min(LONGEST_NAME)]);
        program.path = Arc::from(&self.path[..]);
        program.executable.clone_from(&self.executable);
        program.arguments = self.arguments;
        program.environment = self.environment;
        program.space = Some(Arc::clone(&self.space));
        let credentials = &mut program.credentials;
        if let Some(user) = self.rights.user {
            credentials.uids[1] = user;
        }
        if let Some(group) = self.rights.group {
            credentials.gids[1] = group;
        }
        credentials.file_ids = [credentials.uids[1], credentials.gids[1]];
        credentials.save();
    }
}

impl Current {
    /// Becomes the program at a path.
    ///
    /// # Errors
    ///
    /// As for a path; [`Errno::ENOEXEC`], [`Errno::EACCES`], [`Errno::E2BIG`], [`Errno::ENOMEM`]. The process is then what it was.
    pub fn exec(&mut self, held: &mut Root<'_, Task>, path: &[u8], with: Arguments) -> Result<u64> {
        let process = Arc::clone(self.process());
        let before = process.program(held);
        let by = (&before.credentials, process.settings.no_new_rights.get() == 0);
        let start = before.start(process.namespace());
        let loaded = load(held, &start, path, with, &before.limits, by, &process.system().vdso)?;
        self.become_only_thread(held)?;
        self.thread.become_first();
        // Copies a shared table before the credentials change: a failure after that would leave the old program with the new rights.
        let descriptors = process.own_descriptors(held)?;
        // From here on there is no way back.
        process.change(held, |program| loaded.describe(program));
        process.reset_caught(held);
        process.delete_timers(held);
        process.has_executed();
        process.settings.has_executed.set(1);
        process.settings.barriers.set(0);
        process.settings.dumpable.set(u32::from(!loaded.rights.differ()));
        if loaded.rights.differ() {
            process.settings.parent_death.set(0);
        }
        let _ = process.peaks(held);
        self.stack = AlternateStack::NONE;
        self.thread.clear_at_end.store(0, Ordering::SeqCst);
        self.thread.set_robust_list(0);
        descriptors.exec(held);
        loaded.begin(&mut self.context);
        let had = core::mem::replace(&mut self.space, Arc::clone(&loaded.space));
        user::set_space(held, Some(Arc::clone(&self.space) as Arc<dyn user::Space>));
        drop(before);
        drop(had);
        process.give_back_memory();
        Ok(0)
    }

    /// Has the process's other threads end, and waits for that.
    fn become_only_thread(&self, held: &mut Root<'_, Task>) -> Result<()> {
        let process = self.process();
        if process.threads.load(Ordering::SeqCst) == 1 {
            return Ok(());
        }
        if !process.shared.set_only(self.thread.id()) {
            return Err(Errno::EAGAIN);
        }
        process.nudge_all(held);
        let is_alone = || {
            let alone = process.threads.load(Ordering::SeqCst) == 1;
            (alone || process.is_leaving()).then_some(())
        };
        // There is no deadline, and one source needs no memory.
        let _ = waiting::wait(held, &[&process.changes], None, |_| is_alone());
        process.shared.clear_only();
        if process.is_leaving() { Err(Errno::EINTR) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::interpreter;

    #[test]
    fn a_script_names_its_interpreter() {
        assert_eq!(interpreter(b"#!/bin/sh\nls"), Some((&b"/bin/sh"[..], None)));
        assert_eq!(interpreter(b"#! /bin/awk -f x \n"), Some((&b"/bin/awk"[..], Some(&b"-f x"[..]))));
        assert_eq!(interpreter(b"#!\n"), None);
        assert_eq!(interpreter(b"\x7fELF"), None);
    }
}
