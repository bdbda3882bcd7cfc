//! The compiler's answers.

use std::path::Path;

use closure_tests::compiler::{Compiler, Verdict};

use crate::questions::{COLUMNS, Operation, prelude};
use crate::table::Answers;

/// Errors by which a function may be refused: a missing implementation, and a token of another type than is asked for.
/// Anything else is a mistake in the question.
const REFUSALS: [&str; 2] = ["E0277", "E0308"];

/// Asks every question of the library of `workspace`, built in `target`. `place` is a folder to work in.
///
/// # Errors
///
/// A question that is refused, but not by a rule of the library, or that the compiler cannot be run.
pub fn answers(
    workspace: &Path,
    target: &Path,
    place: &Path,
    operations: &[Operation],
) -> Result<Answers, String> {
    let functions: Vec<_> = operations
        .iter()
        .flat_map(|operation| (0..COLUMNS).map(|number| operation.function("NAME", number)))
        .collect();
    let verdicts = Compiler::new(workspace, target, place, "")?.ask(&prelude(), &functions)?;
    for (function, verdict) in functions.iter().zip(&verdicts) {
        if let Verdict::Fails(codes) = verdict
            && codes.iter().any(|code| !REFUSALS.contains(&code.as_str()))
        {
            return Err(format!("this is no question of order, but fails with {codes:?}: {function}"));
        }
    }
    let rows = verdicts.chunks(COLUMNS).map(|row| row.iter().map(Verdict::compiles).collect());
    Ok(operations.iter().map(|operation| operation.name.clone()).zip(rows).collect())
}
