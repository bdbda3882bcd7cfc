//! What goes with messages: open files, and who sends.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::{AsRawFd, FromRawFd as _, OwnedFd};

use libc::{
    EBADF, EINVAL, EPERM, MSG_CMSG_CLOEXEC, MSG_CTRUNC, MSG_PEEK, SO_PASSCRED, SOCK_DGRAM, SOCK_SEQPACKET,
    SOCK_STREAM,
};

use crate::calls::{Child, eventually};
use crate::running::needs_root;
use crate::sockets::{
    control, credentials, listener, option, pair, receive, receive_message, rights, send, send_message,
    set_option, socket,
};

crate::tests! {
    an_open_file_is_sent,
    an_open_file_shares_its_position,
    several_open_files_are_sent_in_order,
    open_files_come_with_their_bytes,
    open_files_are_a_border_of_a_stream,
    open_files_come_with_a_datagram,
    a_received_file_may_be_closed_by_an_execution,
    files_without_room_are_closed,
    files_that_nobody_asks_for_are_closed,
    files_of_a_message_that_nobody_reads_are_closed,
    a_file_may_be_peeked_at,
    so_many_files_may_be_sent,
    what_is_not_open_is_not_sent,
    control_messages_are_checked,
    the_sender_closes_and_the_file_stays,
    a_socket_is_sent_with_what_it_has_received,
    a_listener_is_sent,
    a_pair_that_holds_itself_is_collected,
    a_socket_that_holds_itself_is_collected,
    a_circle_of_sockets_is_collected,
    what_can_be_reached_is_not_collected,
    a_listener_that_waits_in_itself_is_collected,
    a_long_chain_of_sockets_ends,
    a_process_that_ends_closes_what_was_sent_to_it,
    who_sends_is_told_who_asks,
    who_does_not_ask_is_not_told,
    a_sender_says_who_it_is,
    a_sender_does_not_lie,
    streams_of_two_senders_are_kept_apart,
    the_other_sides_maker_is_known,
    a_listeners_maker_is_known,
}

/// A pipe: the end to read, which does not wait, and the end to write.
fn pipe() -> (OwnedFd, OwnedFd) {
    let mut numbers = [-1_i32; 2];
    call!(SYS_pipe2, &mut numbers, libc::O_NONBLOCK).unwrap();
    // SAFETY: they were given just now.
    numbers.map(|number| unsafe { OwnedFd::from_raw_fd(number) }).into()
}

/// Whether nobody has the other end of a pipe.
fn is_over(reads: &OwnedFd) -> bool {
    let mut byte = 0_u8;
    call!(SYS_read, reads.as_raw_fd(), &mut byte, 1) == Ok(0)
}

fn an_open_file_is_sent() {
    let (one, other) = pair(SOCK_STREAM);
    let (reads, writes) = pipe();
    assert_eq!(send_message(&one, b"x", &rights(&[&writes])), Ok(1));
    drop(writes);
    let message = receive_message(&other, 9, 64, 0).unwrap();
    assert_eq!((&message.bytes[..], message.flags, message.rights.len()), (&b"x"[..], 0, 1));
    assert_eq!(call!(SYS_write, message.rights[0].as_raw_fd(), b"by way".as_ptr(), 6), Ok(6));
    let mut bytes = [0_u8; 6];
    assert_eq!(call!(SYS_read, reads.as_raw_fd(), &mut bytes, 6), Ok(6));
    assert_eq!(&bytes, b"by way");
    drop(message);
    assert!(is_over(&reads));
}

fn an_open_file_shares_its_position() {
    let (one, other) = pair(SOCK_STREAM);
    let mut file = File::create_new("file").unwrap();
    file.write_all(b"abcdef").unwrap();
    let mut file = File::open("file").unwrap();
    send_message(&one, b"x", &rights(&[&file])).unwrap();
    let mut received = File::from(receive_message(&other, 9, 64, 0).unwrap().rights.remove(0));
    let mut bytes = [0; 2];
    received.read_exact(&mut bytes).unwrap();
    assert_eq!(file.stream_position().unwrap(), 2);
}

fn several_open_files_are_sent_in_order() {
    let (one, other) = pair(SOCK_STREAM);
    let files: Vec<File> = (0..5)
        .map(|number| {
            std::fs::write(number.to_string(), number.to_string()).unwrap();
            File::open(number.to_string()).unwrap()
        })
        .collect();
    let all: Vec<&dyn AsRawFd> = files.iter().map(|file| file as &dyn AsRawFd).collect();
    send_message(&one, b"x", &rights(&all)).unwrap();
    let message = receive_message(&other, 9, 64, 0).unwrap();
    for (number, file) in message.rights.into_iter().enumerate() {
        let mut text = String::new();
        File::from(file).read_to_string(&mut text).unwrap();
        assert_eq!(text, number.to_string());
    }
}

