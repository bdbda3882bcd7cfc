//! The library that the kernel gives to every program: clocks that are read without a system call.
//!
//! Tests look its functions up as a C library does, in the memory that the auxiliary vector names, and call them.

use std::ffi::CStr;
use std::fs;
use std::mem::transmute;
use std::thread;
use std::time::Duration;

use libc::{
    AT_SYSINFO_EHDR, CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_RAW,
    CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI, EINVAL, SIGSEGV,
};

use crate::calls::Child;

crate::tests! {
    every_program_has_a_library_of_clocks,
    clocks_of_the_library_agree_with_the_kernels,
    a_clock_of_the_library_does_not_go_back_on_any_processor,
    the_library_asks_the_kernel_for_what_it_does_not_know,
    the_library_knows_the_time_of_the_day,
    the_library_knows_how_fine_clocks_are,
    a_child_has_the_library_too,
    what_the_clocks_are_computed_from_cannot_be_written,
}

/// Clocks that need no system call.
const CLOCKS: [i32; 7] = [
    CLOCK_REALTIME,
    CLOCK_MONOTONIC,
    CLOCK_MONOTONIC_RAW,
    CLOCK_REALTIME_COARSE,
    CLOCK_MONOTONIC_COARSE,
    CLOCK_BOOTTIME,
    CLOCK_TAI,
];

/// Where the library is.
fn library() -> *const u8 {
    // SAFETY: it reads what the program was started with.
    let at = unsafe { libc::getauxval(AT_SYSINFO_EHDR) };
    assert_ne!(at, 0, "the auxiliary vector names no library");
    at as *const u8
}

/// A value in the library.
fn value<T: Copy>(at: usize) -> T {
    // SAFETY: the library's own tables say that it has one there.
    unsafe { library().add(at).cast::<T>().read_unaligned() }
}

/// What the dynamic segment says of a key.
fn dynamic(key: u64) -> usize {
    let (table, count) = (value::<u64>(32) as usize, usize::from(value::<u16>(56)));
    let segment = (0..count).map(|index| table + 56 * index).find(|&at| value::<u32>(at) == 2);
    let at = value::<u64>(segment.expect("a dynamic segment") + 16) as usize;
    let entry = (at..).step_by(16).take_while(|&at| value::<u64>(at) != 0);
    let entry = entry.into_iter().find(|&at| value::<u64>(at) == key);
    value::<u64>(entry.expect("the key is there") + 8) as usize
}

/// The address of a function.
fn function(name: &CStr) -> *const u8 {
    let (symbols, strings) = (dynamic(6), dynamic(5));
    // The names follow the symbols.
    let count = (strings - symbols) / 24;
    let is_named = |index: &usize| {
        let at = strings + value::<u32>(symbols + 24 * index) as usize;
        // SAFETY: names end with a zero.
        unsafe { CStr::from_ptr(library().add(at).cast()) == name }
    };
    let index = (1..count).find(is_named).unwrap_or_else(|| panic!("{name:?} is not in the library"));
    library().wrapping_add(value::<u64>(symbols + 24 * index + 8) as usize)
}

/// A clock by the library; what it returns where that is no success.
fn clock(number: i32) -> Result<Duration, i32> {
    // SAFETY: the function's type is that of the C library's of this name.
    let read: extern "C" fn(i32, *mut [i64; 2]) -> i32 =
        unsafe { transmute(function(c"__vdso_clock_gettime")) };
    let mut time = [0; 2];
    match read(number, &raw mut time) {
        0 => Ok(Duration::new(time[0] as u64, time[1] as u32)),
        error => Err(error),
    }
}

/// The same by the kernel.
fn asked(number: i32) -> Duration {
    let mut time = [0_i64; 2];
    assert_eq!(call!(SYS_clock_gettime, number, &mut time), Ok(0));
    Duration::new(time[0] as u64, time[1] as u32)
}

fn every_program_has_a_library_of_clocks() {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let line = |name| maps.lines().find(|line| line.ends_with(name)).expect(name);
    assert!(line("[vdso]").starts_with(&format!("{:x}-", library().addr())), "{maps}");
    assert!(line("[vdso]").contains(" r-xp "), "{maps}");
    assert!(line("[vvar]").contains(" r--p "), "{maps}");
}

