//! Which system this is, and how things are installed on it.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::{Need, REAL_TIME_PACKAGE, SQLITE_PACKAGE};
use crate::failure::{BUSYBOX_PACKAGE, source_command};
use crate::linux_image;
use crate::linux_tests;
use crate::os_release::OsRelease;
use crate::toolchain::{TARGET, on_path};

/// A family of systems that share a package manager and its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distribution {
    /// Debian itself, which has a current Rust compiler under other names.
    Debian,
    /// Ubuntu and others that come from Debian, without that compiler.
    DebianDerivative,
    /// Fedora and others like it.
    Fedora,
    /// Arch Linux and others like it.
    Arch,
    /// Alpine Linux.
    Alpine,
    /// SUSE and openSUSE.
    Suse,
    /// Apple's.
    MacOs,
    /// None of these.
    Other,
}

impl Distribution {
    /// The one this program runs on.
    pub(super) fn of_this_machine() -> Self {
        if cfg!(target_os = "macos") {
            return Self::MacOs;
        }
        Self::of(OsRelease::of_this_machine())
    }

    /// The one that an `os-release` file describes.
    fn of(release: OsRelease<'_>) -> Self {
        if release.value("ID") == "debian" {
            return Self::Debian;
        }
        let is = |name| {
            release.value("ID") == name || release.value("ID_LIKE").split(' ').any(|like| like == name)
        };
        [
            ("debian", Self::DebianDerivative),
            ("ubuntu", Self::DebianDerivative),
            ("fedora", Self::Fedora),
            ("rhel", Self::Fedora),
            ("arch", Self::Arch),
            ("alpine", Self::Alpine),
            ("suse", Self::Suse),
            ("opensuse", Self::Suse),
        ]
        .into_iter()
        .find_map(|(name, distribution)| is(name).then_some(distribution))
        .unwrap_or(Self::Other)
    }

