//! Files of this machine that the guest finds in its root.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use super::OPTIONS;
use super::newc::{Archive, Node};
use crate::failure::Failure;

/// A host file and where the guest finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// The file here.
    pub host: PathBuf,
    /// Its path there, from the root, without a slash before it.
    pub guest: String,
}

impl FromStr for Addition {
    type Err = String;

    /// `HOST[:GUEST]`; without a guest path the file keeps its name, in the root; with one that ends in a slash it keeps its
    /// name there.
    fn from_str(text: &str) -> Result<Self, String> {
        let (host, guest) = text.rsplit_once(':').unwrap_or((text, "/"));
        let host = PathBuf::from(host);
        let name = host.file_name().filter(|_| guest.ends_with('/')).unwrap_or_default();
        let guest = Path::new(guest.trim_start_matches('/')).join(name);
        let usual = guest.components().all(|part| matches!(part, Component::Normal(_)));
        // Joined anew: `a//b` and `a/./b` are names of `a/b`.
        let guest: PathBuf = guest.components().collect();
        let Some(guest) = guest.to_str().map(str::to_owned) else {
            return Err("the guest's path is not UTF-8".to_owned());
        };
        if host.as_os_str().is_empty() || guest.is_empty() {
            return Err("expected HOST or HOST:GUEST, two paths of files".to_owned());
        }
        if !usual {
            return Err("the guest's path leads out of its root".to_owned());
        }
        if guest == OPTIONS {
            return Err(format!("`{OPTIONS}` in the guest is where its options are"));
        }
        Ok(Self { host, guest })
    }
}

impl Addition {
    /// Puts the file into an archive; an executable keeps its bit.
    pub(super) fn add_to(&self, archive: &mut Archive) -> Result<(), Failure> {
        let failed = |error| Failure::File(self.host.clone(), error);
        let content = fs::read(&self.host).map_err(failed)?;
        let executable = fs::metadata(&self.host).map_err(failed)?.permissions().mode() & 0o111 != 0;
        let permissions = if executable { 0o755 } else { 0o644 };
        archive
            .add(&self.guest, Node::File(content), permissions)
            .map_err(|why| Failure::Addition(self.host.clone(), why))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::Addition;

    #[test]
    fn additions_are_parsed() {
        let parse = |text: &str| text.parse::<Addition>().map(|addition| (addition.host, addition.guest));
        let parsed = |host: &str, guest: &str| Ok((PathBuf::from(host), guest.to_owned()));
        assert_eq!(parse("a/b"), parsed("a/b", "b"));
        assert_eq!(parse("a/b:/bin/c"), parsed("a/b", "bin/c"));
        assert_eq!(parse("a/b:bin//d/./"), parsed("a/b", "bin/d/b"));
        assert_eq!(parse("a:/"), parsed("a", "a"));
        for wrong in ["", ":x", "x:", ":", "..", "x:../y", "x:a/../y", "x:/boot/options", "x:boot//options"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
