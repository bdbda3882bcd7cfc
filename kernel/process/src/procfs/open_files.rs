//! `fd` and `fdinfo`: the open files of a process, each by its number.
//!
//! An entry of `fd` is a magic link: it leads to the file's inode, whatever has become of its path, and is opened as that.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::{try_arc, try_copy};
use fs::file::FilePosition;
use fs::open_file::Whence;
use fs::pseudo::{Access, Content, Directory, Item, Magic};
use fs::{File, Inode, Kind, OpenFile, OpenFlags};
use lockorder::{Held, Root, Task};

use super::asking;
use super::subject::{BITS, FILE_FACTS, FILES, shown};
use super::text::Text;
use crate::pidfd;
use crate::process::Process;

/// What of open files is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// The files, as links.
    Files,
    /// Position and flags.
    Facts,
}

/// The directory.
pub(super) struct OpenFiles {
    pub(super) process: Arc<Process>,
    pub(super) shows: Shows,
}

impl OpenFiles {
    fn number(&self, descriptor: u64) -> u64 {
        let first = if self.shows == Shows::Files { FILES } else { FILE_FACTS };
        (u64::from(self.process.id()) << BITS) + first + descriptor
    }
}

impl Directory for OpenFiles {
    fn get(&self, held: &mut Root<'_, Task>, name: &[u8]) -> Result<(u64, Item)> {
        asking::check(held, &self.process)?;
        let name = core::str::from_utf8(name).map_err(|_| Errno::ENOENT)?;
        let number: u64 =
            name.parse().ok().filter(|number| format!("{number}") == name).ok_or(Errno::ENOENT)?;
        let one = OfFile { process: Arc::clone(&self.process), number };
        one.file(held)?;
        let one = try_arc(one).map_err(|_| Errno::ENOMEM)?;
        let item = if self.shows == Shows::Files { Item::Magic(one) } else { Item::File(one) };
        Ok((self.number(number), item))
    }

    fn list(
        &self,
        held: &mut Held<'_, FilePosition, Task>,
        skip: u64,
        each: &mut dyn FnMut(&[u8], u64, Kind) -> bool,
    ) {
        let kind = if self.shows == Shows::Files { Kind::Symlink } else { Kind::Regular };
        let mut place = usize::try_from(skip).unwrap_or(usize::MAX);
        while let Some(number) = self.process.descriptor_at(held, place) {
            if !each(format!("{number}").as_bytes(), self.number(number), kind) {
                return;
            }
            place += 1;
        }
    }

    fn access(&self, held: &mut Root<'_, Task>) -> Access {
        asking::access(held, &self.process, 0o500)
    }
}

/// One open file.
struct OfFile {
    process: Arc<Process>,
    number: u64,
}

impl OfFile {
    fn file(&self, held: &mut Root<'_, Task>) -> Result<Arc<OpenFile>> {
        let descriptors = self.process.descriptors(held).map_err(|_| Errno::ENOENT)?;
        descriptors.get(held, self.number).map_err(|_| Errno::ENOENT)
    }
}

impl Magic for OfFile {
    fn leads_to(&self, held: &mut Root<'_, Task>) -> Result<Arc<dyn Inode>> {
        asking::check(held, &self.process)?;
        let file = self.file(held)?;
        let inode = file.file().inode().cloned();
        file.close(held);
        inode.ok_or(Errno::ENXIO)
    }

    fn text(&self, held: &mut Root<'_, Task>) -> Result<Vec<u8>> {
        asking::check(held, &self.process)?;
        let file = self.file(held)?;
        let text = match file.file() {
            File::Stream(stream) if stream.inode().is_none() => {
                try_copy(stream.label().as_bytes()).map_err(|_| Errno::ENOMEM)
            }
            other => match other.inode() {
                Some(inode) => shown(held, &self.process, inode),
                None => Err(Errno::ENOENT),
            },
        };
        file.close(held);
        text
    }

    fn access(&self, held: &mut Root<'_, Task>) -> Access {
        let flags = self.file(held).map_or(OpenFlags::PATH, |file| {
            let flags = file.flags();
            file.close(held);
            flags
        });
        let bits = 0o100 | if flags.reads() { 0o400 } else { 0 } | if flags.writes() { 0o200 } else { 0 };
        asking::access(held, &self.process, bits)
    }
}

impl Content for OfFile {
    fn text(&self, held: &mut Root<'_, Task>) -> Result<Vec<u8>> {
        asking::check(held, &self.process)?;
        let file = self.file(held)?;
        let position = file.seek(held, 0, Whence::Current).unwrap_or(0);
        let descriptors = self.process.descriptors(held).map_err(|_| Errno::ENOENT)?;
        let mut flags = file.flags();
        flags.set(OpenFlags::CLOSE_ON_EXEC, descriptors.closes_on_exec(held, self.number).unwrap_or(false));
        let inode = file.file().inode().map_or(0, |inode| inode.identity().1);
        let process = pidfd::process_of(file.file()).map(|process| {
            let is_known = pidfd::is_known(held, process);
            if is_known { process.id().cast_signed() } else { -1 }
        });
        file.close(held);
        let mut text = Text::default();
        text.put(format_args!("pos:\t{position}\nflags:\t0{:o}\nmnt_id:\t1\nino:\t{inode}\n", flags.bits()))?;
        if let Some(id) = process {
            text.put(format_args!("Pid:\t{id}\nNSpid:\t{id}\n"))?;
        }
        Ok(text.finish())
    }

    fn access(&self, held: &mut Root<'_, Task>) -> Access {
        asking::access(held, &self.process, 0o400)
    }
}
