//! Epolls that watch files of every kind and other epolls, and threads that wait while others change what is watched.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _, RawFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use libc::{EPOLLET, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLPRI, POLLIN, c_int};

use crate::calls::{Child, eventually, pause};
use crate::epoll::{add, change, count_up, counter, epoll, now, of, pipe, remove, wait};

crate::tests! {
    a_counter_is_watched_for_both,
    a_terminal_is_watched_at_both_ends,
    what_becomes_of_files_is_watched,
    the_end_of_a_process_is_watched,
    a_timer_is_watched,
    an_epoll_is_polled,
    an_epoll_is_selected,
    an_epoll_watches_an_epoll,
    an_outer_edge_is_told_once_for_each_inner_event,
    what_an_inner_epoll_has_told_once_is_not_told_outside,
    who_polls_an_epoll_is_woken_however_often_it_was_empty,
    an_epoll_does_not_watch_itself,
    epolls_do_not_watch_each_other_in_a_circle,
    epolls_are_not_nested_too_deep,
    a_closed_epoll_is_not_watched,
    who_waits_is_told_of_what_is_added,
    who_waits_is_told_of_what_is_changed,
    who_waits_is_not_told_of_what_was_removed,
    all_who_wait_are_woken_by_a_level,
    an_edge_is_told_to_one_of_those_who_wait,
    once_is_told_to_one_thread_however_many_wait,
    no_edge_is_lost_between_two_threads,
    no_edge_is_lost_while_its_entry_changes,
    no_wake_up_is_lost_through_an_epoll,
    an_epoll_is_closed_while_a_thread_waits,
}

fn a_counter_is_watched_for_both() {
    let (epoll, count) = (epoll(), counter(0));
    add(&epoll, &count, EPOLLIN | EPOLLOUT);
    assert_eq!(now(&epoll), [of(&count, EPOLLOUT)]);
    (&count).write_all(&(u64::MAX - 1).to_ne_bytes()).unwrap();
    assert_eq!(now(&epoll), [of(&count, EPOLLIN)]);
    assert_eq!((&count).read(&mut [0; 8]).unwrap(), 8);
    assert_eq!(now(&epoll), [of(&count, EPOLLOUT)]);
}

/// A pseudo-terminal that does not echo: its master and its slave.
fn terminal() -> (File, File) {
    let (mut master, mut slave) = (0, 0);
    // SAFETY: two numbers are written, and zeros are a value of the settings, which are filled before they are changed.
    unsafe {
        let (none, size, settings_of) = (std::ptr::null_mut(), std::ptr::null(), std::ptr::null());
        assert_eq!(libc::openpty(&raw mut master, &raw mut slave, none, settings_of, size), 0);
        let mut settings: libc::termios = std::mem::zeroed();
        assert_eq!(libc::tcgetattr(slave, &raw mut settings), 0);
        settings.c_lflag &= !libc::ECHO;
        assert_eq!(libc::tcsetattr(slave, libc::TCSANOW, &raw const settings), 0);
        (File::from_raw_fd(master), File::from_raw_fd(slave))
    }
}

fn a_terminal_is_watched_at_both_ends() {
    let (epoll, (mut master, mut slave)) = (epoll(), terminal());
    add(&epoll, &master, EPOLLIN | EPOLLET);
    add(&epoll, &slave, EPOLLIN);
    assert_eq!(now(&epoll), []);
    master.write_all(b"half").unwrap();
    assert_eq!(wait(&epoll, 4, 20), [], "half a line is not read");
    master.write_all(b" a line\n").unwrap();
    assert_eq!(wait(&epoll, 4, 5000), [of(&slave, EPOLLIN)]);
    assert_eq!(slave.read(&mut [0; 64]).unwrap(), 12);
    slave.write_all(b"answer").unwrap();
    assert_eq!(wait(&epoll, 4, 5000), [of(&master, EPOLLIN)]);
    assert_eq!(master.read(&mut [0; 64]).unwrap(), 6);
    assert_eq!(now(&epoll), []);
    assert_eq!(remove(&epoll, &slave), Ok(0));
    drop(slave);
    let told = wait(&epoll, 4, 5000);
    assert!(told.len() == 1 && told[0].0 & EPOLLHUP != 0, "{told:?}");
}

