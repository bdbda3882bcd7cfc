//! Files with holes: what was never written takes no place, and what is punched out gives its place back.

use std::fs::{self, File, OpenOptions};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

use libc::{
    FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE, SEEK_DATA,
    SEEK_HOLE,
};

crate::tests! {
    a_hole_is_found_and_the_data_after_it,
    there_is_a_hole_at_the_end,
    nothing_is_found_past_the_end,
    a_hole_reads_as_zeros_and_takes_no_place,
    fallocate_makes_a_file_longer,
    fallocate_may_keep_the_length,
    a_punched_hole_reads_as_zeros_and_gives_its_place_back,
    a_hole_may_begin_and_end_inside_of_pages,
    a_range_of_zeros_keeps_its_place,
    fallocate_knows_its_arguments,
    a_truncated_file_is_zero_when_it_grows_again,
    a_mapping_sees_the_hole,
    positions_past_the_end_are_written_to,
}

/// The length of a stretch: of many pages, whatever a filesystem puts together.
const PART: u64 = 1 << 20;

fn file(name: &str) -> File {
    OpenOptions::new().read(true).write(true).create(true).truncate(true).open(name).unwrap()
}

fn seek(file: &File, at: u64, whence: i32) -> Result<i64, i32> {
    call!(SYS_lseek, file.as_raw_fd(), at, whence)
}

fn allocate(file: &File, mode: i32, at: u64, length: u64) -> Result<i64, i32> {
    call!(SYS_fallocate, file.as_raw_fd(), mode, at, length)
}

/// A megabyte of data, one of nothing, one of data.
fn with_hole() -> File {
    let file = file("sparse");
    let data = vec![7; PART as usize];
    file.write_all_at(&data, 0).unwrap();
    file.write_all_at(&data, 2 * PART).unwrap();
    file.sync_all().unwrap();
    file
}

fn a_hole_is_found_and_the_data_after_it() {
    let file = with_hole();
    assert_eq!(seek(&file, 0, SEEK_DATA), Ok(0));
    assert_eq!(seek(&file, 0, SEEK_HOLE), Ok(PART as i64));
    assert_eq!(seek(&file, PART, SEEK_DATA), Ok(2 * PART as i64));
    assert_eq!(seek(&file, PART + 5, SEEK_HOLE), Ok(PART as i64 + 5));
    assert_eq!(seek(&file, 17, SEEK_DATA), Ok(17), "data is where it is looked for");
}

fn there_is_a_hole_at_the_end() {
    let file = with_hole();
    assert_eq!(seek(&file, 2 * PART, SEEK_HOLE), Ok(3 * PART as i64));
}

fn nothing_is_found_past_the_end() {
    let file = with_hole();
    assert_eq!(seek(&file, 3 * PART, SEEK_DATA), Err(libc::ENXIO));
    assert_eq!(seek(&file, 3 * PART, SEEK_HOLE), Err(libc::ENXIO));
    file.set_len(4 * PART).unwrap();
    assert_eq!(seek(&file, 3 * PART, SEEK_DATA), Err(libc::ENXIO), "there is a hole, and no data after it");
}

fn a_hole_reads_as_zeros_and_takes_no_place() {
    let file = with_hole();
    let mut bytes = vec![1; PART as usize];
    file.read_exact_at(&mut bytes, PART).unwrap();
    assert!(bytes.iter().all(|byte| *byte == 0));
    assert!(file.metadata().unwrap().blocks() * 512 < 3 * PART);
}

fn fallocate_makes_a_file_longer() {
    let file = file("file");
    assert_eq!(allocate(&file, 0, 0, PART), Ok(0));
    let known = file.metadata().unwrap();
    assert_eq!(known.len(), PART);
    assert!(known.blocks() * 512 >= PART, "it has its place");
}

fn fallocate_may_keep_the_length() {
    let file = file("file");
    file.write_all_at(b"short", 0).unwrap();
    assert_eq!(allocate(&file, FALLOC_FL_KEEP_SIZE, 0, PART), Ok(0));
    assert_eq!(fs::read("file").unwrap(), b"short");
    assert!(file.metadata().unwrap().blocks() * 512 >= PART);
}

