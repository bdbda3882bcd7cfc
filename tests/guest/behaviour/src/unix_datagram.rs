//! Messages between processes of one machine: datagrams, and packets of connections.

use std::os::fd::AsRawFd as _;

use libc::{
    EAGAIN, ECONNREFUSED, ECONNRESET, EDESTADDRREQ, EINVAL, EMSGSIZE, ENOTCONN, EOPNOTSUPP, EPERM, EPIPE,
    EPROTOTYPE, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC, POLLHUP, POLLIN, POLLOUT, POLLRDHUP,
    SHUT_RD, SHUT_WR, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_SEQPACKET, SOCK_STREAM,
};

use crate::calls::{Child, pause};
use crate::sockets::{
    accept, address, bind, connect, connected, found, listen, listener, pair, receive, receive_from,
    receive_message, send, send_to, set_option, shut_down, socket,
};

crate::tests! {
    a_message_is_whole,
    what_has_no_room_is_cut_off,
    a_message_may_be_empty,
    a_message_may_be_peeked_at,
    a_message_goes_to_a_name,
    a_receiver_is_told_the_name,
    a_connected_one_receives_from_its_peer_only,
    a_connection_may_be_ended,
    a_name_without_socket_refuses,
    a_peer_that_is_gone_refuses,
    a_message_has_a_longest_length,
    a_full_queue_blocks,
    a_full_queue_lets_go_when_it_is_read,
    a_sender_has_so_much_room,
    many_messages_arrive_in_order,
    a_datagram_socket_has_no_connections,
    a_datagram_socket_ends_a_half,
    a_stream_is_no_goal_of_datagrams,
    several_ranges_are_one_message,
    a_message_that_is_read_in_part_is_gone,
    many_are_sent_and_received_at_once,
    bytes_of_the_first_message_are_counted,
    a_datagram_needs_a_goal,
    packets_have_borders_and_an_end,
    packets_are_of_connections,
    packets_left_are_a_reset,
    packets_do_not_signal,
}

fn a_message_is_whole() {
    let (one, other) = pair(SOCK_DGRAM);
    for part in ["ab", "cde"] {
        assert_eq!(send(&one, part.as_bytes(), 0), Ok(part.len() as i64));
    }
    assert_eq!(receive(&other, 9, 0).unwrap(), b"ab");
    assert_eq!(receive(&other, 9, 0).unwrap(), b"cde");
    assert_eq!(receive(&other, 9, MSG_DONTWAIT), Err(EAGAIN));
}

fn what_has_no_room_is_cut_off() {
    let (one, other) = pair(SOCK_DGRAM);
    for _ in 0..2 {
        send(&one, b"abcdef", 0).unwrap();
    }
    send(&one, b"next", 0).unwrap();
    let cut = receive_message(&other, 3, 0, 0).unwrap();
    assert_eq!((&cut.bytes[..], cut.flags), (&b"abc"[..], MSG_TRUNC));
    let mut bytes = [0_u8; 3];
    assert_eq!(call!(SYS_recvfrom, other.as_raw_fd(), &mut bytes, 3, MSG_TRUNC, 0, 0), Ok(6));
    let whole = receive_message(&other, 9, 0, 0).unwrap();
    assert_eq!((&whole.bytes[..], whole.flags), (&b"next"[..], 0));
}

fn a_message_may_be_empty() {
    let (one, other) = pair(SOCK_DGRAM);
    assert_eq!(send(&one, b"", 0), Ok(0));
    assert_eq!(found(&other), POLLIN | POLLOUT);
    assert_eq!(receive(&other, 9, MSG_DONTWAIT).unwrap(), b"");
    assert_eq!(receive(&other, 9, MSG_DONTWAIT), Err(EAGAIN));
}

fn a_message_may_be_peeked_at() {
    let (one, other) = pair(SOCK_DGRAM);
    send(&one, b"first", 0).unwrap();
    send(&one, b"second", 0).unwrap();
    assert_eq!(receive(&other, 2, MSG_PEEK).unwrap(), b"fi");
    assert_eq!(receive(&other, 9, MSG_PEEK).unwrap(), b"first");
    assert_eq!(receive(&other, 9, 0).unwrap(), b"first");
    assert_eq!(receive(&other, 9, 0).unwrap(), b"second");
}

fn a_message_goes_to_a_name() {
    let to = socket(SOCK_DGRAM);
    bind(&to, b"there").unwrap();
    let from = socket(SOCK_DGRAM);
    assert_eq!(send_to(&from, b"hello", 0, b"there"), Ok(5));
    let (bytes, name) = receive_from(&to, 9).unwrap();
    // Who has no name has no address.
    assert_eq!((&bytes[..], name.len()), (&b"hello"[..], 0));
}

