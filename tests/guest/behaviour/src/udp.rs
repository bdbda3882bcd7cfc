//! Datagrams inside one machine.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;
use std::thread;
use std::time::Duration;

use libc::{
    AF_INET, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, POLLIN, POLLOUT, SO_REUSEADDR, SOCK_DGRAM, SOL_SOCKET,
};

use crate::calls::{Child, pause};
use crate::inet::{bind, needs_version_6, own_name, pattern, poll, port, receive, send, set, socket};

crate::tests! {
    udp_datagrams_keep_their_bounds,
    udp_a_datagram_says_who_sends_it,
    udp_a_short_receiver_gets_the_beginning,
    udp_an_empty_datagram_is_one,
    udp_the_longest_datagram_has_a_length,
    udp_a_peer_is_the_only_one_that_is_heard,
    udp_nobody_there_is_a_refusal,
    udp_a_full_queue_drops,
    udp_what_is_looked_at_stays,
    udp_a_receiver_waits,
    udp_a_name_is_ones_own,
    udp_a_peer_is_given_up,
    udp_without_a_destination_nothing_is_sent,
    udp_version_6_has_datagrams,
    udp_a_shut_socket_ends_a_wait,
    udp_messages_have_names_and_pieces,
    udp_a_bad_address_loses_nothing,
    udp_processes_talk,
}

/// Two sockets with names.
fn two() -> (UdpSocket, UdpSocket) {
    let make = || UdpSocket::bind("127.0.0.1:0").unwrap();
    (make(), make())
}

fn udp_datagrams_keep_their_bounds() {
    let (first, second) = two();
    let name = second.local_addr().unwrap();
    for length in [1, 100, 5, 3000] {
        assert_eq!(first.send_to(&pattern(length, 1), name).unwrap(), length);
    }
    let mut bytes = [0; 9000];
    for length in [1, 100, 5, 3000] {
        assert_eq!(second.recv(&mut bytes).unwrap(), length);
        assert!(bytes[..length] == pattern(length, 1));
    }
    assert_eq!(receive(&second, &mut bytes, MSG_DONTWAIT), Err(libc::EAGAIN));
}

fn udp_a_datagram_says_who_sends_it() {
    let (first, second) = two();
    first.send_to(b"x", second.local_addr().unwrap()).unwrap();
    assert_eq!(second.recv_from(&mut [0; 9]).unwrap(), (1, first.local_addr().unwrap()));
    // One that has no name gets one by sending.
    let third = socket(AF_INET, SOCK_DGRAM);
    let to = crate::inet::name(second.local_addr().unwrap().port());
    assert_eq!(call!(SYS_sendto, third.as_raw_fd(), b"y", 1, 0, &to, 16), Ok(1));
    let (_, from) = second.recv_from(&mut [0; 9]).unwrap();
    assert_eq!(from.port(), port(own_name(&third)));
    assert_eq!(from.ip().to_string(), "127.0.0.1");
}

fn udp_a_short_receiver_gets_the_beginning() {
    let (first, second) = two();
    for _ in 0..2 {
        first.send_to(b"beginning", second.local_addr().unwrap()).unwrap();
    }
    let mut bytes = [0; 5];
    assert_eq!(receive(&second, &mut bytes, 0), Ok(5));
    assert_eq!(&bytes, b"begin");
    assert_eq!(receive(&second, &mut bytes, MSG_TRUNC), Ok(9));
    assert_eq!(receive(&second, &mut bytes, MSG_DONTWAIT), Err(libc::EAGAIN));
}

fn udp_an_empty_datagram_is_one() {
    let (first, second) = two();
    assert_eq!(first.send_to(b"", second.local_addr().unwrap()).unwrap(), 0);
    assert_eq!(poll(&second, POLLIN, 10_000), POLLIN);
    assert_eq!(second.recv_from(&mut [0; 9]).unwrap(), (0, first.local_addr().unwrap()));
    assert_eq!(poll(&second, POLLIN | POLLOUT, 0), POLLOUT);
}

fn udp_the_longest_datagram_has_a_length() {
    let (first, second) = two();
    let name = second.local_addr().unwrap();
    assert_eq!(first.send_to(&pattern(65_507, 2), name).unwrap(), 65_507);
    let mut bytes = vec![0; 70_000];
    assert_eq!(second.recv(&mut bytes).unwrap(), 65_507);
    assert!(bytes[..65_507] == pattern(65_507, 2));
    assert_eq!(first.send_to(&bytes[..65_508], name).unwrap_err().raw_os_error(), Some(libc::EMSGSIZE));
}

