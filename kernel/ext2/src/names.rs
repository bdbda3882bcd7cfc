//! Names are made and taken away.

use journal::{Device, Handle};

use crate::directory::{check_name, remove_entry};
use crate::error::Error;
use crate::inode::{Inode, Kind, MOST_LINKS, Number};
use crate::volume::Volume;

/// What a new inode is to be.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// What.
    pub kind: Kind,
    /// Its permissions.
    pub permissions: u16,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// When, in seconds since 1970.
    pub now: u32,
    /// A device's number.
    pub device: (u32, u32),
    /// Where a symbolic link leads.
    pub target: &'a [u8],
}

impl New<'_> {
    /// A file, directory, pipe or socket of the superuser's.
    #[must_use]
    pub const fn of(kind: Kind, permissions: u16, now: u32) -> Self {
        Self { kind, permissions, uid: 0, gid: 0, now, device: (0, 0), target: &[] }
    }
}

impl Volume {
    /// A directory that a name is added to or taken from.
    pub(crate) fn changeable_directory<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        directory: Number,
    ) -> Result<Inode, Error> {
        let inode = self.directory_inode(handle, directory)?;
        // One that is removed, and open still, gets no names.
        if inode.links == 0 { Err(Error::NotFound) } else { Ok(inode) }
    }

    /// Makes an inode and a name for it.
    pub(crate) fn create<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        directory: Number,
        name: &[u8],
        new: &New<'_>,
    ) -> Result<Number, Error> {
        check_name(name)?;
        let mut parent = self.changeable_directory(handle, directory)?;
        if self.find(handle, &parent, name)?.is_some() {
            return Err(Error::Exists);
        }
        let is_directory = new.kind == Kind::Directory;
        if is_directory && parent.links >= MOST_LINKS {
            return Err(Error::TooManyLinks);
        }
        let number = self.allocate_inode(handle, directory, is_directory)?;
        let mut inode = Inode {
            mode: new.kind.mode() | new.permissions & 0o7777,
            uid: new.uid,
            gid: new.gid,
            accessed: new.now,
            changed: new.now,
            modified: new.now,
            links: if is_directory { 2 } else { 1 },
            generation: new.now ^ number.0.rotate_left(16),
            ..Inode::default()
        };
        match new.kind {
            Kind::Directory => {
                self.first_block(handle, number, &mut inode, directory)?;
                parent.links += 1;
            }
            Kind::Symlink => self.write_link(handle, number, &mut inode, new.target)?,
            Kind::CharacterDevice | Kind::BlockDevice => inode.set_device(new.device),
            Kind::Regular | Kind::Fifo | Kind::Socket => {}
        }
        self.write_inode(handle, number, &inode)?;
        self.add_entry(handle, directory, &mut parent, name, (number, new.kind))?;
        (parent.modified, parent.changed) = (new.now, new.now);
        self.write_inode(handle, directory, &parent)?;
        Ok(number)
    }

    /// Gives an inode one more name.
    pub(crate) fn link<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        number: Number,
        directory: Number,
        name: &[u8],
        now: u32,
    ) -> Result<(), Error> {
        check_name(name)?;
        let mut parent = self.changeable_directory(handle, directory)?;
        let mut inode = self.inode(handle, number)?;
        let kind = inode.kind().ok_or(Error::NotFound)?;
        if kind == Kind::Directory {
            return Err(Error::IsDirectory);
        }
        if inode.links == 0 {
            return Err(Error::NotFound);
        }
        if inode.links >= MOST_LINKS {
            return Err(Error::TooManyLinks);
        }
        if self.find(handle, &parent, name)?.is_some() {
            return Err(Error::Exists);
        }
        self.add_entry(handle, directory, &mut parent, name, (number, kind))?;
        inode.links += 1;
        inode.changed = now;
        self.write_inode(handle, number, &inode)?;
        (parent.modified, parent.changed) = (now, now);
        self.write_inode(handle, directory, &parent)
    }

    /// Takes a name of what is no directory away. The number is given where it was the last: then the inode is an orphan.
    pub(crate) fn unlink<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        directory: Number,
        name: &[u8],
        now: u32,
    ) -> Result<Option<Number>, Error> {
        let mut parent = self.changeable_directory(handle, directory)?;
        let found = self.find(handle, &parent, name)?.ok_or(Error::NotFound)?;
        let inode = self.named_inode(handle, found.number)?;
        if inode.is_directory() {
            return Err(Error::IsDirectory);
        }
        remove_entry(handle, found)?;
        (parent.modified, parent.changed) = (now, now);
        self.write_inode(handle, directory, &parent)?;
        self.lose_name(handle, found.number, inode, now)
    }

    /// An inode has one name less. The number is given where it was the last.
    pub(crate) fn lose_name<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        number: Number,
        mut inode: Inode,
        now: u32,
    ) -> Result<Option<Number>, Error> {
        // The last name of a directory takes `.` along.
        inode.links = if inode.is_directory() { 0 } else { inode.links.saturating_sub(1) };
        inode.changed = now;
        self.write_inode(handle, number, &inode)?;
        if inode.links > 0 {
            return Ok(None);
        }
        self.add_orphan(handle, number)?;
        Ok(Some(number))
    }

    /// Removes an empty directory; it is an orphan then.
    pub(crate) fn remove_directory<D: Device>(
        &self,
        handle: &mut Handle<'_, D>,
        directory: Number,
        name: &[u8],
        now: u32,
    ) -> Result<Number, Error> {
        check_name(name)?;
        let mut parent = self.changeable_directory(handle, directory)?;
        let found = self.find(handle, &parent, name)?.ok_or(Error::NotFound)?;
        let inode = self.named_inode(handle, found.number)?;
        if !inode.is_directory() {
            return Err(Error::NotDirectory);
        }
        if found.number == Number::ROOT || found.number == directory {
            return Err(Error::Corrupt("a name leads to a directory above it"));
        }
        if !self.is_empty(handle, &inode)? {
            return Err(Error::NotEmpty);
        }
        remove_entry(handle, found)?;
        parent.links = parent.links.saturating_sub(1).max(2);
        (parent.modified, parent.changed) = (now, now);
        self.write_inode(handle, directory, &parent)?;
        self.lose_name(handle, found.number, inode, now)?;
        Ok(found.number)
    }
}
