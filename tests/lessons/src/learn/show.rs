//! What a student reads: paragraphs as wide as a terminal, headings, and what became of an attempt.

use std::io::{IsTerminal, Write, stdout};

use crate::exercise::{Exercise, MARK, Outcome};

/// Columns of a paragraph.
const WIDTH: usize = 80;

/// Prints; a reader that has gone away ends nothing.
pub(super) fn say(text: &str) {
    let mut out = stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A heading, bold where that can be seen.
pub(super) fn heading(text: &str) -> String {
    let colour = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if colour { format!("\n\x1b[1m{text}\x1b[0m\n") } else { format!("\n== {text}\n") }
}

/// A paragraph, broken between words. Lines of a task are joined first.
pub(super) fn paragraph(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > WIDTH {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let space = if line.is_empty() { "" } else { " " };
            line.extend([space, word]);
        }
    }
    lines.join("\n") + "\n"
}

/// What became of an attempt, and what to make of it.
pub(super) fn shown_outcome(exercise: &Exercise, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passes => {
            let learnt = paragraph(&format!("Learnt: {}", exercise.learnt));
            format!("It passes.\n\n{learnt}\n{}\n", paragraph(&exercise.why))
        }
        Outcome::CheckChanged => paragraph(&format!(
            "The part below `{MARK}` checks the rest, and is not as it was. Put it back, or begin again: cargo run -- learn reset {}",
            exercise.name
        )),
        Outcome::Refused(shown, meaning) => {
            let meaning =
                meaning.map_or_else(String::new, |fix| paragraph(&format!("What to do, in short: {fix}.")));
            format!("The compiler refuses it:\n\n{shown}{meaning}")
        }
        Outcome::Ill(words) => format!("It compiles, and does not end well:\n\n{words}\n"),
        Outcome::Frozen => paragraph(
            "It compiles, and does not end: a thread waits, and nobody will ever end its wait. Which thread, and for whom?",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::paragraph;

    #[test]
    fn a_paragraph_breaks_between_words() {
        let text = paragraph(&"word ".repeat(40));
        assert!(
            text.lines().all(|line| line.len() <= 80 && line.starts_with("word") && line.ends_with("word"))
        );
        assert_eq!(text.split_whitespace().count(), 40);
    }
}
