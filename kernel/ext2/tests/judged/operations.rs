//! What our code writes, e2fsck judges and debugfs reads; what mke2fs writes, our code reads.

use std::fs;
use std::os::unix::fs::symlink;

use ext2::{Access, Attributes, Error, Kind, New, Number, Operations};

use crate::disk::{Disk, NOW};
use crate::tools;

const ROOT: Number = Number::ROOT;

/// Block sizes, with and without a journal, old and new inodes.
const KINDS: [&[&str]; 6] = [
    &["-t", "ext3", "-b", "1024"],
    &["-t", "ext3", "-b", "2048", "-I", "128"],
    &["-t", "ext3", "-b", "4096"],
    &["-t", "ext2", "-b", "1024", "-I", "128"],
    &["-t", "ext2", "-b", "4096", "-O", "^filetype"],
    &["-t", "ext2", "-r", "0", "-b", "1024", "-O", "none"],
];

/// Bytes that are not the same anywhere.
fn pattern(seed: usize, length: usize) -> Vec<u8> {
    (0..length)
        .map(|at| u8::try_from((at * 31 + at / 251 + seed * 7) % 251).expect("less than 251"))
        .collect()
}

fn regular(disk: &mut Operations<'_, Disk>, directory: Number, name: &[u8], bytes: &[u8]) -> Number {
    let number = disk.create(directory, name, &New::of(Kind::Regular, 0o644, NOW)).expect("created");
    assert_eq!(disk.write(number, 0, bytes, NOW), Ok(bytes.len()));
    number
}

fn read(disk: &mut Operations<'_, Disk>, number: Number) -> Vec<u8> {
    let size = usize::try_from(disk.inode(number).expect("an inode").size).expect("small");
    let mut bytes = vec![0; size];
    assert_eq!(disk.read(number, 0, &mut bytes), Ok(size));
    bytes
}

fn names(disk: &mut Operations<'_, Disk>, directory: Number) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    let mut at = 0;
    while let Some(entry) = disk.next_entry(directory, at).expect("a directory") {
        at = entry.next;
        names.push(entry.name);
    }
    names
}

fn clean(disk: &Disk, when: &str) {
    if let Some(complaints) = tools::complaints(&disk.bytes) {
        panic!("{when}: {complaints}");
    }
}

#[test]
fn each_operation_leaves_a_clean_filesystem() {
    if !tools::present() {
        return;
    }
    for options in KINDS {
        let mut disk = Disk::new(tools::make(options, 16 * 1024));
        let when = |what| format!("{options:?}, {what}");
        let long = pattern(3, 700_000);
        disk.with(|disk| {
            regular(disk, ROOT, b"short", b"some text");
            regular(disk, ROOT, b"long", &long);
            let below = disk.create(ROOT, b"below", &New::of(Kind::Directory, 0o755, NOW)).unwrap();
            disk.create(below, b"pipe", &New::of(Kind::Fifo, 0o600, NOW)).unwrap();
            let device = New { device: (8, 300), ..New::of(Kind::BlockDevice, 0o600, NOW) };
            let device = disk.create(below, b"device", &device).unwrap();
            assert_eq!(disk.inode(device).unwrap().device(), (8, 300));
            let fast = New { target: b"../short", ..New::of(Kind::Symlink, 0o777, NOW) };
            disk.create(below, b"fast", &fast).unwrap();
            let target = pattern(1, 300).iter().map(|byte| byte % 26 + b'a').collect::<Vec<_>>();
            let slow = disk.create(below, b"slow", &New { target: &target, ..fast }).unwrap();
            assert_eq!(disk.read_link(slow), Ok(target));
        });
        clean(&disk, &when("created"));
        assert_eq!(tools::debugfs(&disk.bytes, "cat /short"), b"some text");
        assert!(tools::debugfs(&disk.bytes, "cat /long") == long, "{options:?}");
        let stat = tools::debugfs(&disk.bytes, "stat /below/fast");
        assert!(String::from_utf8_lossy(&stat).contains("Fast link dest: \"../short\""));
        disk.with(|disk| {
            let long = disk.lookup(ROOT, b"long").unwrap();
            disk.link(long, ROOT, &[b'n'; 255], NOW).unwrap();
            disk.truncate(long, 300_001, NOW).unwrap();
            disk.truncate(long, 2_000_000, NOW).unwrap();
            assert_eq!(disk.write(long, 1_900_000, b"behind a hole", NOW), Ok(13));
            let short = disk.lookup(ROOT, b"short").unwrap();
            let attributes =
                Attributes { permissions: Some(0o4711), uid: Some(70_000), ..Attributes::default() };
            disk.set_attributes(short, &attributes, NOW).unwrap();
            let below = disk.lookup(ROOT, b"below").unwrap();
            assert_eq!(disk.rename((ROOT, b"short"), (below, b"moved"), NOW), Ok(None));
            let slow = disk.unlink(below, b"slow", NOW).unwrap().unwrap();
            disk.reap(slow, NOW).unwrap();
            assert_eq!(disk.remove_directory(ROOT, b"below", NOW), Err(Error::NotEmpty));
        });
        clean(&disk, &when("changed"));
        let mut expected = long[..300_001].to_vec();
        expected.resize(2_000_000, 0);
        expected[1_900_000..1_900_013].copy_from_slice(b"behind a hole");
        assert!(tools::debugfs(&disk.bytes, "cat /long") == expected, "{options:?}");
        let stat = String::from_utf8(tools::debugfs(&disk.bytes, "stat /below/moved")).unwrap();
        assert!(stat.contains("Mode:  04711") && stat.contains("User: 70000"), "{stat}");
        disk.with(|disk| {
            let long = disk.lookup(ROOT, b"long").unwrap();
            assert!(read(disk, long) == expected);
            let below = disk.lookup(ROOT, b"below").unwrap();
            for name in [&b"pipe"[..], b"device", b"fast", b"moved"] {
                let number = disk.unlink(below, name, NOW).unwrap().expect("the last name");
                disk.reap(number, NOW).unwrap();
            }
            let below = disk.remove_directory(ROOT, b"below", NOW).unwrap();
            disk.reap(below, NOW).unwrap();
            assert_eq!(disk.unlink(ROOT, b"long", NOW), Ok(None));
            let long = disk.unlink(ROOT, &[b'n'; 255], NOW).unwrap().expect("the last name");
            assert!(read(disk, long) == expected, "an open file without names");
            disk.reap(long, NOW).unwrap();
            assert_eq!(names(disk, ROOT).len(), 3, "`.`, `..` and lost+found");
        });
        clean(&disk, &when("removed"));
        let fresh = Disk::new(tools::make(options, 16 * 1024));
        let free = |mut disk: Disk| disk.with(|disk| disk.free().unwrap());
        assert_eq!(free(disk), free(fresh), "{options:?}");
    }
}

