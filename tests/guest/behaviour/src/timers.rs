//! Timers that send signals: interval timers, alarms, POSIX timers.

use std::time::{Duration, Instant};

use libc::{
    CLOCK_MONOTONIC, ITIMER_PROF, ITIMER_REAL, ITIMER_VIRTUAL, SIGALRM, SIGPROF, SIGUSR1, SIGVTALRM,
    TIMER_ABSTIME,
};

use crate::calls::{Child, eventually, pause};
use crate::told::{self, Told, bit, block, noted};

crate::tests! {
    an_interval_timer_sends_its_signal,
    an_interval_timer_repeats,
    an_interval_timer_says_what_is_left,
    an_interval_timer_is_stopped,
    a_wrong_interval_is_refused,
    a_fork_has_no_interval_timer,
    an_exec_keeps_its_alarm,
    an_alarm_says_what_was_left,
    an_alarm_ends_a_process_by_default,
    a_timer_of_processor_time_runs_with_the_process,
    a_timer_of_processor_time_stands_while_it_sleeps,
    a_posix_timer_sends_its_value,
    a_posix_timer_repeats_and_counts_what_was_missed,
    a_posix_timer_at_a_moment,
    a_posix_timer_that_tells_nobody_is_asked,
    a_posix_timer_tells_one_thread,
    a_timer_that_runs_out_all_the_time_leaves_time_for_others,
    a_deleted_timer_is_gone,
    a_forked_child_has_no_posix_timers,
    a_timer_of_an_unknown_clock_is_refused,
    a_timers_signal_is_once_in_the_queue,
}

/// Microseconds as `struct itimerval`.
const fn interval(first: i64, then: i64) -> [i64; 4] {
    [then / 1_000_000, then % 1_000_000, first / 1_000_000, first % 1_000_000]
}

/// Milliseconds as `struct itimerspec`.
const fn moments(first: i64, then: i64) -> [i64; 4] {
    [then / 1000, then % 1000 * 1_000_000, first / 1000, first % 1000 * 1_000_000]
}

fn an_interval_timer_sends_its_signal() {
    noted(SIGALRM, 0);
    let started = Instant::now();
    assert_eq!(call!(SYS_setitimer, ITIMER_REAL, &interval(50_000, 0), 0), Ok(0));
    eventually(|| told::count() == 1);
    assert!(started.elapsed() >= Duration::from_millis(49));
    pause(80);
    assert_eq!(told::count(), 1, "it does not repeat");
    // SI_KERNEL
    assert_eq!((told::at(0).signal, told::at(0).code), (SIGALRM, 0x80));
}

fn an_interval_timer_repeats() {
    noted(SIGALRM, 0);
    assert_eq!(call!(SYS_setitimer, ITIMER_REAL, &interval(10_000, 10_000), 0), Ok(0));
    eventually(|| told::count() >= 4);
}

fn an_interval_timer_says_what_is_left() {
    assert_eq!(call!(SYS_setitimer, ITIMER_REAL, &interval(50_000_000, 7), 0), Ok(0));
    let mut left = [0_i64; 4];
    assert_eq!(call!(SYS_getitimer, ITIMER_REAL, &mut left), Ok(0));
    assert_eq!(left[..2], [0, 7]);
    assert!((40..=50).contains(&left[2]), "{left:?}");
    let mut had = [0_i64; 4];
    assert_eq!(call!(SYS_setitimer, ITIMER_REAL, &interval(0, 0), &mut had), Ok(0));
    assert!((40..=50).contains(&had[2]), "{had:?}");
    assert_eq!(call!(SYS_getitimer, ITIMER_REAL, &mut left), Ok(0));
    assert_eq!(left, [0; 4]);
}

fn an_interval_timer_is_stopped() {
    noted(SIGALRM, 0);
    assert_eq!(call!(SYS_setitimer, ITIMER_REAL, &interval(40_000, 40_000), 0), Ok(0));
    assert_eq!(call!(SYS_setitimer, ITIMER_REAL, &interval(0, 40_000), 0), Ok(0));
    pause(100);
    assert_eq!(told::count(), 0);
}

