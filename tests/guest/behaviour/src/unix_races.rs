//! Sockets of one machine that many processes use at once, in ways that nobody would.

use std::mem::zeroed;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use libc::{
    EAGAIN, ECONNREFUSED, ECONNRESET, EFAULT, EMSGSIZE, ENOTCONN, EPIPE, ETOOMANYREFS, MSG_DONTWAIT,
    MSG_NOSIGNAL, SHUT_RDWR, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM,
};

use crate::calls::{Child, eventually, pause};
use crate::sockets::{
    accept, bind, connect, connected, listen, listener, pair, receive, receive_message, rights, send,
    send_message, send_to, shut_down, socket,
};

crate::tests! {
    processes_that_pass_sockets_on_leave_nothing,
    clients_and_listeners_come_and_go,
    who_has_stalled_goes_on_by_its_own_receiver,
    streams_that_end_while_they_are_used,
    datagrams_of_many_senders_arrive,
    bad_memory_is_told,
    what_is_too_much_is_told,
    descriptors_that_run_out_lose_files_only,
}

/// Numbers that look as if they were by chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

#[track_caller]
fn is_one_of<T: std::fmt::Debug>(result: &Result<T, i32>, errors: &[i32]) {
    assert!(result.as_ref().map_or_else(|error| errors.contains(error), |_| true), "{result:?}");
}

fn processes_that_pass_sockets_on_leave_nothing() {
    let mut numbers = [-1_i32; 2];
    call!(SYS_pipe2, &mut numbers, libc::O_NONBLOCK).unwrap();
    // SAFETY: they were given just now.
    let [reads, writes] = numbers.map(|number| unsafe { OwnedFd::from_raw_fd(number) });
    let common: Vec<_> = [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET].map(pair).into();
    let children: Vec<_> = (0..4_u64)
        .map(|seed| {
            Child::start(|| {
                let mut chance = Chance(seed);
                let mut kept: Vec<OwnedFd> = Vec::new();
                for _ in 0..400 {
                    let (one, other) = &common[chance.below(3) as usize];
                    let (to, from) = if chance.below(2) == 0 { (one, other) } else { (other, one) };
                    if chance.below(2) == 0 {
                        let kind = [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET][chance.below(3) as usize];
                        let (first, second) = pair(kind);
                        // Into themselves, and to the others.
                        let all = rights(&[&first, &second, &writes]);
                        is_one_of(&send_message(&first, b"in", &all), &[ETOOMANYREFS]);
                        kept.extend([first, second]);
                    }
                    if let Some(last) = kept.last() {
                        crate::sockets::do_not_wait(to);
                        let sent = send_message(to, b"on", &rights(&[last, &writes]));
                        is_one_of(&sent, &[EAGAIN, ETOOMANYREFS]);
                    }
                    if let Ok(message) = receive_message(from, 9, 64, MSG_DONTWAIT) {
                        kept.extend(message.rights);
                    }
                    while kept.len() > 20 {
                        kept.swap_remove(chance.below(kept.len() as u64) as usize);
                    }
                }
            })
        })
        .collect();
    drop((common, writes));
    for child in &children {
        assert_eq!(child.status(), 0);
    }
    let mut byte = 0_u8;
    eventually(|| {
        drop(pair(SOCK_STREAM));
        call!(SYS_read, reads.as_raw_fd(), &mut byte, 1) == Ok(0)
    });
}

fn clients_and_listeners_come_and_go() {
    let servers = Child::start(|| {
        for _ in 0..100 {
            let server = listener(SOCK_STREAM, b"name");
            listen(&server, 1).unwrap();
            for _ in 0..3 {
                if let Ok(one) = accept(&server) {
                    is_one_of(&send(&one, b"x", MSG_NOSIGNAL), &[EPIPE, ECONNRESET]);
                }
            }
            std::fs::remove_file("name").unwrap();
        }
    });
    let mut children = Vec::new();
    for _ in 0..3 {
        children.push(Child::start(|| {
            loop {
                let client = socket(SOCK_STREAM);
                let done = connect(&client, b"name");
                is_one_of(&done, &[ECONNREFUSED, libc::ENOENT]);
                if done.is_ok() {
                    is_one_of(&receive(&client, 1, 0), &[ECONNRESET]);
                } else {
                    std::thread::yield_now();
                }
            }
        }));
    }
    assert_eq!(servers.status(), 0);
    for child in &children {
        child.kill(libc::SIGKILL);
        assert_eq!(child.signal(), libc::SIGKILL);
    }
}

