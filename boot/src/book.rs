//! `book`: the lessons of `docs/book`, made into pages by mdBook.
//!
//! mdBook comes from the Rust registry, by cargo, into the folder of this program's own tools; a system's own is used where it is
//! on the search path. It is built without its own server, which would take four times as long: [`serve`] is a small one. The book
//! itself needs no mdBook to be right: `tests/lessons` reads its sources.

mod serve;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::failure::Failure;
use crate::process::{Said, run_and_read};
use crate::toolchain::{self, on_path};
use crate::{private_tools, report, workspace};

/// The program, and the crate that it is of.
const NAME: &str = "mdbook";
/// The version that the book is made with.
const VERSION: &str = "0.5.4";
/// How long cargo may take to fetch and compile it.
const INSTALLING: Duration = Duration::from_mins(30);
/// How long making the pages may take.
const BUILDING: Duration = Duration::from_mins(2);

/// What to do with the book.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Book {
    /// Make the pages, and show them to a browser on this machine until control-C; pages follow their sources
    #[arg(long)]
    serve: bool,
    /// Make the pages in this folder; `index.html` is the first
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Where cargo installs it: beside what packages bring, so that `doctor` counts and removes it too; `None` where no user's cache
/// directory is known.
fn installed() -> Option<PathBuf> {
    Some(private_tools::prefix()?.with_file_name(NAME))
}

/// mdBook, if it is there: the system's, or ours.
fn found() -> Option<PathBuf> {
    let ours = installed().map(|root| root.join("bin").join(NAME));
    on_path(&[NAME]).or(ours).filter(|program| program.is_file())
}

/// What to type where it cannot be had here, and why not.
fn missing(why: &str) -> Failure {
    Failure::Missing {
        what: NAME.to_owned(),
        why: why.to_owned(),
        command: format!("cargo install {NAME} --version {VERSION} --locked --no-default-features"),
    }
}

/// The last line of what a program said that tells something.
fn reason(said: &str) -> String {
    let line = said.lines().rev().find(|line| line.trim_start().starts_with("error"));
    let line = line.or_else(|| said.lines().rev().find(|line| !line.trim().is_empty()));
    line.unwrap_or("it says nothing").trim().to_owned()
}

/// Has cargo fetch and compile mdBook into our folder.
fn install() -> Result<PathBuf, Failure> {
    if env::var_os("LOCKORDER_PROVISION").is_some_and(|value| value == "never") {
        return Err(missing("LOCKORDER_PROVISION forbids to fetch it"));
    }
    let place = installed().ok_or_else(|| missing("no cache directory is known: set HOME"))?;
    fs::create_dir_all(&place).map_err(|error| Failure::Tools(place.clone(), error))?;
    report::progress("fetching and compiling mdbook from the Rust registry, a minute or two");
    let cargo = env::var_os("CARGO").map(PathBuf::from).or_else(|| on_path(&["cargo"]));
    let mut command = Command::new(cargo.unwrap_or_else(|| "cargo".into()));
    toolchain::without_outer_build(&mut command);
    command.args(["install", NAME, "--version", VERSION, "--locked", "--no-default-features"]);
    command.arg("--root").arg(&place);
    // Where it is compiled can be seen, and is gone afterwards; and the current folder's settings for the kernel are not for it.
    command.arg("--target-dir").arg(place.join("target")).current_dir(&place);
    let mut seconds = 0;
    let said = run_and_read("cargo install", &mut command, INSTALLING, || {
        seconds += 1;
        if report::changes_lines() || seconds % 20 == 0 {
            report::step(&format!("compiling mdbook, {seconds} s"));
        }
    })?;
    // What compiling has left is not needed, and no failure.
    let _ = fs::remove_dir_all(place.join("target"));
    match said {
        Said::Well(_) => found().ok_or_else(|| missing("cargo has installed it elsewhere")),
        Said::Ill(said) => Err(missing(&format!("cargo could not install it ({})", reason(&said)))),
    }
}

/// Makes the pages in `out`; whatever mdBook warns of is a failure.
fn build(program: &Path, book: &Path, out: &Path) -> Result<(), Failure> {
    let mut command = Command::new(program);
    command.arg("build").arg(book).arg("--dest-dir").arg(out);
    let said = match run_and_read(NAME, &mut command, BUILDING, || ())? {
        Said::Well(said) if !warns(&said) => return Ok(()),
        Said::Well(said) | Said::Ill(said) => said,
    };
    eprint!("{said}");
    Err(Failure::Step("making the book"))
}

/// Whether mdBook complains of something.
fn warns(said: &str) -> bool {
    said.lines().any(|line| ["WARN", "ERROR", "[WARN]", "[ERROR]"].iter().any(|mark| line.contains(mark)))
}

/// Makes the book.
pub(crate) fn run(options: &Book) -> Result<u8, Failure> {
    let root = workspace::root()?;
    let out = match &options.out {
        Some(out) => {
            // Before anything is fetched: a place that cannot be written is a mistake in the command line.
            fs::create_dir_all(out).map_err(|error| Failure::File(out.clone(), error))?;
            Some(fs::canonicalize(out).map_err(|error| Failure::File(out.clone(), error))?)
        }
        None => None,
    };
    let program = match found() {
        Some(program) => program,
        None => install()?,
    };
    let book = root.join("docs/book");
    if let Some(out) = out {
        build(&program, &book, &out)?;
        report::progress(&format!("{} is the book", out.join("index.html").display()));
        return Ok(0);
    }
    let pages = workspace::book_target(&root);
    build(&program, &book, &pages)?;
    serve::pages(&pages, &book, || build(&program, &book, &pages))?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::{missing, reason, warns};

    #[test]
    fn a_failure_names_its_cause_and_what_to_type() {
        let said = "    Updating index\nerror: could not find `mdbook`\n\nwarning: build failed\n";
        assert_eq!(reason(said), "error: could not find `mdbook`");
        assert_eq!(reason("\n"), "it says nothing");
        let line = missing("there is no network").to_string();
        assert!(
            line.starts_with("mdbook is missing and there is no network; install it with: cargo install")
        );
    }

    #[test]
    fn a_warning_of_the_book_is_a_failure() {
        assert!(warns(" INFO Book building has started\n WARN unclosed HTML tag\n"));
        assert!(!warns(" INFO Book building has started\n INFO Running the html backend\n"));
    }
}
