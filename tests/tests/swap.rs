//! Nested acquisitions broken: of the kernel, where the compiler must refuse each; and of a made-up crate, where this tool must
//! notice what the compiler does not refuse.
//!
//! Of the kernel fifteen run, others with each commit; all of them with `cargo run -- swap`.

use std::fs;
use std::path::{Path, PathBuf};

use swap::breakage::Kind;
use swap::compiler::Workshop;
use swap::exceptions::EXCEPTIONS;
use swap::probes::Probes;
use swap::run::{Choice, Fate, Summary, run};
use swap::subject::{Folder, Workspace, kernel_folders};

/// How many run without being asked for.
const SAMPLE: usize = 15;

/// A crate with two locks, acquired in order; and the second one tried, past the order.
const MADE_UP: &str = "//! Made up.

use lockorder::host::Mutex;
use lockorder::{Held, Nothing, Task, hierarchy};

pub mod levels {
    lockorder::hierarchy! {
        pub hierarchy LOCKS;
        pub level Outer = 10;
        pub level Inner = 20;
    }
}

hierarchy! {
    pub class Tree in crate::levels::Outer = 5;
    pub class File in crate::levels::Inner = 5;
}

static TREE: Mutex<Tree, u64> = Mutex::new(0);
static FILE: Mutex<File, u64> = Mutex::new(0);

pub fn in_order(held: &mut Held<'_, Nothing, Task>) {
    held.with(&TREE, |tree, mut held| *tree += *held.lock(&FILE));
}

pub fn tried(held: &mut Held<'_, Nothing, Task>) {
    held.with(&TREE, |tree, mut held| {
        if let Some(file) = held.try_lock_any(&FILE) {
            *tree += *file;
        }
    });
}
";

/// Where a test works.
fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Breaks everything in the made-up crate, with one text of a library file replaced.
fn break_made_up(name: &str, file: &str, from: &str, to: &str) -> Summary {
    let place = place(name);
    tests::copy_workspace(&place, &["lockorder", "lockorder-macros"]);
    let path = place.join(file);
    let text = fs::read_to_string(&path).expect("readable");
    assert!(text.contains(from), "the hole in {file} has lost its place");
    fs::write(&path, text.replacen(from, to, 1)).expect("writable");
    let made_up = place.join("made-up");
    fs::create_dir_all(made_up.join("src")).expect("writable");
    let manifest = "[package]\nname = \"made-up\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
                    lockorder = { path = \"../lockorder\", features = [\"std\"] }\n";
    fs::write(made_up.join("Cargo.toml"), manifest).expect("writable");
    // The versions of the repository, so that nothing is asked of a registry.
    fs::copy(place.join("Cargo.lock"), made_up.join("Cargo.lock")).expect("writable");
    fs::write(made_up.join("src/lib.rs"), MADE_UP).expect("writable");
    let probes = Probes {
        levels: vec!["crate::levels::Outer".to_owned(), "crate::levels::Inner".to_owned()],
        sleeping: "lockorder::host::Mutex".to_owned(),
        platform: "lockorder::host::Host".to_owned(),
    };
    let folder = Folder { path: PathBuf::new(), probes };
    let workspace =
        Workspace::read(&made_up, &place.join("lockorder"), vec![folder]).expect("the made-up crate is read");
    let workshop = Workshop::of_host(&made_up).expect("nobody else is there");
    run(&workshop, &workspace, &Choice::default(), &[], |_| ()).expect("the made-up crate compiles")
}

/// What compiled: in which function, which kind.
fn compiled(summary: &Summary) -> Vec<(&str, Kind)> {
    let compiled = summary.outcomes.iter().filter(|outcome| outcome.fate == Fate::Compiled);
    let mut found: Vec<_> = compiled.map(|outcome| (outcome.function.as_str(), outcome.kind)).collect();
    found.sort_unstable();
    found
}

#[test]
fn no_broken_kernel_compiles() {
    let root = tests::root();
    let folders = kernel_folders(&root).expect("the kernel is read");
    let workspace = Workspace::read(&root, &root.join("lockorder"), folders).expect("the kernel is read");
    let workshop = Workshop::of_kernel(&place("swap")).expect("the kernel is copied");
    let choice = Choice { count: Some(SAMPLE), rotate: tests::commit(), only: None };
    let summary = run(&workshop, &workspace, &choice, EXCEPTIONS, |_| ()).expect("the kernel compiles");
    summary.outcomes.iter().for_each(|outcome| println!("{outcome}"));
    assert_eq!(summary.outcomes.len(), SAMPLE);
    assert_eq!(summary.wrong(), Vec::<String>::new());
}

#[test]
fn a_lock_that_is_tried_past_the_order_is_reported() {
    let summary = break_made_up("swap-tried", "lockorder/src/acquire.rs", "", "");
    assert_eq!(compiled(&summary), [("tried", Kind::Exchanged), ("tried", Kind::MovedUnder)]);
    let wrong = summary.wrong();
    assert_eq!(wrong.len(), 2, "{wrong:#?}");
    assert!(wrong.iter().all(|line| line.ends_with("COMPILES")), "{wrong:#?}");
    // Each function has two places, each broken in three ways, and one exchange; all of these locks sleep.
    assert_eq!((summary.outcomes.len(), summary.allowed), (14, 0));
}

#[test]
fn a_hole_in_the_order_is_noticed() {
    let bound = "    <H::Rank as IsLess<L::Rank>>::Output: Yes,\n";
    let summary = break_made_up("swap-order", "lockorder/src/level.rs", bound, "");
    let found = compiled(&summary);
    for kind in [Kind::Exchanged, Kind::MovedUnder] {
        assert!(found.contains(&("in_order", kind)), "{kind} is not among {found:?}");
    }
}

#[test]
fn a_hole_in_the_contexts_is_noticed() {
    let table = "impl UsableIn<Atomic> for Spinning {}\n";
    let hole = format!("{table}impl UsableIn<Atomic> for Sleeping {{}}\n");
    let summary = break_made_up("swap-contexts", "lockorder/src/context.rs", table, &hole);
    assert!(compiled(&summary).contains(&("in_order", Kind::PreemptionOff)), "{:?}", compiled(&summary));
}
