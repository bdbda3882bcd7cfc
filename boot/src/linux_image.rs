//! Linux, which `bench linux` compares the kernel with: Debian's kernel for virtual machines, as its package has it.
//!
//! What [`OVERRIDE`] names is used; else this machine's own, where it has that kernel; else the one that has been fetched. The
//! file says itself which version it is, at a place that its boot protocol names.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::private_tools;

/// Names the kernel to use.
pub const OVERRIDE: &str = "LOCKORDER_LINUX";
/// Debian's package, which depends on the one of the present version.
pub(crate) const PACKAGE: &str = "linux-image-cloud-amd64";
/// What its files are called; the version is in between.
const NAME: (&str, &str) = ("vmlinuz-", "-cloud-amd64");

/// Its path; `None` where it is missing, or where what [`OVERRIDE`] names is none.
#[must_use]
pub fn path() -> Option<PathBuf> {
    if let Some(only) = env::var_os(OVERRIDE) {
        return Some(PathBuf::from(only)).filter(|file| version(file).is_some());
    }
    newest(Path::new("/boot")).or_else(|| newest(&private_tools::folder_of("boot", &[PACKAGE])?))
}

/// The newest kernel of a folder, of those that can be read.
fn newest(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let named = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let version = name.strip_prefix(NAME.0)?.strip_suffix(NAME.1)?;
        let numbers: Vec<u64> = version
            .split(|letter: char| !letter.is_ascii_digit())
            .map(|part| part.parse().unwrap_or(0))
            .collect();
        Some((numbers, entry.path()))
    });
    named.filter(|(_, path)| version(path).is_some()).max().map(|(_, path)| path)
}

/// The version of a kernel, as it says it itself; `None` where a file is none.
#[must_use]
pub fn version(path: &Path) -> Option<String> {
    read_version(&fs::read(path).ok()?)
}

/// The same of a file's bytes. (Linux, "The Linux/x86 Boot Protocol", fields `header` and `kernel_version`.)
fn read_version(bytes: &[u8]) -> Option<String> {
    if bytes.get(0x202..0x206)? != b"HdrS" {
        return None;
    }
    let at = bytes.get(0x20e..0x210)?;
    let text = bytes.get(0x200 + usize::from(u16::from_le_bytes([at[0], at[1]]))..)?;
    let end = text.iter().take(256).position(|&byte| byte == 0)?;
    let said = str::from_utf8(&text[..end]).ok()?;
    // The release, who built it, and Debian's own version: `6.1.0-1-cloud-amd64 (who) #1 SMP … Debian 6.1.4-1 (when)`.
    let release = said.split(' ').next()?;
    let debian = said.split_once(" Debian ").and_then(|(_, rest)| rest.split(' ').next());
    Some(
        debian.map_or_else(
            || format!("Linux {release}"),
            |debian| format!("Linux {release} (Debian {debian})"),
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{newest, read_version};

    /// The beginning of a kernel that says this of itself.
    fn kernel(said: &str) -> Vec<u8> {
        let mut bytes = vec![0; 0x400];
        bytes[0x202..0x206].copy_from_slice(b"HdrS");
        bytes[0x20e..0x210].copy_from_slice(&0x100_u16.to_le_bytes());
        bytes[0x300..0x300 + said.len()].copy_from_slice(said.as_bytes());
        bytes
    }

    #[test]
    fn a_kernel_says_its_version() {
        let said =
            "6.1.0-48-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP Debian 6.1.172-1 (2026-05-15)";
        assert_eq!(
            read_version(&kernel(said)).as_deref(),
            Some("Linux 6.1.0-48-cloud-amd64 (Debian 6.1.172-1)")
        );
        assert_eq!(read_version(&kernel("6.9.1 (me) #1")).as_deref(), Some("Linux 6.9.1"));
    }

    #[test]
    fn other_files_are_no_kernels() {
        let mut outside = kernel("6.9.1");
        outside[0x20e..0x210].copy_from_slice(&u16::MAX.to_le_bytes());
        let endless = [kernel("6.9.1")[..0x300].to_vec(), vec![b'6'; 1000]].concat();
        for bytes in [&b"#!/bin/sh"[..], &[0; 0x400], &kernel("")[..0x205], &outside, &endless] {
            assert_eq!(read_version(bytes), None);
        }
    }

    #[test]
    fn the_newest_is_used_and_others_kernels_are_not() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [
            ("vmlinuz-6.1.0-9-cloud-amd64", kernel("6.1.0-9")),
            ("vmlinuz-6.1.0-48-cloud-amd64", kernel("6.1.0-48")),
            ("vmlinuz-6.2.0-1-cloud-amd64", b"damaged".to_vec()),
            ("vmlinuz-6.9.0-1-amd64", kernel("6.9.0-1")),
        ] {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        assert_eq!(newest(folder.path()), Some(folder.path().join("vmlinuz-6.1.0-48-cloud-amd64")));
    }
}
