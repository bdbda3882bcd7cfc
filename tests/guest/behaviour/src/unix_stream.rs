//! Streams between processes of one machine.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;

use libc::{
    EAGAIN, ECONNRESET, EFAULT, EINTR, EISCONN, ENOTCONN, ENOTSOCK, EPIPE, MSG_DONTWAIT, MSG_NOSIGNAL,
    MSG_PEEK, MSG_WAITALL, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, SHUT_RD, SHUT_RDWR, SHUT_WR,
    SIGPIPE, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM,
};

use crate::calls::{Child, pause};
use crate::sockets::{
    do_not_wait, found, option, pair, receive, send, send_to, set_option, shut_down, socket,
};

crate::tests! {
    bytes_go_both_ways,
    bytes_have_no_borders,
    a_receiver_waits_for_bytes,
    a_receiver_that_may_not_wait_is_told,
    what_is_peeked_at_stays,
    who_waits_for_all_gets_all,
    who_waits_for_all_gets_what_there_is_at_the_end,
    a_sender_waits_for_room,
    a_sender_that_may_not_wait_sends_a_part,
    room_is_found_when_enough_was_received,
    large_writes_arrive_whole_and_in_order,
    several_ranges_are_one_write,
    the_end_is_seen_after_the_bytes,
    writing_to_nobody_is_a_signal,
    the_signal_can_be_declined,
    an_end_with_bytes_left_is_a_reset,
    a_half_that_sends_no_more_is_an_end,
    a_half_that_receives_no_more_breaks_the_pipe,
    both_halves_end_at_once,
    a_blocked_receiver_sees_the_end,
    a_blocked_sender_sees_the_end,
    poll_says_what_can_be_done,
    a_socket_is_kept_by_a_fork,
    bytes_to_be_read_are_counted,
    a_stream_takes_no_address,
    a_new_stream_is_connected_to_nobody,
    a_bad_address_loses_no_bytes,
    what_is_no_socket_is_told_so,
    a_socket_has_no_position,
    a_socket_is_shown_as_one,
    a_time_limit_ends_a_wait,
    a_signal_interrupts_a_receiver,
    a_socket_may_be_closed_by_an_execution,
    a_pair_of_writers_mixes_whole_small_writes,
    waiting_can_be_switched_by_ioctl,
    a_file_is_sent_into_a_socket,
}

fn bytes_go_both_ways() {
    let (one, other) = pair(SOCK_STREAM);
    assert_eq!(send(&one, b"there", 0), Ok(5));
    assert_eq!(receive(&other, 10, 0).unwrap(), b"there");
    assert_eq!(call!(SYS_write, other.as_raw_fd(), b"back".as_ptr(), 4), Ok(4));
    let mut bytes = [0_u8; 4];
    assert_eq!(call!(SYS_read, one.as_raw_fd(), &mut bytes, 4), Ok(4));
    assert_eq!(&bytes, b"back");
}

fn bytes_have_no_borders() {
    let (one, other) = pair(SOCK_STREAM);
    for part in ["ab", "cde", "f"] {
        send(&one, part.as_bytes(), 0).unwrap();
    }
    assert_eq!(receive(&other, 4, 0).unwrap(), b"abcd");
    assert_eq!(receive(&other, 10, 0).unwrap(), b"ef");
}

fn a_receiver_waits_for_bytes() {
    let (one, other) = pair(SOCK_STREAM);
    let child = Child::start(|| {
        pause(50);
        send(&one, b"late", 0).unwrap();
    });
    assert_eq!(receive(&other, 10, 0).unwrap(), b"late");
    assert_eq!(child.status(), 0);
}

fn a_receiver_that_may_not_wait_is_told() {
    let (one, other) = pair(SOCK_STREAM);
    assert_eq!(receive(&other, 10, MSG_DONTWAIT), Err(EAGAIN));
    let (_kept, waits_never) = pair(SOCK_STREAM | SOCK_NONBLOCK);
    assert_eq!(receive(&waits_never, 10, 0), Err(EAGAIN));
    do_not_wait(&other);
    assert_eq!(receive(&other, 10, 0), Err(EAGAIN));
    drop(one);
}

fn what_is_peeked_at_stays() {
    let (one, other) = pair(SOCK_STREAM);
    send(&one, b"look", 0).unwrap();
    assert_eq!(receive(&other, 2, MSG_PEEK).unwrap(), b"lo");
    assert_eq!(receive(&other, 9, MSG_PEEK).unwrap(), b"look");
    assert_eq!(receive(&other, 9, 0).unwrap(), b"look");
    assert_eq!(receive(&other, 9, MSG_PEEK | MSG_DONTWAIT), Err(EAGAIN));
}

