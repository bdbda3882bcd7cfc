//! From file to file inside of the kernel.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _};

crate::tests! {
    sendfile_copies_and_moves_both_positions,
    sendfile_from_a_place_leaves_the_position,
    sendfile_fills_a_pipe,
    sendfile_wants_a_file_to_read_and_one_to_write,
    sendfile_to_a_pipe_of_nobody_fails,
    copy_file_range_copies_from_place_to_place,
    copy_file_range_ends_at_the_end,
    copy_file_range_refuses_parts_that_overlap,
    copy_file_range_knows_what_is_no_file,
    vectors_are_read_and_written_at_places,
    a_place_of_minus_one_is_the_position,
    advice_is_asked_of_files,
}

fn made(name: &str, bytes: &[u8]) -> File {
    fs::write(name, bytes).unwrap();
    OpenOptions::new().read(true).write(true).open(name).unwrap()
}

fn send(to: &File, from: &File, at: Option<&mut i64>, count: usize) -> Result<i64, i32> {
    let at = at.map_or(std::ptr::null_mut(), std::ptr::from_mut);
    call!(SYS_sendfile, to.as_raw_fd(), from.as_raw_fd(), at, count)
}

fn pipe() -> (File, File) {
    let mut ends = [0; 2];
    assert_eq!(call!(SYS_pipe2, ends.as_mut_ptr(), 0), Ok(0));
    // SAFETY: the numbers were given just now.
    unsafe { (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1])) }
}

fn sendfile_copies_and_moves_both_positions() {
    let long: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
    let (mut from, mut to) = (made("from", &long), made("to", b""));
    assert_eq!(send(&to, &from, None, 200_000), Ok(200_000));
    assert_eq!((from.stream_position().unwrap(), to.stream_position().unwrap()), (200_000, 200_000));
    assert_eq!(send(&to, &from, None, 200_000), Ok(100_000), "there is no more");
    assert_eq!(send(&to, &from, None, 200_000), Ok(0));
    assert_eq!(fs::read("to").unwrap(), long);
}

fn sendfile_from_a_place_leaves_the_position() {
    let (mut from, to) = (made("from", b"0123456789"), made("to", b""));
    let mut at = 4;
    assert_eq!(send(&to, &from, Some(&mut at), 3), Ok(3));
    assert_eq!((at, from.stream_position().unwrap()), (7, 0));
    assert_eq!(fs::read("to").unwrap(), b"456");
    let mut at = -1;
    assert_eq!(send(&to, &from, Some(&mut at), 3), Err(libc::EINVAL));
}

fn sendfile_fills_a_pipe() {
    let from = made("from", &vec![5; 20_000]);
    let (mut read, write) = pipe();
    assert_eq!(send(&write, &from, None, 20_000), Ok(20_000));
    drop(write);
    let mut bytes = Vec::new();
    read.read_to_end(&mut bytes).unwrap();
    assert!(bytes.len() == 20_000 && bytes.iter().all(|byte| *byte == 5));
}

fn sendfile_wants_a_file_to_read_and_one_to_write() {
    let (from, to) = (made("from", b"bytes"), made("to", b""));
    let (read, write) = (File::open("to").unwrap(), OpenOptions::new().write(true).open("from").unwrap());
    assert_eq!(send(&read, &from, None, 5), Err(libc::EBADF));
    assert_eq!(send(&to, &write, None, 5), Err(libc::EBADF));
    let append = OpenOptions::new().append(true).open("to").unwrap();
    assert_eq!(send(&append, &from, None, 5), Err(libc::EINVAL));
}

fn sendfile_to_a_pipe_of_nobody_fails() {
    let from = made("from", b"bytes");
    let (read, write) = pipe();
    drop(read);
    // SAFETY: no handler.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    assert_eq!(send(&write, &from, None, 5), Err(libc::EPIPE));
}

fn copy_range(from: &File, at: &mut i64, to: &File, place: &mut i64, count: usize) -> Result<i64, i32> {
    call!(SYS_copy_file_range, from.as_raw_fd(), at, to.as_raw_fd(), place, count, 0)
}

fn copy_file_range_copies_from_place_to_place() {
    let (from, to) = (made("from", b"0123456789"), made("to", b"abcdefghij"));
    let (mut at, mut place) = (2, 5);
    assert_eq!(copy_range(&from, &mut at, &to, &mut place, 3), Ok(3));
    assert_eq!((at, place), (5, 8));
    assert_eq!(fs::read("to").unwrap(), b"abcde234ij");
    let (none, zero) = (std::ptr::null::<i64>(), 0);
    assert_eq!(call!(SYS_copy_file_range, from.as_raw_fd(), none, to.as_raw_fd(), none, 4, zero), Ok(4));
    assert_eq!(fs::read("to").unwrap(), b"0123e234ij", "from the positions");
}

