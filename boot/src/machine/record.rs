//! Records: lines that the guest writes for the host, over the second serial port.
//!
//! `@marker TEXT`, `@figure N TEXT`, `@panic TEXT`, `@status N`. The port is a file that QEMU appends to; [`Follower`]
//! reads what has been added.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

/// Longest record; a longer line is cut, so that a guest that writes rubbish costs no memory.
const LONGEST: usize = 64 * 1024;

/// One line of the guest's for the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Something that a test waits for has happened.
    Marker(String),
    /// Something was measured: what, and how much.
    Figure(String, u64),
    /// The kernel gave up, and why.
    Panic(String),
    /// The exit status of the run; the last record.
    Status(u8),
}

impl Record {
    /// Reads one line; `None` for what is no record.
    fn parse(line: &str) -> Option<Self> {
        let (kind, rest) = line.trim_end().strip_prefix('@')?.split_once(' ')?;
        match kind {
            "marker" => Some(Self::Marker(rest.to_owned())),
            "figure" => {
                let (value, what) = rest.split_once(' ')?;
                Some(Self::Figure(what.to_owned(), value.parse().ok()?))
            }
            "panic" => Some(Self::Panic(rest.to_owned())),
            "status" => rest.parse().ok().map(Self::Status),
            _ => None,
        }
    }
}

/// The line it was read from.
impl fmt::Display for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Marker(text) => write!(formatter, "@marker {text}"),
            Self::Figure(what, value) => write!(formatter, "@figure {value} {what}"),
            Self::Panic(text) => write!(formatter, "@panic {text}"),
            Self::Status(status) => write!(formatter, "@status {status}"),
        }
    }
}

/// Reads records from a file while it grows.
#[derive(Debug)]
pub(super) struct Follower<R = File> {
    source: R,
    /// The beginning of a line whose end has not come.
    partial: Vec<u8>,
}

impl<R: Read> Follower<R> {
    /// Follows `source` from where it stands.
    pub(super) fn new(source: R) -> Self {
        Self { source, partial: Vec::new() }
    }

    /// The records that have come to their end since the last call.
    pub(super) fn poll(&mut self) -> io::Result<Vec<Record>> {
        let mut records = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let length = match self.source.read(&mut buffer) {
                Ok(0) => return Ok(records),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            for &byte in &buffer[..length] {
                if byte == b'\n' {
                    self.finish(&mut records);
                } else if self.partial.len() < LONGEST {
                    self.partial.push(byte);
                }
            }
        }
    }

    /// Reads the line that ended now.
    fn finish(&mut self, records: &mut Vec<Record>) {
        records.extend(Record::parse(&String::from_utf8_lossy(&self.partial)));
        self.partial.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};
    use std::io::Write;

    use super::{Follower, LONGEST, Record};

    #[test]
    fn records_are_lines_of_a_known_kind() {
        assert_eq!(Record::parse("@status 7\r"), Some(Record::Status(7)));
        assert_eq!(Record::parse("@marker all is well"), Some(Record::Marker("all is well".into())));
        for line in ["@figure x 1", "@status 256", "@status", "status 0", "@colour blue", ""] {
            assert_eq!(Record::parse(line), None, "{line}");
        }
        for line in ["@marker x", "@figure 12 a switch", "@panic y", "@status 0"] {
            assert_eq!(Record::parse(line).map(|record| record.to_string()).as_deref(), Some(line));
        }
    }

    #[test]
    fn records_are_read_as_they_come_to_their_end() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("records");
        File::create(&path).unwrap();
        let mut writer = OpenOptions::new().append(true).open(&path).unwrap();
        let mut follower = Follower::new(File::open(&path).unwrap());
        assert_eq!(follower.poll().unwrap(), []);
        writer.write_all(b"@mark").unwrap();
        assert_eq!(follower.poll().unwrap(), []);
        writer.write_all(b"er one\r\n\n@status 3\n@half").unwrap();
        assert_eq!(follower.poll().unwrap(), [Record::Marker("one".to_owned()), Record::Status(3)]);
        assert_eq!(follower.poll().unwrap(), []);
    }

    #[test]
    fn endless_lines_and_other_bytes_do_no_harm() {
        let mut bytes = vec![0xff; 3 * LONGEST];
        bytes.extend(b"\n@status 0\n");
        assert_eq!(Follower::new(bytes.as_slice()).poll().unwrap(), [Record::Status(0)]);
    }
}
