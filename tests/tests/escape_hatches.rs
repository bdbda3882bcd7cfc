//! The ways around the types, counted.
//!
//! A kernel needs a few: places where control enters and a root is made out of nothing, and leaf locks that
//! stand outside of the hierarchy. They are listed here by name. A new one is a decision: it turns this red.
//! Redox, the closest relative, has 43 fresh tokens; the design allows eight.
//!
//! They are counted twice: in the text of all files, which sees code for every target; and in what the macros have
//! made of the kernel, in which no macro hides anything.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Where a root may be minted: the kind of entry, and the file.
const ROOTS: [(&str, &str); 4] = [
    ("boot", "base/src/boot.rs"),
    ("cpu_start", "base/src/boot.rs"),
    ("interrupt", "base/src/interrupt.rs"),
    ("thread", "base/src/sched/core.rs"),
];

/// The leaf locks: the name of each, and the file that makes it.
const LEAVES: [(&str, &str); 10] = [
    ("Console", "base/src/console.rs"),
    ("Frames", "base/src/mm/frames.rs"),
    ("Gathering", "base/src/sched/waiting/gathering.rs"),
    ("Heap", "base/src/mm/heap.rs"),
    ("Inheritance", "base/src/sched/thread.rs"),
    ("Records", "base/src/record.rs"),
    ("Source", "base/src/sched/waiting/source.rs"),
    ("Stacks", "base/src/mm/stacks.rs"),
    ("Threads", "base/src/sched/table.rs"),
    ("WaitQueue", "base/src/sched/wait_queue.rs"),
];

/// The most roots that the design allows.
const MOST_ROOTS: usize = 8;

/// Where interrupts go off without a token: the file, and how often.
const TOKENLESS: [(&str, usize); 4] = [
    ("base/src/mm/fallible.rs", 1),
    ("base/src/mm/frames/cache.rs", 1),
    ("base/src/mm/heap/magazines.rs", 2),
    ("base/src/sched/core.rs", 3),
];

/// The kernel's crates after macro expansion, without comments.
fn expanded() -> String {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let code = ["machine", "base", "selftest", "kernel"].map(|package| tests::expanded(package, place));
    code.concat().lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// All files of the kernel's crates, by their path in `kernel`, without comments.
fn sources() -> BTreeMap<String, String> {
    fn collect(directory: &Path, root: &Path, files: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(directory).expect("the kernel's sources are here") {
            let path = entry.expect("readable").path();
            if path.file_name().is_some_and(|name| name == "target") {
                continue;
            }
            if path.is_dir() {
                collect(&path, root, files);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("readable");
                let code =
                    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>();
                let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
                files.insert(name, code.join("\n"));
            }
        }
    }
    let root = tests::root().join("kernel");
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files);
    files
}

/// What stands between `before` and `after`, everywhere, with the file it stands in.
fn occurrences(before: &str, after: char) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (file, code) in sources() {
        for part in code.split(before).skip(1) {
            let end = part.find(after).expect("the code compiles");
            found.push((part[..end].trim().to_owned(), file.clone()));
        }
    }
    found.sort();
    found
}

/// The list as pairs of owned texts.
fn listed(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, file)| ((*name).to_owned(), (*file).to_owned())).collect()
}

#[test]
fn roots_are_minted_at_entry_points_only() {
    assert_eq!(
        occurrences("#[entry_point(", ')'),
        listed(&ROOTS),
        "another place mints a root, or one is gone"
    );
    let by_hand = occurrences("entry::", '(');
    assert!(by_hand.is_empty(), "a root is minted without the attribute: {by_hand:?}");
}

#[test]
fn no_macro_hides_a_root_or_a_leaf() {
    let code = expanded();
    let calls = |before: &str, after: char| {
        let mut found: Vec<_> = code
            .split(before)
            .skip(1)
            .map(|part| part[..part.find(after).expect("the code compiles")].trim().to_owned())
            .collect();
        found.sort();
        found
    };
    let listed: Vec<_> = ROOTS.iter().map(|(kind, _)| (*kind).to_owned()).collect();
    assert_eq!(calls("::lockorder::entry::", '('), listed, "a macro mints a root");
    assert!(listed.len() <= MOST_ROOTS, "{} roots, and {MOST_ROOTS} are allowed", listed.len());
    // Not by another name either.
    assert_eq!(code.matches("lockorder::entry").count(), listed.len());
    let imports: Vec<_> = code
        .split(';')
        .filter(|statement| statement.contains("use ") && statement.contains("lockorder"))
        .filter(|statement| {
            let import = &statement[statement.rfind("use ").expect("just found")..];
            import
                .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .any(|word| word == "entry")
        })
        .collect();
    assert!(imports.is_empty(), "the entry points are imported: {imports:?}");

    let listed: Vec<_> = LEAVES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(calls("LeafLock::new(Leaf::", ','), listed, "a macro makes a leaf lock");
    assert_eq!(code.matches("LeafLock::new(").count(), LEAVES.len());
}

#[test]
fn interrupts_go_off_without_a_token_where_it_is_listed() {
    let mut found = BTreeMap::new();
    for (_, file) in occurrences("with_irqs_off::<", '>') {
        *found.entry(file).or_insert(0) += 1;
    }
    let listed: BTreeMap<_, _> = TOKENLESS.iter().map(|&(file, count)| (file.to_owned(), count)).collect();
    assert_eq!(found, listed, "another place turns interrupts off without a token, or one is gone");
}

#[test]
fn leaf_locks_are_the_listed_ones() {
    assert_eq!(
        occurrences("LeafLock::new(Leaf::", ','),
        listed(&LEAVES),
        "another leaf lock, or one is gone"
    );
    let all = occurrences("LeafLock::new(", ',').len();
    assert_eq!(all, LEAVES.len(), "a leaf lock without a name");
}

#[test]
fn raw_cores_are_made_where_they_are_listed() {
    let places: Vec<_> = occurrences("Ticket::INIT", ',').into_iter().map(|(_, file)| file).collect();
    assert_eq!(places, ["base/src/leaf.rs"]);
    for core in ["Queue::INIT", "ReadWrite::INIT", "Sequence::new", "OnceState::new", "Unordered<"] {
        for (file, code) in sources() {
            assert!(!code.contains(core), "{file} uses {core}, which knows no order");
        }
    }
    let other_locks = ["spin::Mutex", "spin::RwLock", "spin::mutex", "std::sync::Mutex"];
    for (file, code) in sources() {
        for lock in other_locks {
            assert!(!code.contains(lock), "{file} uses {lock}, which knows no order");
        }
    }
}
