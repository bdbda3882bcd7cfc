//! The page `docs/compatibility.md`: what passes on Linux and here, and each difference with its reason.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::cases::{Cases, Verdict, count};
use super::program::Program;
use super::reasons;

/// What the programs said on both kernels, by their paths, and which could not be compiled.
pub(super) struct Results {
    /// When they were run.
    pub(super) day: String,
    /// Linux, its source, and ours.
    pub(super) versions: [String; 3],
    pub(super) linux: BTreeMap<String, Cases>,
    pub(super) ours: BTreeMap<String, Cases>,
    /// What was run.
    pub(super) programs: Vec<Program>,
    pub(super) not_compiled: Vec<String>,
}

/// The cases that pass on Linux and not here: how many do pass on both, and the others' names.
fn compare(linux: &Cases, ours: &Cases) -> (usize, Vec<String>) {
    let (mut both, mut others) = (0, Vec::new());
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (place, case) in linux.iter().enumerate() {
        let key = without_numbers(&case.name);
        let earlier = seen.entry(key.clone()).or_default();
        // By their places where as many were told of, else by names: a case that is missing leaves the others where they are.
        let own = if ours.len() == linux.len() {
            ours.get(place)
        } else {
            ours.iter().filter(|own| without_numbers(&own.name) == key).nth(*earlier)
        };
        *earlier += 1;
        if case.verdict != Verdict::Passed {
            continue;
        }
        if own.is_some_and(|own| own.verdict == Verdict::Passed) {
            both += 1;
        } else {
            others.push(case.name.clone());
        }
    }
    (both, others)
}

/// A case's name without numbers: some have those of processes in them.
fn without_numbers(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// Totals of a suite.
#[derive(Default)]
struct Totals {
    programs: usize,
    cases: usize,
    linux: usize,
    both: usize,
    here: usize,
}

impl Results {
    /// The page's generated part.
    pub(super) fn render(&self) -> String {
        let none = Vec::new();
        let mut suites: BTreeMap<&str, Totals> = BTreeMap::new();
        let mut differences = String::new();
        for program in &self.programs {
            let of = |all: &'_ BTreeMap<String, Cases>| all.get(&program.path).unwrap_or(&none).clone();
            let (linux, ours) = (of(&self.linux), of(&self.ours));
            let (both, others) = compare(&linux, &ours);
            for totals in [program.suite(), "all"].map(|suite| suite) {
                let totals = suites.entry(totals).or_default();
                totals.programs += 1;
                totals.cases += linux.len();
                totals.linux += count(&linux, Verdict::Passed);
                totals.both += both;
                totals.here += count(&ours, Verdict::Passed);
            }
            if !others.is_empty() {
                describe(&mut differences, program, &others);
            }
        }
        let all = suites.remove("all").unwrap_or_default();
        let [linux, source, ours] = &self.versions;
        let mut text = format!(
            "On {}: {linux}, this kernel {ours}, tests of {source}; two CPUs, by the same emulator. Of the {} cases that pass on Linux {} \
             pass here.\n\n| suite | programs | cases | pass on Linux | pass on both | pass here |\n|---|---|---|---|---|---|\n",
            self.day, all.linux, all.both
        );
        let rows = suites.into_iter().chain([("**all**", all)]);
        for (suite, Totals { programs, cases, linux, both, here }) in rows {
            // Writing to a string does not fail.
            let _ = writeln!(text, "| {suite} | {programs} | {cases} | {linux} | {both} | {here} |");
        }
        text +=
            "\nWhat passes on Linux and not here:\n\n| program | cases | which | why |\n|---|---|---|---|\n";
        text += &differences;
        if !self.not_compiled.is_empty() {
            let _ = write!(
                text,
                "\nNot compiled by this machine's compiler: {}.\n",
                self.not_compiled.join(", ")
            );
        }
        text
    }
}

/// One program's row of differences.
fn describe(text: &mut String, program: &Program, others: &[String]) {
    const SHOWN: usize = 4;
    let reason = reasons::of(&program.path).unwrap_or("open");
    let mut names: Vec<_> = others.iter().take(SHOWN).map(|name| name.replace('|', "/")).collect();
    if others.len() > SHOWN {
        names.push("…".to_owned());
    }
    let _ = writeln!(text, "| {} | {} | {} | {reason} |", program.path, others.len(), names.join("; "));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Results, compare};
    use crate::suites::cases::{Case, Verdict, read};
    use crate::suites::program::Program;

    #[test]
    fn differences_are_counted_and_have_a_reason() {
        let said = |second: &str, depth: u8| {
            read(&format!(
                "@@ begin pidfd/pidfd_open_test\nok 1 a\n{second} 2 b 17\nok 3 c\n@@ end 0\n@@ begin exec/recursion-depth\n\
                 @@ end {depth}\n"
            ))
        };
        let program = |path: &str| Program {
            path: path.to_owned(),
            before: String::new(),
            command: String::new(),
            limit: 1,
        };
        let results = Results {
            day: "2026-01-02".to_owned(),
            versions: ["Linux 6", "Linux 6.1", "abc"].map(str::to_owned),
            linux: said("ok", 0),
            ours: said("not ok", 4),
            programs: ["exec/recursion-depth", "pidfd/pidfd_open_test"].map(program).to_vec(),
            not_compiled: vec!["proc/self".to_owned()],
        };
        let text = results.render();
        assert!(text.contains("Of the 4 cases that pass on Linux 2 pass here"), "{text}");
        assert!(text.contains("| pidfd/pidfd_open_test | 1 | b 17 | open |"), "{text}");
        assert!(text.contains("| exec/recursion-depth | 1 | status 0 | there are no namespaces |"), "{text}");
        assert!(text.contains("compiler: proc/self."), "{text}");
        let empty = Results { linux: BTreeMap::new(), ours: BTreeMap::new(), ..results };
        assert!(empty.render().contains("Of the 0 cases"));
    }

    #[test]
    fn a_missing_case_leaves_the_others() {
        let passed = |name: &str| Case { name: name.to_owned(), verdict: Verdict::Passed };
        let linux = ["[7] one", "two", "[8] one"].map(passed).to_vec();
        let ours = ["[9] one", "[10] one"].map(passed).to_vec();
        assert_eq!(compare(&linux, &ours), (2, vec!["two".to_owned()]));
    }
}
