//! Checks one small crate against the kernel's own crates, as a crate of the kernel.
//!
//! Each is a package of its own, and all share one target folder, so that the kernel's crates are checked once. They are checked for the
//! host, as the kernel's tests are: what is asked is whether the types fit.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Compiled, Ended, message, root, run_command, without_flags};

/// Crates of the kernel that it may import.
const CRATES: [&str; 4] = ["abi", "base", "fs", "process"];

/// Has a crate checked, and gives what is said of it.
///
/// # Errors
///
/// Cargo cannot be run, or does not come to it.
pub fn check(place: &Path, name: &str, text: &str) -> Result<Compiled, String> {
    let folder = place.join("kernel").join(name);
    let root = fs::canonicalize(root()).map_err(|error| error.to_string())?;
    let mut manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n[workspace]\n\n\
         [dependencies]\nlockorder = {{ path = \"{}\" }}\n",
        root.join("lockorder").display()
    );
    for imported in CRATES {
        let path = root.join("kernel").join(imported);
        manifest +=
            &["\n[dependencies.", imported, "]\npath = \"", &path.display().to_string(), "\"\n"].concat();
    }
    let text = format!("#![no_std]\n#![forbid(unsafe_code)]\n{text}");
    fs::create_dir_all(folder.join("src"))
        .and_then(|()| fs::write(folder.join("Cargo.toml"), manifest))
        .and_then(|()| fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")))
        .and_then(|_| fs::write(folder.join("src/lib.rs"), text))
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    without_flags(&mut cargo);
    cargo
        .args(["check", "--quiet", "--message-format=json", "--target-dir"])
        .arg(place.join("kernel/target"));
    let ran = run_command(cargo.current_dir(&folder), super::BUILDING)?;
    let lines = ran.output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ours = lines.filter(|line| line["target"]["name"] == name && line["reason"] == "compiler-message");
    let (shown, said): (Vec<_>, Vec<_>) = ours.filter_map(|line| message(&line["message"])).unzip();
    if ran.ended != Ended::Well && said.is_empty() {
        return Err(format!("cargo does not come to {name}: {}", ran.errors));
    }
    Ok(Compiled { shown: shown.concat(), said, program: None })
}
