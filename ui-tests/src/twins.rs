//! How far a program is from its twin.

/// The most lines that a change may have on either side.
pub const LARGEST_CHANGE: usize = 8;

/// The code of a text: no header, no comments, no empty lines, no imports, no indentation.
///
/// Imports follow from what is used, and indentation from where it stands: neither is a change of its own.
fn code(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with("use "))
        .collect()
}

/// The one stretch of lines that differs: how many lines it has here and there.
///
/// What lies between the first and the last difference counts, so that two changes are one large one.
#[must_use]
pub fn difference(rejected: &str, accepted: &str) -> (usize, usize) {
    let (mut here, mut there) = (code(rejected), code(accepted));
    let same = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
    here.drain(..same);
    there.drain(..same);
    let same = here.iter().rev().zip(there.iter().rev()).take_while(|(a, b)| a == b).count();
    (here.len() - same, there.len() - same)
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_change_is_one_stretch() {
        let text = "//! header\nuse a;\none\n  two\nthree\nfour\n";
        assert_eq!(difference(text, text), (0, 0));
        assert_eq!(difference(text, "use b;\none\nTWO\nthree\nfour\n"), (1, 1));
        assert_eq!(difference(text, "one\nthree\nfour\n"), (1, 0));
        assert_eq!(difference(text, "one\nTWO\nthree\nFOUR\n"), (3, 3), "two changes are far apart");
    }
}
