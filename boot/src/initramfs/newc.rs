//! Writes a cpio archive of the format newc; the kernel's crate `cpio` says what that is, and reads it.
//!
//! An [`Archive`] is gathered first and written at once, in the order of its names: so directories come before what is in them,
//! and the same content gives the same bytes. Times are 1970, numbers of files count from one. Directories on the way to a file
//! are made where nobody has added them. A name that is added again is replaced.

use std::collections::BTreeMap;
use std::io::{self, Write};

/// Bytes of a header.
const HEADER: usize = 110;
/// Permissions of a directory that nobody has added.
const DIRECTORY: u32 = 0o755;

/// What is at a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A directory.
    Directory,
    /// A file with data.
    File(Vec<u8>),
    /// A symbolic link, and where it leads.
    Symlink(String),
    /// A character device: major and minor number.
    Device(u32, u32),
}

impl Node {
    /// Its kind, as a mode has it.
    const fn kind(&self) -> u32 {
        match self {
            Self::Directory => 0o040_000,
            Self::File(_) => 0o100_000,
            Self::Symlink(_) => 0o120_000,
            Self::Device(..) => 0o020_000,
        }
    }

    /// What follows its name.
    fn data(&self) -> &[u8] {
        match self {
            Self::File(data) => data,
            Self::Symlink(target) => target.as_bytes(),
            Self::Directory | Self::Device(..) => &[],
        }
    }
}

/// A node, its permissions and the number of its owner, who is in a group of the same number.
type Owned = (Node, u32, u32);

/// An archive to be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Archive(BTreeMap<String, Owned>);

impl Archive {
    /// Adds what belongs to root.
    ///
    /// # Errors
    ///
    /// As [`add_for`](Self::add_for).
    pub(super) fn add(&mut self, path: &str, node: Node, permissions: u32) -> Result<(), String> {
        self.add_for(0, path, node, permissions)
    }

    /// Adds a node at `path`, which is relative to the root, for an owner.
    ///
    /// # Errors
    ///
    /// Why that cannot be: a directory would be replaced by something else, or the other way round, or something that is none
    /// is on the way.
    pub(super) fn add_for(
        &mut self,
        owner: u32,
        path: &str,
        node: Node,
        permissions: u32,
    ) -> Result<(), String> {
        for (end, _) in path.match_indices('/') {
            let before = &path[..end];
            match self.0.get(before) {
                None => drop(self.0.insert(before.to_owned(), (Node::Directory, DIRECTORY, 0))),
                Some((Node::Directory, ..)) => {}
                Some(_) => return Err(format!("`/{before}` in the guest is no directory")),
            }
        }
        match self.0.get(path) {
            Some((Node::Directory, ..)) if node != Node::Directory => {
                return Err(format!("`/{path}` in the guest is a directory"));
            }
            Some((there, ..)) if *there != Node::Directory && node == Node::Directory => {
                return Err(format!("`/{path}` in the guest is no directory"));
            }
            _ => {}
        }
        self.0.insert(path.to_owned(), (node, permissions, owner));
        Ok(())
    }

    /// Whether there is something at `path`.
    pub(super) fn contains(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Writes it.
    ///
    /// # Errors
    ///
    /// What the writer says; [`io::ErrorKind::FileTooLarge`] for a file of 4 GiB, which the format cannot hold.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for ((path, owned), number) in self.0.iter().zip(1..) {
            write_entry(out, number, path, owned)?;
        }
        write_entry(out, 0, "TRAILER!!!", &(Node::File(Vec::new()), 0, 0))
    }
}