fn a_receiver_is_told_the_name() {
    let to = socket(SOCK_DGRAM);
    bind(&to, b"there").unwrap();
    let from = socket(SOCK_DGRAM);
    bind(&from, b"here").unwrap();
    send_to(&from, b"hello", 0, b"there").unwrap();
    let (_, name) = receive_from(&to, 9).unwrap();
    assert_eq!(name, address(b"here"));
    assert_eq!(send_to(&to, b"answer", 0, b"here"), Ok(6));
    assert_eq!(receive(&from, 9, 0).unwrap(), b"answer");
}

fn a_connected_one_receives_from_its_peer_only() {
    let (one, other, third) = (socket(SOCK_DGRAM), socket(SOCK_DGRAM), socket(SOCK_DGRAM));
    bind(&one, b"one").unwrap();
    bind(&other, b"other").unwrap();
    connect(&one, b"other").unwrap();
    assert_eq!(send_to(&third, b"x", 0, b"one"), Err(EPERM));
    assert_eq!(connect(&third, b"one"), Err(EPERM));
    assert_eq!(send_to(&other, b"x", 0, b"one"), Ok(1));
    assert_eq!(send(&one, b"y", 0), Ok(1));
    assert_eq!(receive(&other, 9, 0).unwrap(), b"y");
}

fn a_connection_may_be_ended() {
    let (one, other) = (socket(SOCK_DGRAM), socket(SOCK_DGRAM));
    bind(&other, b"other").unwrap();
    connect(&one, b"other").unwrap();
    assert_eq!(send(&one, b"x", 0), Ok(1));
    let none = 0_u16;
    assert_eq!(call!(SYS_connect, one.as_raw_fd(), &none, 2), Ok(0));
    assert_eq!(send(&one, b"x", 0), Err(ENOTCONN));
}

fn a_name_without_socket_refuses() {
    let from = socket(SOCK_DGRAM);
    assert_eq!(send_to(&from, b"x", 0, b"\0behaviour-nobody"), Err(ECONNREFUSED));
    assert_eq!(send_to(&from, b"x", 0, b"nothing"), Err(libc::ENOENT));
    std::fs::write("file", "").unwrap();
    assert_eq!(send_to(&from, b"x", 0, b"file"), Err(ECONNREFUSED));
    let to = socket(SOCK_DGRAM);
    bind(&to, b"there").unwrap();
    drop(to);
    assert_eq!(send_to(&from, b"x", 0, b"there"), Err(ECONNREFUSED));
}

fn a_peer_that_is_gone_refuses() {
    let (one, other) = pair(SOCK_DGRAM);
    send(&other, b"left", 0).unwrap();
    send(&other, b"lost", 0).unwrap();
    drop(other);
    assert_eq!(receive(&one, 9, 0).unwrap(), b"left");
    assert_eq!(receive(&one, 9, MSG_PEEK).unwrap(), b"lost");
    assert_eq!(send(&one, b"x", 0), Err(ECONNREFUSED));
    assert_eq!(send(&one, b"x", 0), Err(ENOTCONN));
    assert_eq!(receive(&one, 9, MSG_DONTWAIT), Err(EAGAIN));
}

fn a_message_has_a_longest_length() {
    let (one, other) = pair(SOCK_DGRAM);
    set_option(&one, libc::SO_SNDBUF, 20_000).unwrap();
    assert_eq!(send(&one, &vec![1; 40_000], 0), Err(EMSGSIZE));
    assert_eq!(send(&one, &vec![1; 30_000], 0), Ok(30_000));
    assert_eq!(receive(&other, 50_000, 0).unwrap().len(), 30_000);
}

fn a_full_queue_blocks() {
    let to = socket(SOCK_DGRAM);
    bind(&to, b"there").unwrap();
    let from = socket(SOCK_DGRAM);
    connect(&from, b"there").unwrap();
    let mut count = 0;
    while send(&from, b"x", MSG_DONTWAIT).is_ok() {
        count += 1;
    }
    let queue = std::fs::read_to_string("/proc/sys/net/unix/max_dgram_qlen");
    let most: i32 = queue.map_or(10, |text| text.trim().parse().unwrap());
    assert_eq!(count, most + 1);
    assert_eq!(found(&from), 0);
    receive(&to, 9, 0).unwrap();
    receive(&to, 9, 0).unwrap();
    assert_eq!(found(&from), POLLOUT);
    assert_eq!(send(&from, b"x", MSG_DONTWAIT), Ok(1));
}