fn open_files_come_with_their_bytes() {
    let (one, other) = pair(SOCK_STREAM);
    let (_reads, writes) = pipe();
    send_message(&one, b"first", &rights(&[&writes])).unwrap();
    let part = receive_message(&other, 2, 64, 0).unwrap();
    assert_eq!((&part.bytes[..], part.rights.len()), (&b"fi"[..], 1));
    let rest = receive_message(&other, 9, 64, 0).unwrap();
    assert_eq!((&rest.bytes[..], rest.rights.len()), (&b"rst"[..], 0));
}

fn open_files_are_a_border_of_a_stream() {
    let (one, other) = pair(SOCK_STREAM);
    let (_reads, writes) = pipe();
    send(&one, b"before", 0).unwrap();
    send_message(&one, b"with", &rights(&[&writes])).unwrap();
    send_message(&one, b"again", &rights(&[&writes])).unwrap();
    send(&one, b"after", 0).unwrap();
    let mut all = Vec::new();
    while all.len() < 3 {
        let message = receive_message(&other, 99, 64, libc::MSG_DONTWAIT).unwrap();
        all.push((String::from_utf8(message.bytes).unwrap(), message.rights.len()));
    }
    let expected = [("beforewith", 1), ("again", 1), ("after", 0)];
    assert_eq!(all, expected.map(|(text, count)| (text.to_owned(), count)));
}

fn open_files_come_with_a_datagram() {
    for kind in [SOCK_DGRAM, SOCK_SEQPACKET] {
        let (one, other) = pair(kind);
        let (reads, writes) = pipe();
        send_message(&one, b"", &rights(&[&writes, &writes])).unwrap();
        send(&one, b"plain", 0).unwrap();
        drop(writes);
        let message = receive_message(&other, 9, 64, 0).unwrap();
        assert_eq!((message.bytes.len(), message.rights.len()), (0, 2));
        assert!(!is_over(&reads));
        drop(message);
        assert!(is_over(&reads));
        assert!(receive_message(&other, 9, 64, 0).unwrap().rights.is_empty());
    }
}

fn a_received_file_may_be_closed_by_an_execution() {
    let (one, other) = pair(SOCK_DGRAM);
    for flags in [0, MSG_CMSG_CLOEXEC] {
        send_message(&one, b"x", &rights(&[&one])).unwrap();
        let message = receive_message(&other, 9, 64, flags).unwrap();
        let closes = call!(SYS_fcntl, message.rights[0].as_raw_fd(), libc::F_GETFD).unwrap();
        assert_eq!(closes, i64::from(flags != 0));
    }
}

fn files_without_room_are_closed() {
    let (one, other) = pair(SOCK_DGRAM);
    let (reads, writes) = pipe();
    let (kept_reads, kept) = pipe();
    send_message(&one, b"x", &rights(&[&kept, &writes, &writes])).unwrap();
    drop((writes, kept));
    let message = receive_message(&other, 9, 16 + 4, 0).unwrap();
    assert_eq!((message.rights.len(), message.flags), (1, MSG_CTRUNC));
    assert!(is_over(&reads) && !is_over(&kept_reads));
}

fn files_that_nobody_asks_for_are_closed() {
    let (one, other) = pair(SOCK_STREAM);
    let (reads, writes) = pipe();
    send_message(&one, b"x", &rights(&[&writes])).unwrap();
    send_message(&one, b"y", &rights(&[&writes])).unwrap();
    drop(writes);
    assert_eq!(receive_message(&other, 9, 0, 0).unwrap().flags, MSG_CTRUNC);
    assert!(!is_over(&reads));
    let mut byte = 0_u8;
    assert_eq!(call!(SYS_read, other.as_raw_fd(), &mut byte, 1), Ok(1));
    assert!(is_over(&reads));
}

fn files_of_a_message_that_nobody_reads_are_closed() {
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let (one, other) = pair(kind);
        let (reads, writes) = pipe();
        send_message(&one, b"x", &rights(&[&writes])).unwrap();
        drop(writes);
        assert!(!is_over(&reads));
        drop(other);
        eventually(|| is_over(&reads));
    }
}