fn what_becomes_of_files_is_watched() {
    let number = call!(SYS_inotify_init1, libc::IN_NONBLOCK).unwrap() as RawFd;
    // SAFETY: the number was given just now.
    let mut instance = unsafe { File::from_raw_fd(number) };
    assert!(call!(SYS_inotify_add_watch, number, c".".as_ptr(), libc::IN_CREATE).is_ok());
    let epoll = epoll();
    add(&epoll, &instance, EPOLLIN | EPOLLET);
    assert_eq!(now(&epoll), []);
    for name in ["one", "two"] {
        fs::write(name, "").unwrap();
        assert_eq!(now(&epoll), [of(&instance, EPOLLIN)]);
        assert_eq!(now(&epoll), []);
    }
    assert!(instance.read(&mut [0; 4096]).is_ok());
}

fn the_end_of_a_process_is_watched() {
    let child = Child::start(|| pause(20_000));
    let number = call!(SYS_pidfd_open, child.id, 0).unwrap();
    // SAFETY: the number was given just now.
    let process = unsafe { File::from_raw_fd(number as RawFd) };
    let epoll = epoll();
    add(&epoll, &process, EPOLLIN);
    child.kill(libc::SIGKILL);
    let told = wait(&epoll, 4, 10_000);
    assert!(told.len() == 1 && told[0].0 & EPOLLIN != 0, "{told:?}");
    assert_eq!(child.signal(), libc::SIGKILL);
}

fn a_timer_is_watched() {
    let number = call!(SYS_timerfd_create, libc::CLOCK_MONOTONIC, libc::TFD_NONBLOCK).unwrap();
    // SAFETY: the number was given just now.
    let mut timer = unsafe { File::from_raw_fd(number as RawFd) };
    let epoll = epoll();
    add(&epoll, &timer, EPOLLIN | EPOLLET);
    let often = [0_i64, 5_000_000, 0, 20_000_000];
    assert_eq!(call!(SYS_timerfd_settime, timer.as_raw_fd(), 0, &often, 0), Ok(0));
    assert_eq!(now(&epoll), []);
    for _ in 0..3 {
        assert_eq!(wait(&epoll, 4, 5000), [of(&timer, EPOLLIN)]);
        assert_eq!(timer.read(&mut [0; 8]).unwrap(), 8);
    }
}

/// What `poll` finds of a file now, or after so many milliseconds.
fn polled(file: &File, milliseconds: c_int) -> i16 {
    let mut asked = libc::pollfd { fd: file.as_raw_fd(), events: POLLIN, revents: 0 };
    assert!(call!(SYS_poll, &mut asked, 1, milliseconds).is_ok());
    asked.revents
}

fn an_epoll_is_polled() {
    let (epoll, count) = (epoll(), counter(0));
    assert_eq!(polled(&epoll, 0), 0);
    add(&epoll, &count, EPOLLIN);
    assert_eq!(polled(&epoll, 0), 0);
    count_up(&count);
    assert_eq!((polled(&epoll, 0), polled(&epoll, 0)), (POLLIN, POLLIN));
    assert_eq!((&count).read(&mut [0; 8]).unwrap(), 8);
    assert_eq!(polled(&epoll, 0), 0, "what was ready is not any more");
    let child = Child::start(|| {
        pause(20);
        count_up(&count);
    });
    assert_eq!(polled(&epoll, 10_000), POLLIN);
    assert_eq!(child.status(), 0);
    assert_eq!(remove(&epoll, &count), Ok(0));
    assert_eq!(polled(&epoll, 0), 0);
}

fn an_epoll_is_selected() {
    let (epoll, count) = (epoll(), counter(1));
    add(&epoll, &count, EPOLLIN);
    let number = epoll.as_raw_fd();
    let mut set = [0_u64; 16];
    set[number as usize / 64] = 1 << (number % 64);
    assert_eq!(call!(SYS_select, number + 1, &mut set, 0, 0, &[0_i64; 2]), Ok(1));
}

