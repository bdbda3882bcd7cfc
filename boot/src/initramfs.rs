//! The guest's first files: an archive that the kernel unpacks into its root, and that holds its options.
//!
//! | file | what |
//! |---|---|
//! | `boot/options` | what the guest is asked for: lines `key=value`, read by the kernel and by `init` |
//! | what [`Programs`] come with | directories, busybox or a root of Debian's packages ([`DebianRoot`]), `init`, a few files in `/etc`; not for the kernel's own workloads |
//! | [`Addition`]s | files of this machine, in place of what would be there otherwise |
//!
//! The same content gives the same bytes, on every machine and at any time.

mod addition;
mod debian;
mod newc;
mod root;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

pub use addition::Addition;
pub use debian::{DebianRoot, PACKAGES, memory};
use newc::{Archive, Node};
pub use root::{Base, Programs};

use crate::failure::Failure;

/// Path of the options in the archive.
const OPTIONS: &str = "boot/options";

/// The options as they are written: a value's backslashes and line ends are `\\` and `\n`.
fn lines(options: &[(&str, String)]) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('\n', "\\n");
    let lines: Vec<_> = options.iter().map(|(key, value)| format!("{key}={}\n", escaped(value))).collect();
    lines.concat()
}

/// Writes the archive to `path`: with the root that programs need if there are some, else with options and additions alone.
///
/// # Errors
///
/// [`Failure::File`] with the file that cannot be read or written; [`Failure::Addition`] where one has no place.
pub fn write(
    path: &Path,
    options: &[(&str, String)],
    programs: Option<&Programs>,
    additions: &[Addition],
) -> Result<(), Failure> {
    let mut archive = Archive::default();
    if let Some(programs) = programs {
        root::add(programs, &mut archive)?;
    }
    for addition in additions {
        addition.add_to(&mut archive)?;
    }
    let options = Node::File(lines(options).into_bytes());
    archive.add(OPTIONS, options, 0o644).map_err(|why| Failure::Addition(OPTIONS.into(), why))?;
    let failed = |error| Failure::File(path.to_path_buf(), error);
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    archive.write(&mut file).and_then(|()| file.flush()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};

    use super::{Addition, Base, Programs, lines, write};
    use crate::busybox;
    use crate::failure::Failure;
    use crate::toolchain::on_path;

    /// A folder with a program `program`, and the addition of it as `guest`.
    fn program(guest: &str) -> (tempfile::TempDir, Addition) {
        let folder = tempfile::tempdir().unwrap();
        let host = folder.path().join("program");
        fs::write(&host, "run me").unwrap();
        fs::set_permissions(&host, fs::Permissions::from_mode(0o755)).unwrap();
        (folder, Addition { host, guest: guest.to_owned() })
    }

    #[test]
    fn executables_keep_their_bit() {
        let (folder, addition) = program("bin/program");
        let path = folder.path().join("initramfs");
        write(&path, &[("selftest", "demo".to_owned())], None, &[addition]).unwrap();
        let bytes = fs::read(path).unwrap();
        let entries: Vec<_> = cpio::entries(&bytes).map(|entry| entry.unwrap()).collect();
        let read: Vec<_> = entries.iter().map(|entry| (entry.name, entry.mode, entry.data)).collect();
        assert_eq!(
            read,
            [
                (&b"bin"[..], 0o040_755, &b""[..]),
                (b"bin/program", 0o100_755, b"run me"),
                (b"boot", 0o040_755, b""),
                (b"boot/options", 0o100_644, b"selftest=demo\n"),
            ]
        );
    }

    #[test]
    fn an_option_is_one_line() {
        let options = [("cmd", "echo 'a\\b'\nls".to_owned()), ("rows", "24".to_owned())];
        assert_eq!(lines(&options), "cmd=echo 'a\\\\b'\\nls\nrows=24\n");
    }

    #[test]
    fn what_has_no_place_is_named() {
        let (folder, addition) = program("bin");
        let programs = Programs { base: Base::Busybox(addition.host.clone()), init: None };
        let failure = write(&folder.path().join("x"), &[], Some(&programs), &[addition]).unwrap_err();
        assert!(matches!(failure, Failure::Addition(..)));
        assert!(failure.to_string().contains("`/bin` in the guest is a directory"), "{failure}");
    }

    /// `cpio` of this machine or of its busybox, where there is one, agrees with the kernel's reader.
    #[test]
    fn another_reader_lists_the_same() {
        let (cpio, applet) = match (on_path(&["cpio"]), busybox::path()) {
            (Some(cpio), _) => (cpio, None),
            (None, Some(busybox)) => (busybox, Some("cpio")),
            (None, None) => {
                eprintln!("passed over: this machine has no cpio");
                return;
            }
        };
        let (folder, addition) = program("usr/bin/program");
        let path = folder.path().join("initramfs");
        let programs =
            Programs { base: Base::Busybox(addition.host.clone()), init: Some(addition.host.clone()) };
        write(&path, &[], Some(&programs), &[addition]).unwrap();
        let listed = |arguments: &[&str]| {
            let file = fs::File::open(&path).unwrap();
            let output = Command::new(&cpio)
                .args(applet)
                .args(arguments)
                .stdin(file)
                .stderr(Stdio::null())
                .output()
                .unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap()
        };
        let bytes = fs::read(&path).unwrap();
        let ours =
            cpio::entries(&bytes).map(|entry| String::from_utf8(entry.unwrap().name.to_vec()).unwrap());
        assert_eq!(listed(&["-it"]).lines().collect::<Vec<_>>(), ours.collect::<Vec<_>>());
        let long = listed(&["-itv"]);
        let has = |begin: &str, end: &str| {
            assert!(long.lines().any(|line| line.starts_with(begin) && line.ends_with(end)), "{end}: {long}");
        };
        has("drwxrwxrwt", " tmp");
        has("-rwxr-xr-x", " usr/bin/program");
        has("lrwxrwxrwx", " bin/sh -> /bin/busybox");
        has("crw-------", " dev/console");
    }
}
