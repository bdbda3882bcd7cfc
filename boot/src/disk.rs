//! `disk`: makes the image of a disk for the guest, an ext3 filesystem, with a folder's files or empty.
//!
//! mke2fs makes it, which nobody here wrote: the system's, else the one among [`private_tools`].

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::failure::Failure;
use crate::provision::{self, Need};
use crate::{private_tools, report, toolchain};

/// The program.
const NAME: &str = "mke2fs";
/// Debian's package that has it.
const PACKAGE: &str = "e2fsprogs";

/// What is made.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How large the disk is, such as 64M or 2G
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = size)]
    size: u32,
    /// Put this folder's files on it
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
}

/// Reads a size in MiB: a number and `M` or `G`. A journal needs some room.
fn size(text: &str) -> Result<u32, String> {
    let wrong = || "expected a number and M or G, from 8M to 1024G, such as 64M".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let factor = match unit {
        "M" | "m" => 1,
        "G" | "g" => 1024,
        _ => return Err(wrong()),
    };
    let amount = number.parse().ok().and_then(|number: u32| number.checked_mul(factor)).ok_or_else(wrong)?;
    if (8..=1024 * 1024).contains(&amount) { Ok(amount) } else { Err(wrong()) }
}

/// Where mke2fs is. Systems keep it where users do not look.
pub(crate) fn mke2fs() -> Option<PathBuf> {
    let usual = ["/usr/sbin", "/sbin"].map(|folder| Path::new(folder).join(NAME));
    toolchain::on_path(&[NAME])
        .or_else(|| usual.into_iter().find(|file| file.is_file()))
        .or_else(|| private_tools::program(NAME, &[PACKAGE]))
}

/// Makes an image.
///
/// # Errors
///
/// [`Failure`]: mke2fs is missing or fails, or a file cannot be written or read.
pub(crate) fn make(options: &Options) -> Result<u8, Failure> {
    let Options { out, size, from } = options;
    if let Some(folder) = from {
        fs::read_dir(folder).map_err(|error| Failure::File(folder.clone(), error))?;
    }
    provision::provide_all(&Need::DISK)?;
    let mke2fs = mke2fs().ok_or_else(|| Need::DiskTools.missing("it was there a moment ago"))?;
    // A file that is there is not a smaller disk's rest.
    let file = fs::File::create(out).map_err(|error| Failure::File(out.clone(), error))?;
    file.set_len(u64::from(*size) << 20).map_err(|error| Failure::File(out.clone(), error))?;
    drop(file);
    let mut command = private_tools::command(&mke2fs);
    command.args(["-q", "-F", "-t", "ext3"]);
    if let Some(folder) = from {
        command.arg("-d").arg(folder);
    }
    command.arg(out).stdin(Stdio::null());
    let status = command.status().map_err(|error| Failure::Program(mke2fs.clone(), error))?;
    if !status.success() {
        return Err(Failure::Step("mke2fs"));
    }
    report::progress(&format!("{} is a disk: cargo run -- run --disk {0}", out.display()));
    Ok(0)
}

/// What mke2fs says of itself.
pub(crate) fn version(mke2fs: &Path) -> Option<String> {
    // It says so where errors go.
    let output = private_tools::command(mke2fs).arg("-V").stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().next().map(|line| format!("{line}, {}", mke2fs.display()))
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn a_size_has_a_unit() {
        assert_eq!((size("64M"), size("2g")), (Ok(64), Ok(2048)));
        for wrong in ["", "M", "64", "7M", "64K", "-1M", "9999999999G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
