//! The program that checks proofs: where it is, its version, and how it is run.
//!
//! The system's `coqc` is used where there is one, else the one among [`private_tools`], which needs to be told where its
//! library is.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{private_tools, process, toolchain};

/// The prover's program.
const NAME: &str = "coqc";
/// Debian's package that has it.
const PACKAGE: &str = "coq";

/// The prover's path.
pub(crate) fn path() -> Option<PathBuf> {
    toolchain::on_path(&[NAME]).or_else(|| private_tools::program(NAME, &[PACKAGE]))
}

/// What the prover says of itself.
pub(crate) fn version(prover: &Path) -> Option<String> {
    let said = process::inquire(command(prover).arg("--version"))?;
    said.lines().next().map(|line| format!("{line}, {}", prover.display()))
}

/// A command that runs the prover, with its library where it is one of the private tools.
pub(crate) fn command(prover: &Path) -> Command {
    let mut command = private_tools::command(prover);
    if let Some(prefix) = private_tools::prefix_of(prover) {
        let library = prefix.join("usr/lib/ocaml");
        command.env("COQLIB", library.join("coq"));
        command.env("COQCORELIB", library.join("coq-core"));
        command.env("OCAMLPATH", &library);
        command.env("OCAMLFIND_CONF", prefix.join("etc/ocamlfind.conf"));
    } else {
        command.env_remove("COQLIB").env_remove("COQCORELIB");
    }
    command
}
