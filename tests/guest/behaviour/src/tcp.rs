//! Connections inside one machine: making them, and what goes over them.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::thread;
use std::time::{Duration, Instant};

use libc::{
    AF_INET, IPPROTO_TCP, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_WAITALL, POLLERR, POLLHUP, POLLIN,
    POLLOUT, SO_ACCEPTCONN, SO_DOMAIN, SO_KEEPALIVE, SO_PROTOCOL, SO_REUSEADDR, SO_TYPE, SOCK_STREAM,
    SOL_SOCKET, TCP_NODELAY, c_int,
};

use crate::calls::{Child, eventually, pause};
use crate::inet::{
    bind, connect, error, get, listener, name, needs_version_6, never_wait, own_name, pair, pattern, poll,
    port, receive, send, set, socket, stream,
};

crate::tests! {
    tcp_a_connection_carries_bytes_both_ways,
    tcp_an_echo_server_has_twenty_clients,
    tcp_children_accept_from_one_listener,
    tcp_much_goes_both_ways_at_once,
    tcp_pieces_of_all_sizes_come_together,
    tcp_a_connection_is_made_while_one_polls,
    tcp_a_connection_is_made_once,
    tcp_a_refusal_is_told_by_poll,
    tcp_where_nobody_listens_is_a_refusal,
    tcp_after_a_refusal_it_is_tried_again,
    tcp_a_listener_has_nothing_of_a_refusal,
    tcp_a_backlog_has_a_bound,
    tcp_who_is_not_accepted_may_send,
    tcp_bytes_that_are_looked_at_stay,
    tcp_a_receiver_waits_for_all,
    tcp_who_does_not_wait_is_told,
    tcp_a_full_connection_takes_more_when_it_was_read,
    tcp_a_sender_waits_for_room,
    tcp_both_sides_know_the_names,
    tcp_a_port_is_chosen,
    tcp_a_signal_ends_a_wait,
    tcp_a_wait_has_a_time,
    tcp_options_are_kept,
    tcp_version_6_has_connections,
    tcp_version_6_listens_for_both,
    tcp_version_6_alone_leaves_the_other,
    tcp_a_listener_without_address_hears_all,
    tcp_an_accepted_one_has_flags,
    tcp_wrong_arguments_fail,
    tcp_what_is_not_connected_says_so,
    tcp_several_pieces_are_one_call,
    tcp_what_can_be_read_is_counted,
    tcp_a_bad_address_loses_nothing,
    tcp_sockets_are_listed,
}

fn tcp_a_connection_carries_bytes_both_ways() {
    let (mut first, mut second) = pair();
    first.write_all(b"there").unwrap();
    second.write_all(b"and back").unwrap();
    let (mut there, mut back) = ([0; 5], [0; 8]);
    second.read_exact(&mut there).unwrap();
    first.read_exact(&mut back).unwrap();
    assert_eq!((&there, &back), (b"there", b"and back"));
}

/// Sends back what comes, until it ends.
fn echo(mut stream: TcpStream) {
    let mut bytes = [0; 1000];
    loop {
        match stream.read(&mut bytes).unwrap() {
            0 => return,
            count => stream.write_all(&bytes[..count]).unwrap(),
        }
    }
}

/// A client of an echo.
fn talk(name: SocketAddr, seed: u8) {
    let mut stream = TcpStream::connect(name).unwrap();
    for round in 0..10 {
        let bytes = pattern(1 + usize::from(seed) * 37 + round * 211, seed);
        stream.write_all(&bytes).unwrap();
        let mut back = vec![0; bytes.len()];
        stream.read_exact(&mut back).unwrap();
        assert_eq!(back, bytes);
    }
}

fn tcp_an_echo_server_has_twenty_clients() {
    let (listener, name) = listener();
    let clients: Vec<Child> = (0..20).map(|seed| Child::start(|| talk(name, seed))).collect();
    let servers: Vec<_> = (0..20)
        .map(|_| {
            let (stream, _) = listener.accept().unwrap();
            thread::spawn(|| echo(stream))
        })
        .collect();
    for client in clients {
        assert_eq!(client.status(), 0);
    }
    for server in servers {
        server.join().unwrap();
    }
}

