//! Directories whose entries are always the same: a table each.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::{try_arc, try_copy};
use fs::Kind;
use fs::file::FilePosition;
use fs::pseudo::{Access, Content, Directory, Item};
use lockorder::{Held, Root, Task};

use super::text::Text;
use crate::system::System;

/// Writes what a file says.
pub(super) type Write = fn(&mut Root<'_, Task>, &System, &mut Text) -> Result<()>;
/// Takes what is written to a file.
pub(super) type Take = fn(&mut Held<'_, FilePosition, Task>, &System, &[u8]) -> Result<()>;

/// What an entry is.
#[derive(Clone, Copy)]
pub(super) enum Leaf {
    /// A file that is read.
    File(Write),
    /// A file that is read and written to by root.
    Setting(Write, Take),
    /// A directory.
    Directory(&'static [Entry]),
    /// A symbolic link.
    Link(&'static str),
}

/// An entry.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    /// Its inode's number: its own in the filesystem.
    pub(super) number: u64,
    pub(super) leaf: Leaf,
}

/// A directory with these entries.
pub(super) struct Fixed {
    pub(super) system: Arc<System>,
    pub(super) entries: &'static [Entry],
}

/// A file.
struct File(Arc<System>, Leaf);

impl Content for File {
    fn text(&self, held: &mut Root<'_, Task>) -> Result<Vec<u8>> {
        let (Leaf::File(write) | Leaf::Setting(write, _)) = self.1 else { return Err(Errno::EINVAL) };
        let mut text = Text::default();
        write(held, &self.0, &mut text)?;
        Ok(text.finish())
    }

    fn take(&self, held: &mut Held<'_, FilePosition, Task>, bytes: &[u8]) -> Result<()> {
        let Leaf::Setting(_, take) = self.1 else { return Err(Errno::EACCES) };
        take(held, &self.0, bytes)
    }

    fn access(&self, _held: &mut Root<'_, Task>) -> Access {
        Access::root(if matches!(self.1, Leaf::Setting(..)) { 0o644 } else { 0o444 })
    }
}

impl Entry {
    /// What it is in a filesystem.
    fn item(&self, system: &Arc<System>) -> Result<Item> {
        let system = Arc::clone(system);
        Ok(match self.leaf {
            Leaf::Directory(entries) => {
                Item::Directory(try_arc(Fixed { system, entries }).map_err(|_| Errno::ENOMEM)?)
            }
            Leaf::Link(target) => Item::Link(try_copy(target.as_bytes()).map_err(|_| Errno::ENOMEM)?),
            leaf => Item::File(try_arc(File(system, leaf)).map_err(|_| Errno::ENOMEM)?),
        })
    }

    /// What is listed of it.
    pub(super) const fn kind(&self) -> Kind {
        match self.leaf {
            Leaf::Directory(_) => Kind::Directory,
            Leaf::Link(_) => Kind::Symlink,
            Leaf::File(_) | Leaf::Setting(..) => Kind::Regular,
        }
    }
}

/// What has a name among entries.
///
/// # Errors
///
/// [`Errno::ENOENT`]; [`Errno::ENOMEM`].
pub(super) fn get(entries: &[Entry], system: &Arc<System>, name: &[u8]) -> Result<(u64, Item)> {
    let entry = entries.iter().find(|entry| entry.name.as_bytes() == name).ok_or(Errno::ENOENT)?;
    Ok((entry.number, entry.item(system)?))
}

impl Directory for Fixed {
    fn get(&self, _held: &mut Root<'_, Task>, name: &[u8]) -> Result<(u64, Item)> {
        get(self.entries, &self.system, name)
    }

    fn list(
        &self,
        _held: &mut Held<'_, FilePosition, Task>,
        skip: u64,
        each: &mut dyn FnMut(&[u8], u64, Kind) -> bool,
    ) {
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        for entry in self.entries.iter().skip(skip) {
            if !each(entry.name.as_bytes(), entry.number, entry.kind()) {
                return;
            }
        }
    }
}
