//! The directory of a process, and of one of its threads below it.
//!
//! Both have the same files; what is a thread's own (its number) is told by the thread that the directory is of, and a process's is its
//! first one's.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use fs::file::FilePosition;
use fs::pseudo::{Access, Content, Directory, Item, Magic};
use fs::{Inode, Kind};
use lockorder::{Held, Root, Task};

use super::fixed::{Entry, Fixed};
use super::open_files::{OpenFiles, Shows};
use super::subject::{BITS, Subject, shown};
use super::text::Text;
use super::{asking, net, of_memory, status, system};
use crate::process::Process;

/// What is added to the number of a thread's directory, which may be that of a process.
const THREAD: u64 = 128;

/// Writes what a file says.
type Write = fn(&mut Root<'_, Task>, &Subject<'_>, &mut Text) -> Result<()>;
/// Finds what a link leads to.
type Find = fn(&mut Root<'_, Task>, &Process) -> Result<Arc<dyn Inode>>;

/// What an entry is.
#[derive(Clone, Copy)]
enum Part {
    /// A file, with its permissions.
    File(u32, Write),
    /// A magic link.
    Link(Find),
    /// Its open files.
    Files(Shows),
    /// Its threads; not in a thread's own directory.
    Threads,
    /// A directory that says the same of each process.
    Same(&'static [Entry]),
}

/// What there is of each process.
const PARTS: [(&str, Part); 18] = [
    ("cmdline", Part::File(0o444, of_memory::command_line)),
    ("comm", Part::File(0o444, status::name)),
    ("cwd", Part::Link(|held, process| Ok(Arc::clone(&process.program(held).directory)))),
    ("environ", Part::File(0o400, of_memory::environment)),
    ("exe", Part::Link(|held, process| process.program(held).executable.ok_or(Errno::ENOENT))),
    ("fd", Part::Files(Shows::Files)),
    ("fdinfo", Part::Files(Shows::Facts)),
    ("limits", Part::File(0o444, status::limits)),
    ("maps", Part::File(0o444, of_memory::maps)),
    (
        "mountinfo",
        Part::File(0o444, |held, of, text| system::mount_information(held, of.process.system(), text)),
    ),
    ("mounts", Part::File(0o444, |held, of, text| system::mounts(held, of.process.system(), text))),
    ("net", Part::Same(&net::ENTRIES)),
    ("root", Part::Link(|held, process| Ok(Arc::clone(&process.program(held).root)))),
    ("stat", Part::File(0o444, status::statistics)),
    ("statm", Part::File(0o444, of_memory::sizes)),
    ("status", Part::File(0o444, status::status)),
    ("task", Part::Threads),
    ("wchan", Part::File(0o444, |_, _, text| text.bytes(b"0"))),
];

impl Part {
    const fn kind(self) -> Kind {
        match self {
            Self::File(..) => Kind::Regular,
            Self::Link(_) => Kind::Symlink,
            Self::Files(_) | Self::Threads | Self::Same(_) => Kind::Directory,
        }
    }
}

/// The directory of a process, or of a thread.
pub(super) struct OfProcess {
    process: Arc<Process>,
    /// The thread that it is of; none for the process's own directory.
    thread: Option<u32>,
}

impl OfProcess {
    /// That of a process.
    pub(super) const fn new(process: Arc<Process>) -> Self {
        Self { process, thread: None }
    }

    /// The number of its inode; those of what is in it come after that.
    fn number(&self) -> u64 {
        let of_process = u64::from(self.process.id()) << BITS;
        self.thread.map_or(of_process, |thread| (u64::from(thread) << BITS) + THREAD)
    }

    /// What is in it.
    fn parts(&self) -> impl Iterator<Item = (u64, &'static str, Part)> {
        let (base, is_thread) = (self.number(), self.thread.is_some());
        let parts = PARTS.iter().zip(1..).map(move |(&(name, part), place)| (base + place, name, part));
        parts.filter(move |(_, _, part)| !(is_thread && matches!(part, Part::Threads)))
    }
}

impl Directory for OfProcess {
    fn get(&self, _held: &mut Root<'_, Task>, name: &[u8]) -> Result<(u64, Item)> {
        let found = self.parts().find(|(_, known, _)| known.as_bytes() == name);
        let (number, _, part) = found.ok_or(Errno::ENOENT)?;
        let process = Arc::clone(&self.process);
        let no_memory = |_| Errno::ENOMEM;
        let item = match part {
            Part::File(permissions, write) => {
                let thread = self.thread.unwrap_or(process.id());
                Item::File(try_arc(File { process, thread, permissions, write }).map_err(no_memory)?)
            }
            Part::Link(find) => Item::Magic(try_arc(Link { process, find }).map_err(no_memory)?),
            Part::Files(shows) => Item::Directory(try_arc(OpenFiles { process, shows }).map_err(no_memory)?),
            Part::Threads => Item::Directory(try_arc(Threads(process)).map_err(no_memory)?),
            Part::Same(entries) => {
                let system = Arc::clone(process.system());
                Item::Directory(try_arc(Fixed { system, entries }).map_err(no_memory)?)
            }
        };
        Ok((number, item))
    }

    fn list(
        &self,
        _held: &mut Held<'_, FilePosition, Task>,
        skip: u64,
        each: &mut dyn FnMut(&[u8], u64, Kind) -> bool,
    ) {
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        for (number, name, part) in self.parts().skip(skip) {
            if !each(name.as_bytes(), number, part.kind()) {
                return;
            }
        }
    }

    fn access(&self, held: &mut Root<'_, Task>) -> Access {
        asking::access(held, &self.process, 0o555)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

/// The process whose own directory an inode is; none for another inode, and for a thread's directory.
#[must_use]
pub fn process_of(inode: &dyn Inode) -> Option<&Arc<Process>> {
    let directory = fs::pseudo::directory_of::<OfProcess>(inode)?;
    directory.thread.is_none().then_some(&directory.process)
}

/// A file of a process.
struct File {
    process: Arc<Process>,
    thread: u32,
    permissions: u32,
    write: Write,
}

impl Content for File {
    fn text(&self, held: &mut Root<'_, Task>) -> Result<Vec<u8>> {
        let mut text = Text::default();
        (self.write)(held, &Subject { process: &self.process, thread: self.thread }, &mut text)?;
        Ok(text.finish())
    }

    fn access(&self, held: &mut Root<'_, Task>) -> Access {
        asking::access(held, &self.process, self.permissions)
    }
}

/// A link to what a process uses.
struct Link {
    process: Arc<Process>,
    find: Find,
}

impl Magic for Link {
    fn leads_to(&self, held: &mut Root<'_, Task>) -> Result<Arc<dyn Inode>> {
        asking::check(held, &self.process)?;
        if self.process.space(held).is_none() {
            // It has ended.
            return Err(Errno::ENOENT);
        }
        (self.find)(held, &self.process)
    }

    fn text(&self, held: &mut Root<'_, Task>) -> Result<Vec<u8>> {
        let inode = self.leads_to(held)?;
        shown(held, &self.process, &inode)
    }

    fn access(&self, held: &mut Root<'_, Task>) -> Access {
        asking::access(held, &self.process, 0o777)
    }
}

/// The threads of a process.
struct Threads(Arc<Process>);

impl Directory for Threads {
    fn get(&self, held: &mut Root<'_, Task>, name: &[u8]) -> Result<(u64, Item)> {
        let name = core::str::from_utf8(name).map_err(|_| Errno::ENOENT)?;
        let id: u32 = name.parse().ok().filter(|id| format!("{id}") == name).ok_or(Errno::ENOENT)?;
        if !self.0.has_thread(held, id) {
            return Err(Errno::ENOENT);
        }
        let directory = OfProcess { process: Arc::clone(&self.0), thread: Some(id) };
        let number = directory.number();
        Ok((number, Item::Directory(try_arc(directory).map_err(|_| Errno::ENOMEM)?)))
    }

    fn list(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        skip: u64,
        each: &mut dyn FnMut(&[u8], u64, Kind) -> bool,
    ) {
        let mut place = usize::try_from(skip).unwrap_or(usize::MAX);
        while let Some(id) = held.with(&self.0.signals, |signals, _| signals.threads().nth(place)) {
            if !each(format!("{id}").as_bytes(), (u64::from(id) << BITS) + THREAD, Kind::Directory) {
                return;
            }
            place += 1;
        }
    }

    fn access(&self, held: &mut Root<'_, Task>) -> Access {
        asking::access(held, &self.0, 0o555)
    }
}
