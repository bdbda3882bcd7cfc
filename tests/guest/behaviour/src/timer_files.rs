//! Timers that are read.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _, RawFd};
use std::time::{Duration, Instant};

use libc::{
    CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, POLLIN, TFD_CLOEXEC,
    TFD_NONBLOCK, TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET, c_int,
};

use crate::calls::{Child, pause};
use crate::told::{self, noted};

crate::tests! {
    a_timer_is_read_when_its_time_has_come,
    a_timer_counts_what_nobody_has_read,
    a_timer_at_a_moment,
    a_moment_that_has_passed_is_read_at_once,
    a_timer_says_what_is_left,
    a_timer_is_set_anew,
    a_timer_is_stopped,
    a_timer_is_polled,
    a_reader_of_a_timer_is_woken,
    a_reader_waits_for_a_timer_that_is_set_later,
    a_signal_ends_the_read_of_a_timer,
    a_child_has_the_same_timer,
    a_fast_timer_counts_all,
    a_timer_that_is_read_knows_its_arguments,
    a_timer_is_no_file_of_bytes,
}

fn timer_of(clock: c_int, flags: c_int) -> File {
    let number = call!(SYS_timerfd_create, clock, flags).unwrap();
    // SAFETY: the number was given just now.
    unsafe { File::from_raw_fd(number as RawFd) }
}

/// A timer that does not wait.
fn timer() -> File {
    timer_of(CLOCK_MONOTONIC, TFD_NONBLOCK)
}

/// Milliseconds as `struct itimerspec`.
const fn moments(first: i64, then: i64) -> [i64; 4] {
    [then / 1000, then % 1000 * 1_000_000, first / 1000, first % 1000 * 1_000_000]
}

#[track_caller]
fn set(timer: &File, flags: c_int, moments: [i64; 4]) -> [i64; 4] {
    let mut had = [-1_i64; 4];
    assert_eq!(call!(SYS_timerfd_settime, timer.as_raw_fd(), flags, &moments, &mut had), Ok(0));
    had
}

#[track_caller]
fn left(timer: &File) -> [i64; 4] {
    let mut left = [-1_i64; 4];
    assert_eq!(call!(SYS_timerfd_gettime, timer.as_raw_fd(), &mut left), Ok(0));
    left
}

/// How often it has run out, or an error.
fn times(mut timer: &File) -> Result<u64, i32> {
    let mut bytes = [0; 8];
    match timer.read(&mut bytes) {
        Ok(count) => {
            assert_eq!(count, 8);
            Ok(u64::from_ne_bytes(bytes))
        }
        Err(error) => Err(error.raw_os_error().unwrap()),
    }
}

fn shown(clock: c_int) -> [i64; 2] {
    let mut time = [0_i64; 2];
    assert_eq!(call!(SYS_clock_gettime, clock, &mut time), Ok(0));
    time
}

fn polled(timer: &File, milliseconds: c_int) -> i16 {
    let mut asked = libc::pollfd { fd: timer.as_raw_fd(), events: POLLIN, revents: 0 };
    assert!(call!(SYS_poll, &mut asked, 1, milliseconds).is_ok());
    asked.revents
}

fn a_timer_is_read_when_its_time_has_come() {
    for clock in [CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME] {
        let timer = timer_of(clock, 0);
        let began = Instant::now();
        assert_eq!(set(&timer, 0, moments(30, 0)), [0; 4]);
        assert_eq!(times(&timer), Ok(1));
        assert!(began.elapsed() >= Duration::from_millis(29), "{:?}", began.elapsed());
    }
}

fn a_timer_counts_what_nobody_has_read() {
    let timer = timer();
    set(&timer, 0, moments(10, 10));
    pause(65);
    let many = times(&timer).unwrap();
    assert!(many >= 6, "{many}");
    assert_eq!(times(&timer), Err(libc::EAGAIN));
    pause(15);
    assert!(times(&timer).is_ok(), "it goes on");
}

fn a_timer_at_a_moment() {
    for clock in [CLOCK_MONOTONIC, CLOCK_REALTIME] {
        let timer = timer_of(clock, 0);
        let [seconds, nanoseconds] = shown(clock);
        let late = nanoseconds + 40_000_000;
        let moment = [0, 0, seconds + late / 1_000_000_000, late % 1_000_000_000];
        set(&timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, moment);
        assert_eq!(times(&timer), Ok(1));
        let now = shown(clock);
        assert!(now >= [moment[2], moment[3]], "{now:?} {moment:?}");
    }
}

fn a_moment_that_has_passed_is_read_at_once() {
    let timer = timer();
    set(&timer, TFD_TIMER_ABSTIME, [0, 0, 0, 1]);
    assert_eq!(polled(&timer, 1000), POLLIN);
    assert_eq!((times(&timer), times(&timer)), (Ok(1), Err(libc::EAGAIN)));
    set(&timer, TFD_TIMER_ABSTIME, [1000, 0, 0, 1]);
    assert_eq!(polled(&timer, 1000), POLLIN);
    assert!(times(&timer).unwrap() >= 1);
    let [_, _, seconds, _] = left(&timer);
    assert!(seconds < 1000, "the beat of the past is kept: {seconds}");
}

