//! The ways around the types, counted.
//!
//! A kernel needs a few: places where control enters and a root is made out of nothing, and leaf locks that
//! stand outside of the hierarchy. They are listed here by name. A new one is a decision: it turns this red.
//! Redox, the closest relative, has 43 fresh tokens; the design allows eight.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a root may be minted: the kind of entry, and the file.
const ROOTS: [(&str, &str); 4] = [
    ("boot", "lib.rs"),
    ("cpu_start", "lib.rs"),
    ("interrupt", "interrupt.rs"),
    ("thread", "sched/spawn.rs"),
];

/// The leaf locks: the name of each, and the file that makes it.
const LEAVES: [(&str, &str); 6] = [
    ("Console", "console.rs"),
    ("Frames", "mm/frames.rs"),
    ("Heap", "mm/heap.rs"),
    ("Records", "record.rs"),
    ("Stacks", "mm/stacks.rs"),
    ("WaitQueue", "sched/wait_queue.rs"),
];

/// All files of the kernel, by their path in `src`, without comments.
fn sources() -> BTreeMap<String, String> {
    fn collect(directory: &Path, root: &Path, files: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(directory).expect("the kernel's sources are here") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                collect(&path, root, files);
            } else {
                let text = fs::read_to_string(&path).expect("readable");
                let code =
                    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>();
                let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
                files.insert(name, code.join("\n"));
            }
        }
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../kernel/src");
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
    assert_eq!(places, ["leaf.rs"]);
    let other_locks = ["spin::Mutex", "spin::RwLock", "spin::mutex", "std::sync::Mutex"];
    for (file, code) in sources() {
        for lock in other_locks {
            assert!(!code.contains(lock), "{file} uses {lock}, which knows no order");
        }
    }
}
