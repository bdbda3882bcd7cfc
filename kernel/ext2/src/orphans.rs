//! Inodes that wait to be deleted or cut: a list through them that begins in the superblock.
//!
//! A file without names lives while it is open, and a long file is cut in several transactions. If the power fails in between, the
//! next mount ([`Filesystem`](crate::Filesystem)) goes through this list. The link to the next is where an inode otherwise has the
//! time of its deletion.

use journal::{Blocks, Device, Handle};

use crate::error::Error;
use crate::inode::Number;
use crate::superblock::{self, Step};
use crate::volume::Volume;

impl Volume {
    /// The first of the list.
    pub(crate) fn first_orphan<B: Blocks>(&self, blocks: &mut B) -> Result<Option<Number>, Error> {
        let number = self.read_superblock(blocks, superblock::last_orphan)?;
        self.number(number)
    }

    /// Puts an inode at the list's head. It is not in the list.
    pub(crate) fn add_orphan<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        number: Number,
    ) -> Result<(), Error> {
        let next = self.first_orphan(handle)?;
        let mut inode = self.inode(handle, number)?;
        inode.deleted = next.map_or(0, |next| next.0);
        self.write_inode(handle, number, &inode)?;
        self.change_superblock(handle, |bytes| superblock::set_last_orphan(bytes, number.0))
    }

    /// Takes an inode out of the list.
    pub(crate) fn remove_orphan<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        number: Number,
    ) -> Result<(), Error> {
        let mut inode = self.inode(handle, number)?;
        let next = inode.deleted;
        inode.deleted = 0;
        let mut current = self.first_orphan(handle)?;
        if current == Some(number) {
            self.write_inode(handle, number, &inode)?;
            return self.change_superblock(handle, |bytes| superblock::set_last_orphan(bytes, next));
        }
        // As many steps as there are inodes: a damaged list may be a circle.
        for _ in 0..self.superblock.inodes {
            let Some(before) = current else { break };
            let mut of_before = self.raw_inode(handle, before)?;
            current = self.number(of_before.deleted)?;
            if current == Some(number) {
                of_before.deleted = next;
                self.write_inode(handle, before, &of_before)?;
                return self.write_inode(handle, number, &inode);
            }
        }
        Err(Error::Corrupt("the list of orphans"))
    }

    /// Deletes an inode without names and blocks.
    pub(crate) fn delete<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        number: Number,
        now: u32,
    ) -> Result<(), Error> {
        self.remove_orphan(handle, number)?;
        let mut inode = self.inode(handle, number)?;
        if inode.links != 0 {
            return Err(Error::Corrupt("an inode with names is to be deleted"));
        }
        let directory = inode.is_directory();
        if inode.attributes != 0 {
            self.release_attributes(handle, inode.attributes)?;
            inode.attributes = 0;
        }
        inode.units = 0;
        inode.size = 0;
        // Small times would look like the numbers of orphans, which a machine without a clock has.
        let written = self.read_superblock(handle, superblock::written_at)?;
        inode.deleted = now.max(written).max(1);
        self.write_inode(handle, number, &inode)?;
        self.mark_inode(handle, number, directory, Step::More)
    }
}
