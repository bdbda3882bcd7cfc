//! What the programs say: the cases of each, and how they ended.
//!
//! Most speak the "test anything protocol" (`ok 3 name`, `not ok 4 name`, `ok 5 name # SKIP why`); one writes a word in brackets at a line's
//! end; busybox's put one before the name; others say nothing and end with a status, where 4 stands for what cannot be tested there.
//! Lines of ours stand around each.

use std::collections::BTreeMap;

use super::busybox;
use super::program::{BEGIN, END};

/// The status of what was not tested.
const SKIPPED: u8 = 4;
/// Statuses from here on are of programs that a signal has ended.
const SIGNALLED: u8 = 128;

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    Failed,
    Skipped,
}

/// A case: what it is called, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) verdict: Verdict,
}

/// The cases of one program, in order.
pub(super) type Cases = Vec<Case>;

/// The cases of all programs of a run, by their paths.
pub(super) fn read(output: &str) -> BTreeMap<String, Cases> {
    let mut programs = BTreeMap::new();
    let mut current: Option<(String, Cases)> = None;
    for line in output.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix(BEGIN) {
            current = Some((name.to_owned(), Vec::new()));
        } else if let Some(status) = line.strip_prefix(END) {
            if let Some((name, cases)) = current.take() {
                programs.insert(name, ended(cases, status.trim().parse().unwrap_or(u8::MAX)));
            }
        } else if let Some((name, cases)) = &mut current {
            cases.extend(if name.starts_with(busybox::BEGIN) { worded(line) } else { case(line) });
        }
    }
    // One that was under way when the run ended.
    programs.extend(current.map(|(name, cases)| (name, ended(cases, u8::MAX))));
    programs
}

/// The cases of a program that has ended with a status.
fn ended(mut cases: Cases, status: u8) -> Cases {
    let whole = |verdict| Case { name: format!("status {status}"), verdict };
    match status {
        _ if status >= SIGNALLED => cases.push(whole(Verdict::Failed)),
        0 if cases.is_empty() => cases.push(whole(Verdict::Passed)),
        SKIPPED if cases.is_empty() => cases.push(whole(Verdict::Skipped)),
        _ if cases.is_empty() => cases.push(whole(Verdict::Failed)),
        _ => {}
    }
    cases
}

/// The case that a line tells of.
fn case(line: &str) -> Option<Case> {
    let found = |name: &str, verdict| Some(Case { name: name.trim().to_owned(), verdict });
    for (words, verdict) in [("ok ", Verdict::Passed), ("not ok ", Verdict::Failed)] {
        let Some(rest) = line.strip_prefix(words) else { continue };
        let name = rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || " -".contains(letter));
        return match name.split_once("# SKIP") {
            Some((name, _)) => found(name, Verdict::Skipped),
            None => found(name, verdict),
        };
    }
    for (word, verdict) in
        [("[OK]", Verdict::Passed), ("[FAIL]", Verdict::Failed), ("[SKIPPED]", Verdict::Skipped)]
    {
        if let Some(rest) = line.strip_suffix(word) {
            return found(rest.split('=').next().unwrap_or(rest), verdict);
        }
    }
    None
}

/// The case that a line of busybox's tests tells of: a word and a colon before the name.
fn worded(line: &str) -> Option<Case> {
    let (word, name) = line.split_once(": ")?;
    let verdict = match word {
        "PASS" => Verdict::Passed,
        "FAIL" => Verdict::Failed,
        "SKIPPED" | "UNTESTED" => Verdict::Skipped,
        _ => return None,
    };
    Some(Case { name: name.to_owned(), verdict })
}

/// How many of them ended so.
pub(super) fn count(cases: &[Case], verdict: Verdict) -> usize {
    cases.iter().filter(|case| case.verdict == verdict).count()
}

#[cfg(test)]
mod tests {
    use super::{Case, Verdict, read};

    fn of(name: &str, verdict: Verdict) -> Case {
        Case { name: name.to_owned(), verdict }
    }

    #[test]
    fn each_way_to_speak_is_understood() {
        let said = "noise\n@@ begin tap\n1..3\nok 1 first\r\nnot ok 2 - second\n ok 3 third # SKIP no memory\n@@ end 1\n\
                    @@ begin words\n15 read_null = -1 EFAULT   [OK]\n16 write = 3 [FAIL]\n@@ end 1\n\
                    @@ begin silent\n@@ end 0\n@@ begin untested\nwhy\n@@ end 4\n@@ begin killed\nok 1 one\n@@ end 137\n\
                    @@ begin busybox/x\nPASS: one: a\nPASSED\nFAIL: two\nUNTESTED: three\n@@ end 1\n@@ begin hanging\n";
        let programs = read(said);
        assert_eq!(
            programs["tap"],
            [of("first", Verdict::Passed), of("second", Verdict::Failed), of("third", Verdict::Skipped)]
        );
        assert_eq!(programs["words"], [of("15 read_null", Verdict::Passed), of("16 write", Verdict::Failed)]);
        assert_eq!(programs["silent"], [of("status 0", Verdict::Passed)]);
        assert_eq!(programs["untested"], [of("status 4", Verdict::Skipped)]);
        assert_eq!(programs["killed"], [of("one", Verdict::Passed), of("status 137", Verdict::Failed)]);
        assert_eq!(programs["hanging"], [of("status 255", Verdict::Failed)]);
        assert_eq!(
            programs["busybox/x"],
            [of("one: a", Verdict::Passed), of("two", Verdict::Failed), of("three", Verdict::Skipped)]
        );
        assert_eq!(programs.len(), 7);
    }
}