fn a_wrong_interval_is_refused() {
    assert_eq!(call!(SYS_setitimer, 3, &interval(1, 0), 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_setitimer, ITIMER_REAL, &[0_i64, 0, 0, 1_000_000], 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_setitimer, ITIMER_REAL, &[0_i64, 0, -1, 0], 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_getitimer, 3, &mut [0_i64; 4]), Err(libc::EINVAL));
    assert_eq!(call!(SYS_getitimer, 0, 8), Err(libc::EFAULT));
}

fn a_fork_has_no_interval_timer() {
    assert_eq!(call!(SYS_setitimer, ITIMER_REAL, &interval(50_000_000, 0), 0), Ok(0));
    let child = Child::start(|| {
        let mut left = [1_i64; 4];
        assert_eq!(call!(SYS_getitimer, ITIMER_REAL, &mut left), Ok(0));
        assert_eq!(left, [0; 4]);
    });
    assert_eq!(child.status(), 0);
}

fn an_exec_keeps_its_alarm() {
    let child = Child::start(|| {
        assert_eq!(call!(SYS_alarm, 100), Ok(0));
        crate::again::become_self(&["alarm"]);
    });
    assert_eq!(child.status(), 0);
}

/// What the program that was executed looks at.
pub(crate) fn after_exec() -> bool {
    call!(SYS_alarm, 0).is_ok_and(|left| (90..=100).contains(&left))
}

fn an_alarm_says_what_was_left() {
    assert_eq!(call!(SYS_alarm, 100), Ok(0));
    let left = call!(SYS_alarm, 0).unwrap();
    assert!((99..=100).contains(&left), "{left}");
    assert_eq!(call!(SYS_alarm, 0), Ok(0));
}

fn an_alarm_ends_a_process_by_default() {
    let child = Child::start(|| {
        let _ = call!(SYS_setitimer, ITIMER_REAL, &interval(20_000, 0), 0);
        pause(10_000);
    });
    assert_eq!(child.signal(), SIGALRM);
}

fn a_timer_of_processor_time_runs_with_the_process() {
    noted(SIGVTALRM, 0);
    noted(SIGPROF, 0);
    for which in [ITIMER_VIRTUAL, ITIMER_PROF] {
        assert_eq!(call!(SYS_setitimer, which, &interval(30_000, 0), 0), Ok(0));
    }
    let started = Instant::now();
    while told::count() < 2 && started.elapsed() < Duration::from_secs(10) {
        std::hint::spin_loop();
    }
    let mut signals: Vec<_> = told::all().iter().map(|had| had.signal).collect();
    signals.sort_unstable();
    assert_eq!(signals, [SIGVTALRM, SIGPROF]);
}

fn a_timer_of_processor_time_stands_while_it_sleeps() {
    noted(SIGVTALRM, 0);
    assert_eq!(call!(SYS_setitimer, ITIMER_VIRTUAL, &interval(60_000, 0), 0), Ok(0));
    pause(150);
    assert_eq!(told::count(), 0);
    let mut left = [0_i64; 4];
    assert_eq!(call!(SYS_getitimer, ITIMER_VIRTUAL, &mut left), Ok(0));
    assert!(left[2] == 0 && left[3] > 0, "{left:?}");
}

/// `struct sigevent`: the value, the signal, how to tell, and whom.
fn event(value: i32, signal: i32, way: i32, thread: i32) -> [i32; 16] {
    let mut words = [0; 16];
    words[0] = value;
    words[2] = signal;
    words[3] = way;
    words[4] = thread;
    words
}

/// Makes a timer; gives its number.
#[track_caller]
fn timer(event: &[i32; 16]) -> i32 {
    let mut number = -1_i32;
    assert_eq!(call!(SYS_timer_create, CLOCK_MONOTONIC, event, &mut number), Ok(0));
    number
}

