//! `suites`: runs tests that others wrote on Linux and on this kernel, and writes the comparison into `docs/compatibility.md`.
//!
//! Nothing of them is in this project: Debian's packages are fetched as other tools are, what is source is compiled as static programs,
//! and both kernels boot with the same root and run them one after the other, each in a folder and with a deadline of its own. A
//! difference has a reason beside it, or is open.
//!
//! A suite is a file here: what it needs of the machine, and how its programs are made ([`Suite`]).

mod busybox;
mod cases;
mod compiler;
mod linux;
mod page;
mod program;
mod reasons;
mod rt_tests;
mod sqlite;

use std::fs;
use std::io::sink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use page::Results;
use program::{Asked, FOLDER, Ready, Suite};

use crate::calendar::today;
use crate::failure::Failure;
use crate::image::Variant;
use crate::initramfs::Addition;
use crate::machine::{Machine, System, Work};
use crate::provision::{self, Need};
use crate::{generated, linux_image, report, workspace};

/// All suites.
const SUITES: [Suite; 4] = [linux::SUITE, busybox::SUITE, sqlite::SUITE, rt_tests::SUITE];

/// The page.
const PAGE: &str = "docs/compatibility.md";
/// How long all of them may take on one kernel.
const DEADLINE: Duration = Duration::from_hours(1);

/// The kernel whose programs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Shown {
    /// This one.
    Ours,
    /// Debian's.
    Linux,
}

/// What is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Only programs with this in their paths, such as futex, busybox/awk or hackbench
    #[arg(value_name = "PART")]
    part: Option<String>,
    /// Only on one kernel, ours unless Linux is named, and show what the programs print; the page stays as it is
    #[arg(long, value_enum, value_name = "KERNEL", num_args = 0..=1, require_equals = true, default_missing_value = "ours")]
    show: Option<Shown>,
    /// Whether every lock acquisition is checked at run time too
    #[arg(long, value_enum, default_value_t)]
    checker: crate::image::Checking,
}

/// Boots a kernel with the programs; gives what they said.
fn boot(kernel: &Path, system: System, additions: &[Addition]) -> Result<String, Failure> {
    let machine = Machine {
        cpus: 2,
        memory: 1024,
        system,
        work: Work::Command(format!("sh /{FOLDER}/run")),
        additions: additions.to_vec(),
        deadline: Some(DEADLINE),
        ..Machine::default()
    };
    Ok(machine.run(kernel, Box::new(sink()))?.output)
}

/// Makes the programs that are asked for.
fn make(asked: Asked<'_>, target: &Path) -> Result<Ready, Failure> {
    let suites: Vec<_> = SUITES.iter().filter(|suite| (suite.is_asked)(asked)).collect();
    let needs: Vec<_> = suites.iter().flat_map(|suite| suite.needs.iter().copied()).collect();
    provision::provide_all(&[&Need::KERNEL[..], &Need::GUEST, &Need::COMPARISON, &needs].concat())?;
    let mut ready = Ready::default();
    for suite in suites {
        ready.add((suite.make)(asked, target)?);
    }
    Ok(ready)
}

/// Runs the suites; the status is 0 where the programs ran, whatever they found.
///
/// # Errors
///
/// [`Failure`]: something is missing, the kernel does not build, a boot does not end, or the page cannot be written.
pub(crate) fn run(options: &Options) -> Result<u8, Failure> {
    let root = workspace::root()?;
    let Ready { mut programs, mut additions, failed, version } =
        make(Asked(options.part.as_deref()), &workspace::suites_target(&root))?;
    programs.sort_by(|one, other| one.path.cmp(&other.path));
    let place = |error| Failure::File(std::env::temp_dir(), error);
    let folder = tempfile::tempdir().map_err(place)?;
    let host: PathBuf = folder.path().join("run");
    fs::write(&host, program::script(&programs)).map_err(|error| Failure::File(host.clone(), error))?;
    additions.push(Addition { host, guest: format!("{FOLDER}/run") });
    let missing = || Need::Linux.missing("it was there a moment ago");
    let linux = linux_image::path().ok_or_else(missing)?;
    let on_linux = || {
        report::progress("running them on Linux");
        boot(&linux, System::Linux, &additions)
    };
    if options.show == Some(Shown::Linux) {
        print!("{}", on_linux()?);
        return Ok(0);
    }
    let variant = Variant { checking: options.checker, ..Variant::default() };
    let kernel = variant.build()?;
    report::progress("running them on this kernel");
    let said = boot(&kernel, System::Ours, &additions)?;
    if options.show.is_some() {
        print!("{said}");
        return Ok(0);
    }
    let results = Results {
        day: today(),
        versions: [
            linux_image::version(&linux).unwrap_or_default(),
            version,
            crate::validate::revision(&root),
        ],
        ours: cases::read(&said),
        linux: cases::read(&on_linux()?),
        programs,
        not_compiled: failed,
    };
    let text = results.render();
    if options.part.is_some() {
        print!("{text}");
        return Ok(0);
    }
    let page = root.join(PAGE);
    generated::publish(&page, "suites", "cargo run -- suites", text.trim_end())
        .map_err(|error| Failure::File(page, error))?;
    report::progress(&format!("the comparison is in {PAGE}"));
    Ok(0)
}