fn who_waits_for_all_gets_all() {
    let (one, other) = pair(SOCK_STREAM);
    let child = Child::start(|| {
        for part in ["a", "bc", "def"] {
            pause(20);
            send(&one, part.as_bytes(), 0).unwrap();
        }
    });
    assert_eq!(receive(&other, 6, MSG_WAITALL).unwrap(), b"abcdef");
    assert_eq!(child.status(), 0);
}

fn who_waits_for_all_gets_what_there_is_at_the_end() {
    let (one, other) = pair(SOCK_STREAM);
    send(&one, b"abc", 0).unwrap();
    drop(one);
    assert_eq!(receive(&other, 6, MSG_WAITALL).unwrap(), b"abc");
    assert_eq!(receive(&other, 6, MSG_WAITALL).unwrap(), b"");
}

fn a_sender_waits_for_room() {
    let (one, other) = pair(SOCK_STREAM);
    let child = Child::start(|| {
        assert_eq!(send(&one, &vec![7; 2_000_000], 0), Ok(2_000_000));
    });
    let mut count = 0;
    while count < 2_000_000 {
        let bytes = receive(&other, 50_000, 0).unwrap();
        assert!(!bytes.is_empty() && bytes.iter().all(|&byte| byte == 7));
        count += bytes.len();
    }
    assert_eq!(child.status(), 0);
}

fn a_sender_that_may_not_wait_sends_a_part() {
    let (one, other) = pair(SOCK_STREAM | SOCK_NONBLOCK);
    let many = vec![1; 4_000_000];
    let sent = send(&one, &many, 0).unwrap();
    assert!(sent > 10_000 && sent < 4_000_000, "{sent}");
    assert_eq!(send(&one, &many, 0), Err(EAGAIN));
    let mut count = 0;
    while let Ok(bytes) = receive(&other, 100_000, 0) {
        count += bytes.len() as i64;
    }
    assert_eq!(count, sent);
}

fn room_is_found_when_enough_was_received() {
    let (one, other) = pair(SOCK_STREAM | SOCK_NONBLOCK);
    assert_eq!(found(&one), POLLOUT);
    while send(&one, &[1; 4096], 0).is_ok() {}
    assert_eq!(found(&one), 0);
    while receive(&other, 100_000, 0).is_ok() {}
    assert_eq!(found(&one), POLLOUT);
    assert_eq!(send(&one, &[1; 4096], 0), Ok(4096));
}

