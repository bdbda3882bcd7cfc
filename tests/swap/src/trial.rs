//! Breakages made, several at once, and what the compiler says of each.
//!
//! One build has many breakages, each in the body of another function: a type error in one body does not hide those in another.
//! What the compiler says is attributed to a breakage by its place. One that has no error of its own is tried again by itself
//! before it counts as compiled. After all of them come their twins, in the same way: a lock further out in place of the one
//! further in, and in the end all twins at once, which must compile.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use crate::breakage::{self, Breakage, Kind};
use crate::compiler::Workshop;
use crate::edit::{Changed, Edit};
use crate::failure::Failure;
use crate::messages::{Diagnostic, Messages, Rule};
use crate::places::How;
use crate::probes::{KINDS, MODULE, OUTSIDE};
use crate::subject::{SourceFile, Subject};

/// What came of a breakage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The library refused it, with this message.
    Refused(String),
    /// It compiled.
    Compiled,
    /// The function has one type for its token, and refuses every other: the call is no acquisition.
    OneType,
    /// It was refused, and not by the library for the rule; this is what the compiler said first.
    OtherError(String),
}

/// The compiler's code for a type that does not match.
const MISMATCH: &str = "E0308";

/// What came of a place's twin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Twin {
    /// A lock further out was put around it.
    FurtherOut(String),
    /// No lock fits around it; the same form without one compiles.
    Bare,
    /// No form of it compiles; this is what the compiler said of the last.
    Fails(String),
}

/// A breakage's number: of the file in its crate, and in that file.
pub type Number = (usize, usize);

/// Which breakages are none: a lock that spins may be acquired with preemption off, an interrupt-safe one anywhere.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    spins: BTreeSet<Number>,
    safe: BTreeSet<Number>,
}

impl Allowed {
    /// Whether this kind of breakage at a place breaks nothing.
    #[must_use]
    pub fn contains(&self, kind: Kind, file: usize, place: usize) -> bool {
        match kind {
            Kind::PreemptionOff => self.spins.contains(&(file, place)),
            Kind::InterruptsOff => self.safe.contains(&(file, place)),
            Kind::Exchanged | Kind::MovedUnder | Kind::PlainInHandler => false,
        }
    }
}

/// A crate in the workshop.
#[derive(Debug)]
pub struct Bench<'b> {
    workshop: &'b Workshop,
    subject: &'b Subject,
    messages: &'b Messages,
    builds: usize,
}

/// A breakage on its way.
#[derive(Clone, Copy, Debug)]
struct Pending {
    number: Number,
    attempt: usize,
    /// It had no error of its own, and is tried by itself.
    alone: bool,
    /// One attempt has shown that the function has one type for its token; others fail for what was put around.
    has_one_type: bool,
}

/// Files that were changed, by their numbers.
type ChangedFiles = BTreeMap<usize, Changed>;

/// Whether one piece lies in another.
const fn is_inside(piece: &Range<usize>, of: &Range<usize>) -> bool {
    of.start <= piece.start && piece.end <= of.end
}

/// Errors that end the compiler's work before types are checked.
fn ends_early(diagnostic: &Diagnostic) -> bool {
    let early = ["", "E0412", "E0423", "E0424", "E0425", "E0432", "E0433"];
    early.contains(&diagnostic.code.as_str()) && !diagnostic.places.is_empty()
}

/// The errors in a piece of a file, with where each is.
fn errors_in<'d>(
    said: &'d [Diagnostic],
    file: &Path,
    piece: &Range<usize>,
) -> Vec<(&'d Diagnostic, Range<usize>)> {
    let place = |error: &'d Diagnostic| {
        let inside =
            error.places.iter().find(|place| place.file == file && is_inside(&place.range, piece))?;
        Some((error, inside.range.clone()))
    };
    said.iter().filter_map(place).collect()
}

impl<'b> Bench<'b> {
    /// Puts the probes into a crate, and sees that it compiles with them.
    ///
    /// # Errors
    ///
    /// It does not compile, or not at all.
    pub fn new(
        workshop: &'b Workshop,
        subject: &'b Subject,
        messages: &'b Messages,
    ) -> Result<Self, Failure> {
        let root = subject.folder.join("src");
        let probes = format!("//! Probes.\n#![allow(warnings)]\n{}", subject.probes.text());
        workshop.write(&root.join(format!("{MODULE}.rs")), &probes)?;
        let mut bench = Self { workshop, subject, messages, builds: 0 };
        for file in 0..subject.files.len() {
            bench.restore(file)?;
        }
        let errors = bench.check()?;
        match errors.first() {
            Some(error) => Err(Failure::NotWhole(subject.package.clone(), error.message.clone())),
            None => Ok(bench),
        }
    }

