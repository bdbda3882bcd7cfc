//! Writes a cpio archive of the format newc; the kernel's crate `cpio` says what that is, and reads it.
//!
//! An [`Archive`] is gathered first and written at once, in the order of its names: so directories come before what is in them,
//! and the same content gives the same bytes. Times are 1970, numbers of files count from one. Directories on the way to a file
//! are made where nobody has added them; a symbolic link on the way is followed. A name that is added again is replaced.

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

/// To whom a file belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Owner {
    /// The user.
    pub(super) user: u32,
    /// The group.
    pub(super) group: u32,
}

impl Owner {
    /// Root.
    pub(super) const ROOT: Self = Self { user: 0, group: 0 };
}

/// A node, its permissions and its owner.
type Owned = (Node, u32, Owner);

/// How many symbolic links may be on the way to a file.
const MOST_LINKS: usize = 8;

/// A symbolic link on the way is followed, or something else is there that is no directory.
enum OnTheWay {
    /// The path without the link.
    Followed(String),
    /// What the path has, which is no directory, or too many links.
    Blocked(String),
}

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
        self.add_for(Owner::ROOT, path, node, permissions)
    }

    /// Adds a node at `path`, which is relative to the root, for an owner.
    ///
    /// # Errors
    ///
    /// Why that cannot be: a directory would be replaced by something else, or the other way round, or something that is none
    /// is on the way.
    pub(super) fn add_for(
        &mut self,
        owner: Owner,
        path: &str,
        node: Node,
        permissions: u32,
    ) -> Result<(), String> {
        let path = self.resolve(path)?;
        for (end, _) in path.match_indices('/') {
            let directory = || (Node::Directory, DIRECTORY, Owner::ROOT);
            self.0.entry(path[..end].to_owned()).or_insert_with(directory);
        }
        match self.0.get(&path) {
            Some((Node::Directory, ..)) if node != Node::Directory => {
                return Err(format!("`/{path}` in the guest is a directory"));
            }
            Some((there, ..)) if *there != Node::Directory && node == Node::Directory => {
                return Err(format!("`/{path}` in the guest is no directory"));
            }
            _ => {}
        }
        self.0.insert(path, (node, permissions, owner));
        Ok(())
    }

    /// A path without symbolic links on the way: what is at its end is not looked at.
    ///
    /// # Errors
    ///
    /// Something that is no directory is on the way.
    pub(super) fn resolve(&self, path: &str) -> Result<String, String> {
        let mut path = path.to_owned();
        for _ in 0..=MOST_LINKS {
            match self.on_the_way(&path) {
                None => return Ok(path),
                Some(OnTheWay::Followed(without)) => path = without,
                Some(OnTheWay::Blocked(by)) => return Err(format!("`/{by}` in the guest is no directory")),
            }
        }
        Err(format!("`/{path}` in the guest is behind too many symbolic links"))
    }

    /// The first on the way to `path` that is no directory; none where all are, or will be made.
    fn on_the_way(&self, path: &str) -> Option<OnTheWay> {
        for (end, _) in path.match_indices('/') {
            let before = &path[..end];
            match self.0.get(before) {
                None | Some((Node::Directory, ..)) => {}
                Some((Node::Symlink(target), ..)) => {
                    let target = match target.strip_prefix('/') {
                        Some(target) => target.to_owned(),
                        None => {
                            before.rsplit_once('/').map_or(String::new(), |(inside, _)| format!("{inside}/"))
                                + target
                        }
                    };
                    // A way upwards is not followed: none of ours leads there.
                    if target.split('/').any(|part| part == "..") {
                        return Some(OnTheWay::Blocked(before.to_owned()));
                    }
                    return Some(OnTheWay::Followed(target + &path[end..]));
                }
                Some(_) => return Some(OnTheWay::Blocked(before.to_owned())),
            }
        }
        None
    }

    /// Whether a symbolic link is at `path`.
    pub(super) fn is_link(&self, path: &str) -> bool {
        matches!(self.get(path), Some(Node::Symlink(_)))
    }

    /// What is at `path`.
    pub(super) fn get(&self, path: &str) -> Option<&Node> {
        self.0.get(path).map(|(node, ..)| node)
    }

    /// Reads what [`write`](Self::write) has written.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut archive = Self::default();
        for entry in cpio::entries(bytes) {
            let entry = entry.map_err(|error| error.to_string())?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let node = match entry.kind() {
                Some(cpio::Kind::Regular) => Node::File(entry.data.to_vec()),
                Some(cpio::Kind::Directory) => Node::Directory,
                Some(cpio::Kind::Symlink) => Node::Symlink(text(entry.data)),
                Some(cpio::Kind::CharacterDevice) => Node::Device(entry.device.0, entry.device.1),
                _ => return Err(format!("`{}` is of an unknown kind", text(entry.name))),
            };
            let owner = Owner { user: entry.uid, group: entry.gid };
            archive.0.insert(text(entry.name), (node, entry.permissions(), owner));
        }
        Ok(archive)
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
        write_entry(out, 0, "TRAILER!!!", &(Node::File(Vec::new()), 0, Owner::ROOT))
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
        owner.user,
        owner.group,
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
    use super::{Archive, Node, Owner};

    fn sample() -> Archive {
        let mut archive = Archive::default();
        archive.add("tmp", Node::Directory, 0o1777).unwrap();
        archive.add("bin/sh", Node::Symlink("/bin/busybox".to_owned()), 0o777).unwrap();
        archive.add("bin/busybox", Node::File(b"old".to_vec()), 0o644).unwrap();
        archive.add("bin/busybox", Node::File(b"\x7fELF!".to_vec()), 0o755).unwrap();
        archive.add("dev/console", Node::Device(5, 1), 0o600).unwrap();
        archive.add_for(Owner { user: 1000, group: 1000 }, "home/user", Node::Directory, 0o755).unwrap();
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
        let under_a_file = |path: &str| Err(format!("`/{path}` in the guest is no directory"));
        assert_eq!(archive.add("bin/busybox/x", file(), 0o644), under_a_file("bin/busybox"));
        assert_eq!(
            archive.add("bin/sh/x", file(), 0o644),
            under_a_file("bin/busybox"),
            "where the link leads"
        );
        assert_eq!(archive.add("bin/sh", Node::Directory, 0o755), under_a_file("bin/sh"));
        archive.add("bin/sh", file(), 0o755).unwrap();
        archive.add("tmp", Node::Directory, 0o700).unwrap();
        assert!(archive.contains("tmp") && !archive.contains("tm"));
    }

    #[test]
    fn links_on_the_way_are_followed() {
        let mut archive = Archive::default();
        let link = |to: &str| Node::Symlink(to.to_owned());
        archive.add("lib", link("usr/lib"), 0o777).unwrap();
        archive.add("usr/lib/here", link("there"), 0o777).unwrap();
        archive.add("lib/here/file", Node::File(Vec::new()), 0o644).unwrap();
        assert!(archive.contains("usr/lib/there/file"));
        archive.add("round", link("/round"), 0o777).unwrap();
        archive.add("up", link("../etc"), 0o777).unwrap();
        assert!(archive.resolve("round/x").is_err() && archive.resolve("up/x").is_err());
        assert_eq!(archive.resolve("round").as_deref(), Ok("round"));
    }
}