    /// Its packages for `need`; none where it has none, or this is not known.
    const fn packages(self, need: Need) -> &'static [&'static str] {
        match (self, need) {
            (Self::Debian, Need::Compiler) => &["rustc-web", "cargo-web", "rust-web-src"],
            (Self::Debian, Need::Source) => &["rustc-web", "cargo-web", "rust-web-src", "lld"],
            (_, Need::Compiler | Need::Source)
            | (Self::Other | Self::MacOs, Need::Firmware)
            | (Self::MacOs, Need::Busybox | Need::StaticLibrary)
            | (Self::Other, _) => &[],
            (Self::Fedora | Self::Arch, Need::Busybox) => &["busybox"],
            (_, Need::Busybox) => &[BUSYBOX_PACKAGE],
            (Self::Debian | Self::DebianDerivative, Need::StaticLibrary) => &["libc6-dev"],
            (Self::Fedora, Need::StaticLibrary) => &["glibc-static"],
            (Self::Arch, Need::StaticLibrary) => &["glibc"],
            (Self::Alpine, Need::StaticLibrary) => &["musl-dev"],
            (Self::Suse, Need::StaticLibrary) => &["glibc-devel-static"],
            (_, Need::Linker) => &["lld"],
            (_, Need::Prover) => &["coq"],
            (Self::Debian, Need::Linux) => &[linux_image::PACKAGE],
            (Self::Debian, Need::LinuxTests) => &linux_tests::PACKAGES,
            (Self::Debian | Self::DebianDerivative, Need::SqliteLibrary) => &[SQLITE_PACKAGE],
            (Self::Debian | Self::DebianDerivative, Need::RealTimeTests) => &[REAL_TIME_PACKAGE],
            // Source packages are nothing that is installed.
            (
                _,
                Need::Linux
                | Need::LinuxTests
                | Need::BusyboxSource
                | Need::SqliteSource
                | Need::SqliteLibrary
                | Need::RealTimeTests,
            ) => &[],
            (_, Need::DiskTools) => &["e2fsprogs"],
            (Self::Debian | Self::DebianDerivative | Self::Arch, Need::Qemu) => &["qemu-system-x86"],
            (Self::Fedora, Need::Qemu) => &["qemu-system-x86-core"],
            (Self::Alpine, Need::Qemu) => &["qemu-system-x86_64"],
            (Self::Suse, Need::Qemu) => &["qemu-x86"],
            (Self::MacOs, Need::Qemu) => &["qemu"],
            (Self::Debian | Self::DebianDerivative | Self::Alpine, Need::Firmware) => &["ovmf"],
            (Self::Fedora | Self::Arch, Need::Firmware) => &["edk2-ovmf"],
            (Self::Suse, Need::Firmware) => &["qemu-ovmf-x86_64"],
        }
    }

    /// Whether `apt-get source` brings Debian's source packages, or those of the same names.
    const fn has_source_packages(self) -> bool {
        matches!(self, Self::Debian | Self::DebianDerivative)
    }

    /// What its package manager is told, before the packages' names.
    const fn installer(self) -> &'static str {
        match self {
            Self::Debian | Self::DebianDerivative => "apt-get install",
            Self::Fedora => "dnf install",
            Self::Arch => "pacman -S",
            Self::Alpine => "apk add",
            Self::Suse => "zypper install",
            Self::MacOs => "brew install",
            Self::Other => "",
        }
    }

    /// The packages `apt-get` has for all of `wanted`; `None` where it is not there or one is not among them.
    pub(super) fn apt_packages(self, wanted: &[Need]) -> Option<Vec<&'static str>> {
        if !matches!(self, Self::Debian | Self::DebianDerivative) || on_path(&["apt-get"]).is_none() {
            return None;
        }
        // The C compiler looks for its library where it was installed: in no folder of ours.
        let fetchable = |&need| need != Need::StaticLibrary && !self.packages(need).is_empty();
        wanted.iter().all(fetchable).then(|| self.all_packages(wanted))
    }

    /// Its packages for all of `wanted`, each once.
    fn all_packages(self, wanted: &[Need]) -> Vec<&'static str> {
        let mut all = Vec::new();
        for package in wanted.iter().flat_map(|&need| self.packages(need)) {
            if !all.contains(package) {
                all.push(package);
            }
        }
        all
    }

    /// What to type to install all of `wanted`, in one line.
    pub(super) fn instructions(self, wanted: &[Need], who: Who) -> String {
        let by_rustup = |need| wanted.contains(&need) && self.packages(need).is_empty();
        // The target comes with the linker it needs.
        let target = by_rustup(Need::Compiler) || by_rustup(Need::Linker);
        let source = by_rustup(Need::Source);
        // So no other linker is needed with it.
        let wanted: Vec<_> = wanted
            .iter()
            .copied()
            .filter(|&need| need != Need::Linker || !by_rustup(Need::Compiler))
            .collect();
        let mut packages = self.all_packages(&wanted);
        let mut commands = Vec::new();
        let mut notes = Vec::new();
        if (target || source) && !who.has_rustup {
            match self {
                Self::Other => notes.push("rustup"),
                _ => packages.push("rustup"),
            }
        }
        if !packages.is_empty() {
            let become_root = if who.is_root || self == Self::MacOs { "" } else { "sudo " };
            commands.push(format!("{become_root}{} {}", self.installer(), packages.join(" ")));
        }
        if target {
            commands.push(format!("rustup target add {TARGET}"));
        }
        if source {
            commands.push("rustup component add rust-src".to_owned());
        }
        if by_rustup(Need::Firmware) {
            notes.push("OVMF.fd, named in LOCKORDER_OVMF");
        }
        for (need, program) in [
            (Need::Qemu, "qemu-system-x86_64"),
            (Need::Prover, "coqc"),
            (Need::DiskTools, "e2fsprogs"),
            (Need::LinuxTests, "Debian's package linux-source, unpacked in /usr/src"),
            (Need::BusyboxSource, "Debian's source package busybox, in a folder named in LOCKORDER_SOURCES"),
            (Need::SqliteSource, "Debian's source package sqlite3, in a folder named in LOCKORDER_SOURCES"),
            (Need::SqliteLibrary, "Debian's package libsqlite3-dev"),
            (Need::RealTimeTests, "Debian's package rt-tests"),
            (Need::Busybox, "a busybox that is a static program for Linux on x86-64"),
            (Need::StaticLibrary, "libc.a for Linux on x86-64"),
            (Need::Linux, "a kernel of Linux with its drivers built in, named in LOCKORDER_LINUX"),
        ] {
            let is_source = self.has_source_packages() && need.source_package().is_some();
            if wanted.contains(&need) && self.packages(need).is_empty() && !is_source {
                notes.push(program);
            }
        }
        let sources: Vec<_> = wanted.iter().filter_map(|need| need.source_package()).collect();
        if self.has_source_packages() && !sources.is_empty() {
            commands.push(source_command(&sources));
        }
        let commands = commands.join(" && ");
        match (commands.is_empty(), notes.is_empty()) {
            (_, true) => commands,
            (true, _) => format!("your package manager, for {}", notes.join(", ")),
            // Rustup, where it is missing too, comes first.
            (false, _) => format!("your package manager, for {}; then: {commands}", notes.join(", ")),
        }
    }
}

