//! Programs of the guest's that attack the kernel from user mode: it survives them, and the shell answers afterwards.

use std::io::sink;
use std::path::Path;
use std::time::Duration;

use boot::guest;
use boot::machine::{Machine, Work};

use super::Kernels;

/// Runs a command of the shell's with a program of the guest's beside it; the console must show each text, and nobody may have waited
/// for too long.
fn survived(package: &str, kernel: &Path, machine: Machine, texts: &[&str]) -> Result<(), String> {
    let program =
        guest::build(package, "building a program that attacks").map_err(|failure| failure.to_string())?;
    let additions = vec![format!("{}:{package}", program.display()).parse()?];
    let machine = Machine { additions, deadline: Some(Duration::from_mins(4)), ..machine };
    let outcome = machine.run(kernel, Box::new(sink())).map_err(|failure| failure.to_string())?;
    let is_right = outcome.status == 0
        && texts.iter().all(|text| outcome.output.contains(text))
        && !outcome.output.contains("watchdog:");
    if is_right {
        Ok(())
    } else {
        Err(format!("status {}; the console:\n{}", outcome.status, outcome.output))
    }
}

/// What is made to attack is survived, and what it has used comes back.
pub(super) fn attacks_are_survived(kernels: &Kernels) -> Result<(), String> {
    // On few CPUs the reaper is behind; with little memory somebody is killed for it.
    for (kernel, cpus, memory) in [(&kernels.usual, 1, 64), (&kernels.checked, 4, 256)] {
        let work = Work::Command("/guest-hostile 1 1".to_owned());
        let machine = Machine { cpus, memory, work, ..Machine::default() };
        survived("guest-hostile", kernel, machine, &["hostile: ok"])?;
    }
    Ok(())
}

/// Random calls of ordinary users are survived, for half a minute. The seed is the same every time: `cargo run -- soak syscalls` has
/// another one for each boot.
pub(super) fn random_calls_are_survived(kernels: &Kernels) -> Result<(), String> {
    let work = Work::Command("/guest-fuzz 20261130 30 && echo still here".to_owned());
    let machine = Machine { cpus: 4, work, ..Machine::default() };
    survived("guest-fuzz", &kernels.checked, machine, &["fuzz: ok", "still here"])
}
