//! Locks on files: on whole ones, on ranges of bytes of a process, and of a description.

use std::fs::{File, OpenOptions};
use std::os::fd::{AsRawFd as _, RawFd};
use std::sync::atomic::Ordering;

use libc::{F_GETLK, F_RDLCK, F_SETLK, F_SETLKW, F_UNLCK, F_WRLCK, LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN};

use crate::calls::{Child, eventually, pause, shared_words};

crate::tests! {
    an_exclusive_lock_on_a_file_keeps_others_out,
    readers_share_a_lock_on_a_file,
    a_lock_on_a_file_is_its_descriptions,
    a_lock_on_a_file_goes_with_the_last_descriptor,
    a_lock_on_a_file_can_change_its_mode,
    who_waits_for_a_file_gets_it,
    a_range_keeps_others_from_its_bytes,
    a_process_is_not_in_its_own_way,
    a_range_can_be_split,
    the_lock_in_the_way_is_told,
    any_close_gives_a_processes_locks_up,
    a_child_does_not_inherit_locks,
    locks_go_with_their_process,
    who_waits_for_a_range_gets_it,
    a_circle_of_waiters_is_refused,
    a_signal_ends_a_wait,
    a_read_lock_needs_a_file_that_is_read,
    a_range_is_counted_from_where_it_says,
    locks_of_descriptions_outlive_other_closes,
    locks_of_descriptions_and_processes_meet,
    both_families_know_nothing_of_each_other,
    a_lock_survives_an_execution,
    a_lock_goes_though_somebody_looks_at_its_process,
}

fn file() -> File {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open("file").unwrap()
}

fn whole(file: &File, operation: i32) -> Result<i64, i32> {
    call!(SYS_flock, file.as_raw_fd(), operation)
}

fn asked(kind: i32, start: i64, length: i64) -> libc::flock {
    libc::flock {
        l_type: kind as i16,
        l_whence: libc::SEEK_SET as i16,
        l_start: start,
        l_len: length,
        l_pid: 0,
    }
}

fn range(number: RawFd, command: i32, kind: i32, start: i64, length: i64) -> Result<i64, i32> {
    call!(SYS_fcntl, number, command, &asked(kind, start, length))
}

/// What is in the way of a lock.
fn in_the_way(file: &File, command: i32, kind: i32, start: i64, length: i64) -> libc::flock {
    let mut asked = asked(kind, start, length);
    assert_eq!(call!(SYS_fcntl, file.as_raw_fd(), command, &mut asked), Ok(0));
    asked
}

/// What a child gets that asks for a range.
fn childs(kind: i32, start: i64, length: i64) -> Result<i64, i32> {
    let words = shared_words();
    let child = Child::start(|| {
        let got = range(file().as_raw_fd(), F_SETLK, kind, start, length);
        words[0].store(got.map_or_else(|error| error as u64, |_| 0), Ordering::SeqCst);
    });
    assert_eq!(child.status(), 0);
    match words[0].load(Ordering::SeqCst) {
        0 => Ok(0),
        error => Err(error as i32),
    }
}

fn an_exclusive_lock_on_a_file_keeps_others_out() {
    let (one, other) = (file(), file());
    assert_eq!(whole(&one, LOCK_EX), Ok(0));
    assert_eq!(whole(&other, LOCK_EX | LOCK_NB), Err(libc::EWOULDBLOCK));
    assert_eq!(whole(&other, LOCK_SH | LOCK_NB), Err(libc::EWOULDBLOCK));
    assert_eq!(whole(&one, LOCK_UN), Ok(0));
    assert_eq!(whole(&other, LOCK_SH | LOCK_NB), Ok(0));
    assert_eq!(whole(&one, 77), Err(libc::EINVAL));
}

fn readers_share_a_lock_on_a_file() {
    let (one, other) = (file(), file());
    assert_eq!((whole(&one, LOCK_SH), whole(&other, LOCK_SH | LOCK_NB)), (Ok(0), Ok(0)));
    assert_eq!(whole(&other, LOCK_EX | LOCK_NB), Err(libc::EWOULDBLOCK));
}

