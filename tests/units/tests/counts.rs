//! There are as many tests as were planned, and the page that lists them is right.
//!
//! Tests are counted from the text of each group's file, comments left out. A group's file must also be a module of its
//! family's program, and no test may be ignored: otherwise it would be there and not run.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A family's program, what it tests, and its groups with the planned numbers.
struct Family {
    program: &'static str,
    title: &'static str,
    groups: &'static [(&'static str, usize)],
}

/// The plan.
const PLAN: [Family; 4] = [
    Family {
        program: "queue_lock",
        title: "Queued spin lock",
        groups: &[("basic", 10), ("recursion", 5), ("contention", 8), ("numa", 4), ("load", 6)],
    },
    Family {
        program: "adaptive_mutex",
        title: "Adaptive mutex",
        groups: &[("spin_to_block", 8), ("hand_off", 5), ("stress", 10), ("tuning", 3)],
    },
    Family {
        program: "serial_token",
        title: "Serialising tokens",
        groups: &[("acquire_release", 12), ("migration", 6), ("preemption", 8), ("performance", 5)],
    },
    Family {
        program: "order_checker",
        title: "Order checker",
        groups: &[("order", 10), ("violation", 8), ("depth", 5), ("overhead", 6)],
    },
];

/// Where the programs are.
fn folder(program: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(program)
}

/// A file's lines that are no comments, without the space before them.
fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.starts_with("//")).collect()
}

/// The names of the tests in a group's file.
fn tests(program: &str, group: &str) -> Vec<String> {
    let lines = lines(&folder(program).join(format!("{group}.rs")));
    let attributes = lines.iter().filter(|line| *line == "#[test]").count();
    let name = |pair: &[String]| {
        let name = pair[1].strip_prefix("fn ")?.split('(').next()?;
        (pair[0] == "#[test]").then(|| name.to_owned())
    };
    let names: Vec<String> = lines.windows(2).filter_map(name).collect();
    assert_eq!(names.len(), attributes, "{program}/{group}: something stands between a mark and its test");
    assert!(!lines.iter().any(|line| line.starts_with("#[ignore")), "{program}/{group}: a test is ignored");
    names
}

#[test]
fn every_group_has_as_many_tests_as_planned() {
    for Family { program, groups, .. } in &PLAN {
        for &(group, planned) in *groups {
            let written = tests(program, group).len();
            assert!(written >= planned, "{program}/{group}: {planned} tests are planned, {written} written");
        }
    }
}

#[test]
fn every_group_is_a_part_of_its_program() {
    for Family { program, groups, .. } in &PLAN {
        let main = lines(&folder(program).join("main.rs"));
        for (group, _) in *groups {
            assert!(main.contains(&format!("mod {group};")), "{program}/main.rs does not have {group}.rs");
        }
    }
}

#[test]
fn the_page_lists_the_tests() {
    let mut page = String::from(
        "# Unit tests\n\nExoV6, which this project succeeds, planned unit tests by group, and left most unwritten. \
         They are in\n[`tests/units/`](../tests/units), against the library as it is. Each name says what must be \
         so.\n\nThis page is generated: `BLESS=1 cargo test -p unit-tests --test counts` writes it.\n\n\
         | family | group | planned | written |\n|---|---|---:|---:|\n",
    );
    let mut sums = (0, 0);
    for Family { program, title, groups } in &PLAN {
        for &(group, planned) in *groups {
            let written = tests(program, group).len();
            sums = (sums.0 + planned, sums.1 + written);
            writeln!(page, "| {title} | {} | {planned} | {written} |", group.replace('_', " "))
                .expect("text");
        }
    }
    writeln!(page, "| **all** | | **{}** | **{}** |", sums.0, sums.1).expect("text");
    for Family { program, title, groups } in &PLAN {
        for (group, _) in *groups {
            write!(page, "\n## {title}: {}\n\n", group.replace('_', " ")).expect("text");
            for name in tests(program, group) {
                writeln!(page, "- {}", name.replace('_', " ")).expect("text");
            }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/unit-tests.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, page).expect("the page can be written");
    } else {
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == page,
            "docs/unit-tests.md is stale: run `BLESS=1 cargo test -p unit-tests --test counts`"
        );
    }
}