fn tcp_children_accept_from_one_listener() {
    let (listener, name) = listener();
    let servers: Vec<Child> = (0..4)
        .map(|_| {
            Child::start(|| {
                for _ in 0..5 {
                    echo(listener.accept().unwrap().0);
                }
            })
        })
        .collect();
    let clients: Vec<Child> = (0..20).map(|seed| Child::start(|| talk(name, seed))).collect();
    for child in clients.iter().chain(&servers) {
        assert_eq!(child.status(), 0);
    }
}

/// Sends and receives so many bytes at once.
fn exchange(stream: TcpStream, length: usize, (own, other): (u8, u8)) {
    let mut sending = stream.try_clone().unwrap();
    let sender = thread::spawn(move || sending.write_all(&pattern(length, own)).unwrap());
    let (mut stream, mut received) = (stream, vec![0; length]);
    stream.read_exact(&mut received).unwrap();
    assert!(received == pattern(length, other));
    sender.join().unwrap();
}

fn tcp_much_goes_both_ways_at_once() {
    let (listener, name) = listener();
    let child = Child::start(|| exchange(TcpStream::connect(name).unwrap(), 3_000_000, (1, 2)));
    exchange(listener.accept().unwrap().0, 3_000_000, (2, 1));
    assert_eq!(child.status(), 0);
}

fn tcp_pieces_of_all_sizes_come_together() {
    let (mut first, mut second) = pair();
    let all = pattern(400_000, 7);
    let sent = all.clone();
    let sender = thread::spawn(move || {
        let (mut rest, mut size) = (&sent[..], 1);
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(size.min(rest.len()));
            first.write_all(piece).unwrap();
            rest = more;
            size = size * 5 % 30_011 + 1;
        }
    });
    let (mut received, mut size) = (Vec::<u8>::new(), 3);
    while received.len() < all.len() {
        let mut bytes = vec![0; size];
        let count = second.read(&mut bytes).unwrap();
        assert_ne!(count, 0);
        received.extend(&bytes[..count]);
        size = size * 7 % 20_011 + 1;
    }
    assert!(received == all);
    sender.join().unwrap();
    assert_eq!(second.read(&mut [0; 9]).unwrap(), 0);
}

fn tcp_a_connection_is_made_while_one_polls() {
    let (listener, name) = listener();
    let socket = stream();
    never_wait(&socket);
    assert_eq!(connect(&socket, name.port()), Err(libc::EINPROGRESS));
    assert_eq!(poll(&socket, POLLOUT, 10_000), POLLOUT);
    assert_eq!(error(&socket), 0);
    let (mut other, _) = listener.accept().unwrap();
    assert_eq!(poll(&socket, POLLIN, 0), 0);
    other.write_all(b"x").unwrap();
    assert_eq!(poll(&socket, POLLIN, 10_000), POLLIN);
}

fn tcp_a_connection_is_made_once() {
    let (_listener, name) = listener();
    let socket = stream();
    assert_eq!(connect(&socket, name.port()), Ok(0));
    assert_eq!(connect(&socket, name.port()), Err(libc::EISCONN));
    let socket = stream();
    never_wait(&socket);
    assert_eq!(connect(&socket, name.port()), Err(libc::EINPROGRESS));
    assert_eq!(poll(&socket, POLLOUT, 10_000), POLLOUT);
    assert_eq!(connect(&socket, name.port()), Ok(0));
    assert_eq!(connect(&socket, name.port()), Err(libc::EISCONN));
}

/// A port that nobody listens at.
fn empty_port() -> u16 {
    let (listener, name) = listener();
    drop(listener);
    name.port()
}

fn tcp_a_refusal_is_told_by_poll() {
    let socket = stream();
    never_wait(&socket);
    assert_eq!(connect(&socket, empty_port()), Err(libc::EINPROGRESS));
    assert_eq!(poll(&socket, POLLOUT, 10_000), POLLOUT | POLLERR | POLLHUP);
    assert_eq!(error(&socket), libc::ECONNREFUSED);
    assert_eq!(error(&socket), 0);
}

fn tcp_where_nobody_listens_is_a_refusal() {
    assert_eq!(connect(&stream(), empty_port()), Err(libc::ECONNREFUSED));
    // A name is not enough.
    let bound = stream();
    bind(&bound, 0).unwrap();
    assert_eq!(connect(&stream(), port(own_name(&bound))), Err(libc::ECONNREFUSED));
}