fn large_writes_arrive_whole_and_in_order() {
    let (one, other) = pair(SOCK_STREAM);
    let all: Vec<u8> =
        (0..300_001_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let child = Child::start(|| {
        let mut rest = &all[..];
        let mut length = 1;
        while !rest.is_empty() {
            let part = &rest[..length.min(rest.len())];
            assert_eq!(send(&one, part, 0), Ok(part.len() as i64));
            rest = &rest[part.len()..];
            length = length * 3 % 20_011 + 1;
        }
    });
    let mut read = Vec::new();
    let mut room = 1;
    while read.len() < all.len() {
        read.extend(receive(&other, room, 0).unwrap());
        room = room * 5 % 10_007 + 1;
    }
    assert!(read == all);
    assert_eq!(child.status(), 0);
}

fn several_ranges_are_one_write() {
    let (one, other) = pair(SOCK_STREAM);
    let parts = [b"ab".as_slice(), b"", b"cde"];
    let ranges = parts.map(|part| (part.as_ptr(), part.len()));
    assert_eq!(call!(SYS_writev, one.as_raw_fd(), &ranges, 3), Ok(5));
    let (mut first, mut second) = ([0_u8; 3], [0_u8; 3]);
    let ranges = [(first.as_mut_ptr(), 3_usize), (second.as_mut_ptr(), 3)];
    assert_eq!(call!(SYS_readv, other.as_raw_fd(), &ranges, 2), Ok(5));
    assert_eq!((&first, &second), (b"abc", b"de\0"));
}

fn the_end_is_seen_after_the_bytes() {
    let (one, other) = pair(SOCK_STREAM);
    send(&one, b"last", 0).unwrap();
    drop(one);
    assert_eq!(receive(&other, 2, 0).unwrap(), b"la");
    assert_eq!(receive(&other, 9, 0).unwrap(), b"st");
    assert_eq!(receive(&other, 9, 0).unwrap(), b"");
    assert_eq!(receive(&other, 9, MSG_DONTWAIT).unwrap(), b"");
}

fn writing_to_nobody_is_a_signal() {
    let child = Child::start(|| {
        let (one, other) = pair(SOCK_STREAM);
        drop(other);
        let _ = call!(SYS_write, one.as_raw_fd(), b"x".as_ptr(), 1);
    });
    assert_eq!(child.signal(), SIGPIPE);
}

fn the_signal_can_be_declined() {
    let (one, other) = pair(SOCK_STREAM);
    drop(other);
    assert_eq!(send(&one, b"x", MSG_NOSIGNAL), Err(EPIPE));
}

fn an_end_with_bytes_left_is_a_reset() {
    let (one, other) = pair(SOCK_STREAM);
    send(&one, b"unread", 0).unwrap();
    send(&other, b"read", 0).unwrap();
    drop(other);
    assert_eq!(found(&one), POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
    assert_eq!(receive(&one, 9, 0).unwrap(), b"read");
    assert_eq!(receive(&one, 9, 0), Err(ECONNRESET));
    assert_eq!(receive(&one, 9, 0).unwrap(), b"");
}

fn a_half_that_sends_no_more_is_an_end() {
    let (one, other) = pair(SOCK_STREAM);
    send(&one, b"x", 0).unwrap();
    assert_eq!(shut_down(&one, SHUT_WR), Ok(0));
    assert_eq!(send(&one, b"y", MSG_NOSIGNAL), Err(EPIPE));
    assert_eq!(receive(&other, 9, 0).unwrap(), b"x");
    assert_eq!(receive(&other, 9, 0).unwrap(), b"");
    assert_eq!(found(&other), POLLIN | POLLOUT | POLLRDHUP);
    assert_eq!(send(&other, b"still", 0), Ok(5));
    assert_eq!(receive(&one, 9, 0).unwrap(), b"still");
}

fn a_half_that_receives_no_more_breaks_the_pipe() {
    let (one, other) = pair(SOCK_STREAM);
    send(&other, b"before", 0).unwrap();
    assert_eq!(shut_down(&one, SHUT_RD), Ok(0));
    assert_eq!(send(&other, b"x", MSG_NOSIGNAL), Err(EPIPE));
    assert_eq!(receive(&one, 9, 0).unwrap(), b"before");
    assert_eq!(receive(&one, 9, 0).unwrap(), b"");
    assert_eq!(shut_down(&one, 3), Err(libc::EINVAL));
}

fn both_halves_end_at_once() {
    let (one, other) = pair(SOCK_STREAM);
    assert_eq!(shut_down(&one, SHUT_RDWR), Ok(0));
    assert_eq!(found(&other), POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
    assert_eq!(receive(&other, 9, 0).unwrap(), b"");
    assert_eq!(send(&other, b"x", MSG_NOSIGNAL), Err(EPIPE));
}

fn a_blocked_receiver_sees_the_end() {
    let (one, other) = pair(SOCK_STREAM);
    let child = Child::start(|| {
        pause(50);
        shut_down(&one, SHUT_WR).unwrap();
    });
    assert_eq!(receive(&other, 9, 0).unwrap(), b"");
    assert_eq!(child.status(), 0);
}

fn a_blocked_sender_sees_the_end() {
    let (one, other) = pair(SOCK_STREAM);
    let child = Child::start(|| {
        while send(&one, &[0; 4096], MSG_NOSIGNAL | MSG_DONTWAIT).is_ok() {}
        assert_eq!(send(&one, &[0; 4096], MSG_NOSIGNAL), Err(EPIPE));
    });
    pause(100);
    shut_down(&other, SHUT_RD).unwrap();
    assert_eq!(child.status(), 0);
}

fn poll_says_what_can_be_done() {
    let (one, other) = pair(SOCK_STREAM);
    assert_eq!(found(&one), POLLOUT);
    send(&other, b"x", 0).unwrap();
    assert_eq!(found(&one), POLLIN | POLLOUT);
    receive(&one, 1, 0).unwrap();
    assert_eq!(found(&one), POLLOUT);
    drop(other);
    assert_eq!(found(&one), POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
    assert_eq!(found(&socket(SOCK_STREAM)), POLLOUT | POLLHUP);
}

fn a_socket_is_kept_by_a_fork() {
    let (one, other) = pair(SOCK_STREAM);
    let child = Child::start(|| {
        pause(50);
        send(&one, b"kept", 0).unwrap();
    });
    drop(one);
    assert_eq!(receive(&other, 9, 0).unwrap(), b"kept");
    assert_eq!(child.status(), 0);
    assert_eq!(receive(&other, 9, 0).unwrap(), b"");
}

fn bytes_to_be_read_are_counted() {
    let (one, other) = pair(SOCK_STREAM);
    let mut count = -1_i32;
    call!(SYS_ioctl, other.as_raw_fd(), libc::FIONREAD, &mut count).unwrap();
    assert_eq!(count, 0);
    send(&one, b"abc", 0).unwrap();
    send(&one, b"de", 0).unwrap();
    call!(SYS_ioctl, other.as_raw_fd(), libc::FIONREAD, &mut count).unwrap();
    assert_eq!(count, 5);
    call!(SYS_ioctl, one.as_raw_fd(), libc::TIOCOUTQ, &mut count).unwrap();
    assert!(count > 0, "{count}");
    receive(&other, 9, 0).unwrap();
    call!(SYS_ioctl, one.as_raw_fd(), libc::TIOCOUTQ, &mut count).unwrap();
    assert_eq!(count, 0);
}

fn a_stream_takes_no_address() {
    let (one, _other) = pair(SOCK_STREAM);
    assert_eq!(send_to(&one, b"x", MSG_NOSIGNAL, b"\0nobody"), Err(EISCONN));
    assert_eq!(send_to(&socket(SOCK_STREAM), b"x", MSG_NOSIGNAL, b"\0nobody"), Err(libc::EOPNOTSUPP));
}

fn a_new_stream_is_connected_to_nobody() {
    let new = socket(SOCK_STREAM);
    assert_eq!(send(&new, b"x", MSG_NOSIGNAL), Err(ENOTCONN));
    assert_eq!(receive(&new, 1, 0), Err(libc::EINVAL));
    assert_eq!(crate::sockets::asked_address(libc::SYS_getpeername, &new), Err(ENOTCONN));
    assert_eq!(crate::sockets::accept(&new).unwrap_err(), libc::EINVAL);
}

fn a_bad_address_loses_no_bytes() {
    let (one, other) = pair(SOCK_STREAM);
    assert_eq!(call!(SYS_write, one.as_raw_fd(), 8, 4), Err(EFAULT));
    send(&one, b"kept", 0).unwrap();
    assert_eq!(call!(SYS_read, other.as_raw_fd(), 8, 4), Err(EFAULT));
    assert_eq!(receive(&other, 9, 0).unwrap(), b"kept");
}

fn what_is_no_socket_is_told_so() {
    let file = File::create("file").unwrap();
    let mut length = 4_u32;
    for done in [
        call!(SYS_listen, file.as_raw_fd(), 1),
        call!(SYS_accept, file.as_raw_fd(), 0, 0),
        call!(SYS_sendto, file.as_raw_fd(), &length, 4, 0, 0, 0),
        call!(SYS_getsockopt, file.as_raw_fd(), libc::SOL_SOCKET, libc::SO_TYPE, &length, &mut length),
    ] {
        assert_eq!(done, Err(ENOTSOCK));
    }
    assert_eq!(call!(SYS_listen, 999, 1), Err(libc::EBADF));
    assert_eq!(call!(SYS_socket, 200, SOCK_STREAM, 0), Err(libc::EAFNOSUPPORT));
    assert_eq!(call!(SYS_socket, libc::AF_UNIX, 4, 0), Err(libc::ESOCKTNOSUPPORT));
    assert_eq!(call!(SYS_socket, libc::AF_UNIX, SOCK_STREAM, 77), Err(libc::EPROTONOSUPPORT));
    assert_eq!(call!(SYS_socket, libc::AF_UNIX, SOCK_STREAM | 0x100, 0), Err(libc::EINVAL));
}

fn a_socket_has_no_position() {
    let (one, _other) = pair(SOCK_STREAM);
    assert_eq!(call!(SYS_lseek, one.as_raw_fd(), 0, 0), Err(libc::ESPIPE));
    let mut byte = 0_u8;
    assert_eq!(call!(SYS_pread64, one.as_raw_fd(), &mut byte, 1, 0), Err(libc::ESPIPE));
}

fn a_socket_is_shown_as_one() {
    let (one, _other) = pair(SOCK_STREAM);
    let link = std::fs::read_link(format!("/proc/self/fd/{}", one.as_raw_fd())).unwrap();
    assert!(link.to_str().unwrap().starts_with("socket:["), "{}", link.display());
    let status = File::from(one).metadata().unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&status) & libc::S_IFMT, libc::S_IFSOCK);
}

fn a_time_limit_ends_a_wait() {
    let (one, _other) = pair(SOCK_STREAM);
    let limit = libc::timeval { tv_sec: 0, tv_usec: 50_000 };
    for name in [libc::SO_RCVTIMEO, libc::SO_SNDTIMEO] {
        call!(SYS_setsockopt, one.as_raw_fd(), libc::SOL_SOCKET, name, &limit, 16).unwrap();
    }
    let began = std::time::Instant::now();
    assert_eq!(receive(&one, 1, 0), Err(EAGAIN));
    assert!(began.elapsed().as_millis() >= 45);
    while send(&one, &[0; 4096], MSG_DONTWAIT).is_ok() {}
    let began = std::time::Instant::now();
    assert_eq!(send(&one, &[0; 4096], 0), Err(EAGAIN));
    assert!(began.elapsed().as_millis() >= 45);
}

extern "C" fn nothing(_signal: i32) {}

fn a_signal_interrupts_a_receiver() {
    let (one, _other) = pair(SOCK_STREAM);
    // SAFETY: a handler that does nothing, without restarting; all fields may be zero.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as *const () as usize;
        libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut());
    }
    let own = std::process::id();
    let child = Child::start(|| {
        pause(50);
        call!(SYS_kill, own, libc::SIGUSR1).unwrap();
    });
    assert_eq!(receive(&one, 1, 0), Err(EINTR));
    assert_eq!(child.status(), 0);
}

