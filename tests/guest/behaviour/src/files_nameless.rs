//! Files that no directory has: memory with seals, counters, pipes.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

use libc::{
    EFD_NONBLOCK, EFD_SEMAPHORE, F_ADD_SEALS, F_GET_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK,
    F_SEAL_WRITE, MFD_ALLOW_SEALING, MFD_CLOEXEC,
};

crate::tests! {
    a_file_of_memory_is_read_and_written,
    a_file_of_memory_shows_its_name,
    a_file_of_memory_is_opened_again_by_its_descriptor,
    a_file_of_memory_is_not_sealed_unless_it_may,
    a_sealed_file_does_not_grow,
    a_sealed_file_does_not_shrink,
    a_sealed_file_is_not_written_to,
    a_seal_ends_sealing,
    what_is_mapped_to_write_is_not_sealed_against_it,
    memfd_create_knows_its_flags,
    a_counter_gives_what_was_added,
    a_counter_may_give_one_by_one,
    a_counter_that_is_empty_blocks,
    a_pipe_tells_its_size_and_changes_it,
    unnamed_files_are_shown_as_what_they_are,
}

fn memory(name: &std::ffi::CStr, flags: u32) -> Result<File, i32> {
    let number = call!(SYS_memfd_create, name.as_ptr(), flags)?;
    // SAFETY: the number was given just now.
    Ok(unsafe { File::from_raw_fd(number as i32) })
}

fn sealable() -> File {
    let mut file = memory(c"sealed", MFD_ALLOW_SEALING).unwrap();
    file.write_all(b"bytes").unwrap();
    file
}

fn seal(file: &File, seals: i32) -> Result<i64, i32> {
    call!(SYS_fcntl, file.as_raw_fd(), F_ADD_SEALS, seals)
}

fn seals(file: &File) -> Result<i64, i32> {
    call!(SYS_fcntl, file.as_raw_fd(), F_GET_SEALS, 0)
}