    /// The text of a file with nothing broken; the crate's root has the module of probes.
    fn whole(&self, file: usize, text: &str) -> String {
        let is_root = self.subject.files[file].path == self.subject.folder.join("src/lib.rs");
        if is_root { format!("{text}\n#[allow(warnings)]\nmod {MODULE};\n") } else { text.to_owned() }
    }

    /// Undoes all changes of a file.
    fn restore(&self, file: usize) -> Result<(), Failure> {
        let source = &self.subject.files[file];
        self.workshop.write(&source.path, &self.whole(file, &source.text))
    }

    /// Runs the compiler.
    fn check(&mut self) -> Result<Vec<Diagnostic>, Failure> {
        self.builds += 1;
        self.workshop.check(&self.subject.package)
    }

    /// Builds with changes of several files, which are undone afterwards.
    fn build(
        &mut self,
        edits: BTreeMap<usize, Vec<Edit>>,
    ) -> Result<(ChangedFiles, Vec<Diagnostic>), Failure> {
        let mut changed = ChangedFiles::new();
        for (file, edits) in edits {
            let source = &self.subject.files[file];
            let Some(new) = Changed::new(&source.text, edits) else { continue };
            self.workshop.write(&source.path, &self.whole(file, &new.text))?;
            changed.insert(file, new);
        }
        let said = self.check();
        for &file in changed.keys() {
            self.restore(file)?;
        }
        Ok((changed, said?))
    }

