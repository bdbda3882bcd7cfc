//! What people see of this program: lines on standard error, in colour on a terminal only.

use std::io::{IsTerminal, Write, stderr};

/// Whether standard error is a terminal that wants colour.
fn colour() -> bool {
    stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// One line, its first word marked.
fn line(code: &str, mark: &str, text: &str) {
    let mut out = stderr().lock();
    // Nobody is left to tell when standard error is gone.
    let _ = if colour() {
        writeln!(out, "\x1b[{code}m{mark}\x1b[0m {text}")
    } else {
        writeln!(out, "{mark} {text}")
    };
}

/// Says what is being done.
pub fn progress(text: &str) {
    line("1;32", "boot:", text);
}

/// Whether a line that is said can be replaced by the next one.
#[must_use]
pub fn changes_lines() -> bool {
    stderr().is_terminal()
}

/// Says how far something has come, replacing what was said before where that can be seen.
pub fn step(text: &str) {
    if changes_lines() {
        let mut out = stderr().lock();
        // Nobody is left to tell when standard error is gone.
        let _ = write!(out, "\r\x1b[K{text}\r").and_then(|()| out.flush());
    } else {
        progress(text);
    }
}

/// Says what failed, in one line.
pub fn failure(text: &str) {
    line("1;31", "boot: error:", &text.replace('\n', " "));
}