fn a_lock_on_a_file_is_its_descriptions() {
    let one = file();
    let same = one.try_clone().unwrap();
    assert_eq!((whole(&one, LOCK_EX), whole(&same, LOCK_EX | LOCK_NB)), (Ok(0), Ok(0)));
    let child = Child::start(|| assert_eq!(whole(&same, LOCK_UN), Ok(0)));
    assert_eq!(child.status(), 0);
    assert_eq!(whole(&file(), LOCK_EX | LOCK_NB), Ok(0), "a child has given it up for both");
}

fn a_lock_on_a_file_goes_with_the_last_descriptor() {
    let one = file();
    let same = one.try_clone().unwrap();
    assert_eq!(whole(&one, LOCK_EX), Ok(0));
    drop(one);
    let other = file();
    assert_eq!(whole(&other, LOCK_EX | LOCK_NB), Err(libc::EWOULDBLOCK));
    drop(same);
    assert_eq!(whole(&other, LOCK_EX | LOCK_NB), Ok(0));
}

fn a_lock_on_a_file_can_change_its_mode() {
    let (one, other) = (file(), file());
    assert_eq!(whole(&one, LOCK_EX), Ok(0));
    assert_eq!(whole(&one, LOCK_SH), Ok(0));
    assert_eq!(whole(&other, LOCK_SH | LOCK_NB), Ok(0));
    assert_eq!(whole(&one, LOCK_EX | LOCK_NB), Err(libc::EWOULDBLOCK));
}

fn who_waits_for_a_file_gets_it() {
    let one = file();
    assert_eq!(whole(&one, LOCK_EX), Ok(0));
    let words = shared_words();
    let child = Child::start(|| {
        let own = file();
        words[0].store(1, Ordering::SeqCst);
        assert_eq!(whole(&own, LOCK_EX), Ok(0));
        words[1].store(1, Ordering::SeqCst);
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    pause(20);
    assert_eq!(words[1].load(Ordering::SeqCst), 0);
    assert_eq!(whole(&one, LOCK_UN), Ok(0));
    assert_eq!(child.status(), 0);
}

fn a_range_keeps_others_from_its_bytes() {
    let own = file();
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 10, 10), Ok(0));
    assert_eq!(childs(F_WRLCK, 15, 1), Err(libc::EAGAIN));
    assert_eq!(childs(F_RDLCK, 0, 0), Err(libc::EAGAIN));
    assert_eq!(childs(F_WRLCK, 0, 10), Ok(0));
    assert_eq!(childs(F_WRLCK, 20, 0), Ok(0));
}

fn a_process_is_not_in_its_own_way() {
    let (own, again) = (file(), file());
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 100), Ok(0));
    assert_eq!(range(again.as_raw_fd(), F_SETLK, F_RDLCK, 50, 100), Ok(0));
    assert_eq!(childs(F_RDLCK, 60, 10), Ok(0), "what is locked again is as it was said last");
    assert_eq!(childs(F_RDLCK, 40, 10), Err(libc::EAGAIN));
}

fn a_range_can_be_split() {
    let own = file();
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 0), Ok(0));
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_UNLCK, 40, 20), Ok(0));
    assert_eq!(childs(F_WRLCK, 40, 20), Ok(0));
    assert_eq!(childs(F_WRLCK, 39, 1), Err(libc::EAGAIN));
    assert_eq!(childs(F_WRLCK, 1 << 40, 1), Err(libc::EAGAIN));
}

fn the_lock_in_the_way_is_told() {
    let own = file();
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_RDLCK, 5, 0), Ok(0));
    let id = std::process::id() as i32;
    let child = Child::start(|| {
        let told = in_the_way(&file(), F_GETLK, F_WRLCK, 0, 100);
        let seen = (told.l_type, told.l_whence, told.l_start, told.l_len, told.l_pid);
        assert_eq!(seen, (F_RDLCK as i16, 0, 5, 0, id));
        let told = in_the_way(&file(), F_GETLK, F_WRLCK, 0, 5);
        assert_eq!((told.l_type, told.l_start, told.l_len), (F_UNLCK as i16, 0, 5));
    });
    assert_eq!(child.status(), 0);
    assert_eq!(in_the_way(&own, F_GETLK, F_WRLCK, 0, 0).l_type, F_UNLCK as i16);
}