fn tcp_after_a_refusal_it_is_tried_again() {
    let socket = stream();
    assert_eq!(connect(&socket, empty_port()), Err(libc::ECONNREFUSED));
    let (listener, name) = listener();
    assert_eq!(connect(&socket, name.port()), Ok(0));
    assert_eq!(send(&socket, b"again", 0), Ok(5));
    assert_eq!(listener.accept().unwrap().0.read(&mut [0; 9]).unwrap(), 5);
}

fn tcp_a_listener_has_nothing_of_a_refusal() {
    let socket = stream();
    never_wait(&socket);
    assert_eq!(connect(&socket, empty_port()), Err(libc::EINPROGRESS));
    assert_ne!(poll(&socket, POLLOUT, 10_000) & POLLERR, 0);
    // It is to be heard first.
    assert_eq!(call!(SYS_listen, socket.as_raw_fd(), 5), Err(libc::EINVAL));
    assert_eq!(connect(&socket, empty_port()), Err(libc::ECONNREFUSED));
    assert_eq!(call!(SYS_listen, socket.as_raw_fd(), 5), Ok(0));
    assert_eq!(call!(SYS_accept, socket.as_raw_fd(), 0, 0), Err(libc::EAGAIN));
}

fn tcp_a_backlog_has_a_bound() {
    let listener = stream();
    bind(&listener, 0).unwrap();
    assert_eq!(call!(SYS_listen, listener.as_raw_fd(), 1), Ok(0));
    let port = port(own_name(&listener));
    let clients: Vec<OwnedFd> = (0..4)
        .map(|_| {
            let client = stream();
            never_wait(&client);
            assert_eq!(connect(&client, port), Err(libc::EINPROGRESS));
            client
        })
        .collect();
    let made = || clients.iter().filter(|client| poll(*client, POLLOUT, 0) == POLLOUT).count();
    eventually(|| made() == 2);
    pause(200);
    assert_eq!(made(), 2);
    // There is room for the others when they try again.
    for _ in 0..2 {
        call!(SYS_accept, listener.as_raw_fd(), 0, 0).unwrap();
    }
    eventually(|| made() >= 3);
}

fn tcp_who_is_not_accepted_may_send() {
    let (listener, name) = listener();
    let mut first = TcpStream::connect(name).unwrap();
    first.write_all(b"early").unwrap();
    drop(first);
    assert_eq!(poll(&listener, POLLIN, 10_000), POLLIN);
    let mut text = String::new();
    listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
    assert_eq!(text, "early");
}

fn tcp_bytes_that_are_looked_at_stay() {
    let (mut first, second) = pair();
    first.write_all(b"look").unwrap();
    let mut bytes = [0; 9];
    assert_eq!(receive(&second, &mut bytes, MSG_PEEK), Ok(4));
    assert_eq!(receive(&second, &mut bytes[..2], MSG_PEEK), Ok(2));
    assert_eq!(receive(&second, &mut bytes, 0), Ok(4));
    assert_eq!(&bytes[..4], b"look");
    assert_eq!(receive(&second, &mut bytes, MSG_PEEK | MSG_DONTWAIT), Err(libc::EAGAIN));
}

fn tcp_a_receiver_waits_for_all() {
    let (mut first, second) = pair();
    let sender = thread::spawn(move || {
        for _ in 0..5 {
            first.write_all(&[3; 1000]).unwrap();
            pause(10);
        }
        first.write_all(&[4; 10]).unwrap();
    });
    let mut bytes = [0; 5000];
    assert_eq!(receive(&second, &mut bytes, MSG_WAITALL), Ok(5000));
    assert_eq!(bytes, [3; 5000]);
    assert_eq!(receive(&second, &mut bytes, MSG_WAITALL), Ok(10));
    sender.join().unwrap();
}

fn tcp_who_does_not_wait_is_told() {
    let (first, second) = pair();
    assert_eq!(receive(&second, &mut [0; 9], MSG_DONTWAIT), Err(libc::EAGAIN));
    never_wait(&second);
    assert_eq!(call!(SYS_read, second.as_raw_fd(), &mut [0_u8; 9], 9), Err(libc::EAGAIN));
    assert_eq!(send(&first, b"x", MSG_DONTWAIT), Ok(1));
    let (listener, _) = listener();
    never_wait(&listener);
    assert_eq!(call!(SYS_accept, listener.as_raw_fd(), 0, 0), Err(libc::EAGAIN));
}

