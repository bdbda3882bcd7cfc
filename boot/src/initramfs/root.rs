//! The root that programs find: directories, busybox and its names or what an archive has, `init`, and the files in `/etc` that a
//! shell looks at.

use std::fs;
use std::path::{Path, PathBuf};

use super::newc::{Archive, Node, Owner};
use crate::busybox;
use crate::failure::Failure;

/// Programs of the host that the guest gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// What gives it a shell and commands.
    pub base: Base,
    /// What becomes `/sbin/init`; without it there is none.
    pub init: Option<PathBuf>,
}

/// What gives the guest a shell and commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// A busybox that is statically linked.
    Busybox(PathBuf),
    /// All files of an archive that [`super::DebianRoot`] has made.
    Archive(PathBuf),
}

/// Directories, and their permissions.
const DIRECTORIES: [(&str, u32); 16] = [
    ("bin", 0o755),
    ("boot", 0o755),
    ("dev", 0o755),
    ("etc", 0o755),
    ("home", 0o755),
    ("proc", 0o555),
    ("root", 0o700),
    ("run", 0o755),
    ("sbin", 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
    ("usr/bin", 0o755),
    ("usr/sbin", 0o755),
    ("var", 0o755),
    ("var/log", 0o755),
    ("var/tmp", 0o1777),
];

/// Who is no root, in a group of the same number.
const USER: Owner = Owner { user: 1000, group: 1000 };
/// Their home.
const USERS_HOME: &str = "home/user";

/// Devices that are there before anybody mounts something at `/dev`: name, major and minor number, permissions.
const DEVICES: [(&str, u32, u32, u32); 3] =
    [("dev/console", 5, 1, 0o600), ("dev/null", 1, 3, 0o666), ("dev/tty", 5, 0, 0o666)];

/// Files.
const FILES: [(&str, &str); 4] = [
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\n\
         user:x:1000:1000:user:/home/user:/bin/sh\n\
         nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    ),
    ("etc/group", "root:x:0:\ntty:x:5:\nuser:x:1000:\nnogroup:x:65534:\n"),
    ("etc/hostname", "lockorder\n"),
    (
        "etc/profile",
        "export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n\
         export PS1='\\w \\$ '\n\
         alias ll='ls -l'\n",
    ),
];

/// Where busybox is.
const BUSYBOX: &str = "bin/busybox";

/// Puts the root into an archive.
pub(super) fn add(programs: &Programs, archive: &mut Archive) -> Result<(), Failure> {
    let read = |host: &Path| fs::read(host).map_err(|error| Failure::File(host.to_path_buf(), error));
    let init = programs.init.as_deref().map(read).transpose()?;
    match &programs.base {
        Base::Busybox(path) => {
            let (busybox, applets) = (read(path)?, busybox::applets(path));
            lay_out(archive, init)
                .and_then(|()| add_busybox(archive, busybox, &applets))
                .map_err(|why| Failure::Addition(BUSYBOX.into(), why))
        }
        Base::Archive(path) => {
            let failed = |why| Failure::Addition(path.clone(), why);
            *archive = Archive::read(&read(path)?).map_err(failed)?;
            lay_out(archive, init).map_err(failed)
        }
    }
}

/// Lays out what every root has; files that are there stay.
fn lay_out(archive: &mut Archive, init: Option<Vec<u8>>) -> Result<(), String> {
    for (path, permissions) in DIRECTORIES {
        if !archive.is_link(path) {
            archive.add(path, Node::Directory, permissions)?;
        }
    }
    archive.add_for(USER, USERS_HOME, Node::Directory, 0o755)?;
    for (path, major, minor, permissions) in DEVICES {
        archive.add(path, Node::Device(major, minor), permissions)?;
    }
    for (path, text) in FILES {
        if !archive.contains(path) {
            archive.add(path, Node::File(text.into()), 0o644)?;
        }
    }
    archive.add("etc/mtab", Node::Symlink("/proc/mounts".to_owned()), 0o777)?;
    if let Some(init) = init {
        archive.add("sbin/init", Node::File(init), 0o755)?;
    }
    Ok(())
}

/// Adds busybox, and its names.
fn add_busybox(archive: &mut Archive, busybox: Vec<u8>, applets: &[String]) -> Result<(), String> {
    archive.add(BUSYBOX, Node::File(busybox), 0o755)?;
    for applet in applets {
        // A name of busybox's does not take ours.
        if !archive.contains(applet) {
            archive.add(applet, Node::Symlink(format!("/{BUSYBOX}")), 0o777)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{add_busybox, lay_out};
    use crate::initramfs::newc::Archive;

    #[test]
    fn a_shell_finds_what_it_looks_for() {
        let mut archive = Archive::default();
        let applets = ["bin/sh", "sbin/init", "usr/bin/wc", "bin/busybox"].map(str::to_owned);
        lay_out(&mut archive, Some(b"init".to_vec())).unwrap();
        add_busybox(&mut archive, b"busybox".to_vec(), &applets).unwrap();
        let mut bytes = Vec::new();
        archive.write(&mut bytes).unwrap();
        let data = |name: &str| cpio::find(&bytes, name.as_bytes()).map(|entry| entry.data);
        assert_eq!(data("bin/busybox"), Some(&b"busybox"[..]));
        assert_eq!(data("sbin/init"), Some(&b"init"[..]), "ours, not busybox's");
        assert_eq!(
            (data("bin/sh"), data("usr/bin/wc")),
            (Some(&b"/bin/busybox"[..]), Some(&b"/bin/busybox"[..]))
        );
        for path in ["etc/passwd", "etc/group", "etc/profile", "etc/hostname", "dev/console", "proc", "run"] {
            assert!(data(path).is_some(), "{path}");
        }
        assert_eq!(cpio::find(&bytes, b"tmp").unwrap().permissions(), 0o1777);
        assert_eq!(cpio::find(&bytes, b"home/user").unwrap().uid, 1000);
    }
}
