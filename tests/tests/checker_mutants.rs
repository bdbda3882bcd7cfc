//! Rules of the run-time checker broken on purpose: the matrix and its other tests must notice.
//!
//! As in `mutants`: a copy, one line changed, the tests run on the copy and must fail. All run every time: each takes a few
//! seconds.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Longest time that the tests may take on one mutant.
const DEADLINE: Duration = Duration::from_mins(5);

/// The rule, the file in `lockorder/src/checker`, what is replaced, and by what.
type Mutant = (&'static str, &'static str, &'static str, &'static str);

/// All of them.
const MUTANTS: &[Mutant] = &[
    (
        "what is tried closes no cycle",
        "validate.rs",
        "        if !request.tried {\n            let orders",
        "        {\n            let orders",
    ),
    (
        "what is reported does not hide the rest of an acquisition",
        "validate.rs",
        "tell(self.alone::<P, _>(|| self.edge(&outer, request)));\n",
        "if let Some(found) = self.alone::<P, _>(|| self.edge(&outer, request)) {\n                    tell(Some(found));\n                    break;\n                }\n",
    ),
    (
        "an edge that was reported is no part of a path",
        "validate.rs",
        "            self.graph.refuse(from, to, kind);\n",
        "            let _ = kind;\n",
    ),
    (
        "a handler releases nothing of what it interrupted",
        "../held_locks.rs",
        "(self.boundary.load(Ordering::Relaxed)..depth)",
        "(0..depth)",
    ),
    (
        "a reader that waits for writers counts as one in a handler",
        "validate.rs",
        "if request.mode == Mode::SharedRecursive {\n            bits",
        "if request.mode != Mode::Exclusive {\n            bits",
    ),
    (
        "a path through a recursive reader and a shared holder is weak",
        "graph.rs",
        "                        if weak {\n                            kinds &= EXCLUSIVE;\n                        }\n",
        "",
    ),
    (
        "the joint of a cycle may be weak too",
        "validate.rs",
        "class == from && !(weak && shared)",
        "class == from || (weak && shared && class == from)",
    ),
    ("what a handler acquires is noted", "validate.rs", "bits |= usage::IN_HARD;", "bits |= 0;"),
    (
        "interrupts that come on concern what is held",
        "validate.rs",
        "let found = self.alone::<P, _>(|| self.mark(lock.class, bit, lock.mode, lock.place));",
        "let found: Option<Found> = None;",
    ),
    (
        "uses are checked along paths when an edge is new",
        "validate.rs",
        "        self.interrupt_path(outer, request)\n",
        "        None\n",
    ),
    (
        "a sequence's hash tells the mode",
        "../held_locks.rs",
        "            | (request.mode as u32) << 12\n            | (request.wait as u32) << 14\n            | u32::from(request.tried) << 16\n    }",
        "            | (request.wait as u32) << 14\n    }",
    ),
    (
        "a handler begins a stack of its own",
        "../held_locks.rs",
        "let boundary = self.boundary.swap(self.depth(), Ordering::Relaxed);",
        "let boundary = self.boundary.load(Ordering::Relaxed);",
    ),
    (
        "waiting is limited by all that is held",
        "validate.rs",
        "(request.wait > allowed).then",
        "(request.wait > allowed && allowed == Wait::Free).then",
    ),
    (
        "recursion is found",
        "validate.rs",
        "if outer.lock == request.lock {",
        "if outer.lock == request.lock + 1 {",
    ),
    (
        "an edge is told once",
        "graph.rs",
        "return if before & kind == 0 { Added::New } else { Added::Known };",
        "let _ = before; return Added::New;",
    ),
];

/// Whether the checker's tests pass in `place`.
fn tests_pass(place: &Path) -> bool {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["test", "--quiet", "-p", "checker-tests"])
        .current_dir(place)
        .env("CARGO_TARGET_DIR", place.join("target"))
        .env_remove("RUSTFLAGS")
        .stdout(fs::File::create(place.join("log")).expect("writable"))
        .stderr(fs::File::create(place.join("errors")).expect("writable"));
    tests::succeeds(&mut command, DEADLINE)
}

#[test]
fn every_rule_of_the_checker_is_checked_by_some_test() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("checker-mutants");
    tests::copy_workspace(&place, &["lockorder", "lockorder-macros", "tests/checker"]);
    // The tests compare a page of the repository.
    fs::create_dir_all(place.join("docs")).expect("writable");
    fs::copy(tests::root().join("docs/selftest.md"), place.join("docs/selftest.md")).expect("writable");
    assert!(
        tests_pass(&place),
        "the copy must pass before anything is broken in it: see `log` in {}",
        place.display()
    );
    let mut survivors = Vec::new();
    for (rule, file, from, to) in MUTANTS {
        let path = place.join("lockorder/src/checker").join(file);
        let original = fs::read_to_string(&path).expect("readable");
        assert_eq!(original.matches(from).count(), 1, "the mutant of `{rule}` has lost its place");
        fs::write(&path, original.replacen(from, to, 1)).expect("writable");
        let survived = tests_pass(&place);
        fs::write(&path, original).expect("writable");
        println!("{} {rule}", if survived { "SURVIVED" } else { "noticed " });
        if survived {
            survivors.push(rule);
        }
    }
    assert!(survivors.is_empty(), "nothing notices when these are broken: {survivors:#?}");
}
