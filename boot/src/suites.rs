//! `suites`: runs tests that others wrote, Linux's own, on Linux and on this kernel, and writes the comparison into
//! `docs/compatibility.md`.
//!
//! Nothing of them is in this project: Debian's package of the source of Linux is fetched as other tools are, the programs that
//! [`list`] names are compiled as static programs, and both kernels boot with the same root and run them one after the other, each in
//! a folder and with a deadline of its own. A difference has a reason beside it, or is open.

mod cases;
mod list;
mod page;
mod source;

use std::fs;
use std::io::sink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cases::{BEGIN, END};
use list::{PROGRAMS, Program};
use page::Results;

use crate::calendar::today;
use crate::failure::Failure;
use crate::image::Variant;
use crate::initramfs::Addition;
use crate::machine::{Machine, System, Work};
use crate::provision::{self, Need};
use crate::{generated, linux_image, linux_tests, report, workspace};

/// The page.
const PAGE: &str = "docs/compatibility.md";
/// Where the guest has the programs.
const FOLDER: &str = "suites";
/// Where it has the script that runs them.
const SCRIPT: &str = "suites/run";
/// How long one program may take, in seconds.
const LIMIT: u32 = 20;
/// How long all of them may take.
const DEADLINE: Duration = Duration::from_mins(30);
/// The most that is read of what one prints, in bytes.
const MOST: u32 = 60_000;

/// What is run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Only programs whose file has this in its path, such as futex
    #[arg(value_name = "PART")]
    part: Option<String>,
    /// Only here, and show what the programs print; the page stays as it is
    #[arg(long)]
    show: bool,
    /// Whether every lock acquisition is checked at run time too
    #[arg(long, value_enum, default_value_t)]
    checker: crate::image::Checking,
}

/// What the guest's shell runs: each program in a folder of its own, then its status. Linux does not hand a status on; there the
/// shell writes the record.
fn script(programs: &[Program]) -> String {
    let run = |program: &Program| {
        let (name, beside) = (program.name(), program.beside);
        format!(
            "echo '{BEGIN}{name}'\nrm -rf /tmp/{name}; mkdir /tmp/{name}; cd /tmp/{name}; cp /{FOLDER}/{name} .\n\
             {beside}\ntimeout -s KILL {LIMIT} ./{name} < /dev/null > /tmp/said 2>&1\nstatus=$?\n\
             head -c {MOST} /tmp/said; echo; echo \"{END}$status\"\ncd /; rm -rf /tmp/{name}\n"
        )
    };
    let runs: Vec<_> = programs.iter().map(run).collect();
    runs.concat() + "if [ -c /dev/ttyS1 ]; then echo '@status 0' > /dev/ttyS1; poweroff -f; fi\n"
}

/// The programs that are asked for, compiled; and the paths of those that are not.
struct Compiled {
    programs: Vec<Program>,
    additions: Vec<Addition>,
    failed: Vec<&'static str>,
}

/// Compiles the programs.
fn compile(options: &Options, archive: &Path, target: &Path) -> Result<Compiled, Failure> {
    let version = linux_tests::version(archive).unwrap_or("unknown");
    let folder = target.join(version);
    let out = folder.join("programs");
    fs::create_dir_all(&out).map_err(|error| Failure::File(out.clone(), error))?;
    let tests = source::unpack(archive, &folder)?;
    report::progress("compiling the tests of Linux");
    let mut compiled = Compiled { programs: Vec::new(), additions: Vec::new(), failed: Vec::new() };
    let asked =
        |program: &&Program| options.part.as_ref().is_none_or(|part| program.path.contains(part.as_str()));
    for program in PROGRAMS.iter().filter(asked) {
        let host = out.join(program.name());
        if source::compile(program, &tests, &host)? {
            compiled.additions.push(Addition { host, guest: format!("{FOLDER}/{}", program.name()) });
            compiled.programs.push(*program);
        } else {
            compiled.failed.push(program.path);
        }
    }
    Ok(compiled)
}

/// Boots a kernel with the programs; gives what they said.
fn boot(kernel: &Path, system: System, additions: &[Addition]) -> Result<String, Failure> {
    let machine = Machine {
        cpus: 2,
        memory: 1024,
        system,
        work: Work::Command(format!("sh /{SCRIPT}")),
        additions: additions.to_vec(),
        deadline: Some(DEADLINE),
        ..Machine::default()
    };
    Ok(machine.run(kernel, Box::new(sink()))?.output)
}

/// Runs the suites; the status is 0 where the programs ran, whatever they found.
///
/// # Errors
///
/// [`Failure`]: something is missing, the kernel does not build, a boot does not end, or the page cannot be written.
pub(crate) fn run(options: &Options) -> Result<u8, Failure> {
    let needs = [&Need::KERNEL[..], &Need::GUEST, &Need::SUITES].concat();
    provision::provide_all(&needs)?;
    let root = workspace::root()?;
    let missing = |need: Need| need.missing("it was there a moment ago");
    let archive = linux_tests::archive().ok_or_else(|| missing(Need::LinuxTests))?;
    let Compiled { programs, mut additions, failed } =
        compile(options, &archive, &workspace::suites_target(&root))?;
    let place = |error| Failure::File(std::env::temp_dir(), error);
    let folder = tempfile::tempdir().map_err(place)?;
    let host: PathBuf = folder.path().join("run");
    fs::write(&host, script(&programs)).map_err(|error| Failure::File(host.clone(), error))?;
    additions.push(Addition { host, guest: SCRIPT.to_owned() });
    let variant = Variant { checking: options.checker, ..Variant::default() };
    let kernel = variant.build()?;
    report::progress("running them on this kernel");
    let said = boot(&kernel, System::Ours, &additions)?;
    if options.show {
        print!("{said}");
        return Ok(0);
    }
    let linux = linux_image::path().ok_or_else(|| missing(Need::Linux))?;
    report::progress("running them on Linux");
    let results = Results {
        day: today(),
        versions: [
            linux_image::version(&linux).unwrap_or_default(),
            linux_tests::version(&archive).unwrap_or_default().to_owned(),
            crate::validate::revision(&root),
        ],
        ours: cases::read(&said),
        linux: cases::read(&boot(&linux, System::Linux, &additions)?),
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

#[cfg(test)]
mod tests {
    use super::list::PROGRAMS;
    use super::script;

    #[test]
    fn each_program_runs_in_a_folder_of_its_own() {
        let script = script(&PROGRAMS[..2]);
        assert!(script.contains("mkdir /tmp/clone3; cd /tmp/clone3; cp /suites/clone3 ."), "{script}");
        assert_eq!(script.matches("timeout -s KILL").count(), 2);
        assert!(script.contains("echo \"@@ end $status\""), "{script}");
    }
}