fn tcp_a_full_connection_takes_more_when_it_was_read() {
    let (first, mut second) = pair();
    never_wait(&first);
    let mut sent = 0;
    let full = loop {
        match send(&first, &[5; 10_000], 0) {
            Ok(count) => sent += count,
            Err(error) => break error,
        }
    };
    assert_eq!(full, libc::EAGAIN);
    assert_eq!(poll(&first, POLLOUT, 0), 0);
    let mut received = vec![0; sent];
    second.read_exact(&mut received).unwrap();
    assert!(received.iter().all(|byte| *byte == 5));
    assert_eq!(poll(&first, POLLOUT, 10_000), POLLOUT);
    assert!(send(&first, b"more", 0).is_ok());
}

fn tcp_a_sender_waits_for_room() {
    let (mut first, mut second) = pair();
    // More than Linux lets a connection have.
    let length = 20_000_000;
    let sender = thread::spawn(move || {
        let began = Instant::now();
        first.write_all(&vec![6; length]).unwrap();
        began.elapsed()
    });
    pause(300);
    let mut received = vec![0; length];
    second.read_exact(&mut received).unwrap();
    assert!(sender.join().unwrap() >= Duration::from_millis(200));
}

fn tcp_both_sides_know_the_names() {
    let (first, second) = pair();
    assert_eq!(first.local_addr().unwrap(), second.peer_addr().unwrap());
    assert_eq!(first.peer_addr().unwrap(), second.local_addr().unwrap());
    assert_eq!(first.local_addr().unwrap().ip(), Ipv4Addr::LOCALHOST);
    // As much of a name as there is room for, and how long it is.
    let (mut short, mut length) = ([9_u8; 4], 3_u32);
    assert_eq!(call!(SYS_getpeername, first.as_raw_fd(), &mut short, &mut length), Ok(0));
    assert_eq!((length, short[..2].to_vec(), short[3]), (16, vec![2, 0], 9));
}

fn tcp_a_port_is_chosen() {
    let sockets: Vec<OwnedFd> = (0..50).map(|_| stream()).collect();
    let mut ports: Vec<u16> = sockets
        .iter()
        .map(|socket| {
            assert_eq!(port(own_name(socket)), 0);
            bind(socket, 0).unwrap();
            port(own_name(socket))
        })
        .collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 50);
    assert!(ports[0] >= 1024);
    assert_eq!(bind(&sockets[0], 0), Err(libc::EINVAL));
}

fn tcp_a_signal_ends_a_wait() {
    extern "C" fn nothing(_signal: c_int) {}
    // SAFETY: the handler does nothing, and calls do not go on after it.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as *const () as usize;
        libc::sigaction(libc::SIGUSR1, &action, std::ptr::null_mut());
    }
    let (listener, _) = listener();
    let (_first, second) = pair();
    let own = std::process::id();
    let child = Child::start(|| {
        for _ in 0..200 {
            pause(20);
            if call!(SYS_kill, own, libc::SIGUSR1).is_err() {
                return;
            }
        }
    });
    assert_eq!(call!(SYS_accept, listener.as_raw_fd(), 0, 0), Err(libc::EINTR));
    assert_eq!(receive(&second, &mut [0; 9], 0), Err(libc::EINTR));
    child.kill(libc::SIGKILL);
}

fn tcp_a_wait_has_a_time() {
    let (_first, second) = pair();
    second.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let began = Instant::now();
    assert_eq!(receive(&second, &mut [0; 9], 0), Err(libc::EAGAIN));
    assert!(began.elapsed() >= Duration::from_millis(45));
}

