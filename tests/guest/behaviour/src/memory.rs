//! Memory: what is mapped, shared, copied, protected, given back.

use std::sync::atomic::{AtomicU32, Ordering};

use libc::{
    EINVAL, ENOMEM, MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_PRIVATE, MAP_SHARED, PROT_NONE,
    PROT_READ, PROT_WRITE, SIGSEGV,
};

use crate::calls::{Child, shared_words};

crate::tests! {
    new_memory_is_zero,
    the_heap_grows_and_shrinks,
    the_heap_is_zero_when_it_comes_back,
    private_memory_is_copied_on_write,
    shared_memory_is_shared,
    a_mapping_takes_the_place_of_another_one,
    a_mapping_that_replaces_nothing,
    lengths_and_places_are_checked,
    what_is_unmapped_faults,
    what_is_protected_faults,
    the_middle_is_unmapped,
    memory_moves,
    memory_grows_in_place_or_not_at_all,
    memory_that_is_not_needed_is_zero_again,
    a_file_is_mapped,
    a_file_is_mapped_and_written,
    a_private_mapping_leaves_its_file_alone,
    behind_the_end_of_a_file_is_a_bus_error,
    kernel_memory_is_not_the_users,
    a_call_with_wrong_memory_fails,
    code_is_not_data,
    fork_copies_much_memory,
    memory_is_locked_and_not,
    residence_is_told,
    a_child_without_memory_does_not_harm_its_parent,
    the_stack_is_not_executable,
}

const ALL: i32 = PROT_READ | PROT_WRITE;

fn map_at(at: u64, length: u64, protection: i32, flags: i32) -> Result<u64, i32> {
    call!(SYS_mmap, at, length, protection, flags, -1, 0).map(|at| at as u64)
}

#[track_caller]
fn map(length: u64) -> u64 {
    map_at(0, length, ALL, MAP_PRIVATE | MAP_ANONYMOUS).unwrap()
}

fn read(at: u64) -> u8 {
    // SAFETY: the test has mapped it, or means to fault.
    unsafe { (at as *const u8).read_volatile() }
}

fn write(at: u64, value: u8) {
    // SAFETY: the test has mapped it, or means to fault.
    unsafe { (at as *mut u8).write_volatile(value) };
}

/// Does nothing with what was read.
const fn see(_: u8) {}

/// Whether doing this ends a process by a fault.
fn faults(body: impl FnOnce()) -> bool {
    let status = Child::start(body).wait();
    libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == SIGSEGV
}

fn new_memory_is_zero() {
    let at = map(64 * 4096);
    assert!((0..64 * 4096).all(|place| read(at + place) == 0));
}

fn heap(end: u64) -> u64 {
    call!(SYS_brk, end).unwrap() as u64
}

fn the_heap_grows_and_shrinks() {
    let start = heap(0);
    assert_eq!(heap(start + 100_000), start + 100_000);
    write(start + 99_999, 1);
    assert_eq!(heap(start), start);
    assert_eq!(heap(1), start, "what cannot be is not");
    assert!(faults(|| {
        let end = heap(0).next_multiple_of(4096);
        write(end + 4096, 1);
    }));
}

fn the_heap_is_zero_when_it_comes_back() {
    let start = heap(0).next_multiple_of(4096);
    heap(start + 8192);
    write(start + 4096, 9);
    heap(start);
    heap(start + 8192);
    assert_eq!(read(start + 4096), 0);
}

fn private_memory_is_copied_on_write() {
    let at = map(4096);
    write(at, 1);
    let child = Child::start(|| {
        assert_eq!(read(at), 1);
        write(at, 2);
    });
    assert_eq!((child.status(), read(at)), (0, 1));
}

fn shared_memory_is_shared() {
    let words = shared_words();
    let child = Child::start(|| words[3].store(7, Ordering::SeqCst));
    assert_eq!((child.status(), words[3].load(Ordering::SeqCst)), (0, 7));
}

