//! The whole of it: which breakages are tried, and what came of each.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use crate::breakage::Kind;
use crate::compiler::Workshop;
use crate::exceptions::Exception;
use crate::failure::Failure;
use crate::subject::{Subject, Workspace};
use crate::trial::{Allowed, Bench, Number, Twin, Verdict};

/// Which breakages are tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Only so many, spread over all.
    pub count: Option<usize>,
    /// Which: another number gives others.
    pub rotate: usize,
    /// Only those with this in their names.
    pub only: Option<String>,
}

/// What came of a breakage, exceptions considered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The library refused it, with this message.
    Refused(String),
    /// It was not, for a reason that is known: what came of it, and the reason.
    Excepted(Verdict, &'static str),
    /// It compiled.
    Compiled,
    /// The call is no acquisition: its function has one type for its token, and refuses every other.
    OneType,
    /// It was refused, and not by the library for the rule.
    OtherError(String),
}

/// One breakage that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The package.
    pub package: String,
    /// The file, from the workspace's root.
    pub file: PathBuf,
    /// The line, counted from one.
    pub line: usize,
    /// The function.
    pub function: String,
    /// The kind.
    pub kind: Kind,
    /// What came of it.
    pub fate: Fate,
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, function, kind, fate, .. } = self;
        write!(formatter, "{}:{line} {function}, {kind}: ", file.display())?;
        match fate {
            Fate::Refused(message) => write!(formatter, "refused: {message}"),
            Fate::Excepted(_, reason) => write!(formatter, "an exception: {reason}"),
            Fate::Compiled => formatter.write_str("COMPILES"),
            Fate::OneType => formatter.write_str("no acquisition: the function has one type for its token"),
            Fate::OtherError(error) => write!(formatter, "refused for another reason: {error}"),
        }
    }
}

/// Everything that came of a run.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The breakages.
    pub outcomes: Vec<Outcome>,
    /// Twins by package, with where their places are.
    pub twins: Vec<(String, Twin)>,
    /// Twins that do not compile: where, and what the compiler says.
    pub broken_twins: Vec<String>,
    /// How many were left out because they break nothing: the lock may be acquired in that context.
    pub allowed: usize,
    /// Exceptions that nothing fell under, though everything was tried.
    pub unused: Vec<Exception>,
    /// How often the compiler ran.
    pub builds: usize,
}

impl Summary {
    /// What should not be so.
    #[must_use]
    pub fn wrong(&self) -> Vec<String> {
        let bad = |outcome: &&Outcome| matches!(outcome.fate, Fate::Compiled | Fate::OtherError(_));
        let outcomes = self.outcomes.iter().filter(bad).map(ToString::to_string);
        let unused = self
            .unused
            .iter()
            .map(|row| format!("{} {}: an exception that nothing needs", row.file, row.function));
        outcomes.chain(self.broken_twins.iter().cloned()).chain(unused).collect()
    }
}

/// The name of a breakage, for `--list` and `--only`.
#[must_use]
pub fn name(subject: &Subject, number: Number) -> String {
    let file = &subject.files[number.0];
    let breakage = &file.breakages[number.1];
    let place = &file.places[breakage.place];
    let inner =
        breakage.inner.map_or(String::new(), |inner| format!(" with line {}", file.places[inner].line));
    format!("{}:{} {}, {}{inner}", file.path.display(), place.line, place.function, breakage.kind)
}

/// All breakages of a crate.
#[must_use]
pub fn numbers(subject: &Subject) -> Vec<Number> {
    let files = subject.files.iter().enumerate();
    files.flat_map(|(file, source)| (0..source.breakages.len()).map(move |number| (file, number))).collect()
}

/// `count` elements spread over all, from a place that depends on `rotate`.
fn sample<T: Copy>(all: &[T], count: usize, rotate: usize) -> Vec<T> {
    let count = count.min(all.len());
    (0..count).map(|index| all[(index * all.len() / count + rotate) % all.len()]).collect()
}

/// Which breakages of all crates are tried: each with the number of its crate.
fn chosen(workspace: &Workspace, choice: &Choice, allowed: &[Allowed]) -> (Vec<(usize, Number)>, usize) {
    let mut all = Vec::new();
    let mut left_out = 0;
    for (crate_number, subject) in workspace.subjects.iter().enumerate() {
        for number in numbers(subject) {
            let breakage = &subject.files[number.0].breakages[number.1];
            if choice.only.as_ref().is_some_and(|part| !name(subject, number).contains(part.as_str())) {
                continue;
            }
            if allowed[crate_number].contains(breakage.kind, number.0, breakage.place) {
                left_out += 1;
            } else {
                all.push((crate_number, number));
            }
        }
    }
    match choice.count {
        Some(count) => (sample(&all, count, choice.rotate), left_out),
        None => (all, left_out),
    }
}