    /// A file of the crate.
    fn file(&self, number: usize) -> &'b SourceFile {
        &self.subject.files[number]
    }

    /// A breakage of the crate, with its file.
    fn breakage(&self, number: Number) -> (&'b SourceFile, &'b Breakage) {
        let file = self.file(number.0);
        (file, &file.breakages[number.1])
    }

    /// The body that a breakage is in.
    fn body(&self, number: Number) -> (usize, usize) {
        let (file, breakage) = self.breakage(number);
        (number.0, file.places[breakage.place].body)
    }

    /// Asks which locks spin, and which are interrupt-safe.
    ///
    /// # Errors
    ///
    /// The compiler cannot be run.
    pub fn ask(&mut self) -> Result<Allowed, Failure> {
        let mut allowed = Allowed::default();
        for asked in ["spins", "safe"] {
            let mut edits: BTreeMap<usize, Vec<Edit>> = BTreeMap::new();
            let mut places = Vec::new();
            for (number, file) in self.subject.files.iter().enumerate() {
                for (place, what) in file.places.iter().enumerate() {
                    if let Some(question) = breakage::question(what, &file.text, asked) {
                        let piece = what.lock.clone().unwrap_or_else(|| what.span.clone());
                        edits.entry(number).or_default().extend(question);
                        places.push(((number, place), piece));
                    }
                }
            }
            if places.is_empty() {
                continue;
            }
            let (changed, said) = self.build(edits)?;
            let yes = places.into_iter().filter(|((file, _), piece)| {
                changed.get(file).is_some_and(|new| {
                    let piece = new.moved(piece);
                    errors_in(&said, &self.file(*file).path, &piece).is_empty()
                })
            });
            let found = if asked == "spins" { &mut allowed.spins } else { &mut allowed.safe };
            found.extend(yes.map(|(place, _)| place));
        }
        Ok(allowed)
    }

    /// Whether an error is the library's refusal for the rule that a kind breaks.
    fn refusal(&self, kind: Kind, error: &Diagnostic) -> Option<String> {
        let wanted = match kind {
            Kind::Exchanged | Kind::MovedUnder => Rule::Order,
            Kind::PreemptionOff | Kind::InterruptsOff | Kind::PlainInHandler => Rule::Context,
        };
        self.messages.refusal(error).filter(|(rule, _)| *rule == wanted).map(|(_, message)| message)
    }

    /// What the compiler said of one breakage; `None` where it said nothing of it.
    fn judge(&self, pending: Pending, changed: &ChangedFiles, said: &[Diagnostic]) -> Option<Verdict> {
        let (file, breakage) = self.breakage(pending.number);
        let Some(new) = changed.get(&pending.number.0) else {
            return Some(Verdict::OtherError("the changes overlap".to_owned()));
        };
        let extent = if pending.alone { 0..new.text.len() } else { new.moved(&breakage.extent) };
        let errors = errors_in(said, &file.path, &extent);
        let probes: Vec<Range<usize>> = new.probes(&breakage.extent).collect();
        let (of_probe, own): (Vec<_>, Vec<_>) =
            errors.iter().partition(|(_, place)| probes.iter().any(|probe| is_inside(place, probe)));
        let refused = own.iter().find_map(|(error, _)| self.refusal(breakage.kind, error));
        match (refused, of_probe.first(), own.first()) {
            (Some(message), None, _) => Some(Verdict::Refused(message)),
            (None, None, None) if pending.alone => Some(match said.first() {
                Some(error) => Verdict::OtherError(error.message.clone()),
                None => Verdict::Compiled,
            }),
            (None, None, None) => None,
            (_, Some((error, _)), _) | (_, _, Some((error, _))) => {
                let how = &file.places[breakage.place].how;
                let may_be_none = matches!(how, How::Call { may_be_none: true, .. });
                Some(if may_be_none && error.code == MISMATCH {
                    Verdict::OneType
                } else {
                    Verdict::OtherError(error.message.clone())
                })
            }
        }
    }

    /// The next breakages to build: each in another body; or one by itself.
    fn next_batch(&self, queue: &[Pending]) -> Vec<Pending> {
        let mut bodies = BTreeSet::new();
        let together = queue
            .iter()
            .filter(|pending| !pending.alone)
            .filter(|pending| bodies.insert(self.body(pending.number)));
        let batch: Vec<Pending> = together.copied().collect();
        if batch.is_empty() { queue.first().copied().into_iter().collect() } else { batch }
    }

    /// Tries breakages; calls `progress` with how many are left.
    ///
    /// # Errors
    ///
    /// The compiler cannot be run.
    pub fn break_all(
        &mut self,
        numbers: &[Number],
        mut progress: impl FnMut(usize),
    ) -> Result<BTreeMap<Number, Verdict>, Failure> {
        let mut queue: Vec<Pending> = numbers
            .iter()
            .map(|&number| Pending { number, attempt: 0, alone: false, has_one_type: false })
            .collect();
        let mut verdicts = BTreeMap::new();
        // Which probe fits into a body is learned from the first that did.
        let mut fits: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        while !queue.is_empty() {
            progress(queue.len());
            let mut batch = self.next_batch(&queue);
            for pending in &mut batch {
                if let (Kind::MovedUnder, Some(&attempt)) =
                    (self.breakage(pending.number).1.kind, fits.get(&self.body(pending.number)))
                {
                    let last = self.breakage(pending.number).1.attempts.len() - 1;
                    pending.attempt = pending.attempt.max(attempt).min(last);
                }
            }
            queue.retain(|pending| !batch.iter().any(|chosen| chosen.number == pending.number));
            let mut edits: BTreeMap<usize, Vec<Edit>> = BTreeMap::new();
            for pending in &batch {
                let (_, breakage) = self.breakage(pending.number);
                edits.entry(pending.number.0).or_default().extend(breakage.attempts[pending.attempt].clone());
            }
            let (changed, said) = self.build(edits)?;
            let ended_early = said.iter().any(ends_early);
            let mut judged = 0;
            let mut silent = Vec::new();
            for pending in batch {
                let (_, breakage) = self.breakage(pending.number);
                let more = pending.attempt + 1 < breakage.attempts.len();
                match self.judge(pending, &changed, &said) {
                    None => silent.push(pending),
                    Some(ref verdict @ (Verdict::OtherError(_) | Verdict::OneType)) if more => {
                        judged += 1;
                        queue.push(Pending {
                            attempt: pending.attempt + 1,
                            alone: false,
                            has_one_type: pending.has_one_type || *verdict == Verdict::OneType,
                            ..pending
                        });
                    }
                    Some(Verdict::OtherError(_)) if pending.has_one_type => {
                        judged += 1;
                        verdicts.insert(pending.number, Verdict::OneType);
                    }
                    Some(verdict) => {
                        judged += 1;
                        if breakage.kind == Kind::MovedUnder {
                            fits.insert(self.body(pending.number), pending.attempt);
                        }
                        verdicts.insert(pending.number, verdict);
                    }
                }
            }
            // Where the compiler ended early, it has said nothing of the others yet.
            let alone = !(ended_early && judged > 0);
            queue.extend(silent.into_iter().map(|pending| Pending { alone, ..pending }));
        }
        Ok(verdicts)
    }

    /// Tries the twins of places, by the numbers of file and place: all of them in each build. A twin with an error takes its
    /// next form, until all compile.
    ///
    /// # Errors
    ///
    /// The compiler cannot be run.
    pub fn try_twins(
        &mut self,
        places: &BTreeSet<Number>,
        mut progress: impl FnMut(usize),
    ) -> Result<BTreeMap<Number, Twin>, Failure> {
        let outside = self.subject.probes.outside();
        let forms = |&(file, place): &Number| {
            let file = self.file(file);
            breakage::twins(&file.places[place], &file.text, &outside)
        };
        let mut left: BTreeMap<Number, (usize, Vec<Vec<Edit>>)> =
            places.iter().map(|place| (*place, (0, forms(place)))).collect();
        let mut twins = BTreeMap::new();
        while !left.is_empty() {
            let mut edits: BTreeMap<usize, Vec<Edit>> = BTreeMap::new();
            let mut outermost_first: Vec<_> = left.iter().collect();
            // Where two begin at one place, the outer one's text comes first.
            outermost_first
                .sort_by_key(|&(&(file, place), _)| Reverse(self.file(file).places[place].span.len()));
            for (number, (form, forms)) in outermost_first {
                edits.entry(number.0).or_default().extend(forms[*form].clone());
            }
            let (changed, said) = self.build(edits)?;
            if said.is_empty() {
                break;
            }
            let mut wrong: BTreeMap<Number, &Diagnostic> = BTreeMap::new();
            for error in &said {
                let blamed = self.blamed(error, &changed).filter(|number| left.contains_key(number));
                if let Some(number) = blamed {
                    wrong.entry(number).or_insert(error);
                }
            }
            progress(wrong.len());
            if wrong.is_empty() {
                // An error that is at no place is everybody's.
                let error = &said[0].message;
                twins.extend(left.keys().map(|&number| (number, Twin::Fails(error.clone()))));
                return Ok(twins);
            }
            for (number, error) in wrong {
                match left.get_mut(&number) {
                    Some((form, forms)) if *form + 1 < forms.len() => {
                        *form = self.next_form(*form, error).min(forms.len() - 1);
                    }
                    _ => {
                        left.remove(&number);
                        twins.insert(number, Twin::Fails(error.message.clone()));
                    }
                }
            }
        }
        twins.extend(left.into_iter().map(|(number, (form, forms))| {
            let lock = outside.get(form).filter(|_| form + 1 < forms.len());
            (number, lock.map_or(Twin::Bare, |lock| Twin::FurtherOut(lock.clone())))
        }));
        Ok(twins)
    }

    /// Which form of a twin comes after one with an error: a lock of the next level where this one's comes too early, one of
    /// the next kind where the context refuses this one, and none where what is inside refuses this one.
    fn next_form(&self, form: usize, error: &Diagnostic) -> usize {
        match self.messages.refusal(error) {
            Some((Rule::Order, _)) if error.message.contains(&format!("cannot acquire `{OUTSIDE}")) => {
                form + KINDS.len()
            }
            Some((Rule::Order, _)) => usize::MAX,
            _ => form + 1,
        }
    }

    /// The place whose change an error comes from: the innermost around it, or the last one before it. A wait that refuses its
    /// guard does so for what is around the acquisition.
    fn blamed(&self, error: &Diagnostic, changed: &ChangedFiles) -> Option<Number> {
        let (number, at) = error.places.iter().find_map(|place| {
            let number = self.subject.files.iter().position(|file| file.path == place.file)?;
            Some((number, &place.range))
        })?;
        let (new, places) = (changed.get(&number)?, &self.file(number).places);
        let moved = places.iter().map(|place| match &place.how {
            // What is put around a lock of `acquire!` stands in front of it.
            How::Element(element) => {
                let start = element.previous.unwrap_or(element.call.start);
                let piece = new.moved(&(start..place.span.end - 1));
                piece.start..piece.end + 1
            }
            _ => new.moved(&place.span),
        });
        let moved: Vec<(usize, Range<usize>)> = moved.enumerate().collect();
        let around =
            moved.iter().filter(|(_, piece)| is_inside(at, piece)).min_by_key(|(_, piece)| piece.len());
        let before =
            || moved.iter().filter(|(_, piece)| piece.start <= at.start).max_by_key(|(_, piece)| piece.start);
        let (place, _) = around.or_else(before)?;
        let blamed = match (&places[*place].how, places[*place].outer) {
            (How::Condition, Some(outer)) => outer,
            _ => *place,
        };
        Some((number, blamed))
    }

    /// Takes the probes away again: other crates are checked with this one as it is.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub fn leave(self) -> Result<(), Failure> {
        self.subject.files.iter().try_for_each(|file| self.workshop.write(&file.path, &file.text))
    }

    /// How often the compiler has run.
    #[must_use]
    pub const fn builds(&self) -> usize {
        self.builds
    }
}
