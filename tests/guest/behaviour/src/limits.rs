//! How much a process may use.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::Ordering;

use libc::{
    EPERM, RLIMIT_AS, RLIMIT_CORE, RLIMIT_DATA, RLIMIT_NICE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_STACK,
};

use crate::calls::{Child, shared_words};
use crate::running::needs_root;
use crate::told::{self, noted};

crate::tests! {
    limits_are_set_and_told,
    a_limit_is_no_more_than_its_most,
    a_user_does_not_raise_the_most,
    an_unknown_limit_is_refused,
    limits_are_inherited,
    anothers_limits_are_changed_by_root,
    a_number_above_the_limit_of_files_is_refused,
    a_user_has_so_many_processes,
    root_has_more_processes_than_its_limit,
    memory_is_limited,
    data_is_limited,
    the_stack_grows_to_its_limit,
    processor_time_is_limited,
    a_write_ends_at_the_limit_of_files,
    a_write_over_the_limit_of_files_is_signalled,
    what_is_appended_ends_at_the_limit_of_files,
    no_file_grows_over_the_limit_otherwise,
    a_copy_ends_at_the_limit_of_files,
    what_is_no_file_of_bytes_has_no_limit,
}

fn limit(resource: u32) -> [u64; 2] {
    let mut limit = [0_u64; 2];
    assert_eq!(call!(SYS_getrlimit, resource, &mut limit), Ok(0));
    limit
}

#[track_caller]
fn set(resource: u32, now: u64, most: u64) {
    assert_eq!(call!(SYS_setrlimit, resource, &[now, most]), Ok(0));
}

fn limits_are_set_and_told() {
    for resource in 0..16_u32 {
        let [_, most] = limit(resource);
        let less = most.min(1000) / 2;
        set(resource, less, most);
        assert_eq!(limit(resource), [less, most], "resource {resource}");
        let mut had = [0_u64; 2];
        assert_eq!(call!(SYS_prlimit64, 0, resource, 0, &mut had), Ok(0));
        assert_eq!(had, [less, most]);
    }
}

fn a_limit_is_no_more_than_its_most() {
    assert_eq!(call!(SYS_setrlimit, RLIMIT_CORE, &[5_u64, 4]), Err(libc::EINVAL));
}

fn a_user_does_not_raise_the_most() {
    needs_root();
    set(RLIMIT_CORE, 5, 10);
    assert_eq!(call!(SYS_setuid, 1000), Ok(0));
    assert_eq!(call!(SYS_setrlimit, RLIMIT_CORE, &[5_u64, 11]), Err(EPERM));
    set(RLIMIT_CORE, 9, 9);
    assert_eq!(call!(SYS_setrlimit, RLIMIT_CORE, &[9_u64, 10]), Err(EPERM));
}

fn an_unknown_limit_is_refused() {
    assert_eq!(call!(SYS_getrlimit, 16, &mut [0_u64; 2]), Err(libc::EINVAL));
    assert_eq!(call!(SYS_prlimit64, 0, 16, 0, 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_prlimit64, 9_999_999, 0, 0, 0), Err(libc::ESRCH));
    assert_eq!(call!(SYS_setrlimit, 0, 8), Err(libc::EFAULT));
}

fn limits_are_inherited() {
    set(RLIMIT_CORE, 5, 10);
    assert_eq!(Child::start(|| assert_eq!(limit(RLIMIT_CORE), [5, 10])).status(), 0);
}

fn anothers_limits_are_changed_by_root() {
    needs_root();
    let child = Child::start(|| crate::calls::pause(10_000));
    assert_eq!(call!(SYS_prlimit64, child.id, RLIMIT_CORE, &[3_u64, 4], 0), Ok(0));
    let mut had = [0_u64; 2];
    assert_eq!(call!(SYS_prlimit64, child.id, RLIMIT_CORE, 0, &mut had), Ok(0));
    assert_eq!(had, [3, 4]);
    assert_eq!(call!(SYS_setuid, 1000), Ok(0));
    assert_eq!(call!(SYS_prlimit64, child.id, RLIMIT_CORE, 0, &mut had), Err(EPERM));
}

