//! The compiler answers as the rules do that are proved.

use std::fs;
use std::path::Path;

use conformance::questions::{COLUMNS, operations};
use conformance::{compiler, difference, table};

#[test]
fn the_compiler_answers_as_the_rules_do() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = fs::read_to_string(workspace.join("docs/proof/answers.txt")).expect("readable");
    let rules = table::read(&file).expect("a table");
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let operations = operations();
    // The build directory that this test was built in: the library's dependencies are built there already.
    let target = place.parent().expect("it is in the build directory");
    let said = compiler::answers(&workspace, target, &place.join("conformance"), &operations);
    let said = said.unwrap_or_else(|why| panic!("{why}"));
    let differences = difference::between(&rules, &said);
    let asked = operations.len() * COLUMNS;
    assert!(
        differences.is_empty(),
        "{} of {asked} questions:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert!(asked >= 7_680, "{asked} questions are asked");
    let allowed = said.values().flatten().filter(|&&answer| answer).count();
    println!("{asked} questions, {allowed} of them allowed: the compiler and the rules agree");
}
