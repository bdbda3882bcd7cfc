//! Compiling static programs for a guest with this machine's C compiler, each once.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::failure::Failure;
use crate::process::{self, Said};
use crate::toolchain::on_path;

/// How long compiling one program may take.
const LIMIT: Duration = Duration::from_mins(2);

/// A command that compiles what is added to it as the static program `out`. Libraries come last.
pub(super) fn static_program(out: &Path) -> Result<Command, Failure> {
    let cc = on_path(&["cc"]).ok_or(Failure::Step("looking for a C compiler"))?;
    let mut command = Command::new(cc);
    command.args(["-static", "-w", "-O2", "-D_GNU_SOURCE", "-o"]).arg(out);
    Ok(command)
}

/// Runs that, where the program is not there yet; says whether it is there now.
pub(super) fn run(command: &mut Command, out: &Path) -> Result<bool, Failure> {
    if out.is_file() {
        return Ok(true);
    }
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder).map_err(|error| Failure::File(folder.into(), error))?;
    }
    command.args(["-lpthread", "-lrt", "-lm"]);
    Ok(matches!(process::run_and_read("cc", command, LIMIT, || ())?, Said::Well(_)))
}