fn a_file_may_be_peeked_at() {
    for kind in [SOCK_STREAM, SOCK_DGRAM] {
        let (one, other) = pair(kind);
        let (reads, writes) = pipe();
        send_message(&one, b"x", &rights(&[&writes])).unwrap();
        drop(writes);
        for flags in [MSG_PEEK, MSG_PEEK, 0] {
            assert_eq!(receive_message(&other, 9, 64, flags).unwrap().rights.len(), 1);
            assert_eq!(is_over(&reads), flags == 0);
        }
    }
}

fn so_many_files_may_be_sent() {
    let (one, other) = pair(SOCK_DGRAM);
    let many = vec![&one as &dyn AsRawFd; 253];
    assert_eq!(send_message(&one, b"x", &rights(&many)), Ok(1));
    assert_eq!(receive_message(&other, 9, 2048, 0).unwrap().rights.len(), 253);
    assert_eq!(send_message(&one, b"x", &rights(&vec![&one as &dyn AsRawFd; 254])), Err(EINVAL));
}

fn what_is_not_open_is_not_sent() {
    let (one, other) = pair(SOCK_DGRAM);
    let (reads, writes) = pipe();
    assert_eq!(send_message(&one, b"x", &rights(&[&writes, &777])), Err(EBADF));
    drop(writes);
    assert!(is_over(&reads));
    assert_eq!(receive(&other, 9, libc::MSG_DONTWAIT), Err(libc::EAGAIN));
}

fn control_messages_are_checked() {
    let (one, _other) = pair(SOCK_DGRAM);
    let mut long = rights(&[&one]);
    long[0] = 200;
    assert_eq!(send_message(&one, b"x", &long), Err(EINVAL));
    let mut short = rights(&[&one]);
    short[0] = 15;
    assert_eq!(send_message(&one, b"x", &short), Err(EINVAL));
    assert_eq!(send_message(&one, b"x", &control(99, b"what")), Err(EINVAL));
    assert_eq!(send_message(&one, b"x", &control(libc::SCM_CREDENTIALS, b"short")), Err(EINVAL));
    assert_eq!(send_message(&one, b"x", &[0; 8]), Ok(1));
}

fn the_sender_closes_and_the_file_stays() {
    let (one, other) = pair(SOCK_STREAM);
    std::fs::write("file", "content").unwrap();
    let child = Child::start(|| {
        let file = File::open("file").unwrap();
        send_message(&one, b"x", &rights(&[&file])).unwrap();
    });
    assert_eq!(child.status(), 0);
    std::fs::remove_file("file").unwrap();
    let mut text = String::new();
    File::from(receive_message(&other, 9, 64, 0).unwrap().rights.remove(0))
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "content");
}

fn a_socket_is_sent_with_what_it_has_received() {
    let (one, other) = pair(SOCK_STREAM);
    let (inner_one, inner_other) = pair(SOCK_STREAM);
    send(&inner_one, b"inside", 0).unwrap();
    send_message(&one, b"x", &rights(&[&inner_other])).unwrap();
    drop(inner_other);
    drop(one);
    // Something to collect, of which this is none.
    drop(pair(SOCK_STREAM));
    let message = receive_message(&other, 9, 64, 0).unwrap();
    assert_eq!(receive(&message.rights[0], 9, 0).unwrap(), b"inside");
}

fn a_listener_is_sent() {
    let (one, other) = pair(SOCK_STREAM);
    let waiting = listener(SOCK_STREAM, b"there");
    send_message(&one, b"x", &rights(&[&waiting])).unwrap();
    drop(waiting);
    let client = crate::sockets::connected(SOCK_STREAM, b"there");
    let message = receive_message(&other, 9, 64, 0).unwrap();
    let server = crate::sockets::accept(&message.rights[0]).unwrap();
    send(&client, b"hello", 0).unwrap();
    assert_eq!(receive(&server, 9, 0).unwrap(), b"hello");
}

/// Has whatever nobody can reach collected: sockets are looked at when one is closed.
fn collected(reads: &OwnedFd) {
    eventually(|| {
        drop(pair(SOCK_STREAM));
        is_over(reads)
    });
}

fn a_pair_that_holds_itself_is_collected() {
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let (reads, writes) = pipe();
        let (one, other) = pair(kind);
        send_message(&one, b"x", &rights(&[&one, &writes])).unwrap();
        send_message(&other, b"x", &rights(&[&other, &writes])).unwrap();
        drop((one, other, writes));
        collected(&reads);
    }
}