fn a_mapping_takes_the_place_of_another_one() {
    let at = map(3 * 4096);
    (0..3).for_each(|page| write(at + page * 4096, 5));
    assert_eq!(map_at(at + 4096, 4096, ALL, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED), Ok(at + 4096));
    assert_eq!([0, 1, 2].map(|page| read(at + page * 4096)), [5, 0, 5]);
}

fn a_mapping_that_replaces_nothing() {
    let at = map(2 * 4096);
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    assert_eq!(map_at(at + 4096, 8192, ALL, flags), Err(libc::EEXIST));
    assert_eq!(call!(SYS_munmap, at, 8192), Ok(0));
    assert_eq!(map_at(at, 4096, ALL, flags), Ok(at));
}

fn lengths_and_places_are_checked() {
    let usual = MAP_PRIVATE | MAP_ANONYMOUS;
    assert_eq!(map_at(0, 0, ALL, usual), Err(EINVAL));
    assert_eq!(map_at(0, 4096, ALL, MAP_ANONYMOUS), Err(EINVAL), "neither private nor shared");
    assert_eq!(map_at(0x1001, 4096, ALL, usual | MAP_FIXED), Err(EINVAL));
    assert_eq!(map_at(0, 1 << 50, ALL, usual), Err(ENOMEM));
    assert_eq!(map_at(0, u64::MAX, ALL, usual), Err(ENOMEM));
    assert_eq!(call!(SYS_munmap, 0x1001, 4096), Err(EINVAL));
    assert_eq!(call!(SYS_munmap, 0x1000, 0), Err(EINVAL));
    assert_eq!(call!(SYS_mprotect, 0x1001, 4096, ALL), Err(EINVAL));
    assert_eq!(call!(SYS_mprotect, 0x1000, 4096, ALL), Err(ENOMEM));
    assert_eq!(call!(SYS_mmap, 0, 4096, ALL, MAP_PRIVATE, 99, 0), Err(libc::EBADF));
}

fn what_is_unmapped_faults() {
    let at = map(4096);
    assert!(!faults(|| write(at, 1)));
    assert_eq!(call!(SYS_munmap, at, 4096), Ok(0));
    assert!(faults(|| write(at, 1)));
    assert!(faults(|| see(read(at))));
    assert_eq!(call!(SYS_munmap, at, 4096), Ok(0), "nothing is no error");
}

fn what_is_protected_faults() {
    let at = map(2 * 4096);
    write(at + 4096, 3);
    assert_eq!(call!(SYS_mprotect, at, 4096, PROT_READ), Ok(0));
    assert!(faults(|| write(at, 1)));
    assert_eq!((read(at), read(at + 4096)), (0, 3));
    assert_eq!(call!(SYS_mprotect, at, 8192, PROT_NONE), Ok(0));
    assert!(faults(|| see(read(at + 4096))));
    assert_eq!(call!(SYS_mprotect, at, 8192, ALL), Ok(0));
    write(at, 1);
    assert_eq!(read(at + 4096), 3);
}

fn the_middle_is_unmapped() {
    let at = map(3 * 4096);
    assert_eq!(call!(SYS_munmap, at + 4096, 4096), Ok(0));
    write(at, 1);
    write(at + 2 * 4096, 1);
    assert!(faults(|| write(at + 4096, 1)));
}

fn memory_moves() {
    let at = map(2 * 4096);
    write(at + 4096, 8);
    let moved = call!(SYS_mremap, at, 8192, 64 * 4096, libc::MREMAP_MAYMOVE, 0).unwrap() as u64;
    assert_eq!((read(moved + 4096), read(moved + 63 * 4096)), (8, 0));
    if moved != at {
        assert!(faults(|| see(read(at))));
    }
    let place = map(4096 * 4);
    let fixed = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
    assert_eq!(call!(SYS_mremap, moved, 8192, 8192, fixed, place), Ok(place as i64));
    assert_eq!(read(place + 4096), 8);
    assert_eq!(call!(SYS_mremap, place, 8192, 0, 0, 0), Err(EINVAL));
    assert_eq!(call!(SYS_mremap, 0x1000, 4096, 8192, libc::MREMAP_MAYMOVE, 0), Err(libc::EFAULT));
}

