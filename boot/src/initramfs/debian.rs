//! A root made of Debian's packages: unmodified programs, with the libraries that they ask for.
//!
//! The packages and all that they depend on come from the distribution's sources as other tools do ([`crate::private_tools`]), with
//! the ones that every installation has. They are put into one archive, which is kept: the first run fetches, later ones do not.
//! No maintainer script runs, and nothing has to be done as root: permissions and owners go from one archive to the other.
//! What the scripts would have made is in [`mod@made`]. Documentation and translations are left out.
//!
//! Directories of programs and libraries are merged into `/usr`, as an installation has them.

mod made;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::newc::{Archive, Node, Owner};
use crate::failure::Failure;
use crate::{private_tools, provision};

/// What a root has at least, besides what is essential.
pub const PACKAGES: [&str; 4] = ["bash", "coreutils", "python3-minimal", "sqlite3"];
/// What every installation has, as `apt-get` is asked for it.
const ESSENTIAL: &str = "?essential";

/// Names that lead below `/usr`.
const MERGED: [&str; 4] = ["bin", "lib", "lib64", "sbin"];

/// The version of what this program makes of packages: archives that another one has made are not used.
const VERSION: u32 = 1;

/// Memory that a guest needs besides its root, in MiB.
const BESIDES: u64 = 256;
/// How many times the root's size it needs: the archive stays, and files may take half of what is left.
const TIMES: u64 = 3;
/// The longest name of a kept archive that is written out.
const LONGEST_NAME: usize = 100;

/// A root of Debian's packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebianRoot {
    /// The packages that are asked for, in order.
    packages: Vec<String>,
}

impl DebianRoot {
    /// One with these packages besides the usual ones.
    #[must_use]
    pub fn with(packages: &[String]) -> Self {
        let usual = PACKAGES.iter().map(|&package| package.to_owned());
        let mut packages: Vec<_> = usual.chain(packages.iter().cloned()).collect();
        packages.sort_unstable();
        packages.dedup();
        Self { packages }
    }

    /// Its archive, fetched and made where it is missing.
    ///
    /// # Errors
    ///
    /// [`Failure::Root`] where packages cannot be had; [`Failure::NoSpace`], [`Failure::Tools`], [`Failure::Program`] on a system
    /// without `apt-get`.
    pub fn archive(&self) -> Result<PathBuf, Failure> {
        if let Some(archive) = private_tools::made(&self.name()) {
            return Ok(archive);
        }
        provision::may_fetch().map_err(|why| Failure::Root(why.to_owned()))?;
        let mut packages = vec![ESSENTIAL];
        packages.extend(self.packages.iter().map(String::as_str));
        private_tools::made_of(&self.name(), &packages, make).map_err(|failure| match failure {
            Failure::Installation(_, why) | Failure::Unreachable(_, why) => Failure::Root(why),
            failure => failure,
        })
    }

    /// The file's name.
    fn name(&self) -> String {
        let name = self.packages.join("+");
        if name.len() <= LONGEST_NAME {
            return format!("{VERSION}-{name}.cpio");
        }
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        format!("{VERSION}-{}-packages-{:016x}.cpio", self.packages.len(), hasher.finish())
    }
}

/// Memory for a guest with a root of this archive, in MiB.
///
/// # Errors
///
/// [`Failure::File`] where it cannot be looked at.
pub fn memory(archive: &Path) -> Result<u32, Failure> {
    let bytes = fs::metadata(archive).map_err(|error| Failure::File(archive.to_path_buf(), error))?.len();
    let mebibytes = bytes.div_ceil(1 << 20) * TIMES + BESIDES;
    Ok(u32::try_from(mebibytes.next_multiple_of(64)).unwrap_or(u32::MAX))
}

/// Makes the root of packages.
fn make(packages: &[PathBuf], out: &Path) -> Result<(), Failure> {
    let mut root = Archive::default();
    for name in MERGED {
        let laid = root
            .add(&format!("usr/{name}"), Node::Directory, 0o755)
            .and_then(|()| root.add(name, Node::Symlink(format!("usr/{name}")), 0o777));
        laid.map_err(|why| Failure::Addition(name.into(), why))?;
    }
    for package in packages {
        add(&mut root, package)?;
    }
    made::add(&mut root, packages)?;
    let failed = |error| Failure::Tools(out.to_path_buf(), error);
    let mut file = BufWriter::new(fs::File::create(out).map_err(failed)?);
    root.write(&mut file).and_then(|()| file.flush()).map_err(failed)
}

