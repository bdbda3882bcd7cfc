//! Clocks, sleeping, and processor time.

use std::time::{Duration, Instant};

use libc::{
    CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, CLOCK_THREAD_CPUTIME_ID,
    TIMER_ABSTIME,
};

use crate::calls::{Child, exit, pause};
use crate::told::{self, noted, own};

crate::tests! {
    the_monotonic_clock_does_not_go_back,
    the_usual_clocks_are_there,
    clocks_agree,
    the_day_is_todays,
    a_file_is_changed_today,
    a_word_is_waited_for_until_a_moment,
    processor_time_grows_with_work_and_not_with_sleep,
    a_threads_time_is_less_than_its_processes,
    another_processes_time_is_read,
    a_sleep_lasts,
    a_sleep_until_a_moment,
    a_sleep_that_is_interrupted_says_what_is_left,
    a_wrong_time_to_sleep_is_refused,
    a_sleep_by_processor_time_of_the_own_thread_is_refused,
    waiting_gives_the_times_of_children,
    usage_of_children_that_were_not_waited_for_is_nothing,
    usage_knows_the_peak_of_memory,
    times_are_in_hundredths,
    only_root_sets_the_clock,
}

fn clock(number: i32) -> Result<Duration, i32> {
    let mut time = [0_i64; 2];
    call!(SYS_clock_gettime, number, &mut time)?;
    Ok(Duration::new(time[0] as u64, time[1] as u32))
}

fn spin(time: Duration) {
    let started = Instant::now();
    while started.elapsed() < time {
        std::hint::spin_loop();
    }
}

fn the_monotonic_clock_does_not_go_back() {
    let mut last = Duration::ZERO;
    for _ in 0..10_000 {
        let now = clock(CLOCK_MONOTONIC).unwrap();
        assert!(now >= last);
        last = now;
    }
}

fn the_usual_clocks_are_there() {
    for number in (0..=7).chain([11]) {
        assert!(clock(number).is_ok(), "clock {number}");
        let mut resolution = [9_i64; 2];
        assert_eq!(call!(SYS_clock_getres, number, &mut resolution), Ok(0));
        assert_eq!(resolution[0], 0);
    }
    for number in [10, 16, 99, 1 << 20] {
        assert_eq!(clock(number), Err(libc::EINVAL), "clock {number}");
        assert_eq!(call!(SYS_clock_getres, number, 0), Err(libc::EINVAL));
    }
    assert_eq!(call!(SYS_clock_gettime, CLOCK_REALTIME, 8), Err(libc::EFAULT));
}

fn clocks_agree() {
    let before = clock(CLOCK_REALTIME).unwrap();
    let mut day = [0_i64; 2];
    assert_eq!(call!(SYS_gettimeofday, &mut day, 0), Ok(0));
    let seconds = call!(SYS_time, 0).unwrap() as u64;
    assert!(day[0] as u64 >= before.as_secs() && day[0] as u64 <= before.as_secs() + 5);
    assert!(seconds + 1 >= before.as_secs() && seconds <= before.as_secs() + 5);
    assert!(day[1] < 1_000_000);
    assert!(clock(CLOCK_BOOTTIME).unwrap() + Duration::from_millis(50) >= clock(CLOCK_MONOTONIC).unwrap());
}

/// 2020 began fifty years and twelve leap days after 1970: whoever runs this runs it later.
const SINCE_2020: Duration = Duration::from_hours((50 * 365 + 12) * 24);

fn the_day_is_todays() {
    assert!(clock(CLOCK_REALTIME).unwrap() > SINCE_2020);
    assert!(clock(CLOCK_MONOTONIC).unwrap() < SINCE_2020);
}

fn a_file_is_changed_today() {
    let path = std::env::temp_dir().join(format!("today-{}", std::process::id()));
    let before = clock(CLOCK_REALTIME).unwrap();
    std::fs::write(&path, "x").unwrap();
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    std::fs::remove_file(&path).unwrap();
    let modified = modified.duration_since(std::time::UNIX_EPOCH).unwrap();
    // Times of files may come from a clock that is read at each tick.
    assert!(modified + Duration::from_millis(50) > before && modified < before + Duration::from_secs(10));
}

