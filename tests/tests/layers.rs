//! Layers are facts: which crate imports which, and where `unsafe` code may be.
//!
//! The line goes through `base`: it and `machine` below it may have `unsafe` code, every crate above forbids it. The lint does
//! not see what another crate's macro expands to, and some crates have safe functions that would be holes in the kernel's
//! order, such as `x86_64`'s `interrupts::disable` or `spin`'s locks. So the code above the line is looked at after macro
//! expansion, and those crates are not in its manifests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The kernel's crates from the bottom, each with those of the kernel's that it may import, and whether it is above the line.
const CRATES: [(&str, &[&str], bool); 21] = [
    ("abi", &[], true),
    ("cpio", &[], true),
    ("journal", &[], true),
    ("ext2", &["journal"], true),
    ("machine", &[], false),
    ("base", &["machine"], false),
    ("futex", &["base"], true),
    ("block", &["base"], true),
    ("tty", &["abi", "base"], true),
    ("memory", &["abi", "base"], true),
    ("fs", &["abi", "base", "cpio", "memory"], true),
    ("ext3", &["abi", "base", "block", "ext2", "fs", "journal", "memory"], true),
    ("socket", &["abi", "base", "fs"], true),
    ("ipc", &["abi", "base", "fs", "socket"], true),
    ("crypto", &["abi", "base", "fs"], true),
    ("net", &["abi", "base", "crypto", "fs", "socket"], true),
    ("sysv", &["abi", "base", "fs", "memory"], true),
    ("process", &["abi", "base", "crypto", "fs", "futex", "memory", "socket", "sysv", "tty"], true),
    (
        "syscall",
        &["abi", "base", "crypto", "ext3", "fs", "futex", "ipc", "process", "socket", "sysv", "tty"],
        true,
    ),
    ("selftest", &["abi", "base", "block", "crypto", "fs", "futex", "ipc", "memory", "tty"], true),
    ("kernel", &["base", "block", "cpio", "ipc", "net", "process", "selftest", "socket", "syscall"], true),
];

/// Crates whose safe functions go around the order: not above the line.
const BELOW_THE_LINE: [&str; 6] =
    ["bootloader_api", "lock_api", "machine", "spin", "virtio-drivers", "x86_64"];

/// What cargo says of the workspace's packages: each one's dependencies.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--no-deps", "--format-version", "1"])
        .current_dir(tests::root())
        .stdin(Stdio::null())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a name").to_owned();
    let packages = metadata["packages"].as_array().expect("a list of packages");
    packages
        .iter()
        .map(|package| {
            let needed = package["dependencies"].as_array().expect("a list of dependencies");
            (text(&package["name"]), needed.iter().map(|needed| text(&needed["name"])).collect())
        })
        .collect()
}

/// The root of a crate's sources.
fn crate_root(name: &str) -> String {
    let folder = if name == "kernel" { "kernel/src".to_owned() } else { format!("kernel/{name}/src") };
    let path = tests::root().join(folder).join("lib.rs");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines with `unsafe` in expanded code, but for the implementations and the link section that `hierarchy!` writes, and
/// what the compiler's own derives write.
fn unsafe_lines(code: &str) -> Vec<&str> {
    let is_word = |line: &str| {
        line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == "unsafe")
    };
    let allowed = |line: &str| {
        ["Level", "Declared", "Class", "Band"]
            .iter()
            .any(|name| line.starts_with(&format!("unsafe impl ::lockorder::{name} for ")))
            || line == "#[unsafe(link_section = \"lockorder_classes_0_1\")]"
            || (line.starts_with("unsafe impl") && line.contains("::core::clone::TrivialClone for "))
            // What `derive(PartialEq)` writes for an enumeration; no stable code can name the function.
            || line == "_ => unsafe { ::core::intrinsics::unreachable() }"
    };
    code.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//") && is_word(line) && !allowed(line))
        .collect()
}

#[test]
fn crates_import_what_lies_below_them() {
    let all = dependencies();
    for (name, below, above_the_line) in CRATES {
        let needed = &all[name];
        for (other, ..) in CRATES {
            assert_eq!(
                needed.iter().any(|needed| needed == other),
                below.contains(&other),
                "{name} and {other}: the table of this test and the manifest differ"
            );
        }
        for forbidden in BELOW_THE_LINE.iter().filter(|_| above_the_line) {
            assert!(!needed.iter().any(|needed| needed == forbidden), "{name} names {forbidden}");
        }
    }
    let listed = |name: &str| CRATES.iter().any(|(listed, ..)| *listed == name);
    for entry in fs::read_dir(tests::root().join("kernel")).expect("the kernel is there") {
        let path = entry.expect("readable").path();
        if path.join("Cargo.toml").is_file() {
            let name = path.file_name().expect("a folder").to_string_lossy().into_owned();
            assert!(listed(&name), "crate {name} is in no layer of this test");
        }
    }
}

#[test]
fn unsafe_code_is_below_the_line() {
    for (name, _, above_the_line) in CRATES {
        let forbids = crate_root(name).contains("\n#![forbid(unsafe_code)]\n");
        assert_eq!(forbids, above_the_line, "{name} forbids unsafe code, or should");
        if above_the_line {
            let code = tests::expanded(name, Path::new(env!("CARGO_TARGET_TMPDIR")));
            let lines = unsafe_lines(&code);
            assert!(lines.is_empty(), "after macro expansion {name} has unsafe code: {lines:#?}");
        }
    }
    let image = fs::read_to_string(tests::root().join("kernel/src/main.rs")).expect("readable");
    assert!(image.contains("\n#![forbid(unsafe_code)]\n"), "the image forbids unsafe code");
}

#[test]
fn an_unsafe_block_in_a_macro_is_noticed() {
    let code = "fn f() {\n    // unsafe in words\n    unsafe { g() }\n}\nunsafe impl ::lockorder::Level for A {}\n\
                unsafe impl ::lockorder::Platform for A {}\n";
    assert_eq!(unsafe_lines(code), ["unsafe { g() }", "unsafe impl ::lockorder::Platform for A {}"]);
}

/// The macro that writes the image's entry points is expanded for the bare machine only, where nobody looks at its expansion.
#[test]
fn the_macro_of_the_image_has_no_unsafe_code() {
    for file in ["base/src/boot.rs", "machine/src/boot.rs", "machine/src/pvh.rs", "machine/src/uefi.rs"] {
        let text = fs::read_to_string(tests::root().join("kernel").join(file)).expect("readable");
        let begin = text.find("macro_rules!").expect("the macro is there");
        let end = begin + text[begin..].find("\n}\n").expect("the macro ends");
        assert_eq!(unsafe_lines(&text[begin..end]), Vec::<&str>::new(), "{file}");
    }
}
