//! Waiting for files again and again: one epoll, and what it is told of its files.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsRawFd, FromRawFd as _, IntoRawFd as _, RawFd};
use std::time::{Duration, Instant};

use libc::{
    EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLERR, EPOLLET, EPOLLEXCLUSIVE, EPOLLHUP,
    EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLRDNORM, EPOLLWAKEUP, O_NONBLOCK, c_int,
};

use crate::calls::{Child, pause};
use crate::told::{self, bit, noted};

crate::tests! {
    what_is_ready_is_told_with_its_data,
    nothing_is_told_of_what_is_not_ready,
    a_wait_ends_when_a_file_becomes_ready,
    a_level_is_told_until_it_is_read,
    an_edge_is_told_once_and_again_with_new_data,
    what_was_there_before_is_an_edge,
    an_edge_of_room_to_write,
    once_is_told_once_until_it_is_changed,
    once_of_an_edge_is_told_again_when_it_is_changed,
    a_change_asks_for_something_else,
    a_change_tells_what_is_there_again,
    what_was_removed_is_not_told,
    a_file_is_added_once,
    what_is_always_ready_is_refused,
    an_epoll_knows_its_arguments,
    an_entry_wants_what_it_says_and_the_end_always,
    an_entry_goes_with_its_last_descriptor,
    an_entry_stays_as_long_as_a_duplicate,
    a_duplicate_is_another_entry,
    a_number_that_is_used_again_is_another_entry,
    many_entries_whose_files_were_closed_cost_nothing,
    a_child_has_the_same_epoll,
    a_wait_gives_no_more_than_there_is_room_for,
    everybody_gets_a_turn,
    of_many_files_the_ready_ones_are_told,
    an_entry_may_be_for_one_of_several,
    a_signal_ends_a_wait,
    a_wait_blocks_other_signals_for_its_time,
    a_wait_counts_nanoseconds,
    an_epoll_is_no_file_of_bytes,
}

/// An epoll that an execution closes.
pub(crate) fn epoll() -> File {
    let number = call!(SYS_epoll_create1, EPOLL_CLOEXEC).unwrap();
    // SAFETY: the number was given just now.
    unsafe { File::from_raw_fd(number as RawFd) }
}

/// Changes an entry of an epoll.
fn control(epoll: &File, operation: c_int, file: RawFd, events: c_int, data: u64) -> Result<i64, i32> {
    let event = [events as u32, data as u32, (data >> 32) as u32];
    call!(SYS_epoll_ctl, epoll.as_raw_fd(), operation, file, &event)
}

/// Adds a file, whose descriptor comes with its events.
#[track_caller]
pub(crate) fn add(epoll: &File, file: &impl AsRawFd, events: c_int) {
    let number = file.as_raw_fd();
    assert_eq!(control(epoll, EPOLL_CTL_ADD, number, events, number as u64), Ok(0), "adding");
}

/// Changes what is wanted of a file.
#[track_caller]
pub(crate) fn change(epoll: &File, file: &impl AsRawFd, events: c_int) {
    let number = file.as_raw_fd();
    assert_eq!(control(epoll, EPOLL_CTL_MOD, number, events, number as u64), Ok(0), "changing");
}

/// Removes a file.
pub(crate) fn remove(epoll: &File, file: &impl AsRawFd) -> Result<i64, i32> {
    control(epoll, EPOLL_CTL_DEL, file.as_raw_fd(), 0, 0)
}

/// Waits so many milliseconds at most for so many events at most; gives them and what comes with them.
#[track_caller]
pub(crate) fn wait(epoll: &File, most: usize, milliseconds: c_int) -> Vec<(c_int, u64)> {
    let mut events = vec![[0_u32; 3]; most];
    let count = call!(SYS_epoll_wait, epoll.as_raw_fd(), events.as_mut_ptr(), most, milliseconds);
    events.truncate(count.expect("a wait") as usize);
    events
        .iter()
        .map(|&[events, low, high]| (events as c_int, u64::from(low) | u64::from(high) << 32))
        .collect()
}

/// What is ready now of a file.
#[track_caller]
pub(crate) fn now(epoll: &File) -> Vec<(c_int, u64)> {
    wait(epoll, 8, 0)
}

/// What is told of a file that was added.
pub(crate) fn of(file: &impl AsRawFd, events: c_int) -> (c_int, u64) {
    (events, file.as_raw_fd() as u64)
}

