//! A guest at work on its disk, judged by the tools of e2fsprogs, which nobody here wrote.

use std::fs;
use std::io::sink;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use boot::image::Variant;
use boot::machine::{Machine, Outcome, Record, Work};
use boot::private_tools;
use boot::provision::{self, Need};

/// Longest time of one boot.
const DEADLINE: Option<Duration> = Some(Duration::from_mins(4));

/// Where a tool is; distributions keep them where users do not look.
fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    let on_system = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    on_system.or_else(|| private_tools::program(name, &["e2fsprogs"]))
}

/// Runs a tool; gives its status and what it printed.
fn run(name: &str, arguments: &[&str]) -> (Option<i32>, Vec<u8>) {
    let mut command = private_tools::command(&tool(name).expect("looked for before"));
    let output = command.args(arguments).stdin(Stdio::null()).output().expect("it runs");
    (output.status.code(), output.stdout)
}

/// A guest's boot: what its shell does with the disk.
fn guest(kernel: &Path, disk: &Path, script: &str) -> Outcome {
    let machine = Machine {
        cpus: 2,
        work: Work::Command(script.to_owned()),
        disk: Some(disk.to_path_buf()),
        deadline: DEADLINE,
        ..Machine::default()
    };
    machine.run(kernel, Box::new(sink())).unwrap_or_else(|failure| panic!("{failure}"))
}

/// The kernel's own workload for its disk, on an empty one.
fn requests(kernel: &Path, disk: &Path) {
    fs::write(disk, vec![0; 4 << 20]).expect("written");
    let machine = Machine {
        cpus: 4,
        work: Work::Selftest("disk".to_owned()),
        disk: Some(disk.to_path_buf()),
        deadline: DEADLINE,
        ..Machine::default()
    };
    let outcome = machine.run(kernel, Box::new(sink())).unwrap_or_else(|failure| panic!("{failure}"));
    let markers = ["many", "again", "refused"].map(|test| Record::Marker(format!("disk: {test}")));
    assert_eq!(outcome.status, 0, "{}", outcome.output);
    assert!(markers.iter().all(|marker| outcome.records.contains(marker)), "{:?}", outcome.records);
}

/// Fails unless e2fsck finds nothing.
fn clean(disk: &str, when: &str) {
    let (status, said) = run("e2fsck", &["-f", "-n", disk]);
    assert_eq!(status, Some(0), "{when}: {}", String::from_utf8_lossy(&said));
}

/// Bytes that are not the same anywhere.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 31 + at / 251) % 251).expect("less than 251")).collect()
}

#[test]
fn what_a_guest_writes_is_whole_and_survives_it() {
    if ["mke2fs", "e2fsck", "debugfs"].iter().any(|name| tool(name).is_none()) {
        eprintln!("skipped: there is no e2fsprogs; install it with `apt install e2fsprogs`");
        return;
    }
    let needs = [&Need::KERNEL[..], &Machine::default().needs()].concat();
    provision::provide_all(&needs).unwrap_or_else(|failure| panic!("{failure}"));
    let kernel = Variant::default().build().unwrap_or_else(|failure| panic!("{failure}"));
    let folder = tempfile::TempDir::new().expect("a folder");
    requests(&kernel, &folder.path().join("empty"));
    let from = folder.path().join("from");
    fs::create_dir_all(from.join("some/where")).expect("made");
    let large = pattern(1_500_000);
    fs::write(from.join("some/where/large"), &large).expect("written");
    fs::write(from.join("small"), "a line of the host\n").expect("written");
    let disk = folder.path().join("disk");
    let (path, from) = (disk.to_str().expect("a name"), from.to_str().expect("a name"));
    assert_eq!(run("mke2fs", &["-q", "-F", "-t", "ext3", "-d", from, path, "24m"]).0, Some(0));

    // Written and unmounted.
    let outcome = guest(
        &kernel,
        &disk,
        "set -e; mkdir /mnt; mount -t ext3 /dev/vda /mnt; cd /mnt; cat small; cp some/where/large copy; \
         cmp copy some/where/large; for n in 1 2 3 4 5 6 7 8 9; do mkdir -p d$n/e; echo $n > d$n/e/f; done; rm -r d3; \
         mv d4/e d5/moved; ln small d5/link; ln -s ../small d6/soft; cat d6/soft; echo more >> small; \
         cp /bin/busybox busybox2; ./busybox2 echo 'from the disk'; df /mnt | grep -q mnt; cd /; umount /mnt; test ! -e /mnt/small",
    );
    assert_eq!(outcome.status, 0, "{}", outcome.output);
    assert!(outcome.output.matches("a line of the host").count() == 2, "{}", outcome.output);
    assert!(outcome.output.contains("from the disk"), "{}", outcome.output);
    clean(path, "unmounted");
    assert!(run("debugfs", &["-R", "cat /copy", path]).1 == large, "the copy");
    assert_eq!(run("debugfs", &["-R", "cat /d5/link", path]).1, b"a line of the host\nmore\n");
    assert_eq!(run("debugfs", &["-R", "cat /d5/moved/f", path]).1, b"4\n");

    // Synced and not unmounted: the machine ends.
    let outcome = guest(
        &kernel,
        &disk,
        "set -e; mkdir /mnt; mount -t ext3 /dev/vda /mnt; cp /mnt/copy /mnt/synced; rm /mnt/copy; rm -r /mnt/d5; sync; \
         mkdir /mnt/later; echo lost > /mnt/later/f",
    );
    assert_eq!(outcome.status, 0, "{}", outcome.output);
    let copy = folder.path().join("copy");
    fs::copy(&disk, &copy).expect("copied");
    let copy = copy.to_str().expect("a name");
    let (status, said) = run("e2fsck", &["-p", copy]);
    assert!(matches!(status, Some(0 | 1)), "{}", String::from_utf8_lossy(&said));
    clean(copy, "recovered by e2fsck");
    assert!(run("debugfs", &["-R", "cat /synced", copy]).1 == large, "what was synced, by e2fsck");

    // Recovered by the guest.
    let outcome = guest(
        &kernel,
        &disk,
        "set -e; mkdir /mnt; mount -t ext3 /dev/vda /mnt; cmp /mnt/synced /mnt/some/where/large; test ! -e /mnt/copy; \
         test ! -e /mnt/d5; umount /mnt",
    );
    assert_eq!(outcome.status, 0, "{}", outcome.output);
    clean(path, "recovered by the guest");
    assert!(run("debugfs", &["-R", "cat /synced", path]).1 == large, "what was synced");
}
