//! Archives written down here, damaged ones, and many that are damaged at random.

use super::{Entry, Kind, Malformed, entries, find, number};

/// An entry's bytes, as another writer would make them.
fn encoded(name: &[u8], mode: u32, data: &[u8]) -> Vec<u8> {
    let size = |bytes: usize| u32::try_from(bytes).unwrap();
    let fields = [7, mode, 1, 2, 1, 1_000_000_000, size(data.len()), 8, 9, 5, 1, size(name.len() + 1), 0]
        .map(|field| format!("{field:08X}"));
    let mut bytes = [b"070701", fields.concat().as_bytes(), name, &[0]].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// An archive with something of each kind.
fn archive() -> Vec<u8> {
    [
        encoded(b"bin", 0o040_755, b""),
        encoded(b"bin/busybox", 0o100_755, &[0x7f; 1021]),
        encoded(b"bin/sh", 0o120_777, b"/bin/busybox"),
        encoded(b"dev/console", 0o020_600, b""),
        encoded(b"boot/options", 0o100_644, b"cmd=ls\n"),
        encoded(b"TRAILER!!!", 0, b""),
    ]
    .concat()
}

#[test]
fn entries_come_in_order_and_the_trailer_ends_them() {
    let archive = [archive(), b"what follows is not looked at".to_vec()].concat();
    let read: Vec<_> = entries(&archive).collect::<Result<_, _>>().unwrap();
    let kinds: Vec<_> =
        read.iter().map(|entry| (entry.name, entry.kind().unwrap(), entry.data.len())).collect();
    assert_eq!(
        kinds,
        [
            (&b"bin"[..], Kind::Directory, 0),
            (b"bin/busybox", Kind::Regular, 1021),
            (b"bin/sh", Kind::Symlink, 12),
            (b"dev/console", Kind::CharacterDevice, 0),
            (b"boot/options", Kind::Regular, 7),
        ]
    );
    let console = Entry {
        name: b"dev/console",
        mode: 0o020_600,
        uid: 1,
        gid: 2,
        mtime: 1_000_000_000,
        links: 1,
        inode: 7,
        device: (5, 1),
        data: b"",
    };
    assert_eq!((read[3], read[3].permissions()), (console, 0o600));
}

#[test]
fn a_file_is_found_by_its_name() {
    let archive = archive();
    assert_eq!(find(&archive, b"boot/options").unwrap().data, b"cmd=ls\n");
    assert_eq!(find(&archive, b"boot"), None);
    assert_eq!(find(&archive, b"TRAILER!!!"), None);
}

#[test]
fn every_beginning_of_an_archive_is_short() {
    let archive = archive();
    // Its last three bytes are padding behind the trailer, which nobody misses.
    for end in 0..archive.len() - 3 {
        let mut read = entries(&archive[..end]);
        assert_eq!(read.by_ref().last(), Some(Err(Malformed::Short)), "{end}");
        assert_eq!(read.next(), None);
    }
}

#[test]
fn damage_is_told_once_after_what_is_whole() {
    let whole = encoded(b"a", 0o100_644, b"data");
    let damaged = |at: usize, byte: u8| {
        let mut archive = [whole.clone(), archive()].concat();
        archive[whole.len() + at] = byte;
        let mut read = entries(&archive);
        assert_eq!(read.next().unwrap().unwrap().data, b"data");
        let damage = read.next().unwrap().unwrap_err();
        assert_eq!(read.next(), None);
        damage
    };
    assert_eq!(damaged(5, b'2'), Malformed::Magic);
    assert_eq!(damaged(6, b'+'), Malformed::Number);
    assert_eq!(damaged(109, b'g'), Malformed::Number);
    assert_eq!(damaged(110, 0), Malformed::Name, "a NUL in the name");
    assert_eq!(damaged(113, b'x'), Malformed::Name, "no NUL behind it");
    assert_eq!(damaged(101, b'3'), Malformed::Name, "no NUL where it ends");
    assert_eq!(damaged(97, b'F'), Malformed::Name, "a megabyte of it");
    assert_eq!(damaged(54, b'F'), Malformed::Short, "four gigabytes of data");
}

#[test]
fn a_name_is_never_empty() {
    let archive = [encoded(b"", 0o100_644, b"data"), archive()].concat();
    assert_eq!(entries(&archive).next(), Some(Err(Malformed::Name)));
}

#[test]
fn numbers_are_of_both_cases_and_fill_a_word() {
    assert_eq!((number(b"00000010"), number(b"ffffFFFF")), (Some(16), Some(u32::MAX)));
    assert_eq!((number(b"+0000001"), number(b" 0000001"), number(b"0000001\xff")), (None, None, None));
}

#[test]
fn a_mode_of_no_kind_is_none() {
    let archive = [encoded(b"odd", 0o150_000, b""), archive()].concat();
    assert_eq!(entries(&archive).next().unwrap().unwrap().kind(), None);
}

/// Numbers that look random and are the same every time (Marsaglia, "Xorshift RNGs", 2003).
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % below
    }
}

/// No bytes make it panic or go on for ever, and what it gives lies inside of the archive.
#[test]
fn archives_that_are_damaged_at_random_are_read_to_some_end() {
    let whole = archive();
    let digits = b"0123456789ABCDEFabcdef+-gG \0\xff";
    let mut random = Random(0x1dea_5eed);
    let (mut well, mut ill) = (0, 0);
    for _ in 0..50_000 {
        let mut archive = whole.clone();
        for _ in 0..=random.next(4) {
            let at = random.next(archive.len());
            match random.next(4) {
                0 => archive[at] = u8::try_from(random.next(256)).unwrap(),
                1 => archive[at] = digits[random.next(digits.len())],
                2 => archive.truncate(at.max(1)),
                _ => drop(archive.drain(at..(at + random.next(9)).min(archive.len()).max(at))),
            }
            if archive.is_empty() {
                archive.push(0);
            }
        }
        let mut read = 0;
        for entry in entries(&archive) {
            match entry {
                Ok(entry) => {
                    read += entry.data.len() + entry.name.len();
                    assert!(!entry.name.is_empty() && !entry.name.contains(&0));
                    well += 1;
                }
                Err(_) => ill += 1,
            }
        }
        assert!(read <= archive.len());
    }
    assert!(well > 50_000 && ill > 20_000, "{well} entries, {ill} archives with damage: the test tries both");
}