fn udp_a_peer_is_the_only_one_that_is_heard() {
    let (first, second) = two();
    let third = UdpSocket::bind("127.0.0.1:0").unwrap();
    second.connect(first.local_addr().unwrap()).unwrap();
    assert_eq!(second.peer_addr().unwrap(), first.local_addr().unwrap());
    third.send_to(b"stranger", second.local_addr().unwrap()).unwrap();
    first.send_to(b"friend", second.local_addr().unwrap()).unwrap();
    let mut bytes = [0; 9];
    assert_eq!(second.recv(&mut bytes).unwrap(), 6);
    assert_eq!(second.send(b"answer").unwrap(), 6);
    assert_eq!(first.recv(&mut bytes).unwrap(), 6);
}

fn udp_nobody_there_is_a_refusal() {
    let (first, second) = two();
    first.connect(second.local_addr().unwrap()).unwrap();
    drop(second);
    assert_eq!(first.send(b"x").unwrap(), 1);
    assert_eq!(first.recv(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(receive(&first, &mut [0; 9], MSG_DONTWAIT), Err(libc::EAGAIN));
}

fn udp_a_full_queue_drops() {
    let (first, second) = two();
    let name = second.local_addr().unwrap();
    for number in 0..2000_u32 {
        let mut bytes = [0; 1000];
        bytes[..4].copy_from_slice(&number.to_ne_bytes());
        assert_eq!(first.send_to(&bytes, name).unwrap(), 1000);
    }
    let (mut bytes, mut count) = ([0; 1000], 0_u32);
    while receive(&second, &mut bytes, MSG_DONTWAIT) == Ok(1000) {
        assert_eq!(bytes[..4], count.to_ne_bytes());
        count += 1;
    }
    assert!((20..2000).contains(&count), "{count}");
    first.send_to(b"after", name).unwrap();
    assert_eq!(second.recv(&mut bytes).unwrap(), 5);
}

fn udp_what_is_looked_at_stays() {
    let (first, second) = two();
    first.send_to(b"look", second.local_addr().unwrap()).unwrap();
    let mut bytes = [0; 9];
    assert_eq!(second.peek_from(&mut bytes).unwrap(), (4, first.local_addr().unwrap()));
    assert_eq!(receive(&second, &mut bytes[..1], MSG_PEEK | MSG_TRUNC), Ok(4));
    assert_eq!(second.recv(&mut bytes).unwrap(), 4);
}

fn udp_a_receiver_waits() {
    let (first, second) = two();
    let name = second.local_addr().unwrap();
    let sender = thread::spawn(move || {
        pause(30);
        first.send_to(b"late", name).unwrap();
        pause(30);
        first.send_to(b"later", name).unwrap();
    });
    assert_eq!(second.recv(&mut [0; 9]).unwrap(), 4);
    assert_eq!(poll(&second, POLLIN, 10_000), POLLIN);
    assert_eq!(second.recv(&mut [0; 9]).unwrap(), 5);
    sender.join().unwrap();
    second.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    assert_eq!(second.recv(&mut [0; 9]).unwrap_err().kind(), ErrorKind::WouldBlock);
}

fn udp_a_name_is_ones_own() {
    let first = socket(AF_INET, SOCK_DGRAM);
    bind(&first, 0).unwrap();
    let port = port(own_name(&first));
    let second = socket(AF_INET, SOCK_DGRAM);
    assert_eq!(bind(&second, port), Err(libc::EADDRINUSE));
    // Streams have names of their own.
    assert_eq!(bind(&crate::inet::stream(), port), Ok(0));
    for socket in [&first, &second] {
        assert_eq!(set(socket, SOL_SOCKET, SO_REUSEADDR, 1), Ok(0));
    }
    assert_eq!(bind(&second, port), Ok(0));
    drop((first, second));
    let third = socket(AF_INET, SOCK_DGRAM);
    assert_eq!(bind(&third, port), Ok(0));
}

fn udp_a_peer_is_given_up() {
    let (first, second) = two();
    second.connect(first.local_addr().unwrap()).unwrap();
    assert_eq!(call!(SYS_connect, second.as_raw_fd(), &[0_u8; 16], 16), Ok(0));
    assert_eq!(second.peer_addr().unwrap_err().kind(), ErrorKind::NotConnected);
    assert_eq!(send(&second, b"x", 0), Err(libc::EDESTADDRREQ));
    let third = UdpSocket::bind("127.0.0.1:0").unwrap();
    third.send_to(b"stranger", second.local_addr().unwrap()).unwrap();
    assert_eq!(second.recv(&mut [0; 9]).unwrap(), 8);
}

fn udp_without_a_destination_nothing_is_sent() {
    let socket = socket(AF_INET, SOCK_DGRAM);
    assert_eq!(send(&socket, b"x", 0), Err(libc::EDESTADDRREQ));
    let none = crate::inet::name(0);
    assert_eq!(call!(SYS_sendto, socket.as_raw_fd(), b"x", 1, 0, &none, 16), Err(libc::EINVAL));
    assert_eq!(call!(SYS_sendto, socket.as_raw_fd(), b"x", 1, 0, &none, 8), Err(libc::EINVAL));
    assert_eq!(call!(SYS_listen, socket.as_raw_fd(), 5), Err(libc::EOPNOTSUPP));
    assert_eq!(call!(SYS_accept, socket.as_raw_fd(), 0, 0), Err(libc::EOPNOTSUPP));
}

fn udp_version_6_has_datagrams() {
    needs_version_6();
    let make = || UdpSocket::bind("[::1]:0").unwrap();
    let (first, second) = (make(), make());
    first.send_to(b"six", second.local_addr().unwrap()).unwrap();
    assert_eq!(second.recv_from(&mut [0; 9]).unwrap(), (3, first.local_addr().unwrap()));
    let both = UdpSocket::bind("[::]:0").unwrap();
    let four = UdpSocket::bind("127.0.0.1:0").unwrap();
    four.send_to(b"four", ("127.0.0.1", both.local_addr().unwrap().port())).unwrap();
    let (count, from) = both.recv_from(&mut [0; 9]).unwrap();
    assert_eq!((count, from.ip().to_string()), (4, "::ffff:127.0.0.1".to_owned()));
    both.send_to(b"back", from).unwrap();
    assert_eq!(four.recv(&mut [0; 9]).unwrap(), 4);
}

fn udp_a_shut_socket_ends_a_wait() {
    let (first, second) = two();
    second.connect(first.local_addr().unwrap()).unwrap();
    let number = second.as_raw_fd();
    let waiter = thread::spawn(move || call!(SYS_read, number, &mut [0_u8; 9], 9));
    pause(50);
    assert_eq!(call!(SYS_shutdown, number, libc::SHUT_RD), Ok(0));
    assert_eq!(waiter.join().unwrap(), Ok(0));
    let unconnected = socket(AF_INET, SOCK_DGRAM);
    assert_eq!(call!(SYS_shutdown, unconnected.as_raw_fd(), libc::SHUT_RD), Err(libc::ENOTCONN));
}

fn udp_messages_have_names_and_pieces() {
    let (first, second) = two();
    let mut to = crate::inet::name(second.local_addr().unwrap().port());
    let pieces = [(b"one ".as_ptr() as u64, 4_u64), (b"two".as_ptr() as u64, 3)];
    // `struct msghdr`: name, its length, pieces, their count, control, its length, flags.
    let message = [to.as_mut_ptr() as u64, 16, pieces.as_ptr() as u64, 2, 0, 0, 0];
    assert_eq!(call!(SYS_sendmsg, first.as_raw_fd(), &message, 0), Ok(7));
    let (mut from, mut bytes) = ([0_u8; 16], [0_u8; 5]);
    let room = [(bytes.as_mut_ptr() as u64, 2_u64), (bytes[2..].as_mut_ptr() as u64, 3)];
    let mut message = [from.as_mut_ptr() as u64, 16, room.as_ptr() as u64, 2, 0, 0, 0];
    assert_eq!(call!(SYS_recvmsg, second.as_raw_fd(), &mut message, 0), Ok(5));
    assert_eq!(&bytes, b"one t");
    assert_eq!((port(from), message[1]), (first.local_addr().unwrap().port(), 16));
    assert_eq!(message[6] as i32 & MSG_TRUNC, MSG_TRUNC);
}

fn udp_a_bad_address_loses_nothing() {
    let (first, second) = two();
    first.send_to(b"next", second.local_addr().unwrap()).unwrap();
    assert_eq!(call!(SYS_sendto, first.as_raw_fd(), 16, 16, 0, 0, 0), Err(libc::EDESTADDRREQ));
    let to = crate::inet::name(second.local_addr().unwrap().port());
    assert_eq!(call!(SYS_sendto, first.as_raw_fd(), 16, 16, 0, &to, 16), Err(libc::EFAULT));
    assert_eq!(second.recv(&mut [0; 9]).unwrap(), 4);
    assert_eq!(receive(&second, &mut [0; 9], MSG_DONTWAIT), Err(libc::EAGAIN));
}

fn udp_processes_talk() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let name = server.local_addr().unwrap();
    let clients: Vec<Child> = (0..8_u8)
        .map(|seed| {
            Child::start(|| {
                let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
                socket.connect(name).unwrap();
                for round in 0..20 {
                    let sent = pattern(1 + round * 31, seed);
                    socket.send(&sent).unwrap();
                    let mut bytes = [0; 1000];
                    let count = socket.recv(&mut bytes).unwrap();
                    assert_eq!(bytes[..count], sent);
                }
            })
        })
        .collect();
    let mut bytes = [0; 1000];
    for _ in 0..160 {
        let (count, from) = server.recv_from(&mut bytes).unwrap();
        server.send_to(&bytes[..count], from).unwrap();
    }
    for client in clients {
        assert_eq!(client.status(), 0);
    }
}
