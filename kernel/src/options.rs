//! What the host asks for: the file `boot/options` of the ramdisk, lines `key=value`.
//!
//! The same on every way to boot, since one of them has no command line. Unknown keys are skipped, so that an
//! older kernel runs under a newer host program.

use tar_no_std::TarArchiveRef;

/// Path of the options in the ramdisk.
const PATH: &str = "boot/options";

/// The options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options<'a> {
    /// The workload to run.
    pub command: &'a str,
    /// How many seconds a CPU may take no interrupt and a thread may wait; none for the usual.
    pub patience: Option<u64>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { command: "demo", patience: None }
    }
}

/// Reads the options out of a ramdisk; a missing or unreadable one gives the defaults.
#[must_use]
pub fn from_ramdisk(ramdisk: &[u8]) -> Options<'_> {
    let Ok(archive) = TarArchiveRef::new(ramdisk) else { return Options::default() };
    archive
        .entries()
        .find(|entry| entry.filename().as_str() == Ok(PATH))
        .and_then(|entry| core::str::from_utf8(entry.data()).ok())
        .map_or_else(Options::default, parse)
}

/// Reads the options' lines.
#[must_use]
pub fn parse(text: &str) -> Options<'_> {
    let mut options = Options::default();
    for line in text.lines() {
        match line.split_once('=') {
            Some(("cmd", value)) => options.command = value.trim(),
            Some(("patience", value)) => options.patience = value.trim().parse().ok(),
            _ => {}
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::{Options, from_ramdisk, parse};

    #[test]
    fn known_keys_are_read_and_others_skipped() {
        let read = Options { command: "memory", patience: Some(3) };
        assert_eq!(parse("colour=blue\ncmd= memory \n\nnonsense\npatience=3"), read);
        assert_eq!(parse("patience=long").patience, None);
        assert_eq!(parse(""), Options::default());
    }

    #[test]
    fn rubbish_is_not_a_ramdisk() {
        assert_eq!(from_ramdisk(&[]), Options::default());
        assert_eq!(from_ramdisk(&[0xff; 700]), Options::default());
    }
}