/// Two threads send by one socket to two receivers that have too much; one is read, and who sends there goes on, whatever the other
/// waits for.
fn who_has_stalled_goes_on_by_its_own_receiver() {
    const NAMES: [&[u8]; 2] = [b"\0one", b"\0other"];
    for round in 0..30 {
        let receivers = NAMES.map(|name| {
            let receiver = socket(SOCK_DGRAM);
            bind(&receiver, name).unwrap();
            receiver
        });
        let sender = std::sync::Arc::new(socket(SOCK_DGRAM));
        for name in NAMES {
            while send_to(&sender, b"x", MSG_DONTWAIT, name).is_ok() {}
        }
        let sends = NAMES.map(|name| {
            let sender = std::sync::Arc::clone(&sender);
            std::thread::spawn(move || send_to(&sender, b"last", 0, name))
        });
        pause(5);
        let (read, kept) = (round % 2, 1 - round % 2);
        while receive(&receivers[read], 10, MSG_DONTWAIT).is_ok_and(|bytes| bytes != b"last") {}
        eventually(|| sends[read].is_finished());
        while receive(&receivers[kept], 10, MSG_DONTWAIT).is_ok_and(|bytes| bytes != b"last") {}
        for send in sends {
            assert_eq!(send.join().unwrap(), Ok(4));
        }
    }
}

fn streams_that_end_while_they_are_used() {
    for round in 0..60_u64 {
        let (one, other) = pair(if round % 2 == 0 { SOCK_STREAM } else { SOCK_SEQPACKET });
        let writer = Child::start(|| {
            let mut sent = Ok(0);
            while sent.is_ok() {
                sent = send(&one, &[1; 3000], MSG_NOSIGNAL);
            }
            is_one_of(&sent, &[EPIPE, ECONNRESET]);
        });
        let reader = Child::start(|| {
            for _ in 0..round {
                is_one_of(&receive(&other, 5000, 0), &[ECONNRESET]);
            }
            shut_down(&other, SHUT_RDWR).unwrap();
        });
        drop((one, other));
        assert_eq!((writer.status(), reader.status()), (0, 0));
    }
}

fn datagrams_of_many_senders_arrive() {
    let to = socket(SOCK_DGRAM);
    bind(&to, b"name").unwrap();
    let children: Vec<_> = (0..4_u32)
        .map(|sender| {
            Child::start(|| {
                let from = connected(SOCK_DGRAM, b"name");
                for number in 0..300_u32 {
                    let bytes = [sender.to_ne_bytes(), number.to_ne_bytes()].concat();
                    assert_eq!(send(&from, &bytes, 0), Ok(8));
                }
            })
        })
        .collect();
    let mut next = [0_u32; 4];
    for _ in 0..1200 {
        let bytes = receive(&to, 9, 0).unwrap();
        let word = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!(word(4), next[word(0) as usize], "sender {}", word(0));
        next[word(0) as usize] += 1;
    }
    for child in &children {
        assert_eq!(child.status(), 0);
    }
}

