//! Two copies of the library in one program, two versions of it for example: a root of the one knows nothing of the other's. They
//! are not linked together; and where link-time optimisation merges what they both define, no root is given.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use closure_tests::closure::workspace;

/// Each thread has one lock, and waits for the other one's: through a root of its copy that knows nothing of the first.
const PROGRAM: &str = "
mod first {
    one::hierarchy! {
        crate = one;
        /// Of the first copy.
        pub hierarchy FIRST;
        /// A level.
        pub level Outer = 1 {
            /// A class.
            pub class One = 1;
        }
    }
}
mod second {
    other::hierarchy! {
        crate = other;
        /// Of the second copy.
        pub hierarchy SECOND;
        /// A level.
        pub level Outer = 1 {
            /// A class.
            pub class Other = 1;
        }
    }
}
static ONE: one::SpinLock<first::One, u8> = one::SpinLock::new(0);
static OTHER: other::SpinLock<second::Other, u8> = other::SpinLock::new(0);
fn main() {
    one::with_root(|mut held| held.with(&ONE, |_, _| {
        other::with_root(|mut held| held.with(&OTHER, |_, _| println!(\"two roots\")));
    }));
}
";

/// Builds the program at `place` with our library and another copy of it, or with ours by both names, in this profile, and runs it if
/// it builds; what was said last.
fn said(place: &Path, other: Option<&Path>, profile: &str) -> Output {
    fs::create_dir_all(place.join("src")).expect("the program's directory");
    let dependency = |name: &str, path: &Path| {
        format!("{name} = {{ package = \"lockorder\", path = '{}', features = [\"std\"] }}\n", path.display())
    };
    let manifest = [
        "[package]\nname = \"copies\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n",
        &dependency("one", &workspace().join("lockorder")),
        &other.map(|other| dependency("other", other)).unwrap_or_default(),
        "\n[profile.thin]\ninherits = \"release\"\nopt-level = 1\nlto = \"thin\"\n\n[workspace]\n",
    ];
    let program = if other.is_some() { "" } else { "extern crate one as other;\n" }.to_owned() + PROGRAM;
    fs::write(place.join("Cargo.toml"), manifest.concat()).expect("writable");
    fs::write(place.join("src/main.rs"), program).expect("writable");
    fs::copy(workspace().join("Cargo.lock"), place.join("Cargo.lock")).expect("writable");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--offline", "--quiet", "--profile", profile]).current_dir(place);
    let built = cargo.env("CARGO_TARGET_DIR", place.join("target")).output().expect("cargo runs");
    if !built.status.success() {
        return built;
    }
    let folder = if profile == "dev" { "debug" } else { profile };
    Command::new(place.join("target").join(folder).join("copies")).output().expect("the program runs")
}

/// A copy of the library, of the version that comes next: the name of its section says so.
fn next_version(place: &Path) -> PathBuf {
    mutation::copy_workspace(place, &["lockorder"]);
    let library = place.join("lockorder");
    let change = |file: &str, edits: &[(&str, &str)]| {
        let mut text = fs::read_to_string(library.join(file)).expect("readable");
        for (from, to) in edits {
            assert!(text.contains(from), "`{from}` is not in {file} any more");
            text = text.replace(from, to);
        }
        fs::write(library.join(file), text).expect("writable");
    };
    let macros = format!("lockorder-macros = {{ path = '{}/lockorder-macros' }}", workspace().display());
    change(
        "Cargo.toml",
        &[
            ("\nversion.workspace = true", "\nversion = \"0.2.0\""),
            ("lockorder-macros.workspace = true", &macros),
        ],
    );
    change(
        "src/table/linked.rs",
        &[("classes_0_1", "classes_0_2"), ("lockorder_0_1", "lockorder_0_2"), ("b\"1\"", "b\"2\"")],
    );
    library
}

#[test]
fn two_copies_are_not_linked_and_give_no_root() {
    let tmpdir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let copy = next_version(&tmpdir.join("copies-second"));
    let text = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();

    let linked = said(&tmpdir.join("copies"), Some(&copy), "dev");
    assert!(!linked.status.success(), "two copies are linked, and run");
    assert!(text(&linked).contains("a_program_has_one_copy_of_lockorder"), "{}", text(&linked));

    // Optimised over all crates, the two definitions may be one.
    let optimised = said(&tmpdir.join("copies"), Some(&copy), "thin");
    assert!(!optimised.status.success(), "two copies are linked, and run");
    let refusals =
        ["a_program_has_one_copy_of_lockorder", "two copies of `lockorder` are linked into one program"];
    assert!(refusals.iter().any(|refusal| text(&optimised).contains(refusal)), "{}", text(&optimised));

    // One copy by two names is one copy: the program builds, and a second root is refused as always.
    let same = said(&tmpdir.join("copies-same"), None, "dev");
    assert!(text(&same).contains("this thread already has a root token"), "{}", text(&same));
}
