//! Busybox, which gives the guest its shell and its commands: one program of many names.
//!
//! It must be statically linked, for the guest has no libraries. What is named by `--busybox` or [`OVERRIDE`] is used; else
//! this machine's own if it is static; else the one that has been fetched from the distribution's package.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::BUSYBOX_PACKAGE;
use crate::private_tools;
use crate::process;
use crate::toolchain::on_path;

/// Names the busybox to use.
pub const OVERRIDE: &str = "LOCKORDER_BUSYBOX";

/// Where packages of several releases have it.
const IN_PACKAGE: [&str; 2] = ["bin/busybox", "usr/bin/busybox"];

/// What every busybox with a shell has, for machines that cannot run it to ask: the commands of a small system.
const USUAL: &str = "\
    bin/ash bin/cat bin/chgrp bin/chmod bin/chown bin/cp bin/cpio bin/date bin/dd bin/df bin/dmesg bin/echo bin/egrep bin/false \
    bin/fgrep bin/grep bin/gunzip bin/gzip bin/hostname bin/kill bin/ln bin/ls bin/mkdir bin/mknod bin/mktemp bin/more bin/mount \
    bin/mv bin/ps bin/pwd bin/rm bin/rmdir bin/sed bin/sh bin/sleep bin/stty bin/sync bin/tar bin/touch bin/true bin/umount \
    bin/uname bin/vi bin/zcat sbin/halt sbin/poweroff sbin/reboot usr/bin/[ usr/bin/awk usr/bin/basename usr/bin/clear \
    usr/bin/cmp usr/bin/cut usr/bin/diff usr/bin/dirname usr/bin/du usr/bin/env usr/bin/expr usr/bin/find usr/bin/free \
    usr/bin/head usr/bin/id usr/bin/killall usr/bin/less usr/bin/md5sum usr/bin/mkfifo usr/bin/od usr/bin/printf \
    usr/bin/readlink usr/bin/seq usr/bin/sort usr/bin/stat usr/bin/tail usr/bin/tee usr/bin/test usr/bin/time usr/bin/top \
    usr/bin/tr usr/bin/tty usr/bin/uniq usr/bin/uptime usr/bin/wc usr/bin/which usr/bin/whoami usr/bin/xargs usr/bin/yes";

/// Its path; `None` where it is missing, or where what [`OVERRIDE`] names cannot be used.
#[must_use]
pub fn path() -> Option<PathBuf> {
    if let Some(only) = env::var_os(OVERRIDE) {
        return Some(PathBuf::from(only)).filter(|file| is_static(file));
    }
    on_path(&["busybox"])
        .filter(|file| is_static(file))
        .or_else(|| IN_PACKAGE.iter().find_map(|path| private_tools::file(path, &[BUSYBOX_PACKAGE])))
}

/// What it calls itself, and where it is.
pub(crate) fn describe(path: &Path) -> String {
    let said = process::inquire(Command::new(path).arg("--help"));
    let version = said.as_deref().and_then(|said| said.lines().next()?.split(" (").next());
    match version {
        Some(version) => format!("{version}, {}", path.display()),
        None => path.display().to_string(),
    }
}

/// Whether a file is a program for the guest: an ELF file for x86-64 that asks for no interpreter.
#[must_use]
pub fn is_static(path: &Path) -> bool {
    fs::read(path).is_ok_and(|bytes| needs_no_interpreter(&bytes).unwrap_or(false))
}

/// The same of a file's bytes; `None` where they end too early. (System V ABI, "ELF Header" and "Program Header".)
fn needs_no_interpreter(bytes: &[u8]) -> Option<bool> {
    /// Program header of a program that is started by another one, its interpreter.
    const INTERPRETER: u64 = 3;
    /// The machine x86-64.
    const X86_64: u64 = 62;
    let number = |at: usize, size: usize| {
        let digits = bytes.get(at..at.checked_add(size)?)?;
        Some(digits.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    };
    // Magic number, 64 bits, least byte first; a program, at a fixed place or not.
    if !bytes.starts_with(b"\x7fELF\x02\x01") || !matches!(number(16, 2)?, 2 | 3) || number(18, 2)? != X86_64
    {
        return Some(false);
    }
    let headers = usize::try_from(number(32, 8)?).ok()?;
    let (size, count) = (usize::try_from(number(54, 2)?).ok()?, usize::try_from(number(56, 2)?).ok()?);
    for header in 0..count {
        if number(headers.checked_add(header * size)?, 4)? == INTERPRETER {
            return Some(false);
        }
    }
    Some(count > 0)
}

/// Its names: paths from the root, without a slash before them, in order.
pub(crate) fn applets(path: &Path) -> Vec<String> {
    let said = process::inquire(Command::new(path).arg("--list-full"));
    let said = said.filter(|said| said.lines().any(|line| line == "bin/sh"));
    let names = said.as_deref().unwrap_or(USUAL).split_whitespace();
    // A name that leads elsewhere is none of busybox's.
    let usual = |name: &&str| !name.split('/').any(|part| matches!(part, "" | "." | ".."));
    let mut names: Vec<_> = names.filter(usual).map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{applets, is_static, needs_no_interpreter};

    /// The header of a program with one program header of this kind.
    fn program(machine: u8, kind: u8) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (bytes[16], bytes[18], bytes[32], bytes[54], bytes[56]) = (2, machine, 64, 56, 1);
        bytes[64] = kind;
        bytes
    }

    #[test]
    fn programs_that_need_others_are_told_apart() {
        assert_eq!(needs_no_interpreter(&program(62, 1)), Some(true));
        assert_eq!(needs_no_interpreter(&program(62, 3)), Some(false), "dynamic");
        assert_eq!(needs_no_interpreter(&program(183, 1)), Some(false), "of another machine");
        assert_eq!(needs_no_interpreter(b"#!/bin/sh\n"), Some(false));
        for end in 6..program(62, 1).len() - 52 {
            assert_eq!(needs_no_interpreter(&program(62, 1)[..end]), None, "{end}");
        }
        let mut far = program(62, 1);
        far[32..40].fill(0xff);
        assert_eq!(needs_no_interpreter(&far), None);
        assert!(!is_static(Path::new("/nonexistent/busybox")));
    }

    #[test]
    fn one_that_cannot_be_run_has_the_usual_names() {
        let names = applets(Path::new("/nonexistent/busybox"));
        assert!(names.len() > 80 && names.is_sorted());
        for name in ["bin/sh", "bin/ls", "bin/vi", "bin/ps", "usr/bin/wc", "usr/bin/["] {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
    }
}