/// A pipe that does not wait: its reader, and its writer.
pub(crate) fn pipe() -> (File, File) {
    let mut ends = [0_i32; 2];
    assert_eq!(call!(SYS_pipe2, &mut ends, O_NONBLOCK), Ok(0));
    // SAFETY: the numbers were given just now.
    unsafe { (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1])) }
}

/// A counter that does not wait.
pub(crate) fn counter(count: u32) -> File {
    let number = call!(SYS_eventfd2, count, O_NONBLOCK).unwrap();
    // SAFETY: the number was given just now.
    unsafe { File::from_raw_fd(number as RawFd) }
}

/// Adds one to a counter.
pub(crate) fn count_up(mut counter: &File) {
    counter.write_all(&1_u64.to_ne_bytes()).unwrap();
}

fn what_is_ready_is_told_with_its_data() {
    let (epoll, (reader, mut writer)) = (epoll(), pipe());
    let data = 0x0123_4567_89ab_cdef;
    assert_eq!(control(&epoll, EPOLL_CTL_ADD, reader.as_raw_fd(), EPOLLIN, data), Ok(0));
    writer.write_all(b"x").unwrap();
    assert_eq!(now(&epoll), [(EPOLLIN, data)]);
}

fn nothing_is_told_of_what_is_not_ready() {
    let (epoll, (reader, _writer)) = (epoll(), pipe());
    assert_eq!(now(&epoll), []);
    add(&epoll, &reader, EPOLLIN);
    assert_eq!(now(&epoll), []);
    let began = Instant::now();
    assert_eq!(wait(&epoll, 1, 30), []);
    assert!(began.elapsed() >= Duration::from_millis(30), "{:?}", began.elapsed());
}

fn a_wait_ends_when_a_file_becomes_ready() {
    let (epoll, (reader, mut writer)) = (epoll(), pipe());
    add(&epoll, &reader, EPOLLIN);
    for _ in 0..3 {
        let child = Child::start(|| {
            pause(20);
            writer.write_all(b"x").unwrap();
        });
        assert_eq!(wait(&epoll, 4, -1), [of(&reader, EPOLLIN)]);
        assert_eq!((&reader).read(&mut [0; 4]).unwrap(), 1);
        assert_eq!(child.status(), 0);
    }
}

fn a_level_is_told_until_it_is_read() {
    let (epoll, (mut reader, mut writer)) = (epoll(), pipe());
    add(&epoll, &reader, EPOLLIN);
    writer.write_all(b"ab").unwrap();
    assert_eq!(now(&epoll), [of(&reader, EPOLLIN)]);
    assert_eq!(now(&epoll), [of(&reader, EPOLLIN)]);
    assert_eq!(reader.read(&mut [0; 1]).unwrap(), 1);
    assert_eq!(now(&epoll), [of(&reader, EPOLLIN)]);
    assert_eq!(reader.read(&mut [0; 1]).unwrap(), 1);
    assert_eq!(now(&epoll), []);
    writer.write_all(b"c").unwrap();
    assert_eq!(now(&epoll), [of(&reader, EPOLLIN)]);
}

fn an_edge_is_told_once_and_again_with_new_data() {
    let (epoll, (mut reader, mut writer)) = (epoll(), pipe());
    add(&epoll, &reader, EPOLLIN | EPOLLET);
    assert_eq!(now(&epoll), []);
    writer.write_all(b"a").unwrap();
    assert_eq!(now(&epoll), [of(&reader, EPOLLIN)]);
    assert_eq!(now(&epoll), []);
    writer.write_all(b"b").unwrap();
    assert_eq!(now(&epoll), [of(&reader, EPOLLIN)], "more has come, whatever is there");
    writer.write_all(b"c").unwrap();
    writer.write_all(b"d").unwrap();
    assert_eq!(now(&epoll), [of(&reader, EPOLLIN)]);
    assert_eq!(now(&epoll), [], "two edges are one event");
    assert_eq!(reader.read(&mut [0; 8]).unwrap(), 4);
    assert_eq!(now(&epoll), []);
    writer.write_all(b"e").unwrap();
    assert_eq!(reader.read(&mut [0; 8]).unwrap(), 1);
    assert_eq!(now(&epoll), [], "it was read before anybody asked");
}