fn an_epoll_watches_an_epoll() {
    let (outer, inner, count) = (epoll(), epoll(), counter(0));
    add(&outer, &inner, EPOLLIN);
    add(&inner, &count, EPOLLIN);
    assert_eq!(now(&outer), []);
    count_up(&count);
    assert_eq!(now(&outer), [of(&inner, EPOLLIN)]);
    assert_eq!(now(&outer), [of(&inner, EPOLLIN)]);
    assert_eq!(now(&inner), [of(&count, EPOLLIN)]);
    assert_eq!((&count).read(&mut [0; 8]).unwrap(), 8);
    assert_eq!(now(&outer), []);
    let child = Child::start(|| {
        pause(20);
        count_up(&count);
    });
    assert_eq!(wait(&outer, 1, 10_000), [of(&inner, EPOLLIN)]);
    assert_eq!(child.status(), 0);
}

fn an_outer_edge_is_told_once_for_each_inner_event() {
    let (outer, inner, count) = (epoll(), epoll(), counter(0));
    add(&outer, &inner, EPOLLIN | EPOLLET);
    add(&inner, &count, EPOLLIN);
    count_up(&count);
    assert_eq!(now(&outer), [of(&inner, EPOLLIN)]);
    assert_eq!(now(&outer), []);
    assert_eq!(now(&inner), [of(&count, EPOLLIN)]);
    assert_eq!(now(&outer), [], "to look inside is no event");
    count_up(&count);
    assert_eq!(now(&outer), [of(&inner, EPOLLIN)]);
}

fn what_an_inner_epoll_has_told_once_is_not_told_outside() {
    let (outer, inner, count) = (epoll(), epoll(), counter(1));
    add(&outer, &inner, EPOLLIN);
    add(&inner, &count, EPOLLIN | EPOLLET);
    assert_eq!(now(&outer), [of(&inner, EPOLLIN)]);
    assert_eq!(now(&outer), [of(&inner, EPOLLIN)]);
    assert_eq!(now(&inner), [of(&count, EPOLLIN)]);
    assert_eq!(now(&outer), []);
    change(&inner, &count, EPOLLIN | EPOLLONESHOT);
    assert_eq!(now(&outer), [of(&inner, EPOLLIN)]);
    assert_eq!(now(&inner), [of(&count, EPOLLIN)]);
    assert_eq!((now(&inner), now(&outer)), (vec![], vec![]));
}

fn who_polls_an_epoll_is_woken_however_often_it_was_empty() {
    let (epoll, count) = (epoll(), counter(0));
    add(&epoll, &count, EPOLLIN);
    for _ in 0..50 {
        // Nobody waits at the epoll itself, and it has told of this before.
        count_up(&count);
        assert_eq!((&count).read(&mut [0; 8]).unwrap(), 8);
        assert_eq!(polled(&epoll, 0), 0);
        let thread = thread::scope(|scope| {
            let poller = scope.spawn(|| polled(&epoll, 10_000));
            thread::yield_now();
            count_up(&count);
            poller.join().unwrap()
        });
        assert_eq!(thread, POLLIN);
        assert_eq!((&count).read(&mut [0; 8]).unwrap(), 8);
    }
}

/// Whether one epoll may watch another.
fn may_watch(outer: &File, inner: &File) -> Result<i64, i32> {
    let event = [EPOLLIN as u32, 0, 0];
    call!(SYS_epoll_ctl, outer.as_raw_fd(), libc::EPOLL_CTL_ADD, inner.as_raw_fd(), &event)
}

fn an_epoll_does_not_watch_itself() {
    let epoll = epoll();
    assert_eq!(may_watch(&epoll, &epoll), Err(libc::EINVAL));
    assert_eq!(may_watch(&epoll, &epoll.try_clone().unwrap()), Err(libc::EINVAL));
}

fn epolls_do_not_watch_each_other_in_a_circle() {
    let [one, two, three] = [epoll(), epoll(), epoll()];
    assert_eq!(may_watch(&one, &two), Ok(0));
    assert_eq!(may_watch(&two, &one), Err(libc::ELOOP));
    assert_eq!(may_watch(&two, &three), Ok(0));
    assert_eq!(may_watch(&three, &one), Err(libc::ELOOP));
    assert_eq!(may_watch(&one, &three), Ok(0), "twice is no circle");
    assert_eq!(remove(&one, &two), Ok(0));
    assert_eq!(may_watch(&two, &one), Ok(0), "there is no circle any more");
}

