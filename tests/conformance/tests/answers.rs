//! The compiler answers as the rules do that are proved.

use std::fs;
use std::path::Path;

use conformance::compiler::Compiler;
use conformance::difference;
use conformance::questions::{COLUMNS, operations};
use conformance::table;

#[test]
fn the_compiler_answers_as_the_rules_do() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/proof/answers.txt");
    let rules = table::read(&fs::read_to_string(file).expect("readable")).expect("a table");
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance");
    let operations = operations();
    let compiler = Compiler::find(&place).expect("the library is built").answers(&operations).expect("answers");
    let differences = difference::between(&rules, &compiler);
    let asked = operations.len() * COLUMNS;
    assert!(differences.is_empty(), "{} of {asked} questions:\n{}", differences.len(), differences.join("\n"));
    assert!(asked >= 7_680, "{asked} questions are asked");
    let allowed = compiler.values().flatten().filter(|&&answer| answer).count();
    println!("{asked} questions, {allowed} of them allowed: the compiler and the rules agree");
}
