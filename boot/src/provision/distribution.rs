//! Which system this is, and how things are installed on it.

use super::Need;
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
            | (Self::Other, _) => &[],
            (_, Need::Linker) => &["lld"],
            (_, Need::Prover) => &["coq"],
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
        let packages: Vec<_> = wanted.iter().map(|&need| self.packages(need)).collect();
        packages.iter().all(|packages| !packages.is_empty()).then(|| packages.concat())
    }

    /// The commands that install `wanted`, by `root` or by someone who is not.
    pub(super) fn commands(self, wanted: &[Need], root: bool) -> Vec<String> {
        let packages = wanted.iter().map(|&need| self.packages(need)).collect::<Vec<_>>().concat();
        let mut commands = Vec::new();
        if !packages.is_empty() {
            let become_root = if root || self == Self::MacOs { "" } else { "sudo " };
            commands.push(format!("{become_root}{} {}", self.installer(), packages.join(" ")));
        }
        let by_rustup = |need| wanted.contains(&need) && self.packages(need).is_empty();
        if by_rustup(Need::Compiler) || by_rustup(Need::Linker) {
            // The target comes with the linker it needs.
            commands.push(format!("rustup target add {TARGET}"));
        }
        if by_rustup(Need::Source) {
            commands.push("rustup component add rust-src".to_owned());
        }
        if by_rustup(Need::Firmware) {
            commands.push("your package manager, the file is OVMF.fd; name it in LOCKORDER_OVMF".to_owned());
        }
        if self == Self::Other && wanted.contains(&Need::Qemu) {
            commands.push("your package manager, the program is qemu-system-x86_64".to_owned());
        }
        commands
    }
}

#[cfg(test)]
mod tests {
    use super::Distribution;
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
        let all = Need::ALL;
        assert_eq!(
            Distribution::Debian.commands(&all, true),
            ["apt-get install qemu-system-x86 rustc-web cargo-web rust-web-src lld"]
        );
        assert_eq!(
            Distribution::Fedora.commands(&all, false),
            ["sudo dnf install qemu-system-x86-core lld", "rustup target add x86_64-unknown-none"]
        );
        assert_eq!(Distribution::MacOs.commands(&[Need::Qemu], false), ["brew install qemu"]);
        for distribution in [Distribution::Other, Distribution::Alpine, Distribution::DebianDerivative] {
            for need in all.into_iter().chain(Need::UEFI) {
                assert!(!distribution.commands(&[need], false).is_empty());
            }
        }
    }

    #[test]
    fn what_apt_does_not_have_is_not_asked_of_it() {
        assert_eq!(Distribution::DebianDerivative.apt_packages(&[Need::Compiler]), None);
        assert_eq!(Distribution::Fedora.apt_packages(&[Need::Qemu]), None);
    }
}
