//! Signals that are read.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _, RawFd};
use std::thread;

use libc::{POLLIN, SFD_CLOEXEC, SFD_NONBLOCK, SIGCHLD, SIGKILL, SIGSTOP, SIGUSR1, SIGUSR2, c_int};

use crate::calls::{Child, eventually, pause};
use crate::epoll::{add, epoll, now, of, wait};
use crate::told::{self, bit, block, noted, queue};

crate::tests! {
    a_blocked_signal_is_read,
    a_signal_that_is_read_is_not_delivered,
    a_value_is_read_with_its_signal,
    several_signals_are_read_at_once,
    other_signals_are_not_read,
    the_end_of_a_child_is_read,
    a_reader_waits_for_a_signal,
    another_signal_ends_the_read_of_signals,
    a_set_is_changed,
    signals_are_polled,
    signals_are_watched_by_an_epoll,
    a_child_reads_its_own_signals,
    a_thread_reads_its_own_signals,
    a_timers_signal_is_read,
    a_file_of_signals_knows_its_arguments,
    a_file_of_signals_is_no_file_of_bytes,
}

fn opened(set: u64, flags: c_int) -> File {
    let number = call!(SYS_signalfd4, -1, &set, 8, flags).unwrap();
    // SAFETY: the number was given just now.
    unsafe { File::from_raw_fd(number as RawFd) }
}

/// A file of signals that does not wait; they are blocked.
fn signals(set: u64) -> File {
    block(set);
    opened(set, SFD_NONBLOCK)
}

/// Signals that were read, as words: 32 each.
fn read(mut file: &File, most: usize) -> Result<Vec<[u32; 32]>, i32> {
    let mut bytes = vec![0_u8; most * 128];
    let count = file.read(&mut bytes).map_err(|error| error.raw_os_error().unwrap())?;
    assert_eq!(count % 128, 0);
    let word = |bytes: &[u8]| u32::from_ne_bytes(bytes.try_into().unwrap());
    let one = |bytes: &[u8]| {
        let mut words = [0; 32];
        words.iter_mut().zip(bytes.chunks(4)).for_each(|(place, bytes)| *place = word(bytes));
        words
    };
    Ok(bytes[..count].chunks(128).map(one).collect())
}

/// The numbers of signals that were read.
fn numbers(file: &File, most: usize) -> Result<Vec<c_int>, i32> {
    read(file, most).map(|all| all.iter().map(|words| words[0] as c_int).collect())
}

fn send(signal: c_int) {
    assert_eq!(call!(SYS_kill, std::process::id(), signal), Ok(0));
}

fn polled(file: &File, milliseconds: c_int) -> i16 {
    let mut asked = libc::pollfd { fd: file.as_raw_fd(), events: POLLIN, revents: 0 };
    assert!(call!(SYS_poll, &mut asked, 1, milliseconds).is_ok());
    asked.revents
}

fn a_blocked_signal_is_read() {
    let file = signals(bit(SIGUSR1));
    assert_eq!(read(&file, 1), Err(libc::EAGAIN));
    send(SIGUSR1);
    let all = read(&file, 4).unwrap();
    assert_eq!(all.len(), 1);
    // The signal, no error, SI_USER, who, and of which user.
    // SAFETY: a plain system call.
    let user = unsafe { libc::getuid() };
    assert_eq!(all[0][..5], [SIGUSR1 as u32, 0, 0, std::process::id(), user]);
    assert_eq!(read(&file, 1), Err(libc::EAGAIN));
}

fn a_signal_that_is_read_is_not_delivered() {
    noted(SIGUSR1, 0);
    let file = signals(bit(SIGUSR1));
    send(SIGUSR1);
    assert_eq!(told::pending(), bit(SIGUSR1));
    assert_eq!(numbers(&file, 1), Ok(vec![SIGUSR1]));
    assert_eq!(told::pending(), 0);
    told::unblock(bit(SIGUSR1));
    assert_eq!(told::count(), 0);
}