fn a_socket_may_be_closed_by_an_execution() {
    let (one, _other) = pair(SOCK_STREAM | SOCK_CLOEXEC);
    assert_eq!(call!(SYS_fcntl, one.as_raw_fd(), libc::F_GETFD), Ok(1));
    let (one, _other) = pair(SOCK_STREAM);
    assert_eq!(call!(SYS_fcntl, one.as_raw_fd(), libc::F_GETFD), Ok(0));
    assert_eq!(call!(SYS_fcntl, one.as_raw_fd(), libc::F_GETFL), Ok(i64::from(libc::O_RDWR)));
}

fn a_pair_of_writers_mixes_whole_small_writes() {
    let (one, other) = pair(SOCK_STREAM);
    let children = [b'a', b'b'].map(|letter| {
        Child::start(|| {
            for _ in 0..300 {
                assert_eq!(send(&one, &[letter; 100], 0), Ok(100));
            }
        })
    });
    let mut all = Vec::new();
    while all.len() < 60_000 {
        all.extend(receive(&other, 60_000, 0).unwrap());
    }
    for whole in all.chunks(100) {
        assert!(whole.iter().all(|byte| *byte == whole[0]), "a small write was cut");
    }
    for child in &children {
        assert_eq!(child.status(), 0);
    }
}