fn a_word_is_waited_for_until_a_moment() {
    for (number, flag) in [(CLOCK_MONOTONIC, 0), (CLOCK_REALTIME, libc::FUTEX_CLOCK_REALTIME)] {
        let word = 5_u32;
        let until = clock(number).unwrap() + Duration::from_millis(20);
        let time = [until.as_secs() as i64, i64::from(until.subsec_nanos())];
        let operation = libc::FUTEX_WAIT_BITSET | flag;
        assert_eq!(call!(SYS_futex, &word, operation, 5, &time, 0, u32::MAX), Err(libc::ETIMEDOUT));
        let now = clock(number).unwrap();
        assert!(now >= until && now < until + Duration::from_secs(5), "clock {number}: {until:?}, {now:?}");
    }
}

fn processor_time_grows_with_work_and_not_with_sleep() {
    let before = clock(CLOCK_PROCESS_CPUTIME_ID).unwrap();
    while clock(CLOCK_PROCESS_CPUTIME_ID).unwrap() < before + Duration::from_millis(20) {
        std::hint::spin_loop();
    }
    let before = clock(CLOCK_PROCESS_CPUTIME_ID).unwrap();
    pause(100);
    let used = clock(CLOCK_PROCESS_CPUTIME_ID).unwrap().saturating_sub(before);
    assert!(used < Duration::from_millis(60), "{used:?}");
    assert!(before < Duration::from_secs(20), "it is the process's own: {before:?}");
}

fn a_threads_time_is_less_than_its_processes() {
    let thread = std::thread::spawn(|| spin(Duration::from_millis(40)));
    thread.join().unwrap();
    let own = clock(CLOCK_THREAD_CPUTIME_ID).unwrap();
    let all = clock(CLOCK_PROCESS_CPUTIME_ID).unwrap();
    assert!(own + Duration::from_millis(3) < all, "{own:?} of {all:?}");
}

fn another_processes_time_is_read() {
    let child = Child::start(|| {
        spin(Duration::from_millis(60));
        pause(10_000);
    });
    // The clock of a process: its number inverted, and 2 for its time as a scheduler has it.
    let number = !child.id << 3 | 2;
    let started = Instant::now();
    while clock(number).unwrap() < Duration::from_millis(10) {
        assert!(started.elapsed() < Duration::from_secs(10), "its time does not grow");
        pause(5);
    }
    child.kill(libc::SIGKILL);
    child.wait();
    assert_eq!(clock(number), Err(libc::EINVAL));
}

fn a_sleep_lasts() {
    let started = Instant::now();
    assert_eq!(call!(SYS_nanosleep, &[0_i64, 30_000_000], 0), Ok(0));
    assert!(started.elapsed() >= Duration::from_millis(30));
    assert_eq!(call!(SYS_nanosleep, &[0_i64, 0], 0), Ok(0));
}

fn a_sleep_until_a_moment() {
    for number in [CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME] {
        let until = clock(number).unwrap() + Duration::from_millis(20);
        let time = [until.as_secs() as i64, i64::from(until.subsec_nanos())];
        assert_eq!(call!(SYS_clock_nanosleep, number, TIMER_ABSTIME, &time, 0), Ok(0));
        assert!(clock(number).unwrap() >= until);
        let passed = [1_i64, 0];
        assert_eq!(call!(SYS_clock_nanosleep, number, TIMER_ABSTIME, &passed, 0), Ok(0));
    }
}

fn a_sleep_that_is_interrupted_says_what_is_left() {
    noted(libc::SIGUSR1, libc::SA_RESTART);
    let parent = own();
    let child = Child::start(|| {
        pause(50);
        let _ = call!(SYS_kill, parent, libc::SIGUSR1);
    });
    let mut left = [0_i64; 2];
    assert_eq!(call!(SYS_nanosleep, &[10_i64, 0], &mut left), Err(libc::EINTR));
    assert!(left[0] >= 5 && left[0] < 10, "{left:?}");
    assert_eq!((told::count(), child.status()), (1, 0));
}