#[test]
fn directories_grow_move_and_replace_each_other() {
    if !tools::present() {
        return;
    }
    let mut disk = Disk::new(tools::make(&["-t", "ext3", "-b", "1024"], 16 * 1024));
    disk.with(|disk| {
        let directory = New::of(Kind::Directory, 0o755, NOW);
        let (a, b) =
            (disk.create(ROOT, b"a", &directory).unwrap(), disk.create(ROOT, b"b", &directory).unwrap());
        let c = disk.create(a, b"c", &directory).unwrap();
        for number in 0..700 {
            let name = format!("a file with a name that is rather long {number}");
            regular(disk, c, name.as_bytes(), name.as_bytes());
        }
        assert_eq!(disk.rename((ROOT, b"a"), (c, b"a"), NOW), Err(Error::IntoItself));
        assert_eq!(disk.rename((a, b"c"), (b, b"moved"), NOW), Ok(None));
        assert_eq!(disk.lookup(c, b".."), Ok(b));
        assert_eq!(disk.rename((b, b"moved"), (ROOT, b"a"), NOW), Ok(Some(a)));
        disk.reap(a, NOW).unwrap();
        assert_eq!(disk.lookup(ROOT, b"a"), Ok(c));
        for number in (0..700).step_by(2) {
            let name = format!("a file with a name that is rather long {number}");
            let onto = format!("a file with a name that is rather long {}", number + 1);
            let lost =
                disk.rename((c, name.as_bytes()), (c, onto.as_bytes()), NOW).unwrap().expect("its only name");
            disk.reap(lost, NOW).unwrap();
        }
        assert_eq!(names(disk, c).len(), 352);
        let last = disk.lookup(c, b"a file with a name that is rather long 699").unwrap();
        assert_eq!(read(disk, last), b"a file with a name that is rather long 698");
        assert_eq!(
            disk.rename((ROOT, b"b"), (c, b"a file with a name that is rather long 699"), NOW),
            Err(Error::NotDirectory)
        );
        assert_eq!(
            disk.rename((c, b"a file with a name that is rather long 699"), (ROOT, b"b"), NOW),
            Err(Error::IsDirectory)
        );
        assert_eq!(disk.rename((ROOT, b"b"), (ROOT, b"a"), NOW), Err(Error::NotEmpty));
    });
    clean(&disk, "moved");
}

