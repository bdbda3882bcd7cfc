//! Compiling random programs in batches, running them under a deadline, and making small what fails.

use std::fmt::{self, Write};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::chance::Chance;
use super::grammar::Generator;
use super::term::{self, Call};
use crate::closure::WORLD;
use crate::compiler::{Compiler, Verdict};

/// What the programs run in.
const ARENA: &str = include_str!("../../arena.rs");
/// What every program begins with.
const PRELUDE: &str = "#![allow(warnings)] #![forbid(unsafe_code)] extern crate arena; use arena::*;";
/// How long one round of a program may take, in milliseconds: it takes a few.
const PATIENCE: u64 = 15_000;
/// How many programs run at a time.
const RUNNERS: usize = 3;
/// How often a smaller program runs before it counts as well.
const TRIES: usize = 6;

/// What a program is: what each of its threads does.
pub type Program = [Vec<Call>; 3];

/// How a run went, as the program says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome(String);

impl Outcome {
    /// Whether nothing hung, was reported, panicked or wrote with another.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.0.trim_end_matches('\n') == "OK\tboth 0\treports \tpanics "
    }
}

/// A program that failed, made small.
#[derive(Debug)]
pub struct Failure {
    /// The seed of its batch.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// What is left of it.
    pub program: Program,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "seed {}: {}", self.seed, self.outcome.0.trim().replace('\t', ", "))?;
        for (index, body) in self.program.iter().enumerate() {
            writeln!(formatter, "    thread {index}: {}", term::text(body))?;
        }
        Ok(())
    }
}

/// Numbers of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Functions made.
    pub made: usize,
    /// Functions that compile.
    pub compiled: usize,
    /// Programs run.
    pub run: usize,
}

/// Where programs are compiled and run.
#[derive(Debug)]
pub struct Arena {
    compiler: Compiler,
}

/// One function of a program, on one line.
fn function(body: &[Call]) -> String {
    format!("fn NAME(h: &mut H<'_, Nothing, Task>) {{ let mut h = h.reborrow(); {} }}", term::text(body))
}

/// A whole program of several functions.
fn whole(bodies: &[&[Call]]) -> String {
    let mut text = format!("{PRELUDE}\n");
    let mut names = String::new();
    for (index, body) in bodies.iter().enumerate() {
        let _ = writeln!(text, "{}", function(body).replacen("NAME", &format!("f{index}"), 1));
        let _ = write!(names, "f{index}, ");
    }
    let _ = writeln!(text, "static FUNCTIONS: &[Function] = &[{names}];\nfn main() {{ run(FUNCTIONS) }}");
    text
}

