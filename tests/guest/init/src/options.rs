//! What the host asks for: lines `key=value` of the file `/boot/options`, which the kernel reads, too. In a value `\\` is a
//! backslash and `\n` the end of a line.

use std::fs;

/// The file.
const PATH: &str = "/boot/options";

/// The options that are for this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// What the shell is to run.
    pub(crate) command: Option<String>,
    /// What `TERM` is to be.
    pub(crate) terminal: Option<String>,
    /// How many rows and columns the terminal has.
    pub(crate) size: Option<(u16, u16)>,
}

/// Reads the file; a missing one asks for nothing.
pub(crate) fn read() -> Options {
    parse(&fs::read_to_string(PATH).unwrap_or_default())
}

/// Reads the lines. Keys that are the kernel's, or nobody's, are skipped.
fn parse(text: &str) -> Options {
    let mut options = Options::default();
    let (mut rows, mut columns) = (None, None);
    for line in text.lines() {
        match line.split_once('=') {
            Some(("cmd", value)) => options.command = Some(unescaped(value)),
            Some(("term", value)) => options.terminal = Some(unescaped(value)),
            Some(("rows", value)) => rows = value.parse().ok(),
            Some(("columns", value)) => columns = value.parse().ok(),
            _ => {}
        }
    }
    options.size = rows.zip(columns);
    options
}

/// A value as it was given to the host.
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Options, parse, unescaped};

    #[test]
    fn known_keys_are_read_and_others_skipped() {
        let read = parse(
            "init=/sbin/init\ncmd=a=b; echo '\\\\n'\\nls \nterm=xterm\nrows=24\nnonsense\ncolumns=80\n",
        );
        let expected = Options {
            command: Some("a=b; echo '\\n'\nls ".to_owned()),
            terminal: Some("xterm".to_owned()),
            size: Some((24, 80)),
        };
        assert_eq!(read, expected);
        assert_eq!(parse("rows=24\ncolumns=many"), Options::default());
        assert_eq!(parse("cmd=").command.as_deref(), Some(""));
    }

    #[test]
    fn a_value_comes_back() {
        assert_eq!(unescaped("\\\\\\n\\x\\"), "\\\nx\\");
    }
}
