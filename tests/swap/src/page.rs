//! The table in `docs/swap.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::breakage::Kind;
use crate::failure::Failure;
use crate::run::{Fate, Outcome};
use crate::trial::Twin;

/// The page.
const PAGE: &str = "docs/swap.md";
/// What a cell of the table counts: a crate, a kind, and what came of it.
type Row<'o> = (&'o str, Kind, String);

/// What came of a breakage, as the table says it.
fn said(fate: &Fate) -> String {
    match fate {
        Fate::Refused(message) => message.clone(),
        Fate::Excepted(_, reason) => format!("(exception: {reason})"),
        Fate::Compiled => "(compiles)".to_owned(),
        Fate::OneType => "(no acquisition: the function has one type for its token)".to_owned(),
        Fate::OtherError(error) => format!("(another error: {error})"),
    }
}

/// The table and what stands around it.
#[must_use]
pub fn table(outcomes: &[Outcome], twins: &[(String, Twin)]) -> String {
    let mut rows: BTreeMap<Row<'_>, usize> = BTreeMap::new();
    for outcome in outcomes {
        *rows.entry((&outcome.package, outcome.kind, said(&outcome.fate))).or_default() += 1;
    }
    let refused = outcomes.iter().filter(|outcome| matches!(outcome.fate, Fate::Refused(_))).count();
    let mut text = format!(
        "{} breakages, {refused} refused by the library's own message.\n\n| crate | kind | broken | what the compiler says |\n|---|---|---:|---|\n",
        outcomes.len()
    );
    for ((package, kind, said), count) in &rows {
        // A string takes everything.
        let _ = writeln!(text, "| {package} | {kind} | {count} | {said} |");
    }
    let mut around: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (package, twin) in twins {
        let column = match twin {
            Twin::FurtherOut(_) => 0,
            Twin::Bare => 1,
            Twin::Fails(_) => 2,
        };
        around.entry(package).or_default()[column] += 1;
    }
    text.push_str("\nThe twin of each place, all of a crate in one build:\n\n");
    text.push_str("| crate | under a lock further out | where no lock fits: without one | does not compile |\n|---|---:|---:|---:|\n");
    for (package, [outside, bare, fails]) in around {
        let _ = writeln!(text, "| {package} | {outside} | {bare} | {fails} |");
    }
    text
}

/// Puts the table into the page.
///
/// # Errors
///
/// The page cannot be read or written, or its marks are gone.
pub fn publish(root: &Path, text: &str) -> Result<(), Failure> {
    let path = root.join(PAGE);
    boot::generated::publish(&path, "swap", "cargo run -- swap", text).map_err(Failure::file(&path))
}
