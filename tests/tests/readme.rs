//! The README's generated part is what the code says, and its program compiles as the README says it does.

use std::fs;
use std::path::Path;

use boot::hierarchy::{Format, Hierarchy, render};

/// What stands before the generated part.
const BEGIN: &str =
    "<!-- hierarchy:begin (generated; `BLESS=1 cargo test -p tests --test readme` writes it) -->\n";
/// What stands after it.
const END: &str = "<!-- hierarchy:end -->";

#[test]
fn the_hierarchy_in_the_readme_is_the_kernels() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(&path).expect("the README is there");
    let (before, rest) = readme.split_once(BEGIN).expect("the README has its marks");
    let (_, after) = rest.split_once(END).expect("the README has its marks");
    let table = render(&Hierarchy::of_kernel(false), Format::Text);
    let fresh = format!("{before}{BEGIN}\n```text\n{table}```\n\n{END}{after}");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, fresh).expect("the README can be written");
    } else {
        assert!(readme == fresh, "README.md is stale: run `BLESS=1 cargo test -p tests --test readme`");
    }
}
