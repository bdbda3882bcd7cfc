//! A name moves, and takes the place of another.

use journal::{Blocks, Device, Handle};

use crate::directory::{check_name, remove_entry};
use crate::error::Error;
use crate::inode::{Inode, MOST_LINKS, Number};
use crate::volume::Volume;

impl Volume {
    /// Whether `below` is `directory` or lies below it.
    fn lies_below<B: Blocks>(&self, blocks: &mut B, below: Number, directory: Number) -> Result<bool, Error> {
        let mut current = below;
        // As many steps as there are inodes: damaged directories may be a circle.
        for _ in 0..self.superblock.inodes {
            if current == directory {
                return Ok(true);
            }
            if current == Number::ROOT {
                return Ok(false);
            }
            current = self.lookup(blocks, current, b"..")?;
        }
        Err(Error::Corrupt("directories that lie below each other"))
    }

    /// Moves a name. What had the new one loses it; its number is given where that was its last.
    pub(crate) fn rename<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        (from, old): (Number, &[u8]),
        (to, new): (Number, &[u8]),
        now: u32,
    ) -> Result<Option<Number>, Error> {
        check_name(old)?;
        check_name(new)?;
        let source = self.changeable_directory(handle, from)?;
        let target = self.changeable_directory(handle, to)?;
        let moved = self.find(handle, &source, old)?.ok_or(Error::NotFound)?;
        let inode = self.named_inode(handle, moved.number)?;
        let kind = inode.kind().ok_or(Error::NotFound)?;
        let moves_directory = inode.is_directory();
        if moves_directory && self.lies_below(handle, to, moved.number)? {
            return Err(Error::IntoItself);
        }
        let replaced = self.find(handle, &target, new)?;
        let mut lost = None;
        if let Some(replaced) = replaced {
            if replaced.number == moved.number {
                return Ok(None);
            }
            let old_inode = self.named_inode(handle, replaced.number)?;
            match (moves_directory, old_inode.is_directory()) {
                (true, false) => return Err(Error::NotDirectory),
                (false, true) => return Err(Error::IsDirectory),
                (true, true) if !self.is_empty(handle, &old_inode)? => return Err(Error::NotEmpty),
                _ => {}
            }
            self.redirect(handle, replaced, moved.number, kind)?;
            lost = self.lose_name(handle, replaced.number, old_inode, now)?;
            if moves_directory {
                self.change_links(handle, to, |links| Some(links.saturating_sub(1).max(2)))?;
            }
        } else {
            let mut target = target;
            self.add_entry(handle, to, &mut target, new, (moved.number, kind))?;
            self.write_inode(handle, to, &target)?;
        }
        // Looked for again: an entry that was added may have split another, and none moves.
        let source = self.directory_inode(handle, from)?;
        let entry = self.find(handle, &source, old)?.ok_or(Error::NotFound)?;
        remove_entry(handle, entry)?;
        if moves_directory && from != to {
            self.change_parent(handle, &inode, from, to)?;
        }
        for directory in [from, to] {
            let mut inode = self.directory_inode(handle, directory)?;
            (inode.modified, inode.changed) = (now, now);
            self.write_inode(handle, directory, &inode)?;
        }
        let mut inode = self.inode(handle, moved.number)?;
        inode.changed = now;
        self.write_inode(handle, moved.number, &inode)?;
        Ok(lost)
    }

    /// A directory lies in another one: its `..`, and the links of both.
    fn change_parent<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        inode: &Inode,
        from: Number,
        to: Number,
    ) -> Result<(), Error> {
        let up = self.find(handle, inode, b"..")?.ok_or(Error::Corrupt("a directory without `..`"))?;
        self.redirect(handle, up, to, crate::inode::Kind::Directory)?;
        self.change_links(handle, from, |links| Some(links.saturating_sub(1).max(2)))?;
        self.change_links(handle, to, |links| Some(links + 1).filter(|links| *links <= MOST_LINKS))
    }

    fn change_links<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        directory: Number,
        with: impl FnOnce(u16) -> Option<u16>,
    ) -> Result<(), Error> {
        let mut inode = self.directory_inode(handle, directory)?;
        inode.links = with(inode.links).ok_or(Error::TooManyLinks)?;
        self.write_inode(handle, directory, &inode)
    }
}