fn a_full_queue_lets_go_when_it_is_read() {
    let to = socket(SOCK_DGRAM);
    bind(&to, b"there").unwrap();
    let child = Child::start(|| {
        let from = socket(SOCK_DGRAM);
        for number in 0..2000_u32 {
            assert_eq!(send_to(&from, &number.to_ne_bytes(), 0, b"there"), Ok(4));
        }
    });
    pause(30);
    for number in 0..2000_u32 {
        assert_eq!(receive(&to, 9, 0).unwrap(), number.to_ne_bytes());
    }
    assert_eq!(child.status(), 0);
}

fn a_sender_has_so_much_room() {
    let (one, other) = pair(SOCK_DGRAM | SOCK_NONBLOCK);
    let mut count = 0;
    while send(&one, &[0; 1000], 0).is_ok() {
        count += 1;
    }
    assert!((20..1000).contains(&count), "{count}");
    assert_eq!(found(&one), 0);
    for _ in 0..count {
        receive(&other, 1000, 0).unwrap();
    }
    assert_eq!(found(&one), POLLOUT);
}

fn many_messages_arrive_in_order() {
    let (one, other) = pair(SOCK_DGRAM);
    let child = Child::start(|| {
        for number in 0..5000_u32 {
            let bytes = number.to_ne_bytes().repeat(number as usize % 300 + 1);
            assert_eq!(send(&one, &bytes, 0), Ok(bytes.len() as i64));
        }
    });
    for number in 0..5000_u32 {
        let bytes = receive(&other, 5000, 0).unwrap();
        assert!(bytes == number.to_ne_bytes().repeat(number as usize % 300 + 1), "message {number}");
    }
    assert_eq!(child.status(), 0);
}

fn a_datagram_socket_has_no_connections() {
    let one = socket(SOCK_DGRAM);
    bind(&one, b"one").unwrap();
    assert_eq!(listen(&one, 1), Err(EOPNOTSUPP));
    assert_eq!(accept(&one).unwrap_err(), EOPNOTSUPP);
}

fn a_datagram_socket_ends_a_half() {
    let (one, other) = pair(SOCK_DGRAM);
    shut_down(&one, SHUT_WR).unwrap();
    assert_eq!(send(&one, b"x", 0), Err(EPIPE));
    shut_down(&other, SHUT_RD).unwrap();
    assert_eq!(receive(&other, 9, 0).unwrap(), b"");
    assert_eq!(receive(&other, 9, MSG_DONTWAIT), Err(EAGAIN));
    let (one, other) = pair(SOCK_DGRAM);
    shut_down(&other, SHUT_RD).unwrap();
    assert_eq!(send(&one, b"x", MSG_NOSIGNAL), Err(EPIPE));
}

fn a_stream_is_no_goal_of_datagrams() {
    let _listener = listener(SOCK_STREAM, b"stream");
    assert_eq!(send_to(&socket(SOCK_DGRAM), b"x", 0, b"stream"), Err(EPROTOTYPE));
    assert_eq!(connect(&socket(SOCK_DGRAM), b"stream"), Err(EPROTOTYPE));
    assert_eq!(connect(&socket(SOCK_SEQPACKET), b"stream"), Err(EPROTOTYPE));
}

fn several_ranges_are_one_message() {
    let (one, other) = pair(SOCK_DGRAM);
    let ranges = [b"ab".as_slice(), b"", b"cde"].map(|part| (part.as_ptr(), part.len()));
    assert_eq!(call!(SYS_writev, one.as_raw_fd(), &ranges, 3), Ok(5));
    let (mut first, mut second) = ([0_u8; 2], [0_u8; 9]);
    let ranges = [(first.as_mut_ptr(), 2_usize), (second.as_mut_ptr(), 9)];
    assert_eq!(call!(SYS_readv, other.as_raw_fd(), &ranges, 2), Ok(5));
    assert_eq!((&first, &second[..4]), (b"ab", &b"cde\0"[..]));
}

fn a_message_that_is_read_in_part_is_gone() {
    let (one, other) = pair(SOCK_DGRAM);
    send(&one, b"abcdef", 0).unwrap();
    let mut bytes = [0_u8; 2];
    assert_eq!(call!(SYS_read, other.as_raw_fd(), &mut bytes, 2), Ok(2));
    assert_eq!(receive(&other, 9, MSG_DONTWAIT), Err(EAGAIN));
}

