//! What the maintainer scripts of packages make on an installation, and a system without an installer lacks: accounts, names that
//! stand for one of several programs, the configuration that is copied from a pattern, and the list of packages. There is no cache of
//! libraries: the loader looks where Debian has them anyway.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::initramfs::newc::{Archive, Node, Owner};
use crate::private_tools;

/// Files that are copied where a package has them: from, and to.
const COPIED: [(&str, &str); 4] = [
    ("usr/share/base-files/profile", "etc/profile"),
    ("usr/share/base-files/nsswitch.conf", "etc/nsswitch.conf"),
    ("usr/share/base-files/dot.bashrc", "root/.bashrc"),
    ("usr/share/base-files/dot.profile", "root/.profile"),
];

/// Names that stand for one of several programs: the name, and the first of these that is there.
const ALTERNATIVES: [(&str, &[&str]); 6] = [
    ("awk", &["gawk", "mawk"]),
    ("nawk", &["gawk", "mawk"]),
    ("which", &["which.debianutils"]),
    ("pager", &["less", "more"]),
    ("editor", &["vim.basic", "nano", "vim.tiny"]),
    ("cc", &["gcc"]),
];

/// The patterns of accounts, and what is added to them.
const PASSWORDS: (&str, &str) =
    ("usr/share/base-passwd/passwd.master", "user:x:1000:1000:user:/home/user:/bin/bash\n");
const GROUPS: (&str, &str) = ("usr/share/base-passwd/group.master", "user:x:1000:\n");

/// Who may read which passwords are there: the group `shadow`.
const SHADOW: Owner = Owner { user: 0, group: 42 };

/// How programs ask who somebody is, with nothing but the files of accounts.
const AUTHENTICATION: [(&str, &str); 5] = [
    ("etc/pam.d/common-auth", "auth required pam_unix.so\n"),
    ("etc/pam.d/common-account", "account required pam_unix.so\n"),
    ("etc/pam.d/common-password", "password required pam_unix.so\n"),
    ("etc/pam.d/common-session", "session required pam_unix.so\n"),
    ("etc/pam.d/common-session-noninteractive", "session required pam_unix.so\n"),
];

/// Adds all of it.
pub(super) fn add(root: &mut Archive, packages: &[PathBuf]) -> Result<(), Failure> {
    // As `dpkg` lists what is installed.
    let status: Vec<_> =
        packages.iter().map(|package| private_tools::paragraph(package)).collect::<Result<_, _>>()?;
    lay_out(root, status.concat()).map_err(|why| Failure::Addition(PathBuf::from("packages"), why))
}

/// The same, with a list of packages.
fn lay_out(root: &mut Archive, status: String) -> Result<(), String> {
    for (from, to) in COPIED {
        if let Some(file) = root.get(from).cloned().filter(|_| !root.contains(to)) {
            root.add(to, file, 0o644)?;
        }
    }
    for ((pattern, added), to) in [(PASSWORDS, "etc/passwd"), (GROUPS, "etc/group")] {
        if let Some(Node::File(accounts)) = root.get(pattern) {
            // Passwords are elsewhere, where there are any.
            let accounts = String::from_utf8_lossy(accounts).replace(":*:", ":x:") + added;
            root.add(to, Node::File(accounts.into_bytes()), 0o644)?;
        }
    }
    if let Some(Node::File(accounts)) = root.get("etc/passwd") {
        let accounts = String::from_utf8_lossy(accounts).into_owned();
        let names = accounts.lines().filter_map(|line| line.split(':').next());
        // Nobody has a password, and days are counted from none.
        let passwords: Vec<_> = names.map(|name| format!("{name}:*:::::::\n")).collect();
        root.add_for(SHADOW, "etc/shadow", Node::File(passwords.concat().into_bytes()), 0o640)?;
    }
    for (path, text) in AUTHENTICATION {
        root.add(path, Node::File(text.into()), 0o644)?;
    }
    for (name, programs) in ALTERNATIVES {
        let path = format!("usr/bin/{name}");
        let program = programs.iter().find(|program| root.contains(&format!("usr/bin/{program}")));
        if let Some(program) = program.filter(|_| !root.contains(&path)) {
            let chosen = format!("etc/alternatives/{name}");
            root.add(&path, Node::Symlink(format!("/{chosen}")), 0o777)?;
            root.add(&chosen, Node::Symlink(format!("/usr/bin/{program}")), 0o777)?;
        }
    }
    if !root.contains("usr/bin/sh") && root.contains("usr/bin/dash") {
        root.add("usr/bin/sh", Node::Symlink("dash".to_owned()), 0o777)?;
    }
    root.add("etc/hosts", Node::File(b"127.0.0.1 localhost lockorder\n::1 localhost\n".to_vec()), 0o644)?;
    root.add("var/lib/dpkg/status", Node::File(status.into_bytes()), 0o644)
}

#[cfg(test)]
mod tests {
    use super::lay_out;
    use crate::initramfs::newc::{Archive, Node};

    #[test]
    fn names_stand_for_what_is_there() {
        let mut root = Archive::default();
        for program in ["mawk", "dash", "more"] {
            root.add(&format!("usr/bin/{program}"), Node::File(Vec::new()), 0o755).unwrap();
        }
        lay_out(&mut root, String::new()).unwrap();
        let leads = |path: &str| match root.get(path) {
            Some(Node::Symlink(target)) => Some(target.clone()),
            _ => None,
        };
        assert_eq!(leads("usr/bin/awk").as_deref(), Some("/etc/alternatives/awk"));
        assert_eq!(leads("etc/alternatives/awk").as_deref(), Some("/usr/bin/mawk"));
        assert_eq!(leads("usr/bin/sh").as_deref(), Some("dash"));
        assert_eq!((leads("usr/bin/cc"), leads("usr/bin/which")), (None, None));
    }
}
