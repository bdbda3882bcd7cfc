//! Typed acquisition costs nothing: its optimised instructions are those of raw locks written by hand.
//!
//! Compiles `fixtures/instructions` with optimisation to assembly, takes the functions apart, normalises
//! label names and the mangled name of the out-of-line wait, and compares. LLVM may notice by itself that two functions are equal and
//! emit one as an alias of the other: then they are the same symbol, which is as equal as it gets. A twin
//! with one release left out must differ, or the comparison has no teeth.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the fixture and returns its assembly.
fn assembly() -> String {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/instructions/Cargo.toml");
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("instructions");
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--release", "--quiet", "--manifest-path"])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&target)
        .args(["--", "--emit=asm", "-Cdebuginfo=0"])
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let newest = std::fs::read_dir(target.join("release/deps"))
        .expect("the build made its directory")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "s"))
        .max_by_key(|path| path.metadata().and_then(|data| data.modified()).expect("has a time"))
        .expect("the build made assembly");
    std::fs::read_to_string(newest).expect("readable")
}

/// The instructions of every global function, normalised; an alias has those of its target.
fn functions(assembly: &str) -> BTreeMap<String, Vec<String>> {
    let mut functions = BTreeMap::<String, Vec<String>>::new();
    let mut aliases = Vec::new();
    let mut current = None;
    for line in assembly.lines() {
        let line = line.split('#').next().unwrap_or("").trim();
        if let Some(rest) = line.strip_prefix(".set ") {
            let (alias, target) = rest.split_once(", ").expect("two operands");
            aliases.push((alias.to_owned(), target.to_owned()));
        } else if let Some(label) = line.strip_suffix(':') {
            if !label.starts_with('.') {
                current = Some(label.to_owned());
                functions.insert(label.to_owned(), Vec::new());
            } else if label.starts_with(".Lfunc_end") {
                current = None;
            } else if let Some(function) = &current {
                functions.get_mut(function).expect("inserted").push(label.to_owned());
            }
        } else if let Some(function) = &current
            && !line.is_empty()
            && !line.starts_with('.')
        {
            functions.get_mut(function).expect("inserted").push(line.to_owned());
        }
    }
    for (alias, target) in aliases {
        if let Some(body) = functions.get(&target).cloned() {
            functions.insert(alias, body);
        }
    }
    functions.into_iter().map(|(name, body)| (name, normalise(&body))).collect()
}

/// Renames local labels by order of appearance, drops labels nobody names, and white space.
fn normalise(body: &[String]) -> Vec<String> {
    let mut names = BTreeMap::<String, String>::new();
    let mut rename = |line: &str| {
        let mut renamed = String::new();
        let mut rest = line;
        while let Some(start) = rest.find(".L") {
            let end = rest[start + 2..]
                .find(|character: char| !character.is_ascii_alphanumeric() && character != '_')
                .map_or(rest.len(), |length| start + 2 + length);
            let next = format!("label{}", names.len());
            renamed.push_str(&rest[..start]);
            renamed.push_str(names.entry(rest[start..end].to_owned()).or_insert(next));
            rest = &rest[end..];
        }
        renamed.push_str(rest);
        let words: Vec<_> = renamed.split_whitespace().collect();
        match words[..] {
            // The way to wait is out of line, typed or by hand: what counts is that it is called here.
            ["callq", target] if target.contains("4wait") => "callq wait".to_owned(),
            _ => words.join(" "),
        }
    };
    let jumps: Vec<_> = body.iter().filter(|line| !line.starts_with(".L")).collect();
    body.iter()
        .filter(|line| !line.starts_with(".L") || jumps.iter().any(|jump| jump.ends_with(line.as_str())))
        .map(|line| rename(line))
        .collect()
}

#[test]
fn typed_and_raw_locks_are_the_same_instructions() {
    let functions = functions(&assembly());
    let raw = &functions["raw_nested"];
    assert!(raw.len() > 10, "the raw function was not found whole: {raw:?}");
    for typed in ["typed_nested", "typed_closures", "typed_through_generic"] {
        let typed_body = &functions[typed];
        assert_eq!(typed_body, raw, "`{typed}` and `raw_nested` differ:\n{typed_body:#?}\n{raw:#?}");
    }
    assert_ne!(&functions["raw_broken"], raw, "a forgotten release must be seen, or nothing is");
    println!("{} instructions, typed and raw alike", raw.len());
}