fn a_wrong_time_to_sleep_is_refused() {
    for time in [[0_i64, 1_000_000_000], [0, -1], [-1, 0]] {
        assert_eq!(call!(SYS_nanosleep, &time, 0), Err(libc::EINVAL));
        assert_eq!(call!(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, 0), Err(libc::EINVAL));
    }
    assert_eq!(call!(SYS_clock_nanosleep, 99, 0, &[0_i64, 0], 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_nanosleep, 8, 0), Err(libc::EFAULT));
}

fn a_sleep_by_processor_time_of_the_own_thread_is_refused() {
    assert_eq!(call!(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &[0_i64, 1], 0), Err(libc::EOPNOTSUPP));
}

/// Microseconds of user and kernel time in `struct rusage`.
fn used(usage: &[i64; 18]) -> i64 {
    (usage[0] + usage[2]) * 1_000_000 + usage[1] + usage[3]
}

fn waiting_gives_the_times_of_children() {
    let child = Child::start(|| {
        let before = clock(CLOCK_PROCESS_CPUTIME_ID).unwrap();
        while clock(CLOCK_PROCESS_CPUTIME_ID).unwrap() < before + Duration::from_millis(30) {
            std::hint::spin_loop();
        }
        exit(0);
    });
    let mut usage = [0_i64; 18];
    assert_eq!(call!(SYS_wait4, child.id, 0, 0, &mut usage), Ok(i64::from(child.id)));
    assert!(used(&usage) >= 25_000, "{usage:?}");
    assert_eq!(call!(SYS_getrusage, libc::RUSAGE_CHILDREN, &mut usage), Ok(0));
    assert!(used(&usage) >= 25_000, "{usage:?}");
}

fn usage_of_children_that_were_not_waited_for_is_nothing() {
    let child = Child::start(|| spin(Duration::from_millis(30)));
    assert_eq!(
        call!(SYS_waitid, libc::P_PID, child.id, &mut [0_i32; 32], libc::WEXITED | libc::WNOWAIT, 0),
        Ok(0)
    );
    let mut usage = [0_i64; 18];
    assert_eq!(call!(SYS_getrusage, libc::RUSAGE_CHILDREN, &mut usage), Ok(0));
    assert_eq!(used(&usage), 0);
    assert_eq!(call!(SYS_getrusage, 5, &mut usage), Err(libc::EINVAL));
    child.wait();
}

fn usage_knows_the_peak_of_memory() {
    let mut usage = [0_i64; 18];
    assert_eq!(call!(SYS_getrusage, libc::RUSAGE_SELF, &mut usage), Ok(0));
    assert!(usage[4] > 100, "{} KiB", usage[4]);
}

fn times_are_in_hundredths() {
    let mut times = [-1_i64; 4];
    let first = call!(SYS_times, &mut times).unwrap();
    assert!(times.iter().all(|&time| time >= 0));
    pause(100);
    let second = call!(SYS_times, 0).unwrap();
    assert!((8..500).contains(&(second - first)), "{first} {second}");
}

fn only_root_sets_the_clock() {
    crate::running::needs_root();
    assert_eq!(call!(SYS_clock_settime, CLOCK_MONOTONIC, &[1_i64, 0]), Err(libc::EINVAL));
    assert_eq!(call!(SYS_settimeofday, 0, 0), Ok(0));
    assert_eq!(call!(SYS_setuid, 1000), Ok(0));
    assert_eq!(call!(SYS_settimeofday, 0, 0), Err(libc::EPERM));
    assert_eq!(call!(SYS_settimeofday, 0, 8), Err(libc::EFAULT));
    assert_eq!(call!(SYS_settimeofday, &[1_i64, 0], 0), Err(libc::EPERM));
    assert_eq!(call!(SYS_clock_settime, CLOCK_REALTIME, &[1_i64, 0]), Err(libc::EPERM));
}
