//! Every row of the matrix: what must be reported is, and what must not is not. The score is a page.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use checker_tests::Thread;
use checker_tests::matrix::{is_reported, rows};

/// The page.
const PAGE: &str = "../../docs/selftest.md";

#[test]
fn the_checker_agrees_with_the_matrix() {
    let mut thread = Thread::new();
    let mut score: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in rows() {
        let reported = is_reported(&mut thread, &row);
        let [rejected, caught, allowed, silent] = score.entry(row.group).or_default();
        if row.reject {
            *rejected += 1;
            *caught += usize::from(reported);
        } else {
            *allowed += 1;
            *silent += usize::from(!reported);
        }
        if reported != row.reject {
            wrong.push(format!("{row:?}: {:?}", thread.problems()));
        }
    }
    let sum = score.values().fold([0; 4], |sum, row| [0, 1, 2, 3].map(|index| sum[index] + row[index]));
    assert!(wrong.is_empty(), "{} rows of {}:\n{}", wrong.len(), sum[0] + sum[2], wrong.join("\n"));
    assert_eq!(sum, [213, 213, 131, 131], "rows are missing");
    let mut page = String::from(
        "# The checker's score\n\nThe run-time checker against the matrix of Linux's lockdep self-tests, without locks that this library does not have.\n\
         Generated: `BLESS=1 cargo test -p checker-tests --test matrix`.\n\n\
         | group | must be reported | is | must not be | is not |\n|---|---:|---:|---:|---:|\n",
    );
    for (group, [rejected, caught, allowed, silent]) in score.into_iter().chain([("all", sum)]) {
        writeln!(page, "| {group} | {rejected} | {caught} | {allowed} | {silent} |")
            .expect("a string takes everything");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &page).expect("writable");
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        page,
        "bless the page: BLESS=1 cargo test -p checker-tests"
    );
}