fn epolls_are_not_nested_too_deep() {
    let all: Vec<File> = (0..12).map(|_| epoll()).collect();
    for pair in all[..5].windows(2) {
        assert_eq!(may_watch(&pair[1], &pair[0]), Ok(0), "five are not too many");
    }
    let deep = all[4..].windows(2).map(|pair| may_watch(&pair[1], &pair[0])).find(Result::is_err);
    assert_eq!(deep, Some(Err(libc::ELOOP)));
    let count = counter(1);
    add(&all[0], &count, EPOLLIN);
    assert_eq!(now(&all[4]).len(), 1, "an event comes through all of them");
}

fn a_closed_epoll_is_not_watched() {
    let (outer, inner, count) = (epoll(), epoll(), counter(1));
    add(&outer, &inner, EPOLLIN);
    add(&inner, &count, EPOLLIN);
    assert_eq!(now(&outer).len(), 1);
    drop(inner);
    assert_eq!(now(&outer), []);
    count_up(&count);
    assert_eq!(wait(&outer, 1, 10), []);
}

fn who_waits_is_told_of_what_is_added() {
    let (epoll, count) = (epoll(), counter(1));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| wait(&epoll, 1, 10_000));
        pause(20);
        add(&epoll, &count, EPOLLIN);
        assert_eq!(waiter.join().unwrap(), [of(&count, EPOLLIN)]);
    });
}

fn who_waits_is_told_of_what_is_changed() {
    let (epoll, count) = (epoll(), counter(1));
    add(&epoll, &count, EPOLLPRI);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| wait(&epoll, 1, 10_000));
        pause(20);
        change(&epoll, &count, EPOLLIN);
        assert_eq!(waiter.join().unwrap(), [of(&count, EPOLLIN)]);
    });
}

fn who_waits_is_not_told_of_what_was_removed() {
    let (epoll, count, other) = (epoll(), counter(0), counter(0));
    add(&epoll, &count, EPOLLIN);
    add(&epoll, &other, EPOLLIN);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| wait(&epoll, 2, 10_000));
        pause(20);
        assert_eq!(remove(&epoll, &count), Ok(0));
        count_up(&count);
        pause(20);
        count_up(&other);
        assert_eq!(waiter.join().unwrap(), [of(&other, EPOLLIN)]);
    });
}

fn all_who_wait_are_woken_by_a_level() {
    let (epoll, count) = (epoll(), counter(0));
    add(&epoll, &count, EPOLLIN);
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..3).map(|_| scope.spawn(|| wait(&epoll, 1, 10_000).len())).collect();
        pause(20);
        count_up(&count);
        assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap() == 1));
    });
}

fn an_edge_is_told_to_one_of_those_who_wait() {
    let (epoll, count) = (epoll(), counter(0));
    add(&epoll, &count, EPOLLIN | EPOLLET);
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..3).map(|_| scope.spawn(|| wait(&epoll, 1, 300).len())).collect();
        pause(50);
        count_up(&count);
        let told: usize = waiters.into_iter().map(|waiter| waiter.join().unwrap()).sum();
        assert_eq!(told, 1);
    });
}

fn once_is_told_to_one_thread_however_many_wait() {
    const ROUNDS: u64 = 200;
    let (epoll, stop) = (epoll(), counter(0));
    let counts: Vec<File> = (0..8).map(|_| counter(0)).collect();
    for count in &counts {
        add(&epoll, count, EPOLLIN | EPOLLONESHOT);
    }
    add(&epoll, &stop, EPOLLIN);
    let (inside, done) = ([const { AtomicU64::new(0) }; 64], AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let told = wait(&epoll, 1, 10_000);
                    let [(_, number)] = told[..] else { panic!("nobody is told: {told:?}") };
                    if number == stop.as_raw_fd() as u64 {
                        return;
                    }
                    let count = counts.iter().find(|count| count.as_raw_fd() as u64 == number).unwrap();
                    let slot = &inside[number as usize % 64];
                    assert_eq!(slot.fetch_add(1, Ordering::SeqCst), 0, "two have it at once");
                    let mut bytes = [0; 8];
                    let mut count = count;
                    if count.read(&mut bytes).is_ok() {
                        done.fetch_add(u64::from_ne_bytes(bytes), Ordering::SeqCst);
                    }
                    slot.fetch_sub(1, Ordering::SeqCst);
                    change(&epoll, count, EPOLLIN | EPOLLONESHOT);
                }
            });
        }
        for _ in 0..ROUNDS {
            counts.iter().for_each(count_up);
        }
        eventually(|| done.load(Ordering::SeqCst) == ROUNDS * 8);
        count_up(&stop);
    });
}