fn tcp_options_are_kept() {
    let socket = stream();
    for (level, option) in
        [(SOL_SOCKET, SO_REUSEADDR), (SOL_SOCKET, SO_KEEPALIVE), (IPPROTO_TCP, TCP_NODELAY)]
    {
        assert_eq!(get(&socket, level, option), Ok(0));
        assert_eq!(set(&socket, level, option, 1), Ok(0));
        assert_eq!(get(&socket, level, option), Ok(1));
    }
    let constant =
        [(SO_TYPE, SOCK_STREAM), (SO_DOMAIN, AF_INET), (SO_PROTOCOL, IPPROTO_TCP), (SO_ACCEPTCONN, 0)];
    for (option, value) in constant {
        assert_eq!(get(&socket, SOL_SOCKET, option), Ok(value));
    }
    assert_eq!(get(&listener().0, SOL_SOCKET, SO_ACCEPTCONN), Ok(1));
    assert_eq!(get(&socket, IPPROTO_TCP, 9999), Err(libc::ENOPROTOOPT));
    assert_eq!(set(&socket, IPPROTO_TCP, 9999, 1), Err(libc::ENOPROTOOPT));
}

fn tcp_version_6_has_connections() {
    needs_version_6();
    let listener = TcpListener::bind("[::1]:0").unwrap();
    let mut first = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut second, from) = listener.accept().unwrap();
    assert_eq!((from, from.ip().to_string()), (first.local_addr().unwrap(), "::1".to_owned()));
    first.write_all(b"six").unwrap();
    drop(first);
    let mut text = String::new();
    second.read_to_string(&mut text).unwrap();
    assert_eq!(text, "six");
}

fn tcp_version_6_listens_for_both() {
    needs_version_6();
    let listener = TcpListener::bind("[::]:0").unwrap();
    let name = SocketAddr::from((Ipv4Addr::LOCALHOST, listener.local_addr().unwrap().port()));
    let first = TcpStream::connect(name).unwrap();
    let (second, from) = listener.accept().unwrap();
    assert_eq!(from.ip().to_string(), "::ffff:127.0.0.1");
    assert_eq!(second.local_addr().unwrap().ip().to_string(), "::ffff:127.0.0.1");
    assert_eq!(first.local_addr().unwrap().port(), from.port());
    let other = stream();
    assert_eq!(bind(&other, name.port()), Err(libc::EADDRINUSE));
}

fn tcp_version_6_alone_leaves_the_other() {
    needs_version_6();
    let six = socket(libc::AF_INET6, SOCK_STREAM);
    assert_eq!(get(&six, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY), Ok(0));
    assert_eq!(set(&six, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 1), Ok(0));
    let four = stream();
    bind(&four, 0).unwrap();
    let port = port(own_name(&four));
    let mut name = [0_u8; 28];
    name[0] = 10;
    name[2..4].copy_from_slice(&port.to_be_bytes());
    assert_eq!(call!(SYS_bind, six.as_raw_fd(), &name, 28), Ok(0));
    assert_eq!(set(&six, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_listen, six.as_raw_fd(), 5), Ok(0));
    assert_eq!(connect(&stream(), port), Err(libc::ECONNREFUSED));
}

fn tcp_a_listener_without_address_hears_all() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for ip in [[127, 0, 0, 1], [127, 0, 0, 2], [127, 255, 0, 9], [0, 0, 0, 0]] {
        let first = TcpStream::connect((Ipv4Addr::from(ip), port)).unwrap();
        let (second, from) = listener.accept().unwrap();
        assert_eq!(from, first.local_addr().unwrap());
        assert_eq!(second.local_addr().unwrap(), first.peer_addr().unwrap());
    }
}

fn tcp_an_accepted_one_has_flags() {
    let (listener, name) = listener();
    let _first = TcpStream::connect(name).unwrap();
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    let number = call!(SYS_accept4, listener.as_raw_fd(), 0, 0, flags).unwrap();
    // SAFETY: the number was given just now.
    let second = unsafe { OwnedFd::from_raw_fd(number as i32) };
    assert_eq!(receive(&second, &mut [0; 9], 0), Err(libc::EAGAIN));
    assert_eq!(call!(SYS_fcntl, second.as_raw_fd(), libc::F_GETFD), Ok(i64::from(libc::FD_CLOEXEC)));
    assert_eq!(call!(SYS_accept4, listener.as_raw_fd(), 0, 0, 0x1000), Err(libc::EINVAL));
}