fn a_timer_says_what_is_left() {
    let timer = timer();
    assert_eq!(left(&timer), [0; 4]);
    set(&timer, 0, moments(50_000, 7_000));
    let now = left(&timer);
    assert_eq!(now[..2], [7, 0]);
    assert!((40..50).contains(&now[2]), "{now:?}");
    let had = set(&timer, 0, moments(1, 0));
    assert!(had[..2] == [7, 0] && (40..50).contains(&had[2]), "{had:?}");
    pause(10);
    assert_eq!(left(&timer), [0; 4], "it has run out");
    set(&timer, 0, moments(1, 1000));
    pause(10);
    let now = left(&timer);
    assert!(now[..2] == [1, 0] && now[2] == 0 && now[3] > 0, "the next time comes: {now:?}");
    assert_eq!(times(&timer), Ok(1), "to look has not forgotten it");
}

fn a_timer_is_set_anew() {
    let timer = timer();
    set(&timer, 0, moments(1, 0));
    pause(10);
    set(&timer, 0, moments(50_000, 0));
    assert_eq!(times(&timer), Err(libc::EAGAIN), "what had run out is forgotten");
    set(&timer, 0, moments(1, 0));
    assert_eq!(polled(&timer, 5000), POLLIN);
}

fn a_timer_is_stopped() {
    let timer = timer();
    set(&timer, 0, moments(20, 20));
    set(&timer, 0, moments(0, 20));
    assert_eq!(polled(&timer, 60), 0);
    assert_eq!(left(&timer)[2..], [0, 0]);
}

fn a_timer_is_polled() {
    let timer = timer();
    assert_eq!(polled(&timer, 0), 0);
    set(&timer, 0, moments(30, 0));
    assert_eq!(polled(&timer, 0), 0);
    assert_eq!((polled(&timer, 5000), polled(&timer, 0)), (POLLIN, POLLIN));
    assert_eq!(times(&timer), Ok(1));
    assert_eq!(polled(&timer, 0), 0);
}

fn a_reader_of_a_timer_is_woken() {
    let timer = timer_of(CLOCK_MONOTONIC, 0);
    set(&timer, 0, moments(10, 10));
    for _ in 0..5 {
        assert!(times(&timer).unwrap() >= 1);
    }
}

fn a_reader_waits_for_a_timer_that_is_set_later() {
    let timer = timer_of(CLOCK_MONOTONIC, 0);
    let child = Child::start(|| {
        pause(20);
        set(&timer, 0, moments(50_000, 0));
        pause(20);
        set(&timer, 0, moments(1, 0));
    });
    assert_eq!(times(&timer), Ok(1));
    assert_eq!(child.status(), 0);
}

fn a_signal_ends_the_read_of_a_timer() {
    noted(libc::SIGUSR1, 0);
    let (timer, own) = (timer_of(CLOCK_MONOTONIC, 0), std::process::id());
    set(&timer, 0, moments(50_000, 0));
    let child = Child::start(|| {
        pause(30);
        assert_eq!(call!(SYS_kill, own, libc::SIGUSR1), Ok(0));
    });
    assert_eq!((times(&timer), told::count()), (Err(libc::EINTR), 1));
    assert_eq!(child.status(), 0);
}

fn a_child_has_the_same_timer() {
    let timer = timer();
    let child = Child::start(|| {
        set(&timer, 0, moments(1, 0));
        assert_eq!(polled(&timer, 5000), POLLIN);
    });
    assert_eq!(child.status(), 0);
    assert_eq!(times(&timer), Ok(1), "it was the parent's as well");
}

fn a_fast_timer_counts_all() {
    let timer = timer();
    let began = Instant::now();
    set(&timer, 0, [0, 1000, 0, 1000]);
    pause(50);
    let many = times(&timer).unwrap();
    let most = began.elapsed().as_micros() as u64 + 1;
    assert!((49_000..=most).contains(&many), "{many} of {most}");
}

fn a_timer_that_is_read_knows_its_arguments() {
    let timer = timer();
    let number = timer.as_raw_fd();
    assert_eq!(call!(SYS_timerfd_create, CLOCK_PROCESS_CPUTIME_ID, 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_timerfd_create, 99, 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_timerfd_create, CLOCK_MONOTONIC, 1), Err(libc::EINVAL));
    assert_eq!(call!(SYS_timerfd_settime, number, 4, &moments(1, 0), 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_timerfd_settime, number, 0, &[0_i64, 0, 0, 1_000_000_000], 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_timerfd_settime, number, 0, &[0_i64, 0, -1, 0], 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_timerfd_settime, number, 0, 8, 0), Err(libc::EFAULT));
    assert_eq!(call!(SYS_timerfd_settime, 999, 0, &moments(1, 0), 0), Err(libc::EBADF));
    assert_eq!(call!(SYS_timerfd_gettime, number, 8), Err(libc::EFAULT));
    let (reader, _writer) = crate::epoll::pipe();
    assert_eq!(call!(SYS_timerfd_settime, reader.as_raw_fd(), 0, &moments(1, 0), 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_timerfd_gettime, reader.as_raw_fd(), &mut [0_i64; 4]), Err(libc::EINVAL));
    assert_eq!((&timer).read(&mut [0; 7]).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    set(&timer, 0, [0, 0, i64::MAX, 0]);
    assert_eq!(polled(&timer, 0), 0, "that is far away");
}

fn a_timer_is_no_file_of_bytes() {
    let mut timer = timer_of(CLOCK_MONOTONIC, TFD_CLOEXEC);
    assert_eq!(timer.write(&[0; 8]).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    let shown = std::fs::read_link(format!("/proc/self/fd/{}", timer.as_raw_fd())).unwrap();
    assert_eq!(shown.to_str(), Some("anon_inode:[timerfd]"));
    assert_eq!(call!(SYS_fcntl, timer.as_raw_fd(), libc::F_GETFD), Ok(i64::from(libc::FD_CLOEXEC)));
}