fn a_value_is_read_with_its_signal() {
    let file = signals(bit(40));
    for value in [7, 8] {
        assert_eq!(queue(std::process::id() as i32, 40, value), Ok(0));
    }
    let all = read(&file, 4).unwrap();
    assert_eq!(all.len(), 2);
    for (words, value) in all.iter().zip([7, 8]) {
        // SI_QUEUE; the value as a number, and as an address.
        assert_eq!((words[0], words[2] as i32, words[3]), (40, -1, std::process::id()));
        assert_eq!((words[11], words[12]), (value, value));
    }
}

fn several_signals_are_read_at_once() {
    let file = signals(bit(SIGUSR1) | bit(SIGUSR2) | bit(41));
    for signal in [41, SIGUSR2, SIGUSR1, 41, SIGUSR1] {
        send(signal);
    }
    assert_eq!(numbers(&file, 2), Ok(vec![SIGUSR1, SIGUSR2]), "as many as there is room for");
    assert_eq!(numbers(&file, 8), Ok(vec![41, 41]));
}

fn other_signals_are_not_read() {
    let file = signals(bit(SIGUSR1));
    block(bit(SIGUSR2));
    send(SIGUSR2);
    assert_eq!(read(&file, 1), Err(libc::EAGAIN));
    assert_eq!(polled(&file, 0), 0);
    assert_eq!(told::pending(), bit(SIGUSR2));
}

fn the_end_of_a_child_is_read() {
    block(bit(SIGCHLD));
    let file = opened(bit(SIGCHLD), 0);
    let child = Child::start(|| crate::calls::exit(9));
    let all = read(&file, 1).unwrap();
    // CLD_EXITED, whose, and the status.
    assert_eq!((all[0][0], all[0][2], all[0][3], all[0][10]), (SIGCHLD as u32, 1, child.id as u32, 9));
    assert_eq!(child.status(), 9);
}

fn a_reader_waits_for_a_signal() {
    block(bit(SIGUSR1));
    let (file, own) = (opened(bit(SIGUSR1), 0), std::process::id());
    let child = Child::start(|| {
        pause(30);
        assert_eq!(call!(SYS_kill, own, SIGUSR1), Ok(0));
    });
    assert_eq!(numbers(&file, 1), Ok(vec![SIGUSR1]));
    assert_eq!(child.status(), 0);
}

fn another_signal_ends_the_read_of_signals() {
    noted(SIGUSR2, 0);
    block(bit(SIGUSR1));
    let (file, own) = (opened(bit(SIGUSR1), 0), std::process::id());
    let child = Child::start(|| {
        pause(30);
        assert_eq!(call!(SYS_kill, own, SIGUSR2), Ok(0));
    });
    assert_eq!((read(&file, 1), told::count()), (Err(libc::EINTR), 1));
    assert_eq!(child.status(), 0);
}

fn a_set_is_changed() {
    let file = signals(bit(SIGUSR1));
    block(bit(SIGUSR2));
    send(SIGUSR2);
    assert_eq!(polled(&file, 0), 0);
    let number = file.as_raw_fd();
    assert_eq!(call!(SYS_signalfd4, number, &bit(SIGUSR2), 8, 0), Ok(i64::from(number)));
    assert_eq!(polled(&file, 0), POLLIN);
    send(SIGUSR1);
    assert_eq!(numbers(&file, 4), Ok(vec![SIGUSR2]));
}

fn signals_are_polled() {
    let (file, own) = (signals(bit(SIGUSR1)), std::process::id());
    assert_eq!(polled(&file, 0), 0);
    let child = Child::start(|| {
        pause(30);
        assert_eq!(call!(SYS_kill, own, SIGUSR1), Ok(0));
    });
    assert_eq!((polled(&file, 10_000), polled(&file, 0)), (POLLIN, POLLIN));
    assert_eq!(child.status(), 0);
    assert_eq!(numbers(&file, 1), Ok(vec![SIGUSR1]));
    assert_eq!(polled(&file, 0), 0);
}