/// What came of one breakage.
fn outcome(subject: &Subject, number: Number, verdict: Verdict, exceptions: &[Exception]) -> Outcome {
    let file = &subject.files[number.0];
    let breakage = &file.breakages[number.1];
    let place = &file.places[breakage.place];
    let exception = Exception::of(exceptions, &file.path, &place.function, breakage.kind);
    let fate = match (verdict, exception) {
        (Verdict::Refused(message), _) => Fate::Refused(message),
        (Verdict::OneType, _) => Fate::OneType,
        (verdict, Some(row)) => Fate::Excepted(verdict, row.reason),
        (Verdict::Compiled, None) => Fate::Compiled,
        (Verdict::OtherError(error), None) => Fate::OtherError(error),
    };
    Outcome {
        package: subject.package.clone(),
        file: file.path.clone(),
        line: place.line,
        function: place.function.clone(),
        kind: breakage.kind,
        fate,
    }
}

/// Tries breakages of a workspace and their twins; says on the way how far it is.
///
/// # Errors
///
/// [`Failure`]: not what is wrong with the kernel, but why it could not be found out.
pub fn run(
    workshop: &Workshop,
    workspace: &Workspace,
    choice: &Choice,
    exceptions: &[Exception],
    mut progress: impl FnMut(&str),
) -> Result<Summary, Failure> {
    let with_places: Vec<bool> = workspace
        .subjects
        .iter()
        .map(|subject| subject.files.iter().any(|file| !file.breakages.is_empty()))
        .collect();
    let mut summary = Summary::default();
    let mut allowed = Vec::new();
    for (subject, &with_places) in workspace.subjects.iter().zip(&with_places) {
        if !with_places {
            allowed.push(Allowed::default());
            continue;
        }
        progress(&format!("{}: asking which locks spin", subject.package));
        let mut bench = Bench::new(workshop, subject, &workspace.messages)?;
        allowed.push(bench.ask()?);
        summary.builds += bench.builds();
        bench.leave()?;
    }
    let (chosen, left_out) = chosen(workspace, choice, &allowed);
    summary.allowed = left_out;
    if let (true, Some(only)) = (chosen.is_empty(), &choice.only) {
        return Err(Failure::NoSuchBreakage(only.clone()));
    }
    for (crate_number, subject) in workspace.subjects.iter().enumerate() {
        let own: Vec<Number> =
            chosen.iter().filter(|(number, _)| *number == crate_number).map(|(_, number)| *number).collect();
        if own.is_empty() {
            continue;
        }
        let package = &subject.package;
        let mut bench = Bench::new(workshop, subject, &workspace.messages)?;
        let total = own.len();
        let verdicts = bench.break_all(&own, |left| {
            progress(&format!("{package}: {} of {total} broken", total - left.min(total)));
        })?;
        // A call that is no acquisition has no twin: nothing but its own token fits.
        let is_place = |number: &&Number| verdicts.get(*number) != Some(&Verdict::OneType);
        let places: BTreeSet<Number> = own
            .iter()
            .filter(is_place)
            .map(|&(file, number)| (file, subject.files[file].breakages[number].place))
            .collect();
        let twins = bench.try_twins(&places, |left| progress(&format!("{package}: {left} twins to go")))?;
        summary.builds += bench.builds();
        bench.leave()?;
        summary.outcomes.extend(
            verdicts.into_iter().map(|(number, verdict)| outcome(subject, number, verdict, exceptions)),
        );
        for ((file, place), twin) in twins {
            let (source, place) = (&subject.files[file], &subject.files[file].places[place]);
            // Where a place is an exception, the form does not fit it.
            let row = |row: &Exception| row.file == source.path.as_os_str() && row.function == place.function;
            if exceptions.iter().any(row) {
                continue;
            }
            if let Twin::Fails(error) = &twin {
                summary.broken_twins.push(format!(
                    "{}:{} {}, the twin of a breakage, does not compile: {error}",
                    source.path.display(),
                    place.line,
                    place.function
                ));
            }
            summary.twins.push((package.clone(), twin));
        }
    }
    if *choice == Choice::default() {
        let needed = |row: &&Exception| {
            let excepted = |outcome: &&Outcome| matches!(outcome.fate, Fate::Excepted(..));
            !summary.outcomes.iter().filter(excepted).any(|outcome| {
                Exception::of(&[**row], &outcome.file, &outcome.function, outcome.kind).is_some()
            })
        };
        summary.unused = exceptions.iter().filter(needed).copied().collect();
    }
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::sample;

    #[test]
    fn a_sample_is_spread_and_rotates() {
        let all: Vec<usize> = (0..10).collect();
        assert_eq!(sample(&all, 3, 0), [0, 3, 6]);
        assert_eq!(sample(&all, 3, 8), [8, 1, 4]);
        assert_eq!(sample(&all, 99, 0), all);
        assert!(sample::<usize>(&[], 3, 5).is_empty());
    }
}
