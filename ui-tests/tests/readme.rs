//! `README.md` is the index; `pages/` shows every program, its message and its fix, one page a group. Generated from them.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use ui_tests::{MISTAKES, Program, corpus, page_of_mistakes, root};

/// What each group is about, in the order of the page.
const GROUPS: [(&str, &str); 14] = [
    ("order", "Order: a lock that does not come after what is held"),
    ("context", "Context: a lock or a call where it must not be"),
    ("token", "Tokens: cloned, forged, smuggled"),
    ("guard", "Guards: escaped, used after release, re-entered"),
    ("set", "Several locks of one class"),
    ("wait", "Waiting and joining"),
    ("serial", "Serialising tokens: what they protect does not outlive a wait"),
    ("bugs", "Bugs of real kernels"),
    ("nestings", "Nestings of real kernels, as they are written there"),
    ("kernel", "Wrong uses of this kernel: sleeping, waiting, taking pages away"),
    ("selftest", "The self-tests of Linux's lockdep"),
    ("macros", "The macros' own errors"),
    ("mistakes", "What goes wrong at first"),
    ("attacks", "What once got around the types"),
];

/// The pinned message, up to its notes about where a bound stands.
fn message(program: &Program) -> String {
    let path = root().join("rejected").join(program.path()).with_extension("stderr");
    let text = fs::read_to_string(path).unwrap_or_default();
    let kept: Vec<_> = text.lines().take_while(|line| !line.starts_with("note: required")).collect();
    kept.join("\n").trim_end().to_owned()
}

/// The index, and a page for each group, by their path in this package.
fn pages(programs: &[Program]) -> Vec<(PathBuf, String)> {
    let mut page = format!(
        "# Programs that must not compile\n\n\
         {} programs, each beside a twin one change away that compiles. `cargo test -p ui-tests` has the compiler\n\
         judge all of them. This page is generated: `BLESS=1 cargo test -p ui-tests --test readme`.\n",
        programs.len()
    );
    let mut write = |text: &str| page.write_str(text).expect("a string takes everything");
    write("\n| group | programs |\n|---|---|\n");
    for (group, title) in GROUPS {
        let count = programs.iter().filter(|program| program.group == group).count();
        write(&format!("| [{title}](pages/{group}.md) | {count} |\n"));
    }
    write(&format!(
        "\n[What goes wrong at first](../docs/mistakes.md) is a table of {} mistakes, what the compiler says to each, and what to do.\n",
        MISTAKES.len()
    ));
    let mut pages =
        vec![(PathBuf::from("README.md"), page), (PathBuf::from("../docs/mistakes.md"), page_of_mistakes())];
    for (group, title) in GROUPS {
        let mut page = String::new();
        let mut write = |text: &str| page.write_str(text).expect("a string takes everything");
        write(&format!("# {title}\n\n[All groups](../README.md). Generated, as the index is.\n"));
        for program in programs.iter().filter(|program| program.group == group) {
            let path = program.path();
            let path = path.display();
            write(&format!(
                "\n### {}\n\n{} *Source: {}.* [Rejected](../rejected/{path}), [accepted](../accepted/{path}).\n\n",
                program.name, program.bug, program.source
            ));
            write(&format!("```rust,ignore\n{}```\n\n", Program::body(&program.rejected)));
            write(&format!("```text\n{}\n```\n\n", message(program)));
            write(&format!("**Fix:** {}.\n", program.fix));
        }
        pages.push((PathBuf::from(format!("pages/{group}.md")), page));
    }
    pages
}

#[test]
fn the_page_shows_the_corpus() {
    let programs = corpus().expect("the corpus is well-formed");
    for program in &programs {
        assert!(GROUPS.iter().any(|(group, _)| *group == program.group), "unknown group {}", program.group);
    }
    for (path, fresh) in pages(&programs) {
        let path = root().join(path);
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all(path.parent().expect("in the package")).expect("the folder can be made");
            fs::write(path, fresh).expect("the page can be written");
        } else {
            let committed = fs::read_to_string(&path).unwrap_or_default();
            assert!(
                committed == fresh,
                "{} is stale: BLESS=1 cargo test -p ui-tests --test readme",
                path.display()
            );
        }
    }
}