/// Who is to type a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Who {
    /// Whether it is root.
    pub(super) is_root: bool,
    /// Whether there is a `rustup` to type.
    pub(super) has_rustup: bool,
}

impl Who {
    /// The one who runs this program.
    pub(super) fn of_this_process() -> Self {
        let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        Self { is_root, has_rustup: on_path(&["rustup"]).is_some() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Distribution, Who};
    use crate::os_release::OsRelease;
    use crate::provision::Need;

    #[test]
    fn systems_are_told_apart() {
        for (text, expected) in [
            ("PRETTY_NAME=\"Debian\"\nID=debian\n", Distribution::Debian),
            ("ID=ubuntu\nID_LIKE=debian\n", Distribution::DebianDerivative),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Distribution::DebianDerivative),
            ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", Distribution::Fedora),
            ("ID=arch", Distribution::Arch),
            ("ID=alpine", Distribution::Alpine),
            ("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", Distribution::Suse),
            ("ID=nixos", Distribution::Other),
            ("", Distribution::Other),
        ] {
            assert_eq!(Distribution::of(OsRelease::of(text)), expected, "{text}");
        }
    }

    #[test]
    fn the_command_is_the_one_to_type() {
        let all = Need::KERNEL;
        let root = Who { is_root: true, has_rustup: true };
        let user = Who { is_root: false, has_rustup: true };
        let without = Who { is_root: false, has_rustup: false };
        for (distribution, needs, who, expected) in [
            (
                Distribution::Debian,
                &all[..],
                root,
                "apt-get install qemu-system-x86 rustc-web cargo-web rust-web-src lld",
            ),
            (
                Distribution::Fedora,
                &all,
                user,
                "sudo dnf install qemu-system-x86-core && rustup target add x86_64-unknown-none",
            ),
            (Distribution::Suse, &[Need::Linker], user, "sudo zypper install lld"),
            (
                Distribution::Arch,
                &[Need::Qemu, Need::Compiler, Need::Source, Need::Firmware],
                without,
                "sudo pacman -S qemu-system-x86 edk2-ovmf rustup && rustup target add x86_64-unknown-none && \
                 rustup component add rust-src",
            ),
            (Distribution::MacOs, &[Need::Qemu], user, "brew install qemu"),
            (
                Distribution::Other,
                &[Need::Qemu, Need::Compiler],
                user,
                "your package manager, for qemu-system-x86_64; then: rustup target add x86_64-unknown-none",
            ),
            (Distribution::Other, &[Need::Prover], user, "your package manager, for coqc"),
            (Distribution::Debian, &Need::GUEST, user, "sudo apt-get install busybox-static libc6-dev"),
            (Distribution::Debian, &Need::COMPARISON, root, "apt-get install linux-image-cloud-amd64"),
            (
                Distribution::Debian,
                &[Need::BusyboxSource, Need::SqliteSource],
                user,
                "apt-get source --download-only busybox sqlite3 && export LOCKORDER_SOURCES=$PWD",
            ),
            (
                Distribution::Fedora,
                &[Need::BusyboxSource],
                user,
                "your package manager, for Debian's source package busybox, in a folder named in LOCKORDER_SOURCES",
            ),
            (
                Distribution::Fedora,
                &Need::COMPARISON,
                root,
                "your package manager, for a kernel of Linux with its drivers built in, named in LOCKORDER_LINUX",
            ),
        ] {
            assert_eq!(distribution.instructions(needs, who), expected);
        }
    }

    #[test]
    fn everything_that_is_missing_has_its_instruction() {
        for distribution in [
            Distribution::Debian,
            Distribution::DebianDerivative,
            Distribution::Fedora,
            Distribution::Arch,
            Distribution::Alpine,
            Distribution::Suse,
            Distribution::MacOs,
            Distribution::Other,
        ] {
            let needs = Need::KERNEL.into_iter().chain(Need::UEFI).chain(Need::PROOF).chain(Need::GUEST);
            for need in needs.chain(Need::COMPARISON).chain(Need::SUITES) {
                let who = Who { is_root: false, has_rustup: true };
                assert!(!distribution.instructions(&[need], who).is_empty(), "{distribution:?} {need:?}");
            }
        }
    }

    #[test]
    fn what_apt_does_not_have_is_not_asked_of_it() {
        assert_eq!(Distribution::DebianDerivative.apt_packages(&[Need::Compiler]), None);
        assert_eq!(Distribution::Fedora.apt_packages(&[Need::Qemu]), None);
        assert_eq!(Distribution::Debian.apt_packages(&Need::GUEST), None, "a library in a folder of ours");
    }
}