fn bad_memory_is_told() {
    let (one, other) = pair(SOCK_DGRAM);
    let fd = one.as_raw_fd();
    for at in [8_usize, usize::MAX - 7, 0xffff_8000_0000_0000, 0x7fff_ffff_fff0] {
        assert_eq!(call!(SYS_sendmsg, fd, at, 0), Err(EFAULT));
        assert_eq!(call!(SYS_recvmsg, fd, at, MSG_DONTWAIT), Err(EFAULT));
        assert_eq!(call!(SYS_sendto, fd, at, 64, 0, 0, 0), Err(EFAULT));
        assert_eq!(call!(SYS_sendto, fd, &0_u8, 1, 0, at, 60), Err(EFAULT));
        assert_eq!(call!(SYS_socketpair, libc::AF_UNIX, SOCK_STREAM, 0, at), Err(EFAULT));
        // SAFETY: all of it is numbers and pointers that may be zero.
        let mut header: libc::msghdr = unsafe { zeroed() };
        (header.msg_control, header.msg_controllen) = (at as *mut _, 64);
        assert_eq!(call!(SYS_sendmsg, fd, &header, 0), Err(EFAULT));
        (header.msg_controllen, header.msg_iov, header.msg_iovlen) = (0, at as *mut _, 1);
        assert_eq!(call!(SYS_sendmsg, fd, &header, 0), Err(EFAULT));
    }
    // A message that cannot be given is gone.
    send(&one, b"gone", 0).unwrap();
    assert_eq!(call!(SYS_recvfrom, other.as_raw_fd(), 8, 4, 0, 0, 0), Err(EFAULT));
    assert_eq!(receive(&other, 9, MSG_DONTWAIT), Err(EAGAIN));
    // Descriptors that cannot be told are not given.
    let files = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = files();
    send_message(&one, b"x", &rights(&[&one])).unwrap();
    let mut byte = 0_u8;
    let mut range = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    // SAFETY: as above.
    let mut header: libc::msghdr = unsafe { zeroed() };
    (header.msg_iov, header.msg_iovlen) = (&raw mut range, 1);
    (header.msg_control, header.msg_controllen) = (8 as *mut _, 64);
    let _ = call!(SYS_recvmsg, other.as_raw_fd(), &mut header, 0);
    assert_eq!(files(), before);
}

fn what_is_too_much_is_told() {
    let (one, _other) = pair(SOCK_DGRAM);
    // SAFETY: all of it is numbers and pointers that may be zero.
    let mut header: libc::msghdr = unsafe { zeroed() };
    header.msg_iovlen = 1025;
    assert_eq!(call!(SYS_sendmsg, one.as_raw_fd(), &header, 0), Err(EMSGSIZE));
    header.msg_iovlen = 0;
    header.msg_controllen = 1 << 40;
    header.msg_control = (&raw mut header).cast();
    assert_eq!(call!(SYS_sendmsg, one.as_raw_fd(), &header, 0), Err(libc::ENOBUFS));
    assert_eq!(call!(SYS_listen, socket(SOCK_STREAM).as_raw_fd(), -1), Err(libc::EINVAL));
    let named = socket(SOCK_STREAM);
    bind(&named, b"name").unwrap();
    assert_eq!(call!(SYS_listen, named.as_raw_fd(), -1), Ok(0));
    let _client = connected(SOCK_STREAM, b"name");
    assert_eq!(send(&socket(SOCK_STREAM), b"", MSG_NOSIGNAL), Err(ENOTCONN));
}

fn descriptors_that_run_out_lose_files_only() {
    let (one, other) = pair(SOCK_STREAM);
    send_message(&one, b"x", &rights(&[&one, &one, &one])).unwrap();
    send_message(&one, b"y", &rights(&[&one])).unwrap();
    let limit = [other.as_raw_fd() as u64 + 2, 1024];
    call!(SYS_prlimit64, 0, libc::RLIMIT_NOFILE, &limit, 0).unwrap();
    let message = receive_message(&other, 9, 64, 0).unwrap();
    assert_eq!((&message.bytes[..], message.rights.len()), (&b"x"[..], 1));
    assert_eq!(message.flags, libc::MSG_CTRUNC);
    let none = receive_message(&other, 9, 64, 0).unwrap();
    assert_eq!((&none.bytes[..], none.rights.len(), none.flags), (&b"y"[..], 0, libc::MSG_CTRUNC));
}