fn copy_file_range_ends_at_the_end() {
    let (from, to) = (made("from", b"0123"), made("to", b""));
    let (mut at, mut place) = (1, 0);
    assert_eq!(copy_range(&from, &mut at, &to, &mut place, 100), Ok(3));
    assert_eq!(copy_range(&from, &mut at, &to, &mut place, 100), Ok(0));
}

fn copy_file_range_refuses_parts_that_overlap() {
    let one = made("one", b"0123456789");
    let (mut at, mut place) = (0, 3);
    assert_eq!(copy_range(&one, &mut at, &one, &mut place, 4), Err(libc::EINVAL));
    assert_eq!(copy_range(&one, &mut at, &one, &mut place, 3), Ok(3));
    assert_eq!(fs::read("one").unwrap(), b"0120126789");
}

fn copy_file_range_knows_what_is_no_file() {
    let (from, to) = (made("from", b"bytes"), made("to", b""));
    let (mut at, mut place) = (0, 0);
    let folder = File::open(".").unwrap();
    assert_eq!(copy_range(&folder, &mut at, &to, &mut place, 5), Err(libc::EISDIR));
    let read = File::open("to").unwrap();
    assert_eq!(copy_range(&from, &mut at, &read, &mut place, 5), Err(libc::EBADF));
    let append = OpenOptions::new().append(true).open("to").unwrap();
    assert_eq!(copy_range(&from, &mut at, &append, &mut place, 5), Err(libc::EBADF));
    let flagged = call!(SYS_copy_file_range, from.as_raw_fd(), 0, to.as_raw_fd(), 0, 5, 1);
    assert_eq!(flagged, Err(libc::EINVAL));
}

/// Ranges of memory, as vectors have them.
fn ranges(parts: &[&[u8]]) -> Vec<libc::iovec> {
    parts
        .iter()
        .map(|part| libc::iovec { iov_base: part.as_ptr() as *mut libc::c_void, iov_len: part.len() })
        .collect()
}

fn vectors_are_read_and_written_at_places() {
    let mut file = made("file", b"0123456789");
    let written = ranges(&[b"AB", b"", b"CDE"]);
    assert_eq!(call!(SYS_pwritev, file.as_raw_fd(), written.as_ptr(), 3, 2, 0), Ok(5));
    assert_eq!(fs::read("file").unwrap(), b"01ABCDE789");
    let (one, other) = ([0_u8; 4], [0_u8; 20]);
    let read = ranges(&[&one, &other]);
    assert_eq!(call!(SYS_preadv, file.as_raw_fd(), read.as_ptr(), 2, 1, 0), Ok(9));
    assert_eq!(std::hint::black_box((&one, &other[..5])), (b"1ABC", &b"DE789"[..]));
    assert_eq!(file.stream_position().unwrap(), 0);
    assert_eq!(call!(SYS_preadv, file.as_raw_fd(), read.as_ptr(), 2, -1, 0), Err(libc::EINVAL));
    let (end, _other) = pipe();
    assert_eq!(call!(SYS_preadv, end.as_raw_fd(), read.as_ptr(), 2, 0, 0), Err(libc::ESPIPE));
}

fn a_place_of_minus_one_is_the_position() {
    let mut file = made("file", b"0123456789");
    let written = ranges(&[b"AB"]);
    let write = |flags: u32| call!(SYS_pwritev2, file.as_raw_fd(), written.as_ptr(), 1, -1, 0, flags);
    assert_eq!((write(0), write(0)), (Ok(2), Ok(2)));
    assert_eq!(write(0x4000_0000), Err(libc::EOPNOTSUPP));
    assert_eq!(file.stream_position().unwrap(), 4);
    assert_eq!(fs::read("file").unwrap(), b"ABAB456789");
}

fn advice_is_asked_of_files() {
    let file = made("file", b"bytes");
    let (end, _other) = pipe();
    assert_eq!(call!(SYS_fadvise64, file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED), Ok(0));
    assert_eq!(call!(SYS_fadvise64, file.as_raw_fd(), 0, 0, 99), Err(libc::EINVAL));
    assert_eq!(call!(SYS_fadvise64, end.as_raw_fd(), 0, 0, 0), Err(libc::ESPIPE));
    assert_eq!(call!(SYS_fadvise64, -1, 0, 0, 0), Err(libc::EBADF));
    assert_eq!(call!(SYS_readahead, file.as_raw_fd(), 0, 4096), Ok(0));
    assert_eq!(call!(SYS_readahead, end.as_raw_fd(), 0, 4096), Err(libc::EINVAL));
    assert_eq!((call!(SYS_syncfs, file.as_raw_fd()), call!(SYS_syncfs, -1)), (Ok(0), Err(libc::EBADF)));
}