/// Writes one entry with its padding.
fn write_entry(
    out: &mut impl Write,
    number: u32,
    path: &str,
    (node, permissions, owner): &Owned,
) -> io::Result<()> {
    let size = |bytes: usize| u32::try_from(bytes).map_err(|_| io::ErrorKind::FileTooLarge);
    let links = if *node == Node::Directory { 2 } else { 1 };
    let (major, minor) = match node {
        Node::Device(major, minor) => (*major, *minor),
        _ => (0, 0),
    };
    let mode = node.kind() | permissions;
    let data = node.data();
    let name_size = path.len() + 1;
    let [time, device, checksum] = [0; 3];
    let fields = [
        number,
        mode,
        *owner,
        *owner,
        links,
        time,
        size(data.len())?,
        device,
        device,
        major,
        minor,
        size(name_size)?,
        checksum,
    ];
    out.write_all(b"070701")?;
    for field in fields {
        write!(out, "{field:08X}")?;
    }
    write!(out, "{path}\0")?;
    pad(out, HEADER + name_size)?;
    out.write_all(data)?;
    pad(out, data.len())
}

/// Fills up to a multiple of four what `written` bytes have been written of.
fn pad(out: &mut impl Write, written: usize) -> io::Result<()> {
    out.write_all(&[0; 3][..written.next_multiple_of(4) - written])
}

#[cfg(test)]
mod tests {
    use super::{Archive, Node};

    fn sample() -> Archive {
        let mut archive = Archive::default();
        archive.add("tmp", Node::Directory, 0o1777).unwrap();
        archive.add("bin/sh", Node::Symlink("/bin/busybox".to_owned()), 0o777).unwrap();
        archive.add("bin/busybox", Node::File(b"old".to_vec()), 0o644).unwrap();
        archive.add("bin/busybox", Node::File(b"\x7fELF!".to_vec()), 0o755).unwrap();
        archive.add("dev/console", Node::Device(5, 1), 0o600).unwrap();
        archive.add_for(1000, "home/user", Node::Directory, 0o755).unwrap();
        archive
    }

    fn written(archive: &Archive) -> Vec<u8> {
        let mut bytes = Vec::new();
        archive.write(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_kernels_reader_reads_what_is_written() {
        let bytes = written(&sample());
        let entries: Vec<_> = cpio::entries(&bytes).collect::<Result<_, _>>().unwrap();
        let read: Vec<_> = entries
            .iter()
            .map(|entry| (str::from_utf8(entry.name).unwrap(), entry.mode, entry.uid, entry.data))
            .collect();
        assert_eq!(
            read,
            [
                ("bin", 0o040_755, 0, &b""[..]),
                ("bin/busybox", 0o100_755, 0, b"\x7fELF!"),
                ("bin/sh", 0o120_777, 0, b"/bin/busybox"),
                ("dev", 0o040_755, 0, b""),
                ("dev/console", 0o020_600, 0, b""),
                ("home", 0o040_755, 0, b""),
                ("home/user", 0o040_755, 1000, b""),
                ("tmp", 0o041_777, 0, b""),
            ]
        );
        assert_eq!((entries[4].device, entries[4].gid, entries[6].gid), ((5, 1), 0, 1000));
        assert!(entries.iter().zip(1..).all(|(entry, number)| (entry.inode, entry.mtime) == (number, 0)));
    }

    #[test]
    fn the_same_content_gives_the_same_bytes() {
        let mut other = Archive::default();
        for (path, (node, permissions, owner)) in sample().0.into_iter().rev() {
            other.add_for(owner, &path, node, permissions).unwrap();
        }
        assert_eq!(written(&other), written(&sample()));
        assert_eq!(written(&Archive::default()).len(), 124, "a trailer");
    }

    #[test]
    fn a_directory_stays_one() {
        let mut archive = sample();
        let file = || Node::File(Vec::new());
        assert_eq!(archive.add("bin", file(), 0o644), Err("`/bin` in the guest is a directory".to_owned()));
        let under_a_file = Err("`/bin/sh` in the guest is no directory".to_owned());
        assert_eq!(archive.add("bin/sh/x", file(), 0o644), under_a_file);
        assert_eq!(archive.add("bin/sh", Node::Directory, 0o755), under_a_file);
        archive.add("bin/sh", file(), 0o755).unwrap();
        archive.add("tmp", Node::Directory, 0o700).unwrap();
        assert!(archive.contains("tmp") && !archive.contains("tm"));
    }
}