/// Adds the files of one package.
fn add(root: &mut Archive, package: &Path) -> Result<(), Failure> {
    private_tools::each_file(package, |path, mut file| {
        let damaged = |error| Failure::File(package.to_path_buf(), error);
        let path = path.trim_end_matches('/');
        if path.is_empty() || path == "." {
            return Ok(());
        }
        let header = file.header();
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let owner = Owner {
            user: number(header.uid().map_err(damaged)?),
            group: number(header.gid().map_err(damaged)?),
        };
        let permissions = header.mode().map_err(damaged)? & 0o7777;
        let kind = header.entry_type();
        let link = file.link_name().map_err(damaged)?.map(|link| link.to_string_lossy().into_owned());
        let node = if kind.is_dir() {
            if root.is_link(path) {
                return Ok(());
            }
            Node::Directory
        } else if kind.is_symlink() {
            Node::Symlink(link.unwrap_or_default())
        } else if kind.is_hard_link() {
            let other = link.unwrap_or_default();
            let other = root.resolve(other.trim_start_matches("./")).ok();
            match other.and_then(|other| root.get(&other).cloned()) {
                Some(node) => node,
                None => return Ok(()),
            }
        } else if kind.is_file() {
            let mut data = Vec::new();
            file.read_to_end(&mut data).map_err(damaged)?;
            Node::File(data)
        } else {
            return Ok(());
        };
        root.add_for(owner, path, node, permissions)
            .map_err(|why| Failure::Addition(package.to_path_buf(), why))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::{DebianRoot, add, make, memory};
    use crate::initramfs::newc::{Archive, Node};
    use crate::toolchain::on_path;

    #[test]
    fn a_root_has_a_name_of_its_packages() {
        let root = DebianRoot::with(&["zsh".to_owned(), "bash".to_owned()]);
        assert_eq!(root.name(), "1-bash+coreutils+python3-minimal+sqlite3+zsh.cpio");
        let many: Vec<_> = (0..40).map(|number| format!("package-{number}")).collect();
        let (one, other) = (DebianRoot::with(&many).name(), DebianRoot::with(&many[1..]).name());
        assert!(one.starts_with("1-44-packages-") && one != other, "{one} {other}");
    }

    /// A package with a program in `/bin`, its second name, a library, and what belongs to a group.
    fn package(folder: &Path) -> std::path::PathBuf {
        let content = folder.join("content");
        for inside in ["DEBIAN", "bin", "lib", "usr/share/doc/x", "usr/share/base-passwd"] {
            fs::create_dir_all(content.join(inside)).unwrap();
        }
        let control = "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: x\n";
        for (path, text) in [
            ("DEBIAN/control", control),
            ("bin/program", "run me"),
            ("lib/library", "link me"),
            ("usr/share/doc/x/README", "read me"),
            ("usr/share/base-passwd/passwd.master", "root:*:0:0:root:/root:/bin/bash\n"),
        ] {
            fs::write(content.join(path), text).unwrap();
        }
        fs::hard_link(content.join("bin/program"), content.join("bin/second")).unwrap();
        let archive = folder.join("x.deb");
        let mut command = Command::new("dpkg-deb");
        command.args(["--root-owner-group", "--build"]).arg(&content).arg(&archive);
        assert!(command.output().unwrap().status.success());
        archive
    }

    #[test]
    fn packages_become_a_merged_root() {
        if on_path(&["dpkg-deb"]).is_none() {
            eprintln!("passed over: this machine has no dpkg-deb");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (package, out) = (package(folder.path()), folder.path().join("root.cpio"));
        make(&[package], &out).unwrap();
        assert_eq!(memory(&out).unwrap(), 320);
        let bytes = fs::read(&out).unwrap();
        let data = |name: &str| cpio::find(&bytes, name.as_bytes()).map(|entry| entry.data);
        assert_eq!(data("usr/bin/program"), Some(&b"run me"[..]));
        assert_eq!(data("usr/bin/second"), Some(&b"run me"[..]));
        assert_eq!((data("lib"), data("usr/lib/library")), (Some(&b"usr/lib"[..]), Some(&b"link me"[..])));
        assert_eq!(data("usr/share/doc/x/README"), None);
        let passwd = String::from_utf8(data("etc/passwd").unwrap().to_vec()).unwrap();
        assert!(passwd.starts_with("root:x:0:0:") && passwd.contains("\nuser:x:1000:"), "{passwd}");
        let status = String::from_utf8(data("var/lib/dpkg/status").unwrap().to_vec()).unwrap();
        assert!(status.contains("Package: x\n") && status.contains("install ok installed"), "{status}");
        let again = Archive::read(&bytes).unwrap();
        assert_eq!(again.get("lib"), Some(&Node::Symlink("usr/lib".to_owned())));
    }

    #[test]
    fn what_is_no_package_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.deb");
        fs::write(&file, "none").unwrap();
        let failure = add(&mut Archive::default(), &file).unwrap_err();
        assert!(failure.to_string().contains("x.deb") || on_path(&["dpkg-deb"]).is_none(), "{failure}");
    }
}