/// As the kernel has it: a header and a length.
#[repr(C)]
struct Long {
    header: libc::msghdr,
    length: u32,
}

fn longs(ranges: &mut [libc::iovec]) -> Vec<Long> {
    let long = |range: &mut libc::iovec| {
        // SAFETY: all of it is numbers and pointers that may be zero.
        let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
        (header.msg_iov, header.msg_iovlen) = (range, 1);
        Long { header, length: 0 }
    };
    ranges.iter_mut().map(long).collect()
}

fn many_are_sent_and_received_at_once() {
    let (one, other) = pair(SOCK_DGRAM);
    let texts = [b"a".as_slice(), b"bcd", b"ef"];
    let range = |text: &[u8]| libc::iovec { iov_base: text.as_ptr().cast_mut().cast(), iov_len: text.len() };
    let mut ranges = texts.map(range);
    let mut sent = longs(&mut ranges);
    assert_eq!(call!(SYS_sendmmsg, one.as_raw_fd(), sent.as_mut_ptr(), 3, 0), Ok(3));
    assert_eq!(sent.iter().map(|long| long.length).collect::<Vec<_>>(), [1, 3, 2]);
    let room = [[0_u8; 8]; 5];
    let mut ranges = room.map(|_| libc::iovec { iov_base: room.as_ptr().cast_mut().cast(), iov_len: 8 });
    for (range, place) in ranges.iter_mut().zip(&room) {
        range.iov_base = place.as_ptr().cast_mut().cast();
    }
    let mut received = longs(&mut ranges);
    let flags = libc::MSG_WAITFORONE;
    assert_eq!(call!(SYS_recvmmsg, other.as_raw_fd(), received.as_mut_ptr(), 5, flags, 0), Ok(3));
    assert_eq!(received.iter().map(|long| long.length).collect::<Vec<_>>(), [1, 3, 2, 0, 0]);
    assert_eq!(std::hint::black_box(&room)[1][..3], *b"bcd");
    assert_eq!(
        call!(SYS_recvmmsg, other.as_raw_fd(), received.as_mut_ptr(), 5, MSG_DONTWAIT, 0),
        Err(EAGAIN)
    );
}

fn bytes_of_the_first_message_are_counted() {
    let (one, other) = pair(SOCK_DGRAM);
    send(&one, b"abc", 0).unwrap();
    send(&one, b"de", 0).unwrap();
    let mut count = -1_i32;
    call!(SYS_ioctl, other.as_raw_fd(), libc::FIONREAD, &mut count).unwrap();
    assert_eq!(count, 3);
}

fn a_datagram_needs_a_goal() {
    let one = socket(SOCK_DGRAM);
    let refused = send(&one, b"x", 0);
    assert!(refused == Err(ENOTCONN) || refused == Err(EDESTADDRREQ), "{refused:?}");
    assert_eq!(send_to(&one, b"x", 0, b""), Err(EINVAL));
}

fn packets_have_borders_and_an_end() {
    let (one, other) = pair(SOCK_SEQPACKET);
    for part in ["ab", "cde"] {
        send(&one, part.as_bytes(), 0).unwrap();
    }
    assert_eq!(receive(&other, 1, 0).unwrap(), b"a");
    assert_eq!(receive(&other, 9, 0).unwrap(), b"cde");
    drop(one);
    assert_eq!(receive(&other, 9, 0).unwrap(), b"");
    assert_eq!(receive(&other, 9, MSG_DONTWAIT).unwrap(), b"");
    assert_eq!(found(&other), POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
}

fn packets_are_of_connections() {
    let listener = listener(SOCK_SEQPACKET, b"there");
    let one = connected(SOCK_SEQPACKET, b"there");
    let other = accept(&listener).unwrap();
    send(&one, b"x", 0).unwrap();
    assert_eq!(receive(&other, 9, 0).unwrap(), b"x");
    let new = socket(SOCK_SEQPACKET);
    assert_eq!(send(&new, b"x", 0), Err(ENOTCONN));
    assert_eq!(receive(&new, 1, 0), Err(ENOTCONN));
}

fn packets_left_are_a_reset() {
    let (one, other) = pair(SOCK_SEQPACKET);
    send(&one, b"unread", 0).unwrap();
    drop(other);
    assert_eq!(receive(&one, 9, 0), Err(ECONNRESET));
    assert_eq!(receive(&one, 9, 0).unwrap(), b"");
}

fn packets_do_not_signal() {
    let (one, other) = pair(SOCK_SEQPACKET);
    drop(other);
    assert_eq!(send(&one, b"x", 0), Err(EPIPE));
}
