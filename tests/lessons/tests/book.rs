//! The book is right, whether mdBook is there or not: its programs do what it says of them, its links lead somewhere, its summary
//! has all chapters, and its reference is what the corpus says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::thread;

use lessons::book::{self, Libraries, anchors, chapters, judge_chapter, judge_text, links, sources};
use lessons::compiler::{Checker, Library, root};

/// The least that the book has.
const LEAST: usize = 50;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The libraries, compiled once.
fn libraries() -> &'static Libraries {
    static LIBRARIES: OnceLock<Libraries> = OnceLock::new();
    LIBRARIES.get_or_init(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("book");
        let library = |checker| Library::compile(&place, checker).expect("the library builds");
        Libraries { plain: library(Checker::Off), checked: library(Checker::On) }
    })
}

#[test]
fn a_block_that_claims_what_is_not_so_is_told() {
    let block = |claim: &str, text: &str| format!("```{claim}\n{text}\n```\n");
    let hello = "fn main() {\n    println!(\"hello\");\n}";
    for (chapter, part) in [
        (block("rust", "fn main() { x() }"), "E0425"),
        (block("rust", "fn main() { let x = 1; }"), "unused"),
        (block("rust", "fn main() { panic!() }"), "ends as Ill"),
        (block("rust,rejected=E0425", hello), "it compiles"),
        (block("rust,rejected=E0277", "fn main() { x() }"), "no error"),
        (block("rust,refused", hello), "is no claim"),
        (block("rust", hello) + &block("text,said", "bye"), "nobody says \"bye\""),
        (block("rust,ignore", "// lockorder/src/lib.rs\nmod nothing;"), "has no line"),
        (block("sh", "true"), "is not the language"),
    ] {
        let wrong = judge_text(libraries(), Path::new("lies.md"), &chapter).expect_err(&chapter);
        assert!(wrong[0].contains(part), "{chapter}\n{wrong:#?}");
    }
    let honest = block("rust", hello) + &block("text,said", "hello");
    assert_eq!(judge_text(libraries(), Path::new("honest.md"), &honest), Ok(1));
}

#[test]
fn every_program_of_the_book_does_what_the_book_says() {
    let left = Mutex::new(chapters().expect("the book is there"));
    let results = Mutex::new((0, Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(path) = left.lock().expect("nobody panics with it").pop() else { break };
                    let judged = judge_chapter(libraries(), &path);
                    let mut results = results.lock().expect("nobody panics with it");
                    match judged {
                        Ok(number) => results.0 += number,
                        Err(wrong) => results.1.extend(wrong),
                    }
                }
            });
        }
    });
    let (judged, wrong) = results.into_inner().expect("nobody panics with it");
    assert!(wrong.is_empty(), "{} blocks are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(judged >= LEAST, "{judged} programs, and {LEAST} are the least");
    println!("{judged} programs of the book are judged");
}

#[test]
fn every_link_leads_to_a_page_that_is_there() {
    let mut wrong = Vec::new();
    for path in chapters().expect("the book is there") {
        let page = read(&sources().join(&path));
        for link in links(&page) {
            let (target, anchor) = link.split_once('#').unwrap_or((&link, ""));
            if target.contains("://") {
                continue;
            }
            let folder = sources().join(&path);
            let file = if target.is_empty() { folder } else { folder.with_file_name("").join(target) };
            if !file.is_file() {
                wrong.push(format!("{}: {link}: there is no such file", path.display()));
            } else if !file
                .canonicalize()
                .expect("it is there")
                .starts_with(sources().canonicalize().expect("so is it"))
            {
                wrong.push(format!("{}: {link} leads out of the book", path.display()));
            } else if !anchor.is_empty() && !anchors(&read(&file)).contains(&anchor.to_owned()) {
                wrong.push(format!("{}: {link}: the page has no such heading", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_summary_has_every_chapter_once() {
    let summary = read(&sources().join("SUMMARY.md"));
    let named = links(&summary);
    let distinct: BTreeSet<_> = named.iter().map(PathBuf::from).collect();
    assert_eq!(distinct.len(), named.len(), "a chapter stands twice in the summary");
    let there: BTreeSet<_> = chapters().expect("the book is there").into_iter().collect();
    let there: BTreeSet<_> = there.into_iter().filter(|path| path != Path::new("SUMMARY.md")).collect();
    assert_eq!(distinct, there, "the summary and the folder differ");
}

#[test]
fn what_the_book_names_of_this_repository_exists() {
    let mut wrong = Vec::new();
    for path in chapters().expect("the book is there") {
        let page = read(&sources().join(&path));
        for name in page.split('`').skip(1).step_by(2) {
            let folders =
                ["docs/", "kernel/", "lockorder/", "tests/", "ui-tests/", "boot/", "lockorder-macros/"];
            let is_path =
                folders.iter().any(|folder| name.starts_with(folder)) && !name.contains(char::is_whitespace);
            if is_path && !root().join(name).exists() {
                wrong.push(format!("{}: `{name}` does not exist", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_book_says_to_type_is_there() {
    let exercises = lessons::exercise::all().expect("the exercises are well-formed");
    let mut wrong = Vec::new();
    let mut shown = BTreeSet::new();
    for path in chapters().expect("the book is there") {
        for name in read(&sources().join(&path)).split('`').skip(1).step_by(2) {
            let lab = name.strip_prefix("cargo run -- lab ").and_then(|rest| rest.split(' ').next());
            match lab {
                Some("list") | None => {}
                Some(lab) if laboratory::scenarios::named(lab).is_some() => {
                    shown.insert(lab.to_owned());
                }
                Some(lab) => wrong.push(format!("{}: there is no scenario {lab}", path.display())),
            }
            let numbered =
                name.len() > 3 && name.as_bytes()[..2].iter().all(u8::is_ascii_digit) && &name[2..3] == "_";
            if numbered && !exercises.iter().any(|exercise| exercise.name == name) {
                wrong.push(format!("{}: there is no exercise {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(shown.len(), laboratory::scenarios::ALL.len(), "the book shows {shown:?} only");
}

#[test]
fn the_reference_is_what_the_corpus_says() {
    let programs = ui_tests::corpus().expect("the corpus is well-formed");
    let mistakes = without_program_links(&ui_tests::page_of_mistakes())
        .replace("-p ui-tests --test readme", "-p lessons --test book");
    for (name, fresh) in [("errors.md", book::reference_page(&programs)), ("mistakes.md", mistakes)] {
        let path = sources().join("reference").join(name);
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all(path.with_file_name("")).expect("the folder can be made");
            fs::write(&path, fresh).expect("the page can be written");
        } else {
            let committed = fs::read_to_string(&path).unwrap_or_default();
            assert!(committed == fresh, "{name} is stale: BLESS=1 cargo test -p lessons --test book");
        }
    }
}

/// The table of mistakes with its programs by name: the book's pages may stand where the repository is not.
fn without_program_links(page: &str) -> String {
    let lines = page.lines().map(|line| match line.rsplit_once("| [") {
        Some((before, link)) => {
            let name = link.split(']').next().unwrap_or_default();
            format!("{before}| `{name}` |\n")
        }
        None => format!("{line}\n"),
    });
    lines.collect()
}