fn what_was_there_before_is_an_edge() {
    let (epoll, (reader, mut writer)) = (epoll(), pipe());
    writer.write_all(b"a").unwrap();
    add(&epoll, &reader, EPOLLIN | EPOLLET);
    assert_eq!(now(&epoll), [of(&reader, EPOLLIN)]);
    assert_eq!(now(&epoll), []);
}

fn an_edge_of_room_to_write() {
    let (epoll, (mut reader, mut writer)) = (epoll(), pipe());
    add(&epoll, &writer, EPOLLOUT | EPOLLET);
    assert_eq!(now(&epoll), [of(&writer, EPOLLOUT)]);
    assert_eq!(now(&epoll), []);
    while writer.write(&[0; 4096]).is_ok() {}
    assert_eq!(now(&epoll), []);
    let mut bytes = vec![0; 1 << 20];
    while reader.read(&mut bytes).is_ok_and(|count| count > 0) {}
    assert_eq!(wait(&epoll, 1, 1000), [of(&writer, EPOLLOUT)]);
}

fn once_is_told_once_until_it_is_changed() {
    let (epoll, (reader, mut writer)) = (epoll(), pipe());
    add(&epoll, &reader, EPOLLIN | EPOLLONESHOT);
    writer.write_all(b"a").unwrap();
    assert_eq!(now(&epoll), [of(&reader, EPOLLIN)]);
    writer.write_all(b"b").unwrap();
    assert_eq!(now(&epoll), []);
    drop(writer);
    assert_eq!(now(&epoll), [], "not even the end is told");
    change(&epoll, &reader, EPOLLIN | EPOLLONESHOT);
    assert_eq!(now(&epoll), [of(&reader, EPOLLIN | EPOLLHUP)]);
    assert_eq!(now(&epoll), []);
    assert_eq!(control(&epoll, EPOLL_CTL_ADD, reader.as_raw_fd(), EPOLLIN, 0), Err(libc::EEXIST));
}

fn once_of_an_edge_is_told_again_when_it_is_changed() {
    let (epoll, count) = (epoll(), counter(1));
    add(&epoll, &count, EPOLLIN | EPOLLONESHOT | EPOLLET);
    for _ in 0..3 {
        assert_eq!(now(&epoll), [of(&count, EPOLLIN)]);
        count_up(&count);
        assert_eq!(now(&epoll), []);
        change(&epoll, &count, EPOLLIN | EPOLLONESHOT | EPOLLET);
    }
}

fn a_change_asks_for_something_else() {
    let (epoll, count) = (epoll(), counter(1));
    add(&epoll, &count, EPOLLIN);
    assert_eq!(now(&epoll), [of(&count, EPOLLIN)]);
    change(&epoll, &count, EPOLLOUT);
    assert_eq!(now(&epoll), [of(&count, EPOLLOUT)]);
    change(&epoll, &count, 0);
    assert_eq!(now(&epoll), []);
    assert_eq!(control(&epoll, EPOLL_CTL_MOD, count.as_raw_fd(), EPOLLIN | EPOLLOUT, 7), Ok(0));
    assert_eq!(now(&epoll), [(EPOLLIN | EPOLLOUT, 7)]);
}

fn a_change_tells_what_is_there_again() {
    let (epoll, count) = (epoll(), counter(1));
    add(&epoll, &count, EPOLLIN | EPOLLET);
    assert_eq!(now(&epoll), [of(&count, EPOLLIN)]);
    assert_eq!(now(&epoll), []);
    change(&epoll, &count, EPOLLIN | EPOLLET);
    assert_eq!(now(&epoll), [of(&count, EPOLLIN)]);
}

fn what_was_removed_is_not_told() {
    let (epoll, count) = (epoll(), counter(1));
    add(&epoll, &count, EPOLLIN);
    assert_eq!(remove(&epoll, &count), Ok(0));
    assert_eq!(now(&epoll), []);
    count_up(&count);
    assert_eq!(wait(&epoll, 1, 10), []);
    assert_eq!(remove(&epoll, &count), Err(libc::ENOENT));
    add(&epoll, &count, EPOLLIN);
    assert_eq!(now(&epoll), [of(&count, EPOLLIN)]);
}

fn a_file_is_added_once() {
    let (epoll, count) = (epoll(), counter(0));
    let number = count.as_raw_fd();
    assert_eq!(control(&epoll, EPOLL_CTL_MOD, number, EPOLLIN, 0), Err(libc::ENOENT));
    assert_eq!(control(&epoll, EPOLL_CTL_DEL, number, EPOLLIN, 0), Err(libc::ENOENT));
    add(&epoll, &count, EPOLLIN);
    assert_eq!(control(&epoll, EPOLL_CTL_ADD, number, EPOLLOUT, 0), Err(libc::EEXIST));
    assert_eq!(now(&epoll), [], "what was refused has changed nothing");
}