fn signals_are_watched_by_an_epoll() {
    let (epoll, file, own) = (epoll(), signals(bit(SIGUSR1)), std::process::id());
    add(&epoll, &file, libc::EPOLLIN | libc::EPOLLET);
    assert_eq!(now(&epoll), []);
    for _ in 0..3 {
        let child = Child::start(|| {
            pause(10);
            assert_eq!(call!(SYS_kill, own, SIGUSR1), Ok(0));
        });
        assert_eq!(wait(&epoll, 1, 10_000), [of(&file, libc::EPOLLIN)]);
        assert_eq!(numbers(&file, 1), Ok(vec![SIGUSR1]));
        assert_eq!(child.status(), 0);
    }
}

fn a_child_reads_its_own_signals() {
    let file = signals(bit(SIGUSR1));
    send(SIGUSR1);
    let child = Child::start(|| {
        assert_eq!(polled(&file, 0), 0, "its parent's signals are not its own");
        assert_eq!(read(&file, 1), Err(libc::EAGAIN));
        send(SIGUSR1);
        assert_eq!(polled(&file, 0), POLLIN);
        assert_eq!(read(&file, 1).unwrap()[0][3], std::process::id());
    });
    assert_eq!(child.status(), 0);
    assert_eq!(numbers(&file, 1), Ok(vec![SIGUSR1]));
}

fn a_thread_reads_its_own_signals() {
    let file = signals(bit(SIGUSR1));
    let own = std::process::id();
    assert_eq!(call!(SYS_tgkill, own, own, SIGUSR1), Ok(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(
                (polled(&file, 0), read(&file, 1)),
                (0, Err(libc::EAGAIN)),
                "another thread's is not its own"
            );
            send(SIGUSR1);
            assert_eq!(polled(&file, 0), POLLIN, "the process's is");
            assert_eq!(read(&file, 1).unwrap()[0][2], 0);
        });
    });
    // SI_TKILL
    assert_eq!(read(&file, 1).unwrap()[0][2] as i32, -6);
}

fn a_timers_signal_is_read() {
    let file = signals(bit(SIGUSR1));
    let mut event = [0_u64; 8];
    event[0] = 77;
    event[1] = SIGUSR1 as u64;
    let mut number = 0_u32;
    assert_eq!(call!(SYS_timer_create, libc::CLOCK_MONOTONIC, &event, &mut number), Ok(0));
    assert_eq!(call!(SYS_timer_settime, number, 0, &[0_i64, 0, 0, 1_000_000], 0), Ok(0));
    eventually(|| polled(&file, 100) == POLLIN);
    let all = read(&file, 1).unwrap();
    // SI_TIMER; the value that was asked for.
    assert_eq!((all[0][2] as i32, all[0][11], all[0][12]), (-2, 77, 77));
    assert_eq!(all[0][8], 0, "it has not run out besides");
}

fn a_file_of_signals_knows_its_arguments() {
    let (set, wrong) = (bit(SIGUSR1), Err(libc::EINVAL));
    assert_eq!(call!(SYS_signalfd4, -1, &set, 4, 0), wrong);
    assert_eq!(call!(SYS_signalfd4, -1, &set, 8, 1), wrong);
    assert_eq!(call!(SYS_signalfd4, -1, 8, 8, 0), Err(libc::EFAULT));
    assert_eq!(call!(SYS_signalfd4, 999, &set, 8, 0), Err(libc::EBADF));
    let (reader, _writer) = crate::epoll::pipe();
    assert_eq!(call!(SYS_signalfd4, reader.as_raw_fd(), &set, 8, 0), wrong);
    let mut file = opened(set | bit(SIGKILL) | bit(SIGSTOP), SFD_NONBLOCK);
    assert_eq!(file.read(&mut [0; 127]).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    assert_eq!(call!(SYS_signalfd, -1, &set, 8).map(|number| number > 2), Ok(true));
}

fn a_file_of_signals_is_no_file_of_bytes() {
    let mut file = opened(bit(SIGUSR1), SFD_CLOEXEC);
    assert_eq!(file.write(&[0; 128]).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    let shown = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
    assert_eq!(shown.to_str(), Some("anon_inode:[signalfd]"));
    assert_eq!(call!(SYS_fcntl, file.as_raw_fd(), libc::F_GETFD), Ok(i64::from(libc::FD_CLOEXEC)));
}