fn a_number_above_the_limit_of_files_is_refused() {
    set(RLIMIT_NOFILE, 10, limit(RLIMIT_NOFILE)[1]);
    let mut opened = 0;
    while call!(SYS_open, c"/dev/null".as_ptr(), 0, 0).is_ok() {
        opened += 1;
    }
    assert!(opened < 10);
    assert_eq!(call!(SYS_open, c"/dev/null".as_ptr(), 0, 0), Err(libc::EMFILE));
    assert_eq!(call!(SYS_dup2, 0, 10), Err(libc::EBADF));
    assert_eq!(call!(SYS_fcntl, 0, libc::F_DUPFD, 10), Err(libc::EINVAL));
}

fn a_user_has_so_many_processes() {
    needs_root();
    assert_eq!(call!(SYS_setuid, 12_345), Ok(0));
    set(RLIMIT_NPROC, 3, 3);
    let hold = || {
        let id = call!(SYS_fork)?;
        if id == 0 {
            crate::calls::pause(10_000);
            crate::calls::exit(0);
        }
        Ok(id)
    };
    let children: Vec<Result<i64, i32>> = (0..3).map(|_| hold()).collect();
    assert!(children[0].is_ok() && children[1].is_ok());
    assert_eq!(children[2], Err(libc::EAGAIN));
    let id = children[0].unwrap();
    assert_eq!(call!(SYS_kill, id, libc::SIGKILL), Ok(0));
    assert_eq!(call!(SYS_wait4, id, 0, 0, 0), Ok(id));
    assert!(hold().is_ok());
    assert!(std::thread::Builder::new().spawn(|| {}).is_err(), "a thread counts as well");
}

fn root_has_more_processes_than_its_limit() {
    needs_root();
    set(RLIMIT_NPROC, 1, limit(RLIMIT_NPROC)[1]);
    assert_eq!(Child::start(|| {}).status(), 0);
}

fn map(length: u64) -> Result<i64, i32> {
    call!(
        SYS_mmap,
        0,
        length,
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        -1,
        0
    )
}

fn memory_is_limited() {
    let most = limit(RLIMIT_AS)[1];
    set(RLIMIT_AS, 512 << 20, most);
    assert_eq!(map(600 << 20), Err(libc::ENOMEM));
    assert!(map(1 << 20).is_ok());
    // A child has the same limit, and another program as well.
    assert_eq!(Child::start(|| assert_eq!(map(600 << 20), Err(libc::ENOMEM))).status(), 0);
    let child = Child::start(|| crate::again::become_self(&["memory"]));
    assert_eq!(child.status(), 0);
}

/// What the program that was executed looks at.
pub(crate) fn after_exec() -> bool {
    map(600 << 20) == Err(libc::ENOMEM)
}

fn data_is_limited() {
    set(RLIMIT_DATA, 64 << 20, limit(RLIMIT_DATA)[1]);
    assert_eq!(map(80 << 20), Err(libc::ENOMEM));
    let end = call!(SYS_brk, 0).unwrap();
    assert_eq!(call!(SYS_brk, end + (80 << 20)), Ok(end), "the heap stays where it is");
    let shared = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    assert!(call!(SYS_mmap, 0, 80 << 20, 3, shared, -1, 0).is_ok(), "shared memory is not data");
}

/// Uses so much of the stack.
#[inline(never)]
fn descend(bytes: u64) -> u64 {
    let page = [1_u8; 4096];
    let first = u64::from(std::hint::black_box(&page)[0]);
    if bytes <= 4096 { first } else { descend(bytes - 4096) + first }
}

fn the_stack_grows_to_its_limit() {
    let child = Child::start(|| {
        assert!(descend(4 << 20) > 0);
    });
    assert_eq!(child.status(), 0);
    let child = Child::start(|| {
        set(RLIMIT_STACK, 1 << 20, limit(RLIMIT_STACK)[1]);
        assert!(descend(4 << 20) > 0);
    });
    assert_eq!(child.signal(), libc::SIGSEGV);
}

fn processor_time_is_limited() {
    let words = shared_words();
    let child = Child::start(|| {
        noted(libc::SIGXCPU, 0);
        set(libc::RLIMIT_CPU, 1, 2);
        loop {
            words[0].store(told::count() as u64, Ordering::SeqCst);
        }
    });
    assert_eq!(child.signal(), libc::SIGKILL);
    assert!(words[0].load(Ordering::SeqCst) >= 1, "it is warned");
    let _ = RLIMIT_NICE;
}