fn a_posix_timer_sends_its_value() {
    noted(SIGUSR1, 0);
    let number = timer(&event(77, SIGUSR1, libc::SIGEV_SIGNAL, 0));
    assert_eq!(call!(SYS_timer_settime, number, 0, &moments(20, 0), 0), Ok(0));
    eventually(|| told::count() == 1);
    let had = told::at(0);
    assert_eq!(had, Told { signal: SIGUSR1, code: libc::SI_TIMER, id: number, user: 0, value: 77 });
    let mut usual = -1_i32;
    noted(SIGALRM, 0);
    assert_eq!(call!(SYS_timer_create, CLOCK_MONOTONIC, 0, &mut usual), Ok(0));
    assert_eq!(call!(SYS_timer_settime, usual, 0, &moments(1, 0), 0), Ok(0));
    eventually(|| told::count() == 2);
    assert_eq!((told::at(1).signal, told::at(1).value), (SIGALRM, usual));
}

fn a_posix_timer_repeats_and_counts_what_was_missed() {
    let set = bit(SIGUSR1);
    block(set);
    let number = timer(&event(0, SIGUSR1, libc::SIGEV_SIGNAL, 0));
    assert_eq!(call!(SYS_timer_settime, number, 0, &moments(10, 10), 0), Ok(0));
    pause(100);
    let mut words = [0_i32; 32];
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, &mut words, 0, 8), Ok(i64::from(SIGUSR1)));
    assert!(Told::of(&words).user >= 5, "{words:?}");
    let overrun = call!(SYS_timer_getoverrun, number).unwrap();
    assert!(overrun >= 5, "{overrun}");
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, &mut words, 0, 8), Ok(i64::from(SIGUSR1)), "it goes on");
}

fn a_posix_timer_at_a_moment() {
    noted(SIGUSR1, 0);
    let number = timer(&event(0, SIGUSR1, libc::SIGEV_SIGNAL, 0));
    let mut now = [0_i64; 2];
    call!(SYS_clock_gettime, CLOCK_MONOTONIC, &mut now).unwrap();
    let at = now[0] * 1_000_000_000 + now[1] + 30_000_000;
    let setting = [0, 0, at / 1_000_000_000, at % 1_000_000_000];
    assert_eq!(call!(SYS_timer_settime, number, TIMER_ABSTIME, &setting, 0), Ok(0));
    let mut left = [0_i64; 4];
    assert_eq!(call!(SYS_timer_gettime, number, &mut left), Ok(0));
    assert!(left[2] == 0 && left[3] <= 30_000_000, "{left:?}");
    eventually(|| told::count() == 1);
    // One that has passed is due at once.
    assert_eq!(call!(SYS_timer_settime, number, TIMER_ABSTIME, &[0_i64, 0, 0, 1], 0), Ok(0));
    eventually(|| told::count() == 2);
}

fn a_posix_timer_that_tells_nobody_is_asked() {
    let number = timer(&event(0, 0, libc::SIGEV_NONE, 0));
    assert_eq!(call!(SYS_timer_settime, number, 0, &moments(20_000, 5000), 0), Ok(0));
    let mut left = [0_i64; 4];
    assert_eq!(call!(SYS_timer_gettime, number, &mut left), Ok(0));
    assert!(left[0] == 5 && (10..=20).contains(&left[2]), "{left:?}");
    let number = timer(&event(0, SIGUSR1, libc::SIGEV_SIGNAL, 0));
    assert_eq!(call!(SYS_timer_settime, number, 0, &moments(20_000, 5000), 0), Ok(0));
    let mut had = [0_i64; 4];
    assert_eq!(call!(SYS_timer_settime, number, 0, &moments(0, 0), &mut had), Ok(0));
    assert!(had[0] == 5 && (10..=20).contains(&had[2]), "{had:?}");
    assert_eq!(call!(SYS_timer_gettime, number, &mut left), Ok(0));
    assert_eq!(left[2..], [0, 0]);
}

