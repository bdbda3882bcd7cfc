//! The archive that the kernel gets: its options, and files to add.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use tar::{Builder, Header};

use crate::failure::Failure;

/// Path of the options in the archive.
const OPTIONS: &str = "boot/options";

/// A host file and where the guest finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// The file here.
    pub host: PathBuf,
    /// Its path there, from the root.
    pub guest: PathBuf,
}

impl FromStr for Addition {
    type Err = String;

    /// `HOST[:GUEST]`; without a guest path the file keeps its name, in the root.
    fn from_str(text: &str) -> Result<Self, String> {
        let (host, guest) = match text.rsplit_once(':') {
            Some((host, guest)) => (host, PathBuf::from(guest.trim_start_matches('/'))),
            None => (text, Path::new(text).file_name().map(PathBuf::from).unwrap_or_default()),
        };
        if host.is_empty() || guest.as_os_str().is_empty() {
            return Err("expected HOST or HOST:GUEST, two paths of files".to_owned());
        }
        if !guest.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err("the guest's path leads out of its root".to_owned());
        }
        if guest == Path::new(OPTIONS) {
            return Err(format!("`{OPTIONS}` in the guest is where its options are"));
        }
        Ok(Self { host: PathBuf::from(host), guest })
    }
}

/// Appends one file to the archive.
fn append(archive: &mut Builder<impl Write>, path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(mode);
    header.set_mtime(0);
    // Too long a path is an error: the kernel's reader knows no extensions of the format.
    header.set_path(path)?;
    header.set_cksum();
    archive.append(&header, content)
}

/// Writes the ramdisk to `path`.
///
/// # Errors
///
/// [`Failure::File`] with the file that cannot be read or written.
pub fn write(path: &Path, options: &[(&str, String)], additions: &[Addition]) -> Result<(), Failure> {
    let failed = |error| Failure::File(path.to_path_buf(), error);
    let lines: Vec<_> = options.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
    let mut archive = Builder::new(File::create(path).map_err(failed)?);
    append(&mut archive, Path::new(OPTIONS), 0o644, lines.concat().as_bytes()).map_err(failed)?;
    for Addition { host, guest } in additions {
        let failed = |error| Failure::File(host.clone(), error);
        let content = fs::read(host).map_err(failed)?;
        let executable = fs::metadata(host).map_err(failed)?.permissions().mode() & 0o111 != 0;
        append(&mut archive, guest, if executable { 0o755 } else { 0o644 }, &content).map_err(failed)?;
    }
    archive.finish().map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::{Addition, write};

    #[test]
    fn additions_are_parsed() {
        let parse = |text: &str| text.parse::<Addition>().map(|addition| (addition.host, addition.guest));
        assert_eq!(parse("a/b"), Ok((PathBuf::from("a/b"), PathBuf::from("b"))));
        assert_eq!(parse("a/b:/bin/c"), Ok((PathBuf::from("a/b"), PathBuf::from("bin/c"))));
        assert!(parse("").is_err() && parse(":x").is_err() && parse("x:").is_err());
        assert!(parse("x:../y").is_err() && parse("x:a/../y").is_err() && parse("x:/boot/options").is_err());
    }

    #[test]
    fn executables_keep_their_bit() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("program");
        fs::write(&program, "run me").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let ramdisk = directory.path().join("ramdisk.tar");
        let addition = Addition { host: program, guest: "bin/program".into() };
        write(&ramdisk, &[("cmd", "demo".to_owned())], &[addition]).unwrap();
        let mut archive = tar::Archive::new(fs::File::open(&ramdisk).unwrap());
        let entries: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut content = String::new();
                entry.read_to_string(&mut content).unwrap();
                (entry.path().unwrap().into_owned(), entry.header().mode().unwrap(), content)
            })
            .collect();
        assert_eq!(entries[0], ("boot/options".into(), 0o644, "cmd=demo\n".into()));
        assert_eq!(entries[1], ("bin/program".into(), 0o755, "run me".into()));
    }
}
