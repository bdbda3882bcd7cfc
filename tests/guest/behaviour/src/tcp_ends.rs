//! How connections end: in halves, with bytes under way, by a reset, with their process; and what becomes of their names.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::thread;

use libc::{MSG_NOSIGNAL, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, SO_LINGER, SO_REUSEADDR, SOL_SOCKET};

use crate::calls::{Child, eventually, pause};
use crate::inet::{
    bind, connect, error, listener, never_wait, own_name, pair, pattern, poll, port, receive, send, set,
    stream,
};

crate::tests! {
    tcp_one_half_ends_and_the_other_goes_on,
    tcp_the_end_is_told_by_poll,
    tcp_bytes_arrive_after_the_close,
    tcp_bytes_arrive_after_the_end_of_a_process,
    tcp_who_closes_without_reading_resets,
    tcp_what_came_before_a_reset_is_read,
    tcp_a_linger_of_nothing_resets,
    tcp_writing_to_who_has_gone_is_a_signal,
    tcp_a_killed_server_is_an_end,
    tcp_a_listener_that_closes_resets_who_waits,
    tcp_a_listener_that_is_shut_ends_an_accept,
    tcp_who_receives_no_more_is_at_the_end,
    tcp_a_shut_half_ends_a_wait,
    tcp_a_name_is_used_again_by_who_says_so,
    tcp_a_name_that_is_listened_at_is_in_use,
    tcp_a_name_outlives_its_listener,
    tcp_a_listener_is_joined_by_its_user_only,
    tcp_small_ports_are_for_root,
    tcp_a_copy_of_a_descriptor_keeps_a_connection,
    tcp_many_connections_come_and_go,
    tcp_killed_at_any_moment,
    tcp_a_stream_is_connected_with_itself,
    tcp_two_connect_to_each_other,
    tcp_anything_at_once,
}

fn tcp_one_half_ends_and_the_other_goes_on() {
    let (mut first, mut second) = pair();
    first.write_all(b"question").unwrap();
    first.shutdown(Shutdown::Write).unwrap();
    let mut question = String::new();
    second.read_to_string(&mut question).unwrap();
    second.write_all(question.to_uppercase().as_bytes()).unwrap();
    drop(second);
    let mut answer = String::new();
    first.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "QUESTION");
    assert_eq!(send(&first, b"x", MSG_NOSIGNAL), Err(libc::EPIPE));
}

