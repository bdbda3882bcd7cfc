//! `SQLite`'s own programs, which Debian's source package has: `speedtest1` with databases on a file, in a log and in memory, and
//! `threadtest3`, whose threads share one. They are linked with the library of Debian's package.

use std::path::Path;

use super::compiler;
use super::program::{Asked, FOLDER, Program, Ready, Suite};
use crate::failure::Failure;
use crate::initramfs::Addition;
use crate::provision::{self, Need};
use crate::{debian_source, report};

/// Where the guest has the programs.
const PLACE: &str = "sqlite";
/// How long one may take, in seconds: the longest of those below takes twenty, whatever the machine.
const LIMIT: u32 = 90;
/// What of the source they are compiled of.
const PARTS: [&str; 2] = ["src", "test"];
/// The programs and their sources.
const SOURCES: [(&str, &[&str]); 2] = [
    ("speedtest1", &["test/speedtest1.c"]),
    ("threadtest3", &["test/threadtest3.c", "src/test_multiplex.c"]),
];
/// How they are run; tests of threads by their names, but for those that take minutes.
const RUNS: [&str; 20] = [
    "speedtest1 --size 5 x.db",
    "speedtest1 --size 5 --journal wal x.db",
    "speedtest1 --size 5 --journal persist --exclusive x.db",
    "speedtest1 --size 5 --memdb",
    "speedtest1 --size 5 --testset cte x.db",
    "speedtest1 --size 5 --testset fp x.db",
    "speedtest1 --size 5 --testset orm x.db",
    "speedtest1 --size 5 --testset rtree x.db",
    "threadtest3 walthread1",
    "threadtest3 walthread2",
    "threadtest3 walthread5",
    "threadtest3 cgt_pager_1",
    "threadtest3 dynamic_triggers",
    "threadtest3 checkpoint_starvation_1",
    "threadtest3 checkpoint_starvation_2",
    "threadtest3 create_drop_index_1",
    "threadtest3 lookaside1",
    "threadtest3 vacuum1",
    "threadtest3 stress1",
    "threadtest3 shared1",
];

/// What a run is called.
fn path(run: &str) -> String {
    format!("{PLACE}/{}", run.trim_end_matches(" x.db"))
}

/// The suite.
pub(super) const SUITE: Suite = Suite {
    needs: &[Need::SqliteSource, Need::SqliteLibrary],
    is_asked: |asked| RUNS.iter().any(|run| asked.is(&path(run))),
    make,
};

/// Unpacks and compiles the programs.
fn make(asked: Asked<'_>, target: &Path) -> Result<Ready, Failure> {
    let missing = |need: Need| need.missing("it was there a moment ago");
    let source = Need::SqliteSource.source().ok_or_else(|| missing(Need::SqliteSource))?;
    let library = provision::sqlite_library().ok_or_else(|| missing(Need::SqliteLibrary))?;
    let folder = target.join(format!("sqlite-{}", source.version));
    debian_source::unpack_by_busybox(&source.original, &PARTS, &folder)?;
    report::progress("compiling the tests of SQLite");
    // The library is in `lib/x86_64-linux-gnu`, beside which the headers are in `include`.
    let headers = library.ancestors().nth(3).unwrap_or(Path::new("/usr")).join("include");
    let mut ready = Ready { version: format!("SQLite {}", source.version), ..Ready::default() };
    for (name, files) in SOURCES {
        let out = folder.join("programs").join(name);
        let mut command = compiler::static_program(&out)?;
        // A test defines a variable that the library has too. Trees of rectangles are in the library, and in the test where it is told.
        command
            .args(["-Wl,-z,muldefs", "-DSQLITE_ENABLE_RTREE"])
            .arg(format!("-I{}", folder.join("src").display()))
            .arg("-idirafter");
        command.arg(&headers).args(files.iter().map(|file| folder.join(file)));
        if compiler::run(command.arg(&library), &out)? {
            ready.additions.push(Addition { host: out, guest: format!("{FOLDER}/{PLACE}/{name}") });
        } else {
            ready.failed.push(format!("{PLACE}/{name}"));
        }
    }
    let is_there = |run: &&&str| !ready.failed.iter().any(|failed| path(run).starts_with(failed.as_str()));
    let asked_for = RUNS.iter().filter(|run| asked.is(&path(run))).filter(is_there);
    ready.programs = asked_for
        .map(|run| Program {
            path: path(run),
            before: String::new(),
            command: format!("/{FOLDER}/{PLACE}/{run}"),
            limit: LIMIT,
        })
        .collect();
    Ok(ready)
}