fn what_is_always_ready_is_refused() {
    let epoll = epoll();
    std::fs::write("file", "").unwrap();
    for name in ["file", "."] {
        let file = File::open(name).unwrap();
        assert_eq!(control(&epoll, EPOLL_CTL_ADD, file.as_raw_fd(), EPOLLIN, 0), Err(libc::EPERM), "{name}");
        assert_eq!(remove(&epoll, &file), Err(libc::EPERM));
    }
}

fn an_epoll_knows_its_arguments() {
    let (epoll, count) = (epoll(), counter(1));
    let number = count.as_raw_fd();
    assert_eq!(call!(SYS_epoll_create, 0), Err(libc::EINVAL));
    assert!(call!(SYS_epoll_create, 1).is_ok());
    assert_eq!(call!(SYS_epoll_create1, 1), Err(libc::EINVAL));
    assert_eq!(control(&epoll, EPOLL_CTL_ADD, 999, EPOLLIN, 0), Err(libc::EBADF));
    assert_eq!(call!(SYS_epoll_ctl, 999, EPOLL_CTL_ADD, number, &[0_u32; 3]), Err(libc::EBADF));
    assert_eq!(
        call!(SYS_epoll_ctl, number, EPOLL_CTL_ADD, epoll.as_raw_fd(), &[0_u32; 3]),
        Err(libc::EINVAL)
    );
    assert_eq!(call!(SYS_epoll_ctl, epoll.as_raw_fd(), EPOLL_CTL_ADD, number, 8), Err(libc::EFAULT));
    assert_eq!(control(&epoll, 4, number, EPOLLIN, 0), Err(libc::EINVAL));
    let mut events = [[0_u32; 3]; 2];
    for most in [0, -1, i32::MAX] {
        let waited = call!(SYS_epoll_wait, epoll.as_raw_fd(), &mut events, most, 0);
        assert_eq!(waited, Err(libc::EINVAL), "{most} events");
    }
    assert_eq!(call!(SYS_epoll_wait, number, &mut events, 1, 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_epoll_wait, 999, &mut events, 1, 0), Err(libc::EBADF));
    add(&epoll, &count, EPOLLIN);
    assert_eq!(call!(SYS_epoll_wait, epoll.as_raw_fd(), 8, 1, 0), Err(libc::EFAULT));
    assert_eq!(now(&epoll), [of(&count, EPOLLIN)], "what could not be told is told later");
    let pwait = call!(SYS_epoll_pwait, epoll.as_raw_fd(), &mut events, 1, 0, &0_u64, 4);
    assert_eq!(pwait, Err(libc::EINVAL), "a set of signals has eight bytes");
}

fn an_entry_wants_what_it_says_and_the_end_always() {
    let (epoll, (reader, writer)) = (epoll(), pipe());
    add(&epoll, &reader, 0);
    (&writer).write_all(b"x").unwrap();
    assert_eq!(now(&epoll), []);
    change(&epoll, &reader, EPOLLRDNORM | EPOLLWAKEUP);
    assert_eq!(now(&epoll), [of(&reader, EPOLLRDNORM)]);
    change(&epoll, &reader, 0);
    drop(writer);
    assert_eq!(now(&epoll), [of(&reader, EPOLLHUP)]);
    let (other, writer) = pipe();
    add(&epoll, &writer, 0);
    assert_eq!(remove(&epoll, &reader), Ok(0));
    drop(other);
    assert_eq!(wait(&epoll, 2, 1000), [of(&writer, EPOLLERR)]);
}

fn an_entry_goes_with_its_last_descriptor() {
    let (epoll, count) = (epoll(), counter(1));
    add(&epoll, &count, EPOLLIN);
    let number = count.into_raw_fd();
    assert_eq!(call!(SYS_close, number), Ok(0));
    assert_eq!(now(&epoll), []);
    assert_eq!(control(&epoll, EPOLL_CTL_DEL, number, 0, 0), Err(libc::EBADF));
}

