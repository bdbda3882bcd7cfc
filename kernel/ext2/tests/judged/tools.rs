//! The tools of e2fsprogs, that nobody here wrote: they make images and judge them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Where a tool is; distributions keep them where users do not look.
fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether the tools are there; says what to do otherwise.
pub(crate) fn present() -> bool {
    let present = ["mke2fs", "e2fsck", "debugfs"].iter().all(|name| tool(name).is_some());
    if !present {
        eprintln!("skipped: there is no e2fsprogs; install it with `apt install e2fsprogs`");
    }
    present
}

fn run(name: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(tool(name).expect("looked for before"));
    // The same image each time.
    command.args(arguments).stdin(Stdio::null()).env("E2FSPROGS_FAKE_TIME", "1700000000");
    command.output().expect("it runs")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// An image made by mke2fs with these options, in KiB.
pub(crate) fn make(options: &[&str], size: u32) -> Vec<u8> {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("image");
    let (path, size) = (file.to_str().expect("a name"), format!("{size}k"));
    let mut arguments = vec![
        "-q",
        "-F",
        "-U",
        "6d1ad3c6-3c7e-4e10-9d4b-0f3a5b6c7d8e",
        "-E",
        "hash_seed=6d1ad3c6-3c7e-4e10-9d4b-0f3a5b6c7d8e",
    ];
    arguments.extend(options);
    arguments.extend([path, &size]);
    let output = run("mke2fs", &arguments);
    assert!(output.status.success(), "{}", text(&output));
    fs::read(file).expect("an image")
}

/// A file with these bytes, for a tool.
pub(crate) fn file(folder: &TempDir, bytes: &[u8]) -> PathBuf {
    let file = folder.path().join("image");
    fs::write(&file, bytes).expect("written");
    file
}

/// What e2fsck finds in an image; nothing in one that is clean.
pub(crate) fn complaints(bytes: &[u8]) -> Option<String> {
    let folder = TempDir::new().expect("a folder");
    let file = file(&folder, bytes);
    let output = run("e2fsck", &["-f", "-n", file.to_str().expect("a name")]);
    (!output.status.success()).then(|| text(&output))
}

/// The image after e2fsck has recovered its journal and what else it finds without asking.
pub(crate) fn recovered(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let folder = TempDir::new().expect("a folder");
    let file = file(&folder, bytes);
    let output = run("e2fsck", &["-p", file.to_str().expect("a name")]);
    let said = text(&output);
    let expected = |line: &str| {
        line.contains("recovering journal")
            || line.contains("orphaned")
            || line.contains("clean,")
            || line.contains("files (")
            || line.is_empty()
    };
    match output.status.code() {
        Some(0 | 1) if said.lines().all(expected) => Ok(fs::read(file).expect("an image")),
        _ => Err(said),
    }
}

/// What debugfs says of an image.
pub(crate) fn debugfs(bytes: &[u8], request: &str) -> Vec<u8> {
    let folder = TempDir::new().expect("a folder");
    let file = file(&folder, bytes);
    run("debugfs", &["-R", request, file.to_str().expect("a name")]).stdout
}

/// An image with a directory's files in it.
pub(crate) fn make_from(options: &[&str], size: u32, from: &Path) -> Vec<u8> {
    let mut all = options.to_vec();
    all.extend(["-d", from.to_str().expect("a name")]);
    make(&all, size)
}

/// Has e2fsck give the directories of an image their indexes.
pub(crate) fn index_directories(file: &Path) {
    run("e2fsck", &["-f", "-y", "-D", file.to_str().expect("a name")]);
}
