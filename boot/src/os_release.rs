//! What `os-release(5)` says of the system that this program runs on, read once.

use std::fs;
use std::sync::LazyLock;

/// Where the file is, in the order in which `os-release(5)` says to look.
const PATHS: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// What the file says; empty on a system that has none.
static TEXT: LazyLock<String> =
    LazyLock::new(|| PATHS.iter().find_map(|path| fs::read_to_string(path).ok()).unwrap_or_default());

/// An `os-release` file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OsRelease<'a>(&'a str);

impl OsRelease<'static> {
    /// This machine's; without a value for any key where the system has no such file.
    pub(crate) fn of_this_machine() -> Self {
        Self(&TEXT)
    }
}

impl<'a> OsRelease<'a> {
    /// One with this text.
    #[cfg(test)]
    pub(crate) const fn of(text: &'a str) -> Self {
        Self(text)
    }

    /// The value of `key` without its quotes; empty where the key is missing.
    pub(crate) fn value(self, key: &str) -> &'a str {
        self.0
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .map(|value| value.trim_matches(['"', '\'']))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::OsRelease;

    #[test]
    fn a_value_comes_without_its_quotes() {
        let debian = OsRelease::of("PRETTY_NAME=\"Debian 12\"\nID=debian\nVERSION_ID='12'\n");
        assert_eq!(["ID", "VERSION_ID", "ID_LIKE"].map(|key| debian.value(key)), ["debian", "12", ""]);
    }
}