fn waiting_can_be_switched_by_ioctl() {
    let (one, _other) = pair(SOCK_STREAM);
    assert_eq!(call!(SYS_ioctl, one.as_raw_fd(), libc::FIONBIO, &1_i32), Ok(0));
    assert_eq!(receive(&one, 1, 0), Err(EAGAIN));
    assert_eq!(call!(SYS_ioctl, one.as_raw_fd(), libc::FIONBIO, &0_i32), Ok(0));
    assert_eq!(call!(SYS_fcntl, one.as_raw_fd(), libc::F_GETFL), Ok(i64::from(libc::O_RDWR)));
}

fn a_file_is_sent_into_a_socket() {
    let (one, other) = pair(SOCK_STREAM);
    File::create("file").unwrap().write_all(b"content").unwrap();
    let file = File::open("file").unwrap();
    assert_eq!(call!(SYS_sendfile, one.as_raw_fd(), file.as_raw_fd(), 0, 100), Ok(7));
    drop(one);
    let mut text = String::new();
    File::from(other).read_to_string(&mut text).unwrap();
    assert_eq!(text, "content");
    let (one, _other) = pair(SOCK_STREAM);
    set_option(&one, libc::SO_SNDBUF, 10_000).unwrap();
    assert_eq!(option(&one, libc::SO_SNDBUF), Ok(20_000));
}