fn any_close_gives_a_processes_locks_up() {
    let (own, other) = (file(), file());
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 0), Ok(0));
    drop(other);
    assert_eq!(childs(F_WRLCK, 0, 0), Ok(0));
}

fn a_child_does_not_inherit_locks() {
    let own = file();
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 0), Ok(0));
    let child = Child::start(|| {
        assert_eq!(range(own.as_raw_fd(), F_SETLK, F_RDLCK, 0, 0), Err(libc::EAGAIN));
        assert_eq!(call!(SYS_close, own.as_raw_fd()), Ok(0));
    });
    assert_eq!(child.status(), 0);
    assert_eq!(childs(F_RDLCK, 0, 0), Err(libc::EAGAIN), "what the child has closed was not its own");
}

fn locks_go_with_their_process() {
    let words = shared_words();
    let child = Child::start(|| {
        let own = file();
        assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 0), Ok(0));
        words[0].store(1, Ordering::SeqCst);
        pause(10_000);
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    let own = file();
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 0), Err(libc::EAGAIN));
    child.kill(libc::SIGKILL);
    assert_eq!(child.signal(), libc::SIGKILL);
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 0), Ok(0));
}

fn who_waits_for_a_range_gets_it() {
    let own = file();
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 10), Ok(0));
    let words = shared_words();
    let child = Child::start(|| {
        words[0].store(1, Ordering::SeqCst);
        assert_eq!(range(file().as_raw_fd(), F_SETLKW, F_WRLCK, 5, 10), Ok(0));
        words[1].store(1, Ordering::SeqCst);
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    pause(20);
    assert_eq!(words[1].load(Ordering::SeqCst), 0);
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_UNLCK, 5, 1), Ok(0), "part of it is not enough");
    pause(20);
    assert_eq!(words[1].load(Ordering::SeqCst), 0);
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_UNLCK, 0, 0), Ok(0));
    assert_eq!(child.status(), 0);
}

fn a_circle_of_waiters_is_refused() {
    let own = file();
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 1), Ok(0));
    let words = shared_words();
    let child = Child::start(|| {
        let other = file();
        assert_eq!(range(other.as_raw_fd(), F_SETLK, F_WRLCK, 1, 1), Ok(0));
        words[0].store(1, Ordering::SeqCst);
        assert_eq!(range(other.as_raw_fd(), F_SETLKW, F_WRLCK, 0, 1), Ok(0));
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    pause(100);
    assert_eq!(range(own.as_raw_fd(), F_SETLKW, F_WRLCK, 1, 1), Err(libc::EDEADLK));
    drop(own);
    assert_eq!(child.status(), 0);
}

extern "C" fn nothing(_: i32) {}

fn a_signal_ends_a_wait() {
    let own = file();
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 0), Ok(0));
    let words = shared_words();
    let child = Child::start(|| {
        // SAFETY: the handler does nothing, and calls are not begun again.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = nothing as extern "C" fn(i32) as usize;
            libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut());
        }
        words[0].store(1, Ordering::SeqCst);
        let waited = range(file().as_raw_fd(), F_SETLKW, F_WRLCK, 0, 0);
        assert_eq!(waited, Err(libc::EINTR));
        words[1].store(1, Ordering::SeqCst);
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    eventually(|| {
        child.kill(libc::SIGUSR1);
        pause(10);
        words[1].load(Ordering::SeqCst) == 1
    });
    assert_eq!(child.status(), 0);
}

fn a_read_lock_needs_a_file_that_is_read() {
    drop(file());
    let read = File::open("file").unwrap();
    let write = OpenOptions::new().write(true).open("file").unwrap();
    assert_eq!(range(read.as_raw_fd(), F_SETLK, F_WRLCK, 0, 0), Err(libc::EBADF));
    assert_eq!(range(write.as_raw_fd(), F_SETLK, F_RDLCK, 0, 0), Err(libc::EBADF));
    assert_eq!(range(read.as_raw_fd(), F_SETLK, 9, 0, 0), Err(libc::EINVAL));
}