fn memory_grows_in_place_or_not_at_all() {
    let at = map(3 * 4096);
    assert_eq!(call!(SYS_mremap, at, 4096, 8192, 0, 0), Err(ENOMEM), "something is in its way");
    assert_eq!(call!(SYS_mremap, at, 3 * 4096, 4096, 0, 0), Ok(at as i64));
    assert!(faults(|| write(at + 4096, 1)));
}

fn memory_that_is_not_needed_is_zero_again() {
    let at = map(4 * 4096);
    (0..4).for_each(|page| write(at + page * 4096, 4));
    assert_eq!(call!(SYS_madvise, at + 4096, 8192, libc::MADV_DONTNEED), Ok(0));
    assert_eq!([0, 1, 2, 3].map(|page| read(at + page * 4096)), [4, 0, 0, 4]);
    assert_eq!(call!(SYS_madvise, at, 4096, 999), Err(EINVAL));
    assert_eq!(call!(SYS_madvise, at + 1, 4096, libc::MADV_DONTNEED), Err(EINVAL));
}

/// A file of so many bytes `b'a'`, open for reading and writing.
fn file(length: usize) -> i64 {
    std::fs::write("file", vec![b'a'; length]).unwrap();
    call!(SYS_open, c"file".as_ptr(), libc::O_RDWR, 0).unwrap()
}

fn a_file_is_mapped() {
    let file = file(5000);
    let at = call!(SYS_mmap, 0, 8192, PROT_READ, MAP_PRIVATE, file, 0).unwrap() as u64;
    assert_eq!((read(at), read(at + 4999), read(at + 5000)), (b'a', b'a', 0));
    assert_eq!(call!(SYS_close, file), Ok(0));
    assert_eq!(read(at + 1), b'a', "it stays when the number goes");
}

fn a_file_is_mapped_and_written() {
    let file = file(5000);
    let at = call!(SYS_mmap, 0, 8192, ALL, MAP_SHARED, file, 0).unwrap() as u64;
    write(at + 4500, b'z');
    assert_eq!(call!(SYS_msync, at, 8192, libc::MS_SYNC), Ok(0));
    assert_eq!(std::fs::read("file").unwrap()[4499..4502], *b"aza");
    assert_eq!(call!(SYS_pwrite64, file, c"y".as_ptr(), 1, 4500), Ok(1));
    assert_eq!(read(at + 4500), b'y');
    let only_read = call!(SYS_open, c"file".as_ptr(), libc::O_RDONLY, 0).unwrap();
    assert_eq!(call!(SYS_mmap, 0, 4096, ALL, MAP_SHARED, only_read, 0), Err(libc::EACCES));
    assert!(call!(SYS_mmap, 0, 4096, ALL, MAP_PRIVATE, only_read, 0).is_ok());
}

fn a_private_mapping_leaves_its_file_alone() {
    let file = file(100);
    let at = call!(SYS_mmap, 0, 4096, ALL, MAP_PRIVATE, file, 0).unwrap() as u64;
    write(at, b'z');
    assert_eq!(std::fs::read("file").unwrap(), [b'a'; 100]);
}

fn behind_the_end_of_a_file_is_a_bus_error() {
    let file = file(100);
    let at = call!(SYS_mmap, 0, 3 * 4096, PROT_READ, MAP_SHARED, file, 0).unwrap() as u64;
    assert_eq!(Child::start(|| see(read(at + 4096))).signal(), libc::SIGBUS);
}