fn tcp_the_end_is_told_by_poll() {
    let (first, second) = pair();
    let all = POLLIN | POLLOUT | POLLRDHUP;
    assert_eq!(poll(&second, all, 0), POLLOUT);
    first.shutdown(Shutdown::Write).unwrap();
    eventually(|| poll(&second, all, 100) == POLLIN | POLLOUT | POLLRDHUP);
    second.shutdown(Shutdown::Write).unwrap();
    eventually(|| poll(&second, all, 100) == POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
}

fn tcp_bytes_arrive_after_the_close() {
    let (mut first, mut second) = pair();
    let sent = pattern(50_000, 9);
    first.write_all(&sent).unwrap();
    drop(first);
    pause(50);
    let mut received = Vec::new();
    second.read_to_end(&mut received).unwrap();
    assert!(received == sent);
}

fn tcp_bytes_arrive_after_the_end_of_a_process() {
    let (listener, name) = listener();
    let child = Child::start(|| TcpStream::connect(name).unwrap().write_all(&pattern(500_000, 3)).unwrap());
    let (mut stream, _) = listener.accept().unwrap();
    let mut received = Vec::<u8>::new();
    loop {
        let mut bytes = [0; 7000];
        match stream.read(&mut bytes).unwrap() {
            0 => break,
            count => received.extend(&bytes[..count]),
        }
    }
    assert_eq!(child.status(), 0);
    assert!(received == pattern(500_000, 3));
}

fn tcp_who_closes_without_reading_resets() {
    let (mut first, second) = pair();
    first.write_all(b"unread").unwrap();
    assert_eq!(poll(&second, POLLIN, 10_000), POLLIN);
    drop(second);
    eventually(|| poll(&first, POLLIN, 100) & POLLERR != 0);
    assert_eq!(receive(&first, &mut [0; 9], 0), Err(libc::ECONNRESET));
    assert_eq!(receive(&first, &mut [0; 9], 0), Ok(0));
    assert_eq!(send(&first, b"x", MSG_NOSIGNAL), Err(libc::EPIPE));
}

fn tcp_what_came_before_a_reset_is_read() {
    let (mut first, mut second) = pair();
    second.write_all(b"last words").unwrap();
    first.write_all(b"unread").unwrap();
    assert_eq!(poll(&second, POLLIN, 10_000), POLLIN);
    drop(second);
    eventually(|| poll(&first, POLLIN, 100) & POLLERR != 0);
    let mut bytes = [0; 99];
    assert_eq!(receive(&first, &mut bytes, 0), Ok(10));
    assert_eq!(error(&first), libc::ECONNRESET);
    assert_eq!(receive(&first, &mut bytes, 0), Ok(0));
}

fn tcp_a_linger_of_nothing_resets() {
    let (first, second) = pair();
    let linger = [1_i32, 0];
    assert_eq!(call!(SYS_setsockopt, second.as_raw_fd(), SOL_SOCKET, SO_LINGER, &linger, 8), Ok(0));
    drop(second);
    eventually(|| poll(&first, POLLIN, 100) & POLLHUP != 0);
    assert_eq!(error(&first), libc::ECONNRESET);
}

fn tcp_writing_to_who_has_gone_is_a_signal() {
    let child = Child::start(|| {
        let (first, second) = pair();
        drop(second);
        for _ in 0..100 {
            // The first one may be sent before it is known.
            let _ = call!(SYS_write, first.as_raw_fd(), b"x", 1);
            pause(1);
        }
    });
    assert_eq!(child.signal(), libc::SIGPIPE);
    let (first, second) = pair();
    drop(second);
    eventually(|| send(&first, b"x", MSG_NOSIGNAL) == Err(libc::EPIPE));
}

fn tcp_a_killed_server_is_an_end() {
    let (listener, name) = listener();
    let server = Child::start(|| {
        let mut all = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"hello").unwrap();
            all.push(stream);
        }
    });
    drop(listener);
    let mut clients: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(name).unwrap()).collect();
    for client in &mut clients {
        client.read_exact(&mut [0; 5]).unwrap();
    }
    // One of them has something under way that the server does not read.
    clients[0].write_all(b"unread").unwrap();
    server.kill(libc::SIGKILL);
    assert_eq!(server.signal(), libc::SIGKILL);
    assert_eq!(clients[0].read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(clients[1].read(&mut [0; 9]).unwrap(), 0);
    assert_eq!(TcpStream::connect(name).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

fn tcp_a_listener_that_closes_resets_who_waits() {
    let (listener, name) = listener();
    let clients: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(name).unwrap()).collect();
    drop(listener);
    for client in &clients {
        eventually(|| poll(client, POLLIN, 100) & POLLHUP != 0);
        assert_eq!(receive(client, &mut [0; 9], 0), Err(libc::ECONNRESET));
    }
}

fn tcp_a_listener_that_is_shut_ends_an_accept() {
    let (listener, name) = listener();
    let number = listener.as_raw_fd();
    let waiter = thread::spawn(move || call!(SYS_accept, number, 0, 0));
    pause(50);
    assert_eq!(call!(SYS_shutdown, number, libc::SHUT_RD), Ok(0));
    assert_eq!(waiter.join().unwrap(), Err(libc::EINVAL));
    assert!(TcpStream::connect(name).is_err());
}

fn tcp_who_receives_no_more_is_at_the_end() {
    let (mut first, mut second) = pair();
    second.shutdown(Shutdown::Read).unwrap();
    assert_eq!(second.read(&mut [0; 9]).unwrap(), 0);
    second.write_all(b"still").unwrap();
    first.read_exact(&mut [0; 5]).unwrap();
}

fn tcp_a_shut_half_ends_a_wait() {
    let (_first, second) = pair();
    let number = second.as_raw_fd();
    let waiter = thread::spawn(move || call!(SYS_read, number, &mut [0_u8; 9], 9));
    pause(50);
    second.shutdown(Shutdown::Read).unwrap();
    assert_eq!(waiter.join().unwrap(), Ok(0));
}

fn tcp_a_name_is_used_again_by_who_says_so() {
    // What std makes reuses names.
    let (listener, name) = listener();
    let client = TcpStream::connect(name).unwrap();
    let (server, _) = listener.accept().unwrap();
    // This side ends it first, so that the name is its own for a while.
    drop(server);
    drop(listener);
    pause(20);
    drop(client);
    pause(20);
    let socket = stream();
    assert_eq!(bind(&socket, name.port()), Err(libc::EADDRINUSE));
    assert_eq!(set(&socket, SOL_SOCKET, SO_REUSEADDR, 1), Ok(0));
    assert_eq!(bind(&socket, name.port()), Ok(0));
    assert_eq!(call!(SYS_listen, socket.as_raw_fd(), 5), Ok(0));
    assert!(TcpStream::connect(name).is_ok());
}

fn tcp_a_name_that_is_listened_at_is_in_use() {
    let (_listener, name) = listener();
    let socket = stream();
    assert_eq!(bind(&socket, name.port()), Err(libc::EADDRINUSE));
    assert_eq!(set(&socket, SOL_SOCKET, SO_REUSEADDR, 1), Ok(0));
    assert_eq!(bind(&socket, name.port()), Err(libc::EADDRINUSE));
    assert_eq!(TcpListener::bind(name).unwrap_err().kind(), ErrorKind::AddrInUse);
    assert_eq!(TcpListener::bind(("0.0.0.0", name.port())).unwrap_err().kind(), ErrorKind::AddrInUse);
    // Two that reuse it have it as long as none listens.
    let (first, second) = (stream(), stream());
    for socket in [&first, &second] {
        assert_eq!(set(socket, SOL_SOCKET, SO_REUSEADDR, 1), Ok(0));
    }
    bind(&first, 0).unwrap();
    assert_eq!(bind(&second, port(own_name(&first))), Ok(0));
    assert_eq!(call!(SYS_listen, first.as_raw_fd(), 5), Ok(0));
    assert_eq!(call!(SYS_listen, second.as_raw_fd(), 5), Err(libc::EADDRINUSE));
}

fn tcp_a_listener_is_joined_by_its_user_only() {
    crate::running::needs_root();
    let shared = || {
        let socket = stream();
        set(&socket, SOL_SOCKET, libc::SO_REUSEPORT, 1).unwrap();
        socket
    };
    let first = shared();
    bind(&first, 0).unwrap();
    assert_eq!(call!(SYS_listen, first.as_raw_fd(), 5), Ok(0));
    let at = port(own_name(&first));
    let second = shared();
    bind(&second, at).unwrap();
    assert_eq!(call!(SYS_listen, second.as_raw_fd(), 5), Ok(0));
    let user = Child::start(|| {
        assert_eq!(call!(SYS_setuid, 1000), Ok(0));
        assert_eq!(bind(&shared(), at), Err(libc::EADDRINUSE));
    });
    assert_eq!(user.status(), 0);
}

fn tcp_small_ports_are_for_root() {
    crate::running::needs_root();
    let first = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    if first.is_ok_and(|first| first.trim() != "1024") {
        crate::running::pass_over("this machine lets everybody have small ports");
    }
    let user = Child::start(|| {
        assert_eq!(call!(SYS_setuid, 1000), Ok(0));
        assert_eq!(bind(&stream(), 81), Err(libc::EACCES));
        assert_eq!(bind(&crate::inet::socket(libc::AF_INET, libc::SOCK_DGRAM), 81), Err(libc::EACCES));
        bind(&stream(), 0).unwrap();
    });
    assert_eq!(user.status(), 0);
    bind(&stream(), 81).unwrap();
}

fn tcp_a_name_outlives_its_listener() {
    let listener = stream();
    bind(&listener, 0).unwrap();
    assert_eq!(call!(SYS_listen, listener.as_raw_fd(), 5), Ok(0));
    let port = port(own_name(&listener));
    let client = stream();
    connect(&client, port).unwrap();
    let number = call!(SYS_accept, listener.as_raw_fd(), 0, 0).unwrap();
    // SAFETY: the number was given just now.
    let server = unsafe { OwnedFd::from_raw_fd(number as i32) };
    drop(listener);
    assert_eq!(bind(&stream(), port), Err(libc::EADDRINUSE));
    assert_eq!(send(&server, b"still", 0), Ok(5));
    assert_eq!(receive(&client, &mut [0; 9], 0), Ok(5));
}

fn tcp_a_copy_of_a_descriptor_keeps_a_connection() {
    let (first, mut second) = pair();
    let mut copy = first.try_clone().unwrap();
    drop(first);
    copy.write_all(b"x").unwrap();
    second.read_exact(&mut [0; 1]).unwrap();
    drop(copy);
    assert_eq!(second.read(&mut [0; 9]).unwrap(), 0);
}

fn tcp_many_connections_come_and_go() {
    let (listener, name) = listener();
    let clients: Vec<Child> = (0..4)
        .map(|_| {
            Child::start(|| {
                for round in 0..50_u8 {
                    let mut stream = TcpStream::connect(name).unwrap();
                    stream.write_all(&[round]).unwrap();
                    let mut answer = [0];
                    stream.read_exact(&mut answer).unwrap();
                    assert_eq!(answer[0], round);
                }
            })
        })
        .collect();
    for _ in 0..200 {
        let (mut stream, _) = listener.accept().unwrap();
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        stream.write_all(&byte).unwrap();
    }
    for client in clients {
        assert_eq!(client.status(), 0);
    }
}

fn tcp_killed_at_any_moment() {
    let (listener, name) = listener();
    let server = Child::start(|| {
        loop {
            let Ok((mut stream, _)) = listener.accept() else { continue };
            let mut bytes = [0; 3000];
            while let Ok(count) = stream.read(&mut bytes) {
                // SIGPIPE is ignored by what std starts with.
                if count == 0 || send(&stream, &bytes[..count], MSG_NOSIGNAL).is_err() {
                    break;
                }
            }
        }
    });
    for round in 0..20 {
        let client = Child::start(|| {
            let mut stream = TcpStream::connect(name).unwrap();
            let mut bytes = [0; 5000];
            loop {
                if stream.write_all(&bytes[..2500]).is_err() || stream.read(&mut bytes).is_err() {
                    return;
                }
            }
        });
        pause(round % 7);
        client.kill(libc::SIGKILL);
        client.wait();
    }
    // The server is as it was.
    let mut stream = TcpStream::connect(name).unwrap();
    stream.write_all(b"alive").unwrap();
    stream.read_exact(&mut [0; 5]).unwrap();
    server.kill(libc::SIGKILL);
    server.wait();
}

fn tcp_a_stream_is_connected_with_itself() {
    let socket = stream();
    bind(&socket, 0).unwrap();
    assert_eq!(connect(&socket, port(own_name(&socket))), Ok(0));
    assert_eq!(send(&socket, b"echo", 0), Ok(4));
    assert_eq!(receive(&socket, &mut [0; 9], 0), Ok(4));
    assert_eq!(call!(SYS_shutdown, socket.as_raw_fd(), libc::SHUT_WR), Ok(0));
    assert_eq!(receive(&socket, &mut [0; 9], 0), Ok(0));
}

/// A stream that does not wait, with a port that others may have, if it can.
fn fleeting(port: u16) -> OwnedFd {
    let socket = stream();
    never_wait(&socket);
    set(&socket, SOL_SOCKET, SO_REUSEADDR, 1).unwrap();
    let _ = bind(&socket, port);
    socket
}

/// A port that nobody has for the moment, with some after it.
fn some_ports() -> u16 {
    let socket = stream();
    bind(&socket, 0).unwrap();
    port(own_name(&socket)).min(60_000)
}

fn tcp_two_connect_to_each_other() {
    let first = some_ports();
    let connecting = |own: u16, other: u16| {
        Child::start(move || {
            for _ in 0..300 {
                let socket = fleeting(own);
                let _ = connect(&socket, other);
                let _ = send(&socket, b"x", MSG_NOSIGNAL);
                let _ = receive(&socket, &mut [0; 9], 0);
            }
        })
    };
    let children = [connecting(first, first + 1), connecting(first + 1, first), connecting(first, first)];
    for child in children {
        assert_eq!(child.status(), 0);
    }
}

fn tcp_anything_at_once() {
    let first = some_ports();
    let children: Vec<Child> = (1..6_u64)
        .map(|seed| {
            Child::start(move || {
                let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let mut below = |limit: u64| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    state % limit
                };
                let (mut sockets, mut bytes) = (Vec::new(), vec![0; 30_000]);
                for _ in 0..1500 {
                    let port = first + below(4) as u16;
                    if sockets.len() < 3 || below(10) == 0 {
                        sockets.push(fleeting(port));
                        continue;
                    }
                    let which = below(sockets.len() as u64) as usize;
                    let (socket, length) = (&sockets[which], below(30_000) as usize);
                    match below(12) {
                        0 => drop(call!(SYS_listen, socket.as_raw_fd(), below(4))),
                        1 | 2 => drop(connect(socket, port)),
                        3 => {
                            if let Ok(number) =
                                call!(SYS_accept4, socket.as_raw_fd(), 0, 0, libc::SOCK_NONBLOCK)
                            {
                                // SAFETY: the number was given just now.
                                sockets.push(unsafe { OwnedFd::from_raw_fd(number as i32) });
                            }
                        }
                        4..7 => drop(send(socket, &bytes[..length], MSG_NOSIGNAL)),
                        7..9 => drop(receive(socket, &mut bytes[..length], 0)),
                        9 => drop(call!(SYS_shutdown, socket.as_raw_fd(), below(3))),
                        10 => drop(poll(socket, POLLIN, 1)),
                        _ => drop(sockets.swap_remove(which)),
                    }
                }
            })
        })
        .collect();
    for child in children {
        assert_eq!(child.status(), 0);
    }
}