fn a_range_is_counted_from_where_it_says() {
    let own = file();
    own.set_len(100).unwrap();
    let mut from_end = asked(F_WRLCK, -10, 5);
    from_end.l_whence = libc::SEEK_END as i16;
    assert_eq!(call!(SYS_fcntl, own.as_raw_fd(), F_SETLK, &from_end), Ok(0));
    assert_eq!(childs(F_WRLCK, 90, 1), Err(libc::EAGAIN));
    assert_eq!(childs(F_WRLCK, 95, 1), Ok(0));
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 50, -10), Ok(0), "it may reach back");
    assert_eq!(childs(F_WRLCK, 40, 1), Err(libc::EAGAIN));
    assert_eq!(childs(F_WRLCK, 50, 1), Ok(0));
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, -1, 1), Err(libc::EINVAL));
}

fn locks_of_descriptions_outlive_other_closes() {
    let (own, other) = (file(), file());
    assert_eq!(range(own.as_raw_fd(), libc::F_OFD_SETLK, F_WRLCK, 0, 0), Ok(0));
    assert_eq!(
        range(other.as_raw_fd(), libc::F_OFD_SETLK, F_WRLCK, 0, 0),
        Err(libc::EAGAIN),
        "of one process"
    );
    drop(other);
    assert_eq!(childs(F_WRLCK, 0, 0), Err(libc::EAGAIN));
    let told = in_the_way(&file(), libc::F_OFD_GETLK, F_WRLCK, 0, 0);
    assert_eq!((told.l_type, told.l_pid), (F_WRLCK as i16, -1));
    drop(own);
    assert_eq!(childs(F_WRLCK, 0, 0), Ok(0));
}

fn locks_of_descriptions_and_processes_meet() {
    let (own, other) = (file(), file());
    assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 10), Ok(0));
    assert_eq!(range(other.as_raw_fd(), libc::F_OFD_SETLK, F_RDLCK, 5, 1), Err(libc::EAGAIN));
    let mut with_number = asked(F_WRLCK, 0, 0);
    with_number.l_pid = 1;
    assert_eq!(call!(SYS_fcntl, other.as_raw_fd(), libc::F_OFD_SETLK, &with_number), Err(libc::EINVAL));
}

fn both_families_know_nothing_of_each_other() {
    let own = file();
    assert_eq!(whole(&own, LOCK_EX), Ok(0));
    assert_eq!(childs(F_WRLCK, 0, 0), Ok(0));
}

fn a_lock_survives_an_execution() {
    let words = shared_words();
    let child = Child::start(|| {
        let own = file();
        assert_eq!(call!(SYS_fcntl, own.as_raw_fd(), libc::F_SETFD, 0), Ok(0));
        assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 0), Ok(0));
        words[0].store(1, Ordering::SeqCst);
        let program = c"/bin/sh";
        let arguments = [program.as_ptr(), c"-c".as_ptr(), c"read x".as_ptr(), std::ptr::null()];
        let mut ends = [0; 2];
        // SAFETY: two numbers are written; what comes on standard input never comes.
        unsafe {
            libc::pipe(ends.as_mut_ptr());
            libc::dup2(ends[0], 0);
            libc::execv(program.as_ptr(), arguments.as_ptr());
        }
        panic!("there is no shell");
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    eventually(|| {
        std::fs::read_link(format!("/proc/{}/exe", child.id))
            .is_ok_and(|exe| exe != std::env::current_exe().unwrap())
    });
    assert_eq!(range(file().as_raw_fd(), F_SETLK, F_WRLCK, 0, 0), Err(libc::EAGAIN));
    child.kill(libc::SIGKILL);
    child.wait();
    assert_eq!(range(file().as_raw_fd(), F_SETLK, F_WRLCK, 0, 0), Ok(0));
}

fn a_lock_goes_though_somebody_looks_at_its_process() {
    for _ in 0..100 {
        let child = Child::start(|| {
            let own = file();
            assert_eq!(range(own.as_raw_fd(), F_SETLK, F_WRLCK, 0, 0), Ok(0));
            std::mem::forget(own);
        });
        let folder = format!("/proc/{}/fd", child.id);
        while std::fs::read_dir(&folder).is_ok_and(|entries| entries.count() > 0) {}
        assert_eq!(child.status(), 0);
        assert_eq!(childs(F_WRLCK, 0, 0), Ok(0));
    }
}