fn tcp_wrong_arguments_fail() {
    let socket = stream();
    let number = socket.as_raw_fd();
    assert_eq!(call!(SYS_bind, number, &name(0), 15), Err(libc::EINVAL));
    assert_eq!(call!(SYS_bind, number, 16, 16), Err(libc::EFAULT));
    assert_eq!(call!(SYS_bind, number, &[99_u8; 16], 16), Err(libc::EAFNOSUPPORT));
    let mut far = name(0);
    far[4..8].copy_from_slice(&[192, 0, 2, 1]);
    assert_eq!(call!(SYS_bind, number, &far, 16), Err(libc::EADDRNOTAVAIL));
    assert_eq!(call!(SYS_connect, number, &name(1), 15), Err(libc::EINVAL));
    assert_eq!(call!(SYS_accept, number, 0, 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_socket, AF_INET, SOCK_STREAM, libc::IPPROTO_UDP), Err(libc::EPROTONOSUPPORT));
    assert_eq!(call!(SYS_socket, AF_INET, libc::SOCK_SEQPACKET, 0), Err(libc::ESOCKTNOSUPPORT));
    let (first, _second) = pair();
    assert_eq!(call!(SYS_sendto, first.as_raw_fd(), 16, 16, MSG_NOSIGNAL, 0, 0), Err(libc::EFAULT));
    assert_eq!(call!(SYS_listen, first.as_raw_fd(), 5), Err(libc::EINVAL));
    assert_eq!(call!(SYS_lseek, first.as_raw_fd(), 0, 0), Err(libc::ESPIPE));
}

fn tcp_what_is_not_connected_says_so() {
    let socket = stream();
    assert_eq!(poll(&socket, POLLIN | POLLOUT, 0), POLLOUT | POLLHUP);
    assert_eq!(receive(&socket, &mut [0; 9], 0), Err(libc::ENOTCONN));
    assert_eq!(send(&socket, b"x", MSG_NOSIGNAL), Err(libc::EPIPE));
    assert_eq!(call!(SYS_shutdown, socket.as_raw_fd(), libc::SHUT_RDWR), Err(libc::ENOTCONN));
    let (mut name, mut length) = ([0_u8; 16], 16_u32);
    assert_eq!(call!(SYS_getpeername, socket.as_raw_fd(), &mut name, &mut length), Err(libc::ENOTCONN));
}

fn tcp_several_pieces_are_one_call() {
    let (mut first, mut second) = pair();
    let pieces = [std::io::IoSlice::new(b"one "), std::io::IoSlice::new(b""), std::io::IoSlice::new(b"two")];
    assert_eq!(first.write_vectored(&pieces).unwrap(), 7);
    let (mut some, mut rest) = ([0; 3], [0; 9]);
    let mut room = [std::io::IoSliceMut::new(&mut some), std::io::IoSliceMut::new(&mut rest)];
    assert_eq!(second.read_vectored(&mut room).unwrap(), 7);
    assert_eq!((&some, &rest[..4]), (b"one", &b" two"[..]));
}

fn tcp_what_can_be_read_is_counted() {
    let (mut first, second) = pair();
    let count = || {
        let mut count = -1;
        assert_eq!(call!(SYS_ioctl, second.as_raw_fd(), libc::FIONREAD, &mut count), Ok(0));
        count
    };
    assert_eq!(count(), 0);
    first.write_all(&[1; 1234]).unwrap();
    eventually(|| count() == 1234);
}

fn tcp_a_bad_address_loses_nothing() {
    let (mut first, second) = pair();
    first.write_all(b"whole").unwrap();
    assert_eq!(call!(SYS_recvfrom, second.as_raw_fd(), 16, 5, 0, 0, 0), Err(libc::EFAULT));
    let mut bytes = [0; 9];
    assert_eq!(receive(&second, &mut bytes, 0), Ok(5));
    assert_eq!(&bytes[..5], b"whole");
}

fn tcp_sockets_are_listed() {
    let (listener, name) = listener();
    let client = TcpStream::connect(name).unwrap();
    let (_server, from) = listener.accept().unwrap();
    let list = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let shown = |port: u16| format!("0100007F:{port:04X}");
    let (own, other) = (shown(name.port()), shown(from.port()));
    let has = |local: &str, remote: &str, state: &str| {
        list.lines().any(|line| line.split_whitespace().skip(1).take(3).eq([local, remote, state]))
    };
    assert!(has(&own, "00000000:0000", "0A"), "{list}");
    assert!(has(&own, &other, "01") && has(&other, &own, "01"), "{list}");
    drop(client);
}