fn no_edge_is_lost_between_two_threads() {
    const BYTES: usize = 3000;
    let (epoll, (mut reader, writer)) = (epoll(), pipe());
    add(&epoll, &reader, EPOLLIN | EPOLLET);
    thread::scope(|scope| {
        scope.spawn(|| {
            for place in 0..BYTES {
                (&writer).write_all(b"x").unwrap();
                if place % 7 == 0 {
                    thread::yield_now();
                }
            }
        });
        let mut done = 0;
        while done < BYTES {
            assert_eq!(wait(&epoll, 1, 5000).len(), 1, "an edge is lost after {done}");
            loop {
                match reader.read(&mut [0; 3]) {
                    Ok(count) => done += count,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
    });
}

fn no_edge_is_lost_while_its_entry_changes() {
    const ROUNDS: u64 = 500;
    let (epoll, count, other) = (epoll(), counter(0), counter(0));
    add(&epoll, &count, EPOLLIN | EPOLLET);
    let done = AtomicU64::new(0);
    thread::scope(|scope| {
        // Somebody changes the entry, and others' entries, all the time.
        scope.spawn(|| {
            while done.load(Ordering::SeqCst) < ROUNDS {
                change(&epoll, &count, EPOLLIN | EPOLLET);
                add(&epoll, &other, EPOLLIN);
                assert_eq!(remove(&epoll, &other), Ok(0));
            }
        });
        scope.spawn(|| {
            for round in 0..ROUNDS {
                count_up(&count);
                let began = Instant::now();
                while done.load(Ordering::SeqCst) <= round {
                    assert!(began.elapsed() < Duration::from_secs(10), "round {round} is lost");
                    thread::yield_now();
                }
            }
        });
        let mut number = [0; 8];
        while done.load(Ordering::SeqCst) < ROUNDS {
            assert!(!wait(&epoll, 1, 10_000).is_empty());
            if (&count).read(&mut number).is_ok() {
                done.fetch_add(u64::from_ne_bytes(number), Ordering::SeqCst);
            }
        }
    });
}

fn no_wake_up_is_lost_through_an_epoll() {
    const ROUNDS: u64 = 300;
    let (outer, inner, count, answer) = (epoll(), epoll(), counter(0), counter(0));
    add(&outer, &inner, EPOLLIN | EPOLLET);
    add(&inner, &count, EPOLLIN | EPOLLET);
    let ready = epoll();
    add(&ready, &answer, EPOLLIN);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..ROUNDS {
                count_up(&count);
                assert_eq!(wait(&ready, 1, 10_000).len(), 1, "no answer in round {round}");
                assert!((&answer).read(&mut [0; 8]).is_ok());
            }
        });
        for round in 0..ROUNDS {
            // Polled and waited for in turn.
            if round % 2 == 0 {
                assert_eq!(wait(&outer, 1, 10_000).len(), 1, "round {round}");
            } else {
                assert_eq!(polled(&outer, 10_000), POLLIN, "round {round}");
            }
            eventually(|| now(&inner).len() == 1);
            assert!((&count).read(&mut [0; 8]).is_ok());
            count_up(&answer);
        }
    });
}

fn an_epoll_is_closed_while_a_thread_waits() {
    let (epoll, count) = (epoll(), counter(0));
    add(&epoll, &count, EPOLLIN);
    let number = epoll.as_raw_fd();
    thread::scope(|scope| {
        let waiter = scope.spawn(move || {
            let mut events = [[0_u32; 3]; 1];
            call!(SYS_epoll_wait, number, &mut events, 1, 10_000)
        });
        pause(30);
        drop(epoll);
        count_up(&count);
        assert_eq!(waiter.join().unwrap(), Ok(1), "who waits has it open");
    });
}