fn an_entry_stays_as_long_as_a_duplicate() {
    let (epoll, count) = (epoll(), counter(1));
    add(&epoll, &count, EPOLLIN);
    let copy = count.try_clone().unwrap();
    let number = count.into_raw_fd();
    assert_eq!(call!(SYS_close, number), Ok(0));
    assert_eq!(now(&epoll), [(EPOLLIN, number as u64)], "the description is there");
    drop(copy);
    assert_eq!(now(&epoll), []);
}

fn a_duplicate_is_another_entry() {
    let (epoll, count) = (epoll(), counter(1));
    let copy = count.try_clone().unwrap();
    add(&epoll, &count, EPOLLIN);
    assert_eq!(control(&epoll, EPOLL_CTL_MOD, copy.as_raw_fd(), EPOLLIN, 0), Err(libc::ENOENT));
    add(&epoll, &copy, EPOLLOUT);
    let mut told = now(&epoll);
    told.sort_unstable();
    assert_eq!(told, [of(&count, EPOLLIN), of(&copy, EPOLLOUT)]);
    assert_eq!(remove(&epoll, &count), Ok(0));
    assert_eq!(now(&epoll), [of(&copy, EPOLLOUT)]);
}

fn a_number_that_is_used_again_is_another_entry() {
    let (epoll, count) = (epoll(), counter(1));
    add(&epoll, &count, EPOLLIN);
    let copy = count.try_clone().unwrap();
    let number = count.as_raw_fd();
    let other = counter(1);
    assert_eq!(call!(SYS_dup2, other.as_raw_fd(), number), Ok(i64::from(number)));
    assert_eq!(control(&epoll, EPOLL_CTL_ADD, number, EPOLLIN, 99), Ok(0), "the old entry has another key");
    let mut told = now(&epoll);
    told.sort_unstable();
    assert_eq!(told, [(EPOLLIN, number as u64), (EPOLLIN, 99)]);
    drop(copy);
    assert_eq!(now(&epoll), [(EPOLLIN, 99)]);
}

fn many_entries_whose_files_were_closed_cost_nothing() {
    let epoll = epoll();
    for _ in 0..20_000 {
        add(&epoll, &counter(0), EPOLLIN);
    }
    let count = counter(1);
    add(&epoll, &count, EPOLLIN);
    assert_eq!(now(&epoll), [of(&count, EPOLLIN)]);
}

fn a_child_has_the_same_epoll() {
    let (epoll, count) = (epoll(), counter(0));
    let child = Child::start(|| {
        add(&epoll, &count, EPOLLIN);
        count_up(&count);
    });
    assert_eq!(child.status(), 0);
    assert_eq!(now(&epoll), [of(&count, EPOLLIN)], "what the child has added is there");
    let child = Child::start(|| assert_eq!(now(&epoll), [of(&count, EPOLLIN)]));
    assert_eq!(child.status(), 0);
    assert_eq!(remove(&epoll, &count), Ok(0));
}

fn a_wait_gives_no_more_than_there_is_room_for() {
    let epoll = epoll();
    let counts: Vec<File> = (0..5).map(|_| counter(1)).collect();
    for count in &counts {
        add(&epoll, count, EPOLLIN | EPOLLET);
    }
    assert_eq!((wait(&epoll, 2, 0).len(), wait(&epoll, 2, 0).len()), (2, 2));
    assert_eq!((wait(&epoll, 2, 0).len(), wait(&epoll, 2, 0).len()), (1, 0), "each is told once");
}

fn everybody_gets_a_turn() {
    let epoll = epoll();
    let counts: Vec<File> = (0..4).map(|_| counter(1)).collect();
    for count in &counts {
        add(&epoll, count, EPOLLIN);
    }
    let mut told: Vec<u64> = (0..4).map(|_| wait(&epoll, 1, 0)[0].1).collect();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), 4, "what is always ready does not hide the others");
}

fn of_many_files_the_ready_ones_are_told() {
    let epoll = epoll();
    let counts: Vec<File> = (0..300).map(|_| counter(0)).collect();
    for count in &counts {
        add(&epoll, count, EPOLLIN);
    }
    assert_eq!(now(&epoll), []);
    for place in [7, 150, 299] {
        count_up(&counts[place]);
    }
    let mut told = wait(&epoll, 300, 0);
    told.sort_unstable();
    let mut expected = [7, 150, 299].map(|place| of(&counts[place], EPOLLIN));
    expected.sort_unstable();
    assert_eq!(told, expected);
    for count in &counts {
        assert_eq!(remove(&epoll, count), Ok(0));
    }
    assert_eq!(now(&epoll), []);
}

