//! Images that somebody has changed to do harm: mounting and using them ends, in an error or not, without a panic and within the disk.

use ext2::{Access, Error, Kind, New, Number, Operations};

use crate::disk::{Disk, NOW};
use crate::random::Random;
use crate::tools;

/// Images that are tried.
const IMAGES: usize = 200;
/// Entries that are looked at in one image: damaged directories may contain themselves.
const ENTRIES: usize = 400;

/// A small filesystem with something of each kind, its journal to be recovered and an inode to be deleted.
fn image(options: &[&str]) -> Vec<u8> {
    let mut disk = Disk::new(tools::make(options, 4 * 1024));
    disk.with(|disk| {
        let below = disk.create(Number::ROOT, b"below", &New::of(Kind::Directory, 0o755, NOW)).unwrap();
        for number in 0..30 {
            let name = format!("{number}{}", "n".repeat(100));
            let file = disk.create(below, name.as_bytes(), &New::of(Kind::Regular, 0o644, NOW)).unwrap();
            disk.write(file, number * 1000, &vec![7; 3000], NOW).unwrap();
        }
        let large = disk.create(Number::ROOT, b"large", &New::of(Kind::Regular, 0o644, NOW)).unwrap();
        disk.write(large, 0, &vec![8; 600_000], NOW).unwrap();
        let link = New { target: &[b'l'; 200], ..New::of(Kind::Symlink, 0o777, NOW) };
        disk.create(Number::ROOT, b"link", &link).unwrap();
    });
    let mut filesystem = disk.mount(Access::ReadWrite).unwrap();
    let mut over = filesystem.over(&mut disk);
    over.create(Number::ROOT, b"more", &New::of(Kind::Directory, 0o755, NOW)).unwrap();
    over.unlink(Number::ROOT, b"large", NOW).unwrap();
    over.commit().unwrap();
    // Not unmounted: the power fails.
    disk.bytes
}

/// Uses a directory and what is below it.
fn walk(
    over: &mut Operations<'_, Disk>,
    directory: Number,
    left: &mut usize,
    depth: usize,
) -> Result<(), Error> {
    let mut at = 0;
    while let Some(entry) = over.next_entry(directory, at)? {
        at = entry.next;
        if *left == 0 {
            return Ok(());
        }
        *left -= 1;
        let Ok(inode) = over.inode(entry.number) else { continue };
        let mut bytes = [0; 5000];
        let _ = over.read(entry.number, 0, &mut bytes);
        let _ = over.read(entry.number, inode.size.saturating_sub(100), &mut bytes);
        let _ = over.read_link(entry.number);
        if inode.kind() == Some(Kind::Directory) && depth < 5 && !entry.name.starts_with(b".") {
            let _ = walk(over, entry.number, left, depth + 1);
        }
    }
    Ok(())
}

/// Changes what can be changed.
fn change(over: &mut Operations<'_, Disk>) {
    let mut names = Vec::new();
    for directory in [Number::ROOT, over.lookup(Number::ROOT, b"below").unwrap_or(Number::ROOT)] {
        let mut at = 0;
        while let Ok(Some(entry)) = over.next_entry(directory, at) {
            at = entry.next;
            if names.len() >= ENTRIES {
                break;
            }
            names.push((directory, entry.name, entry.number));
        }
    }
    for (round, (directory, name, number)) in names.into_iter().enumerate() {
        let _ = match round % 5 {
            0 => over.write(number, 70_000, &[1; 4000], NOW).map(drop),
            1 => over.truncate(number, 10, NOW),
            2 => over
                .unlink(directory, &name, NOW)
                .and_then(|lost| lost.map_or(Ok(()), |lost| over.reap(lost, NOW))),
            3 => over.rename((directory, &name), (Number::ROOT, b"moved"), NOW).map(drop),
            _ => over.remove_directory(directory, &name, NOW).and_then(|lost| over.reap(lost, NOW)),
        };
    }
    let _ = over.create(Number::ROOT, b"new", &New::of(Kind::Directory, 0o755, NOW));
    let _ = over.commit();
}

/// A place that is worth changing: mostly in structures.
fn place(disk: &Disk, random: &mut Random, structures: &[usize]) -> usize {
    match random.below(8) {
        0 => 1024 + random.below(264),
        1 => (disk.size.max(2048)) + random.below(64),
        2 => random.below(disk.bytes.len()),
        _ => structures[random.below(structures.len())] + random.below(disk.size),
    }
}

/// Blocks that are not all zeros and not the tests' data.
fn structures(disk: &Disk) -> Vec<usize> {
    let used = |block: &[u8]| block.iter().any(|byte| !matches!(byte, 0 | 7 | 8));
    disk.bytes
        .chunks(disk.size)
        .enumerate()
        .filter(|(_, block)| used(block))
        .map(|(at, _)| at * disk.size)
        .collect()
}

#[test]
fn damaged_images_end_in_errors() {
    if !tools::present() {
        return;
    }
    let kinds = [
        image(&["-t", "ext3", "-b", "1024", "-J", "size=1", "-N", "128"]),
        image(&["-t", "ext2", "-b", "1024", "-N", "128"]),
        image(&["-t", "ext3", "-b", "1024", "-J", "size=1", "-N", "128", "-g", "1024"]),
    ];
    let mut mounted = 0;
    for seed in 0..IMAGES {
        let mut random = Random::new(seed as u64 + 1000);
        let mut disk = Disk::new(kinds[seed % kinds.len()].clone());
        let structures = structures(&disk);
        for _ in 0..=random.below(24) {
            let at = place(&disk, &mut random, &structures);
            let value = u8::try_from(random.below(256)).expect("a byte");
            disk.bytes[at] = if random.below(3) == 0 { disk.bytes[at] ^ 1 << random.below(8) } else { value };
        }
        // A number of 32 bits that is nearly something.
        if random.below(2) == 0 {
            let at = place(&disk, &mut random, &structures) / 4 * 4;
            let number = [0, 1, u32::MAX, 0x8000_0000, 4096, 4095, 2, 11][random.below(8)];
            disk.bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        }
        disk.outside = 0;
        // Longer than any use of a whole image takes: a bound, so that no use is endless.
        disk.lives = Some(2_000_000);
        if let Ok(mut filesystem) = disk.mount(Access::ReadWrite) {
            mounted += 1;
            let mut over = filesystem.over(&mut disk);
            let _ = walk(&mut over, Number::ROOT, &mut ENTRIES.clone(), 0);
            change(&mut over);
            let _ = filesystem.unmount(&mut disk, NOW);
        }
        assert_ne!(disk.lives, Some(0), "image {seed} is used without an end");
        assert_eq!(disk.outside, 0, "image {seed} is read or written outside of the disk");
    }
    assert!((IMAGES / 5..IMAGES).contains(&mounted), "{mounted} of {IMAGES} mounted");
}