/// Sets the limit of files, whose signal is noted.
fn limit_files(most: u64) {
    noted(libc::SIGXFSZ, 0);
    set(libc::RLIMIT_FSIZE, most, u64::MAX);
}

fn error_of<T: std::fmt::Debug>(result: std::io::Result<T>) -> i32 {
    result.unwrap_err().raw_os_error().unwrap()
}

fn a_write_ends_at_the_limit_of_files() {
    limit_files(10);
    let mut file = File::create("file").unwrap();
    assert_eq!(file.write(&[1; 8]).unwrap(), 8);
    assert_eq!(file.write(&[1; 8]).unwrap(), 2, "as much as there is room for");
    assert_eq!(file.metadata().unwrap().len(), 10);
    assert_eq!(told::count(), 0);
    assert_eq!(file.write(&[]).unwrap(), 0);
    assert_eq!((error_of(file.write(&[1])), told::count()), (libc::EFBIG, 1));
    assert_eq!(told::at(0).signal, libc::SIGXFSZ);
    set(libc::RLIMIT_FSIZE, 12, u64::MAX);
    assert_eq!(file.write(&[1; 8]).unwrap(), 2);
}

fn a_write_over_the_limit_of_files_is_signalled() {
    let child = Child::start(|| {
        set(libc::RLIMIT_FSIZE, 4, u64::MAX);
        let mut file = File::create("file").unwrap();
        let _ = file.write_all(&[1; 8]);
    });
    assert_eq!(child.signal(), libc::SIGXFSZ);
    assert_eq!(fs::metadata("file").unwrap().len(), 4);
}

fn what_is_appended_ends_at_the_limit_of_files() {
    fs::write("file", [1; 8]).unwrap();
    limit_files(10);
    let mut file = File::options().append(true).open("file").unwrap();
    assert_eq!(file.write(&[1; 8]).unwrap(), 2);
    assert_eq!((error_of(file.write(&[1; 8])), told::count()), (libc::EFBIG, 1));
    let file = File::options().write(true).open("file").unwrap();
    assert_eq!(file.write_at(&[2; 8], 6).unwrap(), 4);
    assert_eq!(error_of(file.write_at(&[2; 8], 10)), libc::EFBIG);
    assert_eq!(error_of(file.write_at(&[2; 8], 1000)), libc::EFBIG);
    assert_eq!(told::count(), 3);
}

fn no_file_grows_over_the_limit_otherwise() {
    fs::write("file", [1; 20]).unwrap();
    limit_files(10);
    let file = File::options().write(true).open("file").unwrap();
    assert_eq!((error_of(file.set_len(21)), told::count()), (libc::EFBIG, 1));
    let result = call!(SYS_truncate, c"file".as_ptr(), 30);
    assert_eq!((result, told::count()), (Err(libc::EFBIG), 2));
    file.set_len(15).unwrap();
    assert_eq!(told::count(), 2, "it becomes smaller");
    let result = call!(SYS_fallocate, file.as_raw_fd(), 0, 0, 30);
    assert_eq!((result, told::count()), (Err(libc::EFBIG), 3));
    assert_eq!(file.metadata().unwrap().len(), 15);
}

fn a_copy_ends_at_the_limit_of_files() {
    fs::write("from", [1; 20]).unwrap();
    limit_files(10);
    let (from, to) = (File::open("from").unwrap(), File::create("to").unwrap());
    assert_eq!(call!(SYS_sendfile, to.as_raw_fd(), from.as_raw_fd(), 0, 20), Ok(10));
    assert_eq!(call!(SYS_sendfile, to.as_raw_fd(), from.as_raw_fd(), 0, 10), Err(libc::EFBIG));
    assert!(told::count() >= 1, "the first copy may have said so as well");
}

fn what_is_no_file_of_bytes_has_no_limit() {
    limit_files(0);
    let (_reader, mut writer) = crate::epoll::pipe();
    assert_eq!(writer.write(&[1; 8]).unwrap(), 8);
    assert_eq!(File::options().write(true).open("/dev/null").unwrap().write(&[1; 8]).unwrap(), 8);
    assert_eq!(told::count(), 0);
}
