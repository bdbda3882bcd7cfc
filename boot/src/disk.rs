//! `disk`: makes the image of a disk for the guest, an ext3 filesystem, with a folder's files or empty.
//!
//! mke2fs makes it ([`disk_tools`]), which nobody here wrote.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::failure::Failure;
use crate::provision::{self, Need};
use crate::{disk_tools, private_tools, report};

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
    write(out, *size, from.as_deref())?;
    report::progress(&format!("{} is a disk: cargo run -- run --disk {0}", out.display()));
    Ok(0)
}

/// Writes an image of so many MiB, with a folder's files or empty.
///
/// # Errors
///
/// As [`make`].
pub(crate) fn write(out: &Path, size: u32, from: Option<&Path>) -> Result<(), Failure> {
    provision::provide_all(&Need::DISK)?;
    let mke2fs = disk_tools::mke2fs().ok_or_else(|| Need::DiskTools.missing("it was there a moment ago"))?;
    // A file that is there is not a smaller disk's rest.
    let failed = |error| Failure::File(out.to_path_buf(), error);
    let file = fs::File::create(out).map_err(failed)?;
    file.set_len(u64::from(size) << 20).map_err(failed)?;
    drop(file);
    let mut command = private_tools::command(&mke2fs);
    command.args(["-q", "-F", "-t", "ext3"]);
    if let Some(folder) = from {
        command.arg("-d").arg(folder);
    }
    command.arg(out).stdin(Stdio::null());
    let status = command.status().map_err(|error| Failure::Program(mke2fs.clone(), error))?;
    if status.success() { Ok(()) } else { Err(Failure::Step("mke2fs")) }
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
