//! The plan's groups have at least as many tests as were planned, by name. `BLESS=1` writes the page.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A group of the plan: its name, how many tests were planned, and the files that have them, with the names that count, or
/// none for all.
struct Group {
    name: &'static str,
    planned: usize,
    tests: &'static [(&'static str, &'static [&'static str])],
}

/// Shorthand for the table.
const fn group(
    name: &'static str,
    planned: usize,
    tests: &'static [(&'static str, &'static [&'static str])],
) -> Group {
    Group { name, planned, tests }
}

const CHECKER: &str = "tests/checker/tests/groups.rs";

/// The plan.
const PLAN: &[Group] = &[
    group("queued lock: basic", 10, &[("tests/planned/tests/queue_lock/basic.rs", &[])]),
    group("queued lock: recursion", 5, &[("tests/planned/tests/queue_lock/recursion.rs", &[])]),
    group("queued lock: contention", 8, &[("tests/planned/tests/queue_lock/contention.rs", &[])]),
    group("queued lock: NUMA", 4, &[("tests/planned/tests/queue_lock/numa.rs", &[])]),
    group("queued lock: load", 6, &[("tests/planned/tests/queue_lock/load.rs", &[])]),
    group(
        "adaptive mutex: spin to block",
        8,
        &[("tests/planned/tests/adaptive_mutex/spin_to_block.rs", &[])],
    ),
    group("adaptive mutex: hand-off", 5, &[("tests/planned/tests/adaptive_mutex/hand_off.rs", &[])]),
    group("adaptive mutex: stress", 10, &[("tests/planned/tests/adaptive_mutex/stress.rs", &[])]),
    group("adaptive mutex: tuning", 3, &[("tests/planned/tests/adaptive_mutex/tuning.rs", &[])]),
    group("token: acquire and release", 12, &[("lockorder/tests/serial_tokens.rs", &[])]),
    group("token: migration", 6, &[("tests/planned/tests/serial_token/migration.rs", &[])]),
    group("token: preemption", 8, &[("tests/planned/tests/serial_token/preemption.rs", &[])]),
    group("token: performance", 5, &[("tests/planned/tests/serial_token/performance.rs", &[])]),
    group(
        "order checker: order",
        10,
        &[
            (
                CHECKER,
                &[
                    "proper_order_is_silent",
                    "no_order_connects_a_handler_with_what_it_interrupted",
                    "a_recursive_reader_comes_again_and_others_do_not",
                    "release_from_the_middle_leaves_the_others",
                    "a_try_waits_for_nobody_but_is_waited_under",
                    "what_may_be_acquired_is_checked_although_it_is_not",
                    "a_key_orders_what_has_one",
                    "one_mistake_does_not_make_others_of_what_is_right",
                ],
            ),
            ("lockorder/tests/dynamic.rs", &[]),
        ],
    ),
    group(
        "order checker: violation",
        8,
        &[(
            CHECKER,
            &[
                "reverse_order_is_reported_once",
                "two_of_one_class_are_reported",
                "recursion_is_reported_before_anybody_waits",
                "assertions_say_what_is_not_so",
                "what_is_reported_does_not_hide_the_rest_of_an_acquisition",
                "a_wait_that_is_not_allowed_has_an_order_too",
                "a_handler_does_not_release_what_it_interrupted",
                "a_reader_that_waits_for_writers_is_blocked_by_the_reader_it_interrupted",
            ],
        )],
    ),
    group(
        "order checker: depth",
        5,
        &[
            (
                CHECKER,
                &[
                    "one_more_than_can_be_followed_is_told_and_harms_nothing",
                    "a_long_chain_closes_a_long_cycle",
                ],
            ),
            (
                "tests/checker/tests/depth.rs",
                &[
                    "depth_is_what_is_held",
                    "the_longest_is_remembered",
                    "as_many_as_can_be_followed_are_followed_again_and_again",
                ],
            ),
        ],
    ),
    group(
        "order checker: overhead",
        6,
        &[
            (CHECKER, &["what_is_counted_is_right"]),
            (
                "tests/checker/tests/depth.rs",
                &[
                    "what_is_known_is_not_checked_again",
                    "a_part_of_what_is_known_is_checked_once",
                    "a_violation_is_told_once_however_often_it_is_made",
                    "its_memory_is_stated",
                ],
            ),
            ("tests/checker/tests/statistics.rs", &[]),
            ("tests/tests/instructions.rs", &[]),
        ],
    ),
];

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of the tests in a file.
fn tests_in(file: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(file)).expect("a file of the plan");
    let mut names = Vec::new();
    let mut after_test = false;
    for line in text.lines() {
        if line == "#[test]" {
            after_test = true;
        } else if let Some(rest) = line.strip_prefix("fn ").filter(|_| after_test) {
            names.extend(rest.split_once('(').map(|(name, _)| name.to_owned()));
            after_test = false;
        }
    }
    names
}

#[test]
fn every_group_has_what_was_planned() {
    let mut page = String::from(
        "# The planned tests\n\n\
         The predecessor planned unit tests by group, and wrote few of them. They are here, at least as many as were planned,\n\
         against the library. Generated: `BLESS=1 cargo test -p planned-tests --test counts`.\n\n\
         | group | planned | written |\n|---|---:|---:|\n",
    );
    let mut lists = String::new();
    let mut missing: Vec<&str> = Vec::new();
    for group in PLAN {
        let mut names = Vec::new();
        for (file, wanted) in group.tests {
            let there = tests_in(file);
            missing.extend(wanted.iter().copied().filter(|name| !there.iter().any(|test| test == name)));
            let counted = |name: &&String| wanted.is_empty() || wanted.contains(&name.as_str());
            names.extend(there.iter().filter(counted).map(|name| name.replace('_', " ")));
        }
        assert!(names.len() >= group.planned, "{}: {} of {}", group.name, names.len(), group.planned);
        writeln!(page, "| {} | {} | {} |", group.name, group.planned, names.len()).expect("a string");
        write!(lists, "\n## {}\n\n- {}\n", group.name, names.join("\n- ")).expect("a string");
    }
    assert!(missing.is_empty(), "tests of the plan that are not there: {missing:?}");
    page += &lists;
    let path = root().join("docs/planned-tests.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &page).expect("writable");
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), page, "BLESS=1 writes the page");
}