fn kernel_memory_is_not_the_users() {
    for at in [0xffff_8000_0000_0000, 0xffff_ffff_8000_0000, 0xffff_ffff_ffff_f000, 0x8000_0000_0000, 0] {
        assert!(faults(|| see(read(at))), "{at:#x} is read");
        assert!(faults(|| write(at, 1)), "{at:#x} is written");
    }
}

fn a_call_with_wrong_memory_fails() {
    let null = call!(SYS_open, c"/dev/zero".as_ptr(), libc::O_RDWR, 0).unwrap();
    for at in [0xffff_ffff_8000_0000_u64, 0x8000_0000_0000 - 1, 8] {
        assert_eq!(call!(SYS_read, null, at, 4096), Err(libc::EFAULT), "{at:#x}");
        assert_eq!(call!(SYS_open, at, 0, 0), Err(libc::EFAULT), "{at:#x}");
        assert_eq!(call!(SYS_pipe2, at, 0), Err(libc::EFAULT), "{at:#x}");
    }
    let at = map(4096);
    assert_eq!(call!(SYS_mprotect, at, 4096, PROT_READ), Ok(0));
    assert_eq!(call!(SYS_read, null, at, 1), Err(libc::EFAULT), "it is not to be written");
}

fn code_is_not_data() {
    let code = code_is_not_data as *const () as u64;
    assert!(faults(|| write(code, 0x90)));
}

fn fork_copies_much_memory() {
    const LENGTH: u64 = 16 << 20;
    let at = map(LENGTH);
    (0..LENGTH).step_by(4096).for_each(|place| write(at + place, (place >> 12) as u8));
    let child = Child::start(|| {
        for place in (0..LENGTH).step_by(4096) {
            assert_eq!(read(at + place), (place >> 12) as u8);
            write(at + place, 0xff);
        }
    });
    assert_eq!(child.status(), 0);
    assert!((0..LENGTH).step_by(4096).all(|place| read(at + place) == (place >> 12) as u8));
}

fn memory_is_locked_and_not() {
    let at = map(4 * 4096);
    assert_eq!(call!(SYS_mlock, at, 8192), Ok(0));
    assert_eq!(call!(SYS_munlock, at, 8192), Ok(0));
    assert_eq!(call!(SYS_mlock, 0x1000, 4096), Err(ENOMEM));
    assert_eq!(call!(SYS_mlockall, 0), Err(EINVAL));
    assert_eq!(call!(SYS_munlockall), Ok(0));
}

fn residence_is_told() {
    let at = map(3 * 4096);
    write(at + 4096, 1);
    let mut pages = [9_u8; 3];
    assert_eq!(call!(SYS_mincore, at, 3 * 4096, &mut pages), Ok(0));
    assert_eq!(pages.map(|page| page & 1), [0, 1, 0]);
    assert_eq!(call!(SYS_mincore, at + 1, 4096, &mut pages), Err(EINVAL));
    assert_eq!(call!(SYS_mincore, 0x1000, 4096, &mut pages), Err(ENOMEM));
}

fn a_child_without_memory_does_not_harm_its_parent() {
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setrlimit, libc::RLIMIT_AS, &[64_u64 << 20, 64 << 20]), Ok(0));
        let mut got = 0_u64;
        while let Ok(at) = map_at(0, 1 << 20, ALL, MAP_PRIVATE | MAP_ANONYMOUS) {
            (0..256).for_each(|page| write(at + page * 4096, 1));
            got += 1;
            assert!(got < 70);
        }
    });
    assert_eq!(child.status(), 0);
    let at = map(1 << 20);
    write(at, 1);
}

fn the_stack_is_not_executable() {
    assert!(faults(|| {
        // A return, on the stack.
        let code = [0xc3_u8; 16];
        let place = std::hint::black_box(code.as_ptr());
        // SAFETY: it is meant to fault.
        let function: extern "C" fn() = unsafe { std::mem::transmute(place) };
        function();
    }));
    let number = AtomicU32::new(1);
    assert_eq!(number.load(Ordering::SeqCst), 1);
}