fn a_socket_that_holds_itself_is_collected() {
    let (reads, writes) = pipe();
    let (one, other) = pair(SOCK_STREAM);
    send_message(&one, b"x", &rights(&[&other, &writes])).unwrap();
    drop((other, writes));
    assert!(!is_over(&reads));
    drop(one);
    collected(&reads);
}

fn a_circle_of_sockets_is_collected() {
    let (reads, writes) = pipe();
    let pairs: Vec<_> = (0..20).map(|_| pair(SOCK_STREAM)).collect();
    for (number, (one, _)) in pairs.iter().enumerate() {
        let next = &pairs[(number + 1) % pairs.len()].1;
        send_message(one, b"x", &rights(&[next, &writes])).unwrap();
    }
    drop((pairs, writes));
    collected(&reads);
}

fn what_can_be_reached_is_not_collected() {
    let (reads, writes) = pipe();
    let (one, other) = pair(SOCK_STREAM);
    let (inner_one, inner_other) = pair(SOCK_STREAM);
    // The inner pair holds itself, and lies in what can be reached.
    send_message(&inner_one, b"x", &rights(&[&inner_one, &inner_other, &writes])).unwrap();
    send_message(&one, b"y", &rights(&[&inner_other])).unwrap();
    drop((inner_one, inner_other, writes));
    for _ in 0..10 {
        drop(pair(SOCK_STREAM));
    }
    assert!(!is_over(&reads));
    let inner = receive_message(&other, 9, 64, 0).unwrap().rights.remove(0);
    let message = receive_message(&inner, 9, 64, 0).unwrap();
    assert_eq!((&message.bytes[..], message.rights.len()), (&b"x"[..], 3));
    drop((message, inner));
    collected(&reads);
}

fn a_listener_that_waits_in_itself_is_collected() {
    let (reads, writes) = pipe();
    let waiting = listener(SOCK_STREAM, b"there");
    let client = crate::sockets::connected(SOCK_STREAM, b"there");
    send_message(&client, b"x", &rights(&[&waiting, &client, &writes])).unwrap();
    drop((waiting, client, writes));
    collected(&reads);
}

fn a_long_chain_of_sockets_ends() {
    let (reads, writes) = pipe();
    let (mut outer_one, mut outer_other) = pair(SOCK_STREAM);
    send_message(&outer_one, b"x", &rights(&[&writes])).unwrap();
    drop(writes);
    for _ in 0..400 {
        let (one, other) = pair(SOCK_STREAM);
        send_message(&one, b"x", &rights(&[&outer_other, &outer_one])).unwrap();
        (outer_one, outer_other) = (one, other);
    }
    drop((outer_one, outer_other));
    collected(&reads);
}

fn a_process_that_ends_closes_what_was_sent_to_it() {
    let (reads, writes) = pipe();
    let (one, other) = pair(SOCK_STREAM);
    let child = Child::start(|| {
        send_message(&one, b"x", &rights(&[&one, &other, &writes])).unwrap();
        send_message(&other, b"x", &rights(&[&one, &other, &writes])).unwrap();
    });
    drop((one, other, writes));
    assert_eq!(child.status(), 0);
    collected(&reads);
}

fn own_ids() -> (u32, u32) {
    // SAFETY: plain system calls.
    unsafe { (libc::getuid(), libc::getgid()) }
}

fn who_sends_is_told_who_asks() {
    let (uid, gid) = own_ids();
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let (one, other) = pair(kind);
        set_option(&other, SO_PASSCRED, 1).unwrap();
        assert_eq!(option(&other, SO_PASSCRED), Ok(1));
        let child = Child::start(|| {
            assert_eq!(call!(SYS_write, one.as_raw_fd(), b"x".as_ptr(), 1), Ok(1));
        });
        assert_eq!(child.status(), 0);
        let message = receive_message(&other, 9, 64, 0).unwrap();
        assert_eq!(message.credentials, Some((child.id, uid, gid)));
    }
}

fn who_does_not_ask_is_not_told() {
    let (one, other) = pair(SOCK_DGRAM);
    send(&one, b"x", 0).unwrap();
    send(&one, b"y", 0).unwrap();
    assert_eq!(receive_message(&other, 9, 64, 0).unwrap().credentials, None);
    // Who asks afterwards is told that nothing is known.
    set_option(&other, SO_PASSCRED, 1).unwrap();
    let told = receive_message(&other, 9, 64, 0).unwrap().credentials;
    assert_eq!(told, Some((0, 65_534, 65_534)));
}