fn a_punched_hole_reads_as_zeros_and_gives_its_place_back() {
    let file = file("file");
    file.write_all_at(&vec![9; 3 * PART as usize], 0).unwrap();
    let before = file.metadata().unwrap().blocks();
    let mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    assert_eq!(allocate(&file, mode, PART, PART), Ok(0));
    let known = file.metadata().unwrap();
    assert_eq!(known.len(), 3 * PART);
    assert!(known.blocks() + PART / 512 <= before);
    let bytes = fs::read("file").unwrap();
    let part = PART as usize;
    assert!(bytes[..part].iter().all(|byte| *byte == 9) && bytes[2 * part..].iter().all(|byte| *byte == 9));
    assert!(bytes[part..2 * part].iter().all(|byte| *byte == 0));
    assert_eq!(seek(&file, 0, SEEK_HOLE), Ok(PART as i64));
}

fn a_hole_may_begin_and_end_inside_of_pages() {
    let file = file("file");
    file.write_all_at(&vec![9; 20_000], 0).unwrap();
    let mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    for (start, length) in [(100, 50), (4000, 200), (8000, 9000), (19_990, 100)] {
        assert_eq!(allocate(&file, mode, start, length), Ok(0));
    }
    let is_hole = |at: usize| {
        [100..150, 4000..4200, 8000..17_000, 19_990..20_000].iter().any(|hole| hole.contains(&at))
    };
    let bytes = fs::read("file").unwrap();
    assert_eq!(bytes.len(), 20_000);
    assert!(bytes.iter().enumerate().all(|(at, byte)| (*byte == 0) == is_hole(at)));
}

fn a_range_of_zeros_keeps_its_place() {
    let file = file("file");
    file.write_all_at(&[9; 8192], 0).unwrap();
    assert_eq!(allocate(&file, FALLOC_FL_ZERO_RANGE, 4096, 8192), Ok(0));
    let bytes = fs::read("file").unwrap();
    assert_eq!(bytes.len(), 12_288, "it becomes longer");
    assert!(bytes[..4096].iter().all(|byte| *byte == 9) && bytes[4096..].iter().all(|byte| *byte == 0));
    assert_eq!(allocate(&file, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 0, PART), Ok(0));
    assert_eq!(file.metadata().unwrap().len(), 12_288);
}

fn fallocate_knows_its_arguments() {
    let file = file("file");
    assert_eq!(allocate(&file, 0, 0, 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_fallocate, file.as_raw_fd(), 0, -1, 10), Err(libc::EINVAL));
    assert_eq!(allocate(&file, 0, i64::MAX as u64, 10), Err(libc::EFBIG));
    assert_eq!(
        allocate(&file, FALLOC_FL_PUNCH_HOLE, 0, 10),
        Err(libc::EOPNOTSUPP),
        "a hole keeps the length"
    );
    assert_eq!(
        allocate(&file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE, 0, 10),
        Err(libc::EOPNOTSUPP)
    );
    let readable = File::open("file").unwrap();
    assert_eq!(allocate(&readable, 0, 0, 10), Err(libc::EBADF));
}

fn a_truncated_file_is_zero_when_it_grows_again() {
    let file = file("file");
    file.write_all_at(&[9; 6000], 0).unwrap();
    file.set_len(100).unwrap();
    file.set_len(6000).unwrap();
    let bytes = fs::read("file").unwrap();
    assert!(bytes[..100].iter().all(|byte| *byte == 9) && bytes[100..].iter().all(|byte| *byte == 0));
}

fn a_mapping_sees_the_hole() {
    let file = file("file");
    file.write_all_at(&[9; 12_288], 0).unwrap();
    let (all, shared) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
    let at = call!(SYS_mmap, 0, 12_288, all, shared, file.as_raw_fd(), 0).unwrap();
    // SAFETY: the mapping is there until the process ends.
    let byte = |offset: i64| unsafe { std::ptr::read_volatile((at + offset) as *const u8) };
    assert_eq!((byte(0), byte(5000), byte(9000)), (9, 9, 9));
    assert_eq!(allocate(&file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096), Ok(0));
    assert_eq!((byte(0), byte(5000), byte(9000)), (9, 0, 9));
    // SAFETY: as above.
    unsafe { std::ptr::write_volatile((at + 5000) as *mut u8, 3) };
    let mut bytes = [0; 1];
    file.read_exact_at(&mut bytes, 5000).unwrap();
    assert_eq!(bytes, [3], "both are one file again");
}

fn positions_past_the_end_are_written_to() {
    let file = file("file");
    file.write_all_at(b"end", 10_000).unwrap();
    let bytes = fs::read("file").unwrap();
    assert_eq!((bytes.len(), &bytes[10_000..]), (10_003, &b"end"[..]));
    assert!(bytes[..10_000].iter().all(|byte| *byte == 0));
}