fn link(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

fn a_file_of_memory_is_read_and_written() {
    let mut file = memory(c"memory", MFD_CLOEXEC).unwrap();
    file.write_all(b"kept in memory").unwrap();
    let mut bytes = [0; 6];
    file.read_exact_at(&mut bytes, 8).unwrap();
    assert_eq!(&bytes, b"memory");
    let known = file.metadata().unwrap();
    assert_eq!((known.len(), known.nlink()), (14, 0));
    assert_eq!(call!(SYS_fcntl, file.as_raw_fd(), libc::F_GETFD, 0), Ok(1));
}

fn a_file_of_memory_shows_its_name() {
    let file = memory(c"a name", 0).unwrap();
    assert_eq!(fs::read_link(link(&file)).unwrap().to_str(), Some("/memfd:a name (deleted)"));
}

fn a_file_of_memory_is_opened_again_by_its_descriptor() {
    let mut file = memory(c"memory", 0).unwrap();
    file.write_all(b"shared").unwrap();
    let mut again = File::options().read(true).write(true).open(link(&file)).unwrap();
    let mut text = String::new();
    again.read_to_string(&mut text).unwrap();
    assert_eq!(text, "shared", "from its beginning: the position is its own");
    again.write_all(b"!").unwrap();
    assert_eq!(file.metadata().unwrap().len(), 7);
}

fn a_file_of_memory_is_not_sealed_unless_it_may() {
    let file = memory(c"memory", 0).unwrap();
    assert_eq!(seals(&file), Ok(i64::from(F_SEAL_SEAL)));
    assert_eq!(seal(&file, F_SEAL_WRITE), Err(libc::EPERM));
    let (read, _write) = {
        let mut ends = [0; 2];
        assert_eq!(call!(SYS_pipe2, ends.as_mut_ptr(), 0), Ok(0));
        (ends[0], ends[1])
    };
    assert_eq!(call!(SYS_fcntl, read, F_GET_SEALS, 0), Err(libc::EINVAL));
}

fn a_sealed_file_does_not_grow() {
    let file = sealable();
    assert_eq!(seal(&file, F_SEAL_GROW), Ok(0));
    assert_eq!(file.write_at(b"BY", 0).unwrap(), 2);
    assert_eq!(file.write_at(b"more", 4).unwrap_err().raw_os_error(), Some(libc::EPERM));
    assert_eq!(file.set_len(6).unwrap_err().raw_os_error(), Some(libc::EPERM));
    assert_eq!(call!(SYS_fallocate, file.as_raw_fd(), 0, 0, 100), Err(libc::EPERM));
    file.set_len(2).unwrap();
}

fn a_sealed_file_does_not_shrink() {
    let file = sealable();
    assert_eq!(seal(&file, F_SEAL_SHRINK), Ok(0));
    assert_eq!(file.set_len(4).unwrap_err().raw_os_error(), Some(libc::EPERM));
    file.set_len(5).unwrap();
    file.set_len(6).unwrap();
}

fn a_sealed_file_is_not_written_to() {
    let file = sealable();
    assert_eq!(seal(&file, F_SEAL_WRITE), Ok(0));
    assert_eq!(file.write_at(b"x", 0).unwrap_err().raw_os_error(), Some(libc::EPERM));
    let (all, shared) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
    assert_eq!(call!(SYS_mmap, 0, 4096, all, shared, file.as_raw_fd(), 0), Err(libc::EPERM));
    assert!(
        call!(SYS_mmap, 0, 4096, all, libc::MAP_PRIVATE, file.as_raw_fd(), 0).is_ok(),
        "a copy is not the file"
    );
    let hole = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
    assert_eq!(call!(SYS_fallocate, file.as_raw_fd(), hole, 0, 5), Err(libc::EPERM));
}

fn a_seal_ends_sealing() {
    let file = sealable();
    assert_eq!(seals(&file), Ok(0));
    assert_eq!(seal(&file, F_SEAL_GROW | F_SEAL_SEAL), Ok(0));
    assert_eq!(seals(&file), Ok(i64::from(F_SEAL_GROW | F_SEAL_SEAL)));
    assert_eq!(seal(&file, F_SEAL_SHRINK), Err(libc::EPERM));
    assert_eq!(seal(&file, 0x4000_0000), Err(libc::EINVAL));
}

fn what_is_mapped_to_write_is_not_sealed_against_it() {
    let file = sealable();
    let (all, shared) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
    let at = call!(SYS_mmap, 0, 4096, all, shared, file.as_raw_fd(), 0).unwrap();
    assert_eq!(seal(&file, F_SEAL_WRITE), Err(libc::EBUSY));
    assert_eq!(call!(SYS_munmap, at, 4096), Ok(0));
    assert_eq!(seal(&file, F_SEAL_WRITE), Ok(0));
}

fn memfd_create_knows_its_flags() {
    assert_eq!(memory(c"memory", 0x8000_0000).map(drop), Err(libc::EINVAL));
    let long = std::ffi::CString::new([b'n'; 250]).unwrap();
    assert_eq!(memory(&long, 0).map(drop), Err(libc::EINVAL));
    assert_eq!(call!(SYS_memfd_create, 0, 0), Err(libc::EFAULT));
}

fn counter(count: u32, flags: i32) -> File {
    let number = call!(SYS_eventfd2, count, flags).unwrap();
    // SAFETY: the number was given just now.
    unsafe { File::from_raw_fd(number as i32) }
}

fn taken(counter: &mut File) -> u64 {
    let mut bytes = [0; 8];
    counter.read_exact(&mut bytes).unwrap();
    u64::from_ne_bytes(bytes)
}

fn a_counter_gives_what_was_added() {
    let mut counter = counter(3, 0);
    counter.write_all(&4_u64.to_ne_bytes()).unwrap();
    assert_eq!(taken(&mut counter), 7);
}

fn a_counter_may_give_one_by_one() {
    let mut counter = counter(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    assert_eq!((taken(&mut counter), taken(&mut counter)), (1, 1));
    assert_eq!(counter.read(&mut [0; 8]).unwrap_err().raw_os_error(), Some(libc::EAGAIN));
}

fn a_counter_that_is_empty_blocks() {
    let mut counter = counter(0, EFD_NONBLOCK);
    assert_eq!(counter.read(&mut [0; 8]).unwrap_err().raw_os_error(), Some(libc::EAGAIN));
    assert_eq!(counter.read(&mut [0; 4]).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    assert_eq!(call!(SYS_eventfd2, 0, 0x4000), Err(libc::EINVAL));
}

fn a_pipe_tells_its_size_and_changes_it() {
    let mut ends = [0; 2];
    assert_eq!(call!(SYS_pipe2, ends.as_mut_ptr(), 0), Ok(0));
    assert_eq!(call!(SYS_fcntl, ends[0], libc::F_GETPIPE_SZ, 0), Ok(65_536));
    assert_eq!(call!(SYS_fcntl, ends[1], libc::F_SETPIPE_SZ, 100_000), Ok(131_072));
    assert_eq!(call!(SYS_fcntl, ends[0], libc::F_GETPIPE_SZ, 0), Ok(131_072));
    let file = sealable();
    assert_eq!(call!(SYS_fcntl, file.as_raw_fd(), libc::F_GETPIPE_SZ, 0), Err(libc::EBADF));
}

fn unnamed_files_are_shown_as_what_they_are() {
    let mut ends = [0; 2];
    assert_eq!(call!(SYS_pipe2, ends.as_mut_ptr(), 0), Ok(0));
    let shown = |number: i32| fs::read_link(format!("/proc/self/fd/{number}")).unwrap().display().to_string();
    assert!(shown(ends[0]).starts_with("pipe:["), "{}", shown(ends[0]));
    assert_eq!(shown(ends[0]), shown(ends[1]));
    assert_eq!(shown(counter(0, 0).as_raw_fd()), "anon_inode:[eventfd]");
}