fn a_sender_says_who_it_is() {
    let (uid, gid) = own_ids();
    let own = std::process::id().cast_signed();
    let (one, other) = pair(SOCK_DGRAM);
    set_option(&other, SO_PASSCRED, 1).unwrap();
    assert_eq!(send_message(&one, b"x", &credentials(own, uid, gid)), Ok(1));
    assert_eq!(receive_message(&other, 9, 64, 0).unwrap().credentials, Some((own, uid, gid)));
    // Both at once.
    let both = [credentials(own, uid, gid), rights(&[&one])].concat();
    send_message(&one, b"x", &both).unwrap();
    let message = receive_message(&other, 9, 64, 0).unwrap();
    assert_eq!((message.credentials, message.rights.len()), (Some((own, uid, gid)), 1));
    // Credentials come first, and leave what they leave.
    send_message(&one, b"x", &both).unwrap();
    let message = receive_message(&other, 9, 32, 0).unwrap();
    assert_eq!((message.credentials, message.rights.len()), (Some((own, uid, gid)), 0));
    assert_eq!(message.flags, MSG_CTRUNC);
}

fn a_sender_does_not_lie() {
    needs_root();
    let own = std::process::id().cast_signed();
    let (one, other) = pair(SOCK_DGRAM);
    set_option(&other, SO_PASSCRED, 1).unwrap();
    // Root may.
    assert_eq!(send_message(&one, b"x", &credentials(own, 5, 6)), Ok(1));
    assert_eq!(receive_message(&other, 9, 64, 0).unwrap().credentials, Some((own, 5, 6)));
    let child = Child::start(|| {
        call!(SYS_setresgid, 1000, 1000, 1000).unwrap();
        call!(SYS_setresuid, 1000, 1000, 1000).unwrap();
        let own = std::process::id().cast_signed();
        assert_eq!(send_message(&one, b"x", &credentials(own, 0, 1000)), Err(EPERM));
        assert_eq!(send_message(&one, b"x", &credentials(own, 1000, 0)), Err(EPERM));
        assert_eq!(send_message(&one, b"x", &credentials(1, 1000, 1000)), Err(EPERM));
        assert_eq!(send_message(&one, b"x", &credentials(own, 1000, 1000)), Ok(1));
    });
    assert_eq!(child.status(), 0);
    assert_eq!(receive_message(&other, 9, 64, 0).unwrap().credentials, Some((child.id, 1000, 1000)));
}

fn streams_of_two_senders_are_kept_apart() {
    let (one, other) = pair(SOCK_STREAM);
    set_option(&other, SO_PASSCRED, 1).unwrap();
    send(&one, b"parent", 0).unwrap();
    let child = Child::start(|| {
        send(&one, b"child", 0).unwrap();
        send(&one, b" again", 0).unwrap();
    });
    assert_eq!(child.status(), 0);
    let first = receive_message(&other, 99, 64, 0).unwrap();
    let second = receive_message(&other, 99, 64, 0).unwrap();
    assert_eq!((&first.bytes[..], &second.bytes[..]), (&b"parent"[..], &b"child again"[..]));
    assert_eq!(second.credentials.unwrap().0, child.id);
}

/// What `SO_PEERCRED` says.
fn maker(socket: &OwnedFd) -> (i32, u32, u32) {
    let (mut told, mut length) = ([0_u32; 3], 12_u32);
    let name = libc::SO_PEERCRED;
    call!(SYS_getsockopt, socket.as_raw_fd(), libc::SOL_SOCKET, name, &mut told, &mut length).unwrap();
    assert_eq!(length, 12);
    (told[0].cast_signed(), told[1], told[2])
}

fn the_other_sides_maker_is_known() {
    let (uid, gid) = own_ids();
    let (one, other) = pair(SOCK_STREAM);
    let own = std::process::id().cast_signed();
    assert_eq!((maker(&one), maker(&other)), ((own, uid, gid), (own, uid, gid)));
    assert_eq!(maker(&socket(SOCK_STREAM)), (0, u32::MAX, u32::MAX));
}

fn a_listeners_maker_is_known() {
    let own = std::process::id().cast_signed();
    let waiting = listener(SOCK_STREAM, b"there");
    let child = Child::start(|| {
        let client = crate::sockets::connected(SOCK_STREAM, b"there");
        assert_eq!(maker(&client).0, own);
        receive(&client, 1, 0).unwrap();
    });
    let server = crate::sockets::accept(&waiting).unwrap();
    assert_eq!(maker(&server).0, child.id);
    drop(server);
    assert_eq!(child.status(), 0);
}
