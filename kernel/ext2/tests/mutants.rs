//! Rules of the journal and of the filesystem broken on purpose: the cuts of the power in `judged/power.rs` must notice each.
//!
//! Some run with each commit; all of them with `LOCKORDER_MUTANTS=all cargo test -p ext2 --test mutants`, with a part of a rule's name in
//! place of `all` those that have it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Longest time that the tests may take on one mutant, building included.
const DEADLINE: Duration = Duration::from_mins(8);
/// How many run without being asked for.
const SAMPLE: usize = 2;

/// One rule broken.
struct Mutant {
    /// The rule.
    rule: &'static str,
    /// The file, in `kernel`.
    file: &'static str,
    /// What is replaced, once each, and by what.
    edits: &'static [(&'static str, &'static str)],
}

/// The rules.
const MUTANTS: &[Mutant] = &[
    Mutant {
        rule: "what a commit block vouches for is flushed before it",
        file: "journal/src/log.rs",
        edits: &[("        device.flush()?;\n        block.fill(0);", "        block.fill(0);")],
    },
    Mutant {
        rule: "a commit is flushed before it is acknowledged",
        file: "journal/src/log.rs",
        edits: &[("        device.flush()?;\n        self.next =", "        self.next =")],
    },
    Mutant {
        rule: "what goes home is flushed before the log is empty",
        file: "journal/src/transactions.rs",
        edits: &[("        device.flush()?;\n        log.empty(device)?;", "        log.empty(device)?;")],
    },
    Mutant {
        rule: "the log is empty on the disk before it is written again",
        file: "journal/src/log.rs",
        edits: &[("        device.flush()?;\n        self.used = 0;", "        self.used = 0;")],
    },
    Mutant {
        rule: "what is freed is revoked",
        file: "journal/src/log.rs",
        edits: &[("in revoked.chunks(", "in revoked[..0].chunks(")],
    },
    Mutant {
        rule: "what is revoked is not replayed",
        file: "journal/src/recovery.rs",
        edits: &[("if revokes.covers(tag.home, sequence)", "if false && revokes.covers(tag.home, sequence)")],
    },
    Mutant {
        rule: "what is freed does not go home",
        file: "journal/src/transactions.rs",
        edits: &[("            self.committed.remove(*block);\n", "            let _ = block;\n")],
    },
    Mutant {
        rule: "data are written before the commit",
        file: "journal/src/transactions.rs",
        edits: &[
            ("        self.write_data(device)?;\n", ""),
            (
                "            self.committed.remove(*block);\n        }\n",
                "            self.committed.remove(*block);\n        }\n        self.write_data(device)?;\n",
            ),
        ],
    },
    Mutant {
        rule: "what is freed is not used before the commit",
        file: "ext2/src/allocation.rs",
        edits: &[("&& handle.reusable(block)", "&& (handle.reusable(block) || true)")],
    },
    Mutant {
        rule: "a transaction has all that was changed",
        file: "journal/src/log.rs",
        edits: &[("let count = kept().count();", "let count = kept().count().saturating_sub(1);")],
    },
    Mutant {
        rule: "what has lost its last name is an orphan",
        file: "ext2/src/names.rs",
        edits: &[(
            "        self.add_orphan(handle, number)?;\n        Ok(Some(number))",
            "        Ok(Some(number))",
        )],
    },
];

/// Whether the cuts of the power find nothing in the copy at `place`; building it has succeeded.
fn unnoticed(place: &Path) -> bool {
    let cargo = env!("CARGO");
    let command = |arguments: &[&str]| {
        let mut command = Command::new(cargo);
        command.args(arguments).current_dir(place).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("CARGO_TARGET_DIR", place.join("target")).env_remove("RUSTFLAGS");
        command
    };
    let build = ["test", "-q", "--offline", "-p", "ext2", "--test", "judged", "--no-run"];
    assert!(mutation::succeeds(&mut command(&build), DEADLINE), "the mutant compiles");
    let run = ["test", "-q", "--offline", "-p", "ext2", "--test", "judged", "power"];
    mutation::succeeds(&mut command(&run), DEADLINE)
}

#[test]
fn each_broken_rule_is_noticed() {
    if Command::new("mke2fs").arg("-V").output().is_err() && !Path::new("/usr/sbin/mke2fs").exists() {
        eprintln!("skipped: there is no e2fsprogs; install it with `apt install e2fsprogs`");
        return;
    }
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("journal-mutants");
    let members = ["kernel/ext2", "kernel/journal", "tests/mutation"];
    let mut survivors = Vec::new();
    for mutant in mutation::chosen(MUTANTS, |mutant| mutant.rule, SAMPLE) {
        mutation::copy_workspace(&place, &members);
        let file = place.join("kernel").join(mutant.file);
        let mut text = fs::read_to_string(&file).expect("readable");
        for (from, to) in mutant.edits {
            assert_eq!(text.matches(from).count(), 1, "{}: {from:?} is there once", mutant.rule);
            text = text.replace(from, to);
        }
        fs::write(&file, text).expect("writable");
        if unnoticed(&place) {
            survivors.push(mutant.rule);
        } else {
            eprintln!("noticed: {}", mutant.rule);
        }
    }
    assert!(survivors.is_empty(), "nothing notices that these are broken: {survivors:#?}");
}