fn an_entry_may_be_for_one_of_several() {
    let (epoll, other, count) = (epoll(), epoll(), counter(1));
    let (number, wrong) = (count.as_raw_fd(), Err(libc::EINVAL));
    add(&epoll, &count, EPOLLIN | EPOLLEXCLUSIVE);
    add(&other, &count, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET);
    assert_eq!(now(&epoll), [of(&count, EPOLLIN)]);
    assert_eq!(now(&other), [of(&count, EPOLLIN)], "it was ready when it was added");
    assert_eq!(control(&epoll, EPOLL_CTL_MOD, number, EPOLLIN, 0), wrong, "it does not change");
    assert_eq!(control(&epoll, EPOLL_CTL_MOD, number, EPOLLIN | EPOLLEXCLUSIVE, 0), wrong);
    assert_eq!(remove(&epoll, &count), Ok(0));
    let once = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT;
    assert_eq!(control(&epoll, EPOLL_CTL_ADD, number, once, 0), wrong);
    let nested = control(&epoll, EPOLL_CTL_ADD, other.as_raw_fd(), EPOLLIN | EPOLLEXCLUSIVE, 0);
    assert_eq!(nested, wrong);
}

fn a_signal_ends_a_wait() {
    noted(libc::SIGUSR1, libc::SA_RESTART);
    let epoll = epoll();
    let own = std::process::id();
    let child = Child::start(|| {
        pause(30);
        assert_eq!(call!(SYS_kill, own, libc::SIGUSR1), Ok(0));
    });
    let mut events = [[0_u32; 3]; 1];
    let waited = call!(SYS_epoll_wait, epoll.as_raw_fd(), &mut events, 1, 10_000);
    assert_eq!((waited, told::count()), (Err(libc::EINTR), 1));
    assert_eq!(child.status(), 0);
}

fn a_wait_blocks_other_signals_for_its_time() {
    noted(libc::SIGUSR1, 0);
    told::block(bit(libc::SIGUSR1));
    let (epoll, own) = (epoll(), std::process::id());
    assert_eq!(call!(SYS_kill, own, libc::SIGUSR1), Ok(0));
    let mut events = [[0_u32; 3]; 1];
    let number = epoll.as_raw_fd();
    let blocked = bit(libc::SIGUSR1);
    assert_eq!(call!(SYS_epoll_pwait, number, &mut events, 1, 10, &blocked, 8), Ok(0));
    assert_eq!(told::count(), 0);
    assert_eq!(call!(SYS_epoll_pwait, number, &mut events, 1, 10_000, &0_u64, 8), Err(libc::EINTR));
    assert_eq!(told::count(), 1, "it is delivered by the wait");
    assert_eq!(call!(SYS_kill, own, libc::SIGUSR1), Ok(0));
    assert_eq!(told::count(), 1, "it is blocked again");
}

fn a_wait_counts_nanoseconds() {
    let (epoll, mut events) = (epoll(), [[0_u32; 3]; 1]);
    let number = epoll.as_raw_fd();
    let began = Instant::now();
    let time = [0_i64, 20_000_000];
    assert_eq!(call!(SYS_epoll_pwait2, number, &mut events, 1, &time, 0, 8), Ok(0));
    assert!(began.elapsed() >= Duration::from_millis(20));
    for wrong in [[0_i64, 1_000_000_000], [-1, 0], [0, -1]] {
        let waited = call!(SYS_epoll_pwait2, number, &mut events, 1, &wrong, 0, 8);
        assert_eq!(waited, Err(libc::EINVAL));
    }
    let count = counter(1);
    add(&epoll, &count, EPOLLIN);
    assert_eq!(call!(SYS_epoll_pwait2, number, &mut events, 1, 0, 0, 8), Ok(1), "no time is for ever");
}

fn an_epoll_is_no_file_of_bytes() {
    let mut epoll = epoll();
    assert_eq!(epoll.read(&mut [0; 8]).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    assert_eq!(epoll.write(&[0; 8]).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    let shown = std::fs::read_link(format!("/proc/self/fd/{}", epoll.as_raw_fd())).unwrap();
    assert_eq!(shown.to_str(), Some("anon_inode:[eventpoll]"));
    assert_eq!(call!(SYS_fcntl, epoll.as_raw_fd(), libc::F_GETFD), Ok(i64::from(libc::FD_CLOEXEC)));
}