fn clocks_of_the_library_agree_with_the_kernels() {
    for number in CLOCKS {
        for _ in 0..1000 {
            let before = asked(number);
            let read = clock(number).unwrap();
            assert!(before <= read && read <= asked(number), "clock {number}");
        }
    }
}

fn a_clock_of_the_library_does_not_go_back_on_any_processor() {
    let watch = || {
        let mut last = Duration::ZERO;
        for _ in 0..20_000 {
            let now = clock(CLOCK_MONOTONIC).unwrap();
            assert!(now >= last);
            last = now;
        }
    };
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(watch)).collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

fn the_library_asks_the_kernel_for_what_it_does_not_know() {
    let before = asked(CLOCK_PROCESS_CPUTIME_ID);
    let read = clock(CLOCK_PROCESS_CPUTIME_ID).unwrap();
    assert!(before <= read && read <= asked(CLOCK_PROCESS_CPUTIME_ID));
    for number in [12, 63, 1000, i32::MAX] {
        assert_eq!(clock(number), Err(-EINVAL), "clock {number}");
    }
}

fn the_library_knows_the_time_of_the_day() {
    // SAFETY: the function's type is that of the C library's of this name.
    let of_day: extern "C" fn(*mut [i64; 2], *mut [i32; 2]) -> i32 =
        unsafe { transmute(function(c"__vdso_gettimeofday")) };
    // SAFETY: as above.
    let seconds: extern "C" fn(*mut i64) -> i64 = unsafe { transmute(function(c"__vdso_time")) };
    let before = asked(CLOCK_REALTIME);
    let mut time = [0; 2];
    assert_eq!(of_day(&raw mut time, std::ptr::null_mut()), 0);
    let read = Duration::new(time[0] as u64, time[1] as u32 * 1000);
    assert!(before.as_micros() <= read.as_micros() && read <= asked(CLOCK_REALTIME));
    assert_eq!(of_day(std::ptr::null_mut(), std::ptr::null_mut()), 0);
    let mut stored = 0;
    let returned = seconds(&raw mut stored);
    assert_eq!(returned, stored);
    // Linux's are those of the last tick.
    assert!(returned + 1 >= before.as_secs() as i64 && returned <= asked(CLOCK_REALTIME).as_secs() as i64);
    assert!(seconds(std::ptr::null_mut()) >= stored);
}

fn the_library_knows_how_fine_clocks_are() {
    // SAFETY: the function's type is that of the C library's of this name.
    let resolution: extern "C" fn(i32, *mut [i64; 2]) -> i32 =
        unsafe { transmute(function(c"__vdso_clock_getres")) };
    for number in CLOCKS {
        let (mut own, mut kernels) = ([9_i64; 2], [8_i64; 2]);
        assert_eq!(resolution(number, &raw mut own), 0);
        assert_eq!(call!(SYS_clock_getres, number, &mut kernels), Ok(0));
        assert_eq!(own, kernels, "clock {number}");
        assert_eq!(resolution(number, std::ptr::null_mut()), 0);
    }
    assert_eq!(resolution(63, std::ptr::null_mut()), -EINVAL);
}

fn a_child_has_the_library_too() {
    let before = clock(CLOCK_MONOTONIC).unwrap();
    let child = Child::start(move || {
        assert!(clock(CLOCK_MONOTONIC).unwrap() >= before);
    });
    assert_eq!(child.status(), 0);
}

fn what_the_clocks_are_computed_from_cannot_be_written() {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    for name in ["[vvar]", "[vdso]"] {
        let line = maps.lines().find(|line| line.ends_with(name)).expect(name);
        let at = usize::from_str_radix(line.split('-').next().unwrap(), 16).unwrap();
        let child = Child::start(move || {
            // SAFETY: it is to fault, which ends the child.
            unsafe { (at as *mut u8).write_volatile(1) };
        });
        assert_eq!(child.signal(), SIGSEGV, "{name}");
    }
}
