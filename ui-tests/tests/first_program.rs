//! The README's first program: it gives exactly the message that the README shows, and its corrected form runs.
//!
//! `BLESS=1` writes the message.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use ui_tests::{pinned_compiler, root};

/// What the corrected form prints, as the README says.
const PRINTS: &str = "0 bytes in use";

/// The text of the block that follows `before`: where it begins and ends, without the lines of the fence.
fn block(page: &str, before: &str, fence: &str) -> (usize, usize) {
    let start = page.find(before).unwrap_or_else(|| panic!("the README says {before:?}"));
    let open = format!("```{fence}\n");
    let start = start + page[start..].find(&open).expect("a block follows") + open.len();
    (start, start + page[start..].find("```").expect("the block ends"))
}

/// Has cargo do something with a package of one file.
fn cargo(place: &Path, program: &str, arguments: &[&str]) -> Output {
    let library = root().join("../lockorder");
    let manifest = format!(
        "[package]\nname = \"first\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\nlockorder = {{ path = \"{}\", features = [\"std\"] }}\n\n[workspace]\n",
        library.display()
    );
    fs::create_dir_all(place.join("src")).expect("writable");
    fs::write(place.join("Cargo.toml"), manifest).expect("writable");
    fs::write(place.join("src/main.rs"), program).expect("writable");
    fs::copy(root().join("../Cargo.lock"), place.join("Cargo.lock"))
        .expect("the workspace has locked its versions");
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .arg("--manifest-path")
        .arg(place.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(place.join("target"))
        // Flags for the workspace, such as denied warnings, are not for a first program.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs")
}

/// The one error, as the compiler writes it, up to its notes about where a bound stands.
fn message(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors: Vec<String> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["reason"] == "compiler-message" && line["message"]["level"] == "error")
        .filter_map(|line| line["message"]["rendered"].as_str().map(str::to_owned))
        .filter(|text| !text.starts_with("error: aborting"))
        .collect();
    let [error] = &errors[..] else { panic!("one error is expected, and these are said: {errors:#?}") };
    let kept: Vec<_> = error.lines().take_while(|line| !line.starts_with("note: required")).collect();
    kept.join("\n").trim_end().to_owned() + "\n"
}

#[test]
fn the_first_program_is_refused_as_the_readme_shows_and_runs_corrected() {
    let path = root().join("../README.md");
    let readme = fs::read_to_string(&path).expect("the README is there");
    let part = |(start, end): (usize, usize)| &readme[start..end];
    let wrong = part(block(&readme, "A whole program, wrong", "rust"));
    let shown = block(&readme, "What the compiler says", "text");
    let right = part(block(&readme, "And right", "rust"));
    assert!(readme.contains(&format!("prints `{PRINTS}`")), "the README says what is printed");
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("first");

    let said = message(&cargo(&place, wrong, &["check", "--message-format=json"]));
    if pinned_compiler() && std::env::var_os("BLESS").is_some() {
        let fresh = [&readme[..shown.0], &said, &readme[shown.1..]].concat();
        fs::write(&path, fresh).expect("the README can be written");
    } else if pinned_compiler() {
        assert_eq!(said, part(shown), "BLESS=1 writes the message into the README");
    }
    // On any compiler: the same first line.
    assert!(said.starts_with(
        "error[E0277]: lock order violation: cannot acquire `ProcessTree` while holding `Inode`\n"
    ));

    // Everything before `main` is the same.
    let (declarations, _) = wrong.split_once("fn main").expect("it has a main function");
    let output = cargo(&place, &format!("{declarations}{right}"), &["run", "--quiet"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "the corrected program: {errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), PRINTS);
}