/// Runs three functions of a compiled program.
fn run(program: &Path, numbers: [usize; 3]) -> Outcome {
    let child = Command::new(program)
        .arg(PATIENCE.to_string())
        .args(numbers.map(|number| number.to_string()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return Outcome("does not start".to_owned()) };
    let began = Instant::now();
    // The program ends by itself; if it cannot even do that, this ends it.
    while began.elapsed() < Duration::from_millis(PATIENCE * 8) {
        if let Ok(Some(status)) = child.try_wait() {
            let mut said = String::new();
            let read = child.stdout.as_mut().map(|output| output.read_to_string(&mut said));
            let whole = status.success() && matches!(read, Some(Ok(length)) if length > 0);
            return Outcome(if whole { said } else { format!("CRASH: {status}") });
        }
        thread::sleep(Duration::from_millis(1));
    }
    let _ = child.kill();
    let _ = child.wait();
    Outcome("NEVER ENDS".to_owned())
}

impl Arena {
    /// Builds the library, the world and the arena.
    ///
    /// # Errors
    ///
    /// What the compiler says.
    pub fn new(workspace: &Path, target: &Path, place: &Path) -> Result<Self, String> {
        let mut compiler = Compiler::new(workspace, target, place, WORLD)?;
        compiler.add("arena", ARENA)?;
        Ok(Self { compiler })
    }

    /// Makes functions from a seed, and gives those that compile.
    fn survivors(&self, seed: u64, count: usize) -> Result<Vec<Vec<Call>>, String> {
        let mut generator = Generator::new(seed);
        let made: Vec<_> = (0..count).map(|_| generator.function()).collect();
        let texts: Vec<_> = made.iter().map(|body| function(body)).collect();
        let verdicts = self.compiler.ask(PRELUDE, &texts)?;
        let kept = made.into_iter().zip(verdicts).filter(|(_, verdict)| *verdict == Verdict::Compiles);
        Ok(kept.map(|(body, _)| body).collect())
    }

    /// Makes `count` functions, runs `programs` of three of those that compile, until a time at most; gives the first
    /// failure.
    ///
    /// # Errors
    ///
    /// What the compiler says of what should compile.
    pub fn batch(
        &self,
        seed: u64,
        count: usize,
        programs: usize,
        end: Instant,
    ) -> Result<(Counts, Option<Failure>), String> {
        let bodies = self.survivors(seed, count)?;
        let references: Vec<&[Call]> = bodies.iter().map(Vec::as_slice).collect();
        let program = self.compiler.program("programs", &whole(&references))?;
        let mut chance = Chance::new(seed ^ 0x5eed);
        let mut chosen: Vec<[usize; 3]> = Vec::new();
        // Each function with itself first: two threads that do the same meet at each lock.
        chosen.extend((0..bodies.len()).map(|index| [index, index, chance.below(bodies.len())]));
        chosen.extend((0..programs).map(|_| [(); 3].map(|()| chance.below(bodies.len()))));
        chosen.truncate(programs);
        let next = Mutex::new((chosen.into_iter(), 0));
        let failed = Mutex::new(None);
        let work = || {
            loop {
                let numbers = {
                    let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                    let stop = Instant::now() > end
                        || failed.lock().unwrap_or_else(PoisonError::into_inner).is_some();
                    let Some(numbers) = next.0.next().filter(|_| !stop) else { break };
                    next.1 += 1;
                    numbers
                };
                let outcome = run(&program, numbers);
                if !outcome.is_well() {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some((numbers, outcome));
                }
            }
        };
        thread::scope(|scope| (0..RUNNERS).for_each(|_| drop(scope.spawn(work))));
        let run = next.into_inner().unwrap_or_else(PoisonError::into_inner).1;
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let failure = failed.map(|(numbers, outcome)| {
            let program = numbers.map(|number| bodies[number].clone());
            self.smaller(seed, program, outcome)
        });
        Ok((Counts { made: count, compiled: bodies.len(), run }, failure))
    }

    /// How a program of its own goes: the worst of a few runs; none if it does not compile.
    fn worst(&self, program: &Program) -> Option<Outcome> {
        let references: Vec<&[Call]> = program.iter().map(Vec::as_slice).collect();
        let file: PathBuf = self.compiler.program("smaller", &whole(&references)).ok()?;
        (0..TRIES).map(|_| run(&file, [0, 1, 2])).find(|outcome| !outcome.is_well())
    }

    /// Drops calls while the program still fails, for a few minutes at most.
    fn smaller(&self, seed: u64, program: Program, outcome: Outcome) -> Failure {
        let mut failure = Failure { seed, outcome, program };
        let end = Instant::now() + Duration::from_mins(4);
        let mut shrinks = true;
        while shrinks && Instant::now() < end {
            shrinks = false;
            for thread in 0..failure.program.len() {
                let mut index = 0;
                while index < term::size(&failure.program[thread]) && Instant::now() < end {
                    let mut program = failure.program.clone();
                    program[thread] = term::without(&program[thread], index);
                    match self.worst(&program) {
                        Some(outcome) => {
                            failure = Failure { seed, outcome, program };
                            shrinks = true;
                        }
                        None => index += 1,
                    }
                }
            }
        }
        failure
    }
}
