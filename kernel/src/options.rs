//! What the host asks for: the file `boot/options` of the ramdisk, lines `key=value`.
//!
//! The same on every way to boot, since one of them has no command line. Unknown keys are skipped: some are for `init`, which
//! reads the same file, and an older kernel runs under a newer host program.

/// Path of the options in the ramdisk.
const PATH: &[u8] = b"boot/options";

/// The options that are the kernel's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options<'a> {
    /// The workload of the kernel's own to run instead of `init`.
    pub selftest: Option<&'a str>,
    /// The first program, by its path in the guest.
    pub init: &'a str,
    /// How many seconds a CPU may take no interrupt and a thread may wait; none for the usual.
    pub patience: Option<u64>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { selftest: None, init: "/sbin/init", patience: None }
    }
}

/// Reads the options out of a ramdisk; a missing or unreadable one gives the defaults.
#[must_use]
pub fn from_ramdisk(ramdisk: &[u8]) -> Options<'_> {
    cpio::find(ramdisk, PATH)
        .and_then(|entry| core::str::from_utf8(entry.data).ok())
        .map_or_else(Options::default, parse)
}

/// Reads the options' lines.
#[must_use]
pub fn parse(text: &str) -> Options<'_> {
    let mut options = Options::default();
    for line in text.lines() {
        match line.split_once('=') {
            Some(("selftest", value)) => options.selftest = Some(value.trim()),
            Some(("init", value)) => options.init = value.trim(),
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
        let read = Options { selftest: Some("memory"), init: "/bin/sh", patience: Some(3) };
        assert_eq!(
            parse("colour=blue\nselftest= memory \n\nnonsense\ncmd=a=b\ninit=/bin/sh\npatience=3"),
            read
        );
        assert_eq!(parse("patience=long").patience, None);
        assert_eq!(parse(""), Options::default());
    }

    #[test]
    fn rubbish_is_not_a_ramdisk() {
        assert_eq!(from_ramdisk(&[]), Options::default());
        assert_eq!(from_ramdisk(&[0xff; 700]), Options::default());
    }
}