#[test]
fn what_others_made_is_read_and_changed() {
    if !tools::present() {
        return;
    }
    let folder = tempfile::TempDir::new().expect("a folder");
    let root = folder.path();
    fs::create_dir_all(root.join("some/where")).unwrap();
    fs::create_dir(root.join("many")).unwrap();
    fs::write(root.join("some/where/large"), pattern(5, 3_000_000)).unwrap();
    for number in 0..1500 {
        fs::write(root.join(format!("many/{number:0100}")), format!("{number}")).unwrap();
    }
    symlink("where/large", root.join("some/link")).unwrap();
    for options in KINDS {
        let image = tools::make_from(&[options, &["-N", "2000"]].concat(), 24 * 1024, root);
        // An index: the directory is sorted by hashes.
        let mut disk = Disk::new(image);
        if options.contains(&"ext3") {
            let scratch = tempfile::TempDir::new().expect("a folder");
            let file = tools::file(&scratch, &disk.bytes);
            tools::index_directories(&file);
            disk.bytes = fs::read(file).unwrap();
            let flags = tools::debugfs(&disk.bytes, "stat /many");
            assert!(String::from_utf8_lossy(&flags).contains("Flags: 0x1000"), "an index");
        }
        disk.with(|disk| {
            let some = disk.lookup(ROOT, b"some").unwrap();
            let link = disk.lookup(some, b"link").unwrap();
            assert_eq!(disk.read_link(link).unwrap(), b"where/large");
            let place = disk.lookup(some, b"where").unwrap();
            let large = disk.lookup(place, b"large").unwrap();
            assert!(read(disk, large) == pattern(5, 3_000_000), "{options:?}");
            let many = disk.lookup(ROOT, b"many").unwrap();
            assert_eq!(names(disk, many).len(), 1502);
            for number in [0, 700, 1499] {
                let file = disk.lookup(many, format!("{number:0100}").as_bytes()).unwrap();
                assert_eq!(read(disk, file), format!("{number}").as_bytes());
            }
            for number in 0..200 {
                regular(disk, many, format!("new {number}").as_bytes(), b"new");
                let lost = disk.unlink(many, format!("{number:0100}").as_bytes(), NOW).unwrap().unwrap();
                disk.reap(lost, NOW).unwrap();
            }
            assert_eq!(names(disk, many).len(), 1502);
        });
        clean(&disk, &format!("{options:?}"));
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    if !tools::present() {
        return;
    }
    for options in [&["-t", "ext3", "-b", "1024", "-N", "64"][..], &["-t", "ext2", "-b", "4096", "-N", "64"]]
    {
        let mut disk = Disk::new(tools::make(options, 8 * 1024));
        let bytes = pattern(9, 20_000_000);
        let written = disk.with(|disk| {
            let full = disk.create(ROOT, b"full", &New::of(Kind::Regular, 0o644, NOW)).unwrap();
            let written = disk.write(full, 0, &bytes, NOW).unwrap();
            assert_eq!(disk.write(full, written as u64, b"x", NOW), Err(Error::NoSpace));
            assert_eq!(
                disk.create(ROOT, b"directory", &New::of(Kind::Directory, 0o755, NOW)),
                Err(Error::NoSpace)
            );
            assert_eq!(disk.free().unwrap().blocks, 0);
            for number in 0.. {
                match disk.create(ROOT, format!("{number}").as_bytes(), &New::of(Kind::Regular, 0o644, NOW)) {
                    Ok(_) => {}
                    Err(error) => {
                        assert_eq!(error, Error::NoInodes);
                        break;
                    }
                }
            }
            written
        });
        clean(&disk, "full");
        assert!(tools::debugfs(&disk.bytes, "cat /full") == bytes[..written], "{options:?}");
        disk.with(|disk| {
            let full = disk.lookup(ROOT, b"full").unwrap();
            disk.truncate(full, 5, NOW).unwrap();
            // What was freed is used at once: a commit comes between.
            assert_eq!(disk.write(full, 5, &bytes[5..2_000_000], NOW), Ok(1_999_995));
        });
        clean(&disk, "emptied");
        assert!(tools::debugfs(&disk.bytes, "cat /full") == bytes[..2_000_000], "{options:?}");
    }
}

#[test]
fn a_file_of_two_gigabytes_is_mostly_hole() {
    if !tools::present() {
        return;
    }
    for size in ["1024", "4096"] {
        let mut disk = Disk::new(tools::make(&["-t", "ext3", "-b", size, "-O", "^large_file"], 8 * 1024));
        disk.with(|disk| {
            let large = regular(disk, ROOT, b"large", b"begin");
            assert_eq!(disk.write(large, (1 << 31) + 7, b"end", NOW), Ok(3));
            let mut bytes = [1; 10];
            assert_eq!(disk.read(large, 1 << 31, &mut bytes), Ok(10));
            assert_eq!(&bytes, b"\0\0\0\0\0\0\0end");
            assert_eq!(disk.write(large, 1 << 50, b"x", NOW), Err(Error::TooLarge));
            assert_eq!(disk.truncate(large, 1 << 50, NOW), Err(Error::TooLarge));
        });
        clean(&disk, size);
        disk.with(|disk| {
            let large = disk.unlink(ROOT, b"large", NOW).unwrap().unwrap();
            disk.reap(large, NOW).unwrap();
        });
        clean(&disk, size);
    }
}

#[test]
fn an_inode_has_thirty_two_thousand_names() {
    if !tools::present() {
        return;
    }
    let mut disk = Disk::new(tools::make(&["-t", "ext3", "-b", "4096"], 16 * 1024));
    disk.with(|disk| {
        let file = regular(disk, ROOT, b"0", b"x");
        // So that a name is not looked for among all of them, they lie in many directories.
        for directory in 0..320 {
            let name = format!("d{directory}");
            let below = disk.create(ROOT, name.as_bytes(), &New::of(Kind::Directory, 0o755, NOW)).unwrap();
            for number in 0..100 {
                let made = disk.link(file, below, format!("{number}").as_bytes(), NOW);
                let last = directory == 319 && number == 99;
                assert_eq!(made, if last { Err(Error::TooManyLinks) } else { Ok(()) });
            }
        }
    });
    clean(&disk, "32,000 links");
}

#[test]
fn features_are_refused_by_name() {
    if !tools::present() {
        return;
    }
    for (options, feature) in [
        (&["-t", "ext4"][..], "extent"),
        (&["-t", "ext3", "-O", "meta_bg,^resize_inode"], "meta_bg"),
        (&["-t", "ext3", "-O", "flex_bg"], "flex_bg"),
        (&["-t", "ext2", "-O", "inline_data,^resize_inode"], "inline_data"),
    ] {
        let mut disk = Disk::new(tools::make(options, 8 * 1024));
        assert_eq!(disk.mount(Access::ReadWrite).map(drop), Err(Error::Unsupported(feature)));
    }
    let mut disk = Disk::new(tools::make(&["-t", "ext3", "-O", "dir_nlink"], 8 * 1024));
    let before = disk.bytes.clone();
    let mut filesystem = disk.mount(Access::ReadWrite).unwrap();
    assert_eq!(filesystem.access(), Access::ReadOnly);
    let new = New::of(Kind::Regular, 0o644, NOW);
    assert_eq!(filesystem.over(&mut disk).create(ROOT, b"x", &new), Err(Error::ReadOnly));
    assert!(filesystem.over(&mut disk).lookup(ROOT, b"lost+found").is_ok());
    filesystem.unmount(&mut disk, NOW).unwrap();
    assert!(disk.bytes == before);
    assert_eq!(Disk::new(vec![0; 8192]).mount(Access::ReadOnly).map(drop), Err(Error::NotExt2));
}

#[test]
fn a_disk_that_fails_makes_it_read_only() {
    if !tools::present() {
        return;
    }
    let image = tools::make(&["-t", "ext3", "-b", "1024"], 8 * 1024);
    for lives in (0..400).step_by(7) {
        let mut disk = Disk::new(image.clone());
        let mut filesystem = disk.mount(Access::ReadWrite).unwrap();
        disk.lives = Some(lives);
        let mut over = filesystem.over(&mut disk);
        for number in 0..40 {
            let made =
                over.create(ROOT, format!("{number}").as_bytes(), &New::of(Kind::Directory, 0o755, NOW));
            let committed = over.commit();
            if made.is_err() || committed.is_err() {
                break;
            }
        }
        disk.lives = None;
        if filesystem.access() == Access::ReadOnly {
            let new = New::of(Kind::Regular, 0o644, NOW);
            assert_eq!(filesystem.over(&mut disk).create(ROOT, b"x", &new), Err(Error::ReadOnly));
            assert!(filesystem.unmount(&mut disk, NOW).is_err());
        } else {
            filesystem.unmount(&mut disk, NOW).unwrap();
        }
        disk.with(|_| ());
        clean(&disk, &format!("failed after {lives}"));
    }
}

#[test]
fn what_is_deleted_is_not_deleted_again() {
    if !tools::present() {
        return;
    }
    let mut disk = Disk::new(tools::make(&["-t", "ext3", "-b", "1024"], 8 * 1024));
    disk.with(|disk| {
        let names = [&b"a"[..], b"b", b"c"];
        let numbers = names.map(|name| regular(disk, ROOT, name, b"some bytes"));
        for name in names {
            disk.unlink(ROOT, name, NOW).unwrap();
        }
        // Not in the order of the list, and the one in its middle twice.
        for (number, expected) in
            [(1, Ok(())), (1, Err(Error::NotFound)), (0, Ok(())), (2, Ok(())), (2, Err(Error::NotFound))]
        {
            assert_eq!(disk.reap(numbers[number], NOW), expected, "{number}");
        }
        regular(disk, ROOT, b"still", b"writable");
    });
    clean(&disk, "deleted");
}