fn a_posix_timer_tells_one_thread() {
    noted(SIGUSR1, 0);
    let thread = call!(SYS_gettid).unwrap() as i32;
    let number = timer(&event(3, SIGUSR1, libc::SIGEV_THREAD_ID, thread));
    assert_eq!(call!(SYS_timer_settime, number, 0, &moments(5, 0), 0), Ok(0));
    eventually(|| told::count() == 1);
    assert_eq!(told::at(0).value, 3);
    let wrong = event(3, SIGUSR1, libc::SIGEV_THREAD_ID, 1_000_000);
    assert_eq!(call!(SYS_timer_create, CLOCK_MONOTONIC, &wrong, &mut 0_i32), Err(libc::EINVAL));
}

fn a_timer_that_runs_out_all_the_time_leaves_time_for_others() {
    let set = bit(SIGUSR1);
    block(set);
    let numbers = [(); 4].map(|()| timer(&event(0, SIGUSR1, libc::SIGEV_SIGNAL, 0)));
    for number in numbers {
        assert_eq!(call!(SYS_timer_settime, number, 0, &[0_i64, 1, 0, 1], 0), Ok(0));
    }
    pause(50);
    let mut words = [0_i32; 32];
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, &mut words, 0, 8), Ok(i64::from(SIGUSR1)));
    assert!(Told::of(&words).user > 1000, "{words:?}");
}

fn a_deleted_timer_is_gone() {
    noted(SIGUSR1, 0);
    let number = timer(&event(0, SIGUSR1, libc::SIGEV_SIGNAL, 0));
    assert_eq!(call!(SYS_timer_settime, number, 0, &moments(30, 0), 0), Ok(0));
    assert_eq!(call!(SYS_timer_delete, number), Ok(0));
    assert_eq!(call!(SYS_timer_delete, number), Err(libc::EINVAL));
    assert_eq!(call!(SYS_timer_gettime, number, &mut [0_i64; 4]), Err(libc::EINVAL));
    assert_eq!(call!(SYS_timer_settime, number, 0, &moments(1, 0), 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_timer_getoverrun, number), Err(libc::EINVAL));
    pause(60);
    assert_eq!(told::count(), 0);
}

fn a_forked_child_has_no_posix_timers() {
    let number = timer(&event(0, SIGUSR1, libc::SIGEV_SIGNAL, 0));
    let child = Child::start(|| assert_eq!(call!(SYS_timer_delete, number), Err(libc::EINVAL)));
    assert_eq!(child.status(), 0);
}

fn a_timer_of_an_unknown_clock_is_refused() {
    let event = event(0, SIGUSR1, libc::SIGEV_SIGNAL, 0);
    assert_eq!(call!(SYS_timer_create, 99, &event, &mut 0_i32), Err(libc::EINVAL));
    let wrong = [0_i32, 0, 65, libc::SIGEV_SIGNAL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(call!(SYS_timer_create, CLOCK_MONOTONIC, &wrong, &mut 0_i32), Err(libc::EINVAL));
    let number = timer(&event);
    assert_eq!(call!(SYS_timer_settime, number, 0, &[0_i64, 0, 0, 1_000_000_000], 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_timer_settime, number, 0, 0, 0), Err(libc::EINVAL));
}

fn a_timers_signal_is_once_in_the_queue() {
    const SIGNAL: i32 = 40;
    let set = bit(SIGNAL);
    block(set);
    let number = timer(&event(0, SIGNAL, libc::SIGEV_SIGNAL, 0));
    assert_eq!(call!(SYS_timer_settime, number, 0, &moments(5, 5), 0), Ok(0));
    pause(60);
    assert_eq!(call!(SYS_timer_settime, number, 0, &moments(0, 0), 0), Ok(0));
    let none = [0_i64; 2];
    let first = call!(SYS_rt_sigtimedwait, &set, 0, &none, 8);
    assert!(first == Ok(i64::from(SIGNAL)) || first == Err(libc::EAGAIN));
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, &none, 8), Err(libc::EAGAIN));
}
