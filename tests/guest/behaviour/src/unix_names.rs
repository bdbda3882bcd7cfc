//! Names of sockets of one machine, and connections to them.

use std::fs;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};

use libc::{
    EACCES, EADDRINUSE, EAGAIN, ECONNREFUSED, ECONNRESET, EFAULT, EINVAL, EISCONN, ENOENT, ENXIO, POLLERR,
    POLLHUP, POLLIN, POLLOUT, POLLRDHUP, SHUT_RDWR, SOCK_NONBLOCK, SOCK_STREAM, SYS_getpeername,
    SYS_getsockname,
};

use crate::calls::{Child, pause};
use crate::running::needs_root;
use crate::sockets::{
    accept, address, asked_address, bind, connect, connected, do_not_wait, found, listen, listener, pair,
    receive, send, shut_down, socket,
};

crate::tests! {
    a_name_is_a_file,
    a_name_follows_the_mask,
    a_name_is_in_use_once_it_is_there,
    a_name_outlives_its_socket,
    a_name_may_be_moved,
    a_name_is_removed_and_made_again,
    a_name_needs_the_right_to_write,
    a_name_is_not_opened,
    a_name_goes_through_links,
    a_name_has_a_longest_length,
    a_name_of_bytes_has_no_file,
    a_name_of_bytes_is_free_again,
    names_of_bytes_have_their_length,
    any_name_is_five_digits,
    a_socket_has_one_name,
    addresses_are_told,
    addresses_are_cut_off,
    connecting_and_accepting,
    a_connection_waits_to_be_accepted_with_its_bytes,
    so_many_connections_wait,
    a_client_waits_for_a_place,
    a_server_waits_for_a_client,
    a_listener_that_may_not_wait_is_told,
    a_listener_that_closes_resets_who_waits,
    a_listener_that_ends_refuses,
    only_a_name_listens,
    a_listener_does_not_connect,
    a_connected_one_does_not_connect_again,
    poll_says_that_somebody_connects,
    an_accepted_one_has_its_own_flags,
    a_client_that_is_gone_is_accepted,
    a_connection_waits_for_a_descriptor,
    many_clients_are_served,
    bad_addresses_are_told,
    sockets_with_names_are_shown,
}

fn a_name_is_a_file() {
    let one = socket(SOCK_STREAM);
    assert_eq!(bind(&one, b"name"), Ok(0));
    let status = fs::symlink_metadata("name").unwrap();
    assert!(status.file_type().is_socket());
    assert_eq!(asked_address(SYS_getsockname, &one).unwrap(), address(b"name"));
}

fn a_name_follows_the_mask() {
    for (mask, mode) in [(0o022, 0o755), (0o077, 0o700), (0, 0o777)] {
        call!(SYS_umask, mask).unwrap();
        bind(&socket(SOCK_STREAM), format!("name{mask}").as_bytes()).unwrap();
        let permissions = fs::metadata(format!("name{mask}")).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o7777, mode);
    }
}

fn a_name_is_in_use_once_it_is_there() {
    bind(&socket(SOCK_STREAM), b"name").unwrap();
    assert_eq!(bind(&socket(SOCK_STREAM), b"name"), Err(EADDRINUSE));
    fs::write("file", "").unwrap();
    assert_eq!(bind(&socket(SOCK_STREAM), b"file"), Err(EADDRINUSE));
    assert_eq!(bind(&socket(SOCK_STREAM), b"no/name"), Err(ENOENT));
}

fn a_name_outlives_its_socket() {
    drop(listener(SOCK_STREAM, b"name"));
    assert!(fs::symlink_metadata("name").is_ok());
    assert_eq!(connect(&socket(SOCK_STREAM), b"name"), Err(ECONNREFUSED));
}

fn a_name_may_be_moved() {
    let listener = listener(SOCK_STREAM, b"name");
    fs::rename("name", "other").unwrap();
    assert_eq!(connect(&socket(SOCK_STREAM), b"name"), Err(ENOENT));
    fs::hard_link("other", "third").unwrap();
    let _client = connected(SOCK_STREAM, b"third");
    accept(&listener).unwrap();
    assert_eq!(asked_address(SYS_getsockname, &listener).unwrap(), address(b"name"));
}

fn a_name_is_removed_and_made_again() {
    let old = listener(SOCK_STREAM, b"name");
    fs::remove_file("name").unwrap();
    let new = listener(SOCK_STREAM, b"name");
    let client = connected(SOCK_STREAM, b"name");
    do_not_wait(&old);
    assert_eq!(accept(&old).unwrap_err(), EAGAIN);
    let server = accept(&new).unwrap();
    send(&client, b"x", 0).unwrap();
    assert_eq!(receive(&server, 9, 0).unwrap(), b"x");
}

fn a_name_needs_the_right_to_write() {
    needs_root();
    let _listener = listener(SOCK_STREAM, b"name");
    fs::set_permissions(".", fs::Permissions::from_mode(0o777)).unwrap();
    let as_somebody = |mode: u32, expected: Result<i64, i32>| {
        fs::set_permissions("name", fs::Permissions::from_mode(mode)).unwrap();
        let child = Child::start(|| {
            call!(SYS_setresuid, 1000, 1000, 1000).unwrap();
            assert_eq!(connect(&socket(SOCK_STREAM), b"name"), expected);
        });
        assert_eq!(child.status(), 0);
    };
    as_somebody(0o755, Err(EACCES));
    as_somebody(0o722, Ok(0));
    fs::create_dir("mine").unwrap();
    let child = Child::start(|| {
        call!(SYS_setresuid, 1000, 1000, 1000).unwrap();
        assert_eq!(bind(&socket(SOCK_STREAM), b"mine/name"), Err(EACCES));
    });
    assert_eq!(child.status(), 0);
}

fn a_name_is_not_opened() {
    let _listener = listener(SOCK_STREAM, b"name");
    assert_eq!(fs::File::open("name").unwrap_err().raw_os_error(), Some(ENXIO));
}

fn a_name_goes_through_links() {
    let listener = listener(SOCK_STREAM, b"name");
    std::os::unix::fs::symlink("name", "link").unwrap();
    let _client = connected(SOCK_STREAM, b"link");
    accept(&listener).unwrap();
    std::os::unix::fs::symlink("nowhere", "dangling").unwrap();
    assert_eq!(connect(&socket(SOCK_STREAM), b"dangling"), Err(ENOENT));
    assert_eq!(bind(&socket(SOCK_STREAM), b"dangling"), Err(EADDRINUSE));
}

fn a_name_has_a_longest_length() {
    let name = [b'x'; 108];
    let bytes = [&(libc::AF_UNIX as u16).to_ne_bytes()[..], &name].concat();
    let one = socket(SOCK_STREAM);
    assert_eq!(call!(SYS_bind, one.as_raw_fd(), bytes.as_ptr(), 110), Ok(0));
    assert_eq!(asked_address(SYS_getsockname, &one).unwrap().len(), 111);
    assert!(fs::symlink_metadata(String::from_utf8(name.to_vec()).unwrap()).is_ok());
    let long = [&bytes[..], b"x"].concat();
    assert_eq!(call!(SYS_bind, socket(SOCK_STREAM).as_raw_fd(), long.as_ptr(), 111), Err(EINVAL));
}

fn own_name(of: &str) -> Vec<u8> {
    format!("\0behaviour-{of}-{}", std::process::id()).into_bytes()
}

fn a_name_of_bytes_has_no_file() {
    let name = own_name("first");
    let listener = listener(SOCK_STREAM, &name);
    let client = connected(SOCK_STREAM, &name);
    let server = accept(&listener).unwrap();
    send(&client, b"x", 0).unwrap();
    assert_eq!(receive(&server, 9, 0).unwrap(), b"x");
    assert_eq!(asked_address(SYS_getpeername, &client).unwrap(), address(&name));
    assert_eq!(fs::read_dir(".").unwrap().count(), 0);
}

fn a_name_of_bytes_is_free_again() {
    let name = own_name("again");
    let one = socket(SOCK_STREAM);
    bind(&one, &name).unwrap();
    assert_eq!(bind(&socket(SOCK_STREAM), &name), Err(EADDRINUSE));
    drop(one);
    assert_eq!(connect(&socket(SOCK_STREAM), &name), Err(ECONNREFUSED));
    assert_eq!(bind(&socket(SOCK_STREAM), &name), Ok(0));
}

fn names_of_bytes_have_their_length() {
    let name = own_name("length");
    let _listener = listener(SOCK_STREAM, &name);
    let longer = [&name[..], b"\0"].concat();
    assert_eq!(connect(&socket(SOCK_STREAM), &longer), Err(ECONNREFUSED));
    assert_eq!(connect(&socket(SOCK_STREAM), &name[..name.len() - 1]), Err(ECONNREFUSED));
    let second = listener(SOCK_STREAM, &longer);
    assert_eq!(asked_address(SYS_getsockname, &second).unwrap(), address(&longer));
}

fn any_name_is_five_digits() {
    let one = socket(SOCK_STREAM);
    assert_eq!(asked_address(SYS_getsockname, &one).unwrap(), [1, 0]);
    assert_eq!(bind(&one, b""), Ok(0));
    let name = asked_address(SYS_getsockname, &one).unwrap();
    assert_eq!((name.len(), name[2]), (8, 0));
    assert!(name[3..].iter().all(u8::is_ascii_hexdigit), "{name:?}");
    listen(&one, 1).unwrap();
    let _client = connected(SOCK_STREAM, &name[2..]);
    accept(&one).unwrap();
}

fn a_socket_has_one_name() {
    let one = socket(SOCK_STREAM);
    bind(&one, b"name").unwrap();
    assert_eq!(bind(&one, b"other"), Err(EINVAL));
    assert_eq!(bind(&one, &own_name("second")), Err(EINVAL));
}

fn addresses_are_told() {
    let waiting = listener(SOCK_STREAM, b"name");
    let client = socket(SOCK_STREAM);
    bind(&client, b"client").unwrap();
    connect(&client, b"name").unwrap();
    let (mut told, mut length) = ([0_u8; 128], 128_u32);
    let server = call!(SYS_accept, waiting.as_raw_fd(), told.as_mut_ptr(), &mut length).unwrap();
    assert_eq!(told[..length as usize], address(b"client"));
    // SAFETY: it was given just now.
    let server: std::os::fd::OwnedFd = unsafe { std::os::fd::FromRawFd::from_raw_fd(server as i32) };
    assert_eq!(asked_address(SYS_getpeername, &server).unwrap(), address(b"client"));
    assert_eq!(asked_address(SYS_getsockname, &server).unwrap(), address(b"name"));
    assert_eq!(asked_address(SYS_getpeername, &client).unwrap(), address(b"name"));
    let (one, _other) = pair(SOCK_STREAM);
    assert_eq!(asked_address(SYS_getpeername, &one).unwrap(), [1, 0]);
}

fn addresses_are_cut_off() {
    let one = socket(SOCK_STREAM);
    bind(&one, b"name").unwrap();
    let (mut told, mut length) = ([9_u8; 16], 4_u32);
    call!(SYS_getsockname, one.as_raw_fd(), told.as_mut_ptr(), &mut length).unwrap();
    assert_eq!((&told[..5], length), (&[1, 0, b'n', b'a', 9][..], 7));
    let mut length = -1_i32;
    assert_eq!(call!(SYS_getsockname, one.as_raw_fd(), told.as_mut_ptr(), &mut length), Err(EINVAL));
    assert_eq!(call!(SYS_getsockname, one.as_raw_fd(), told.as_mut_ptr(), 8), Err(EFAULT));
}

fn connecting_and_accepting() {
    let listener = listener(SOCK_STREAM, b"name");
    let client = connected(SOCK_STREAM, b"name");
    let server = accept(&listener).unwrap();
    send(&client, b"to", 0).unwrap();
    send(&server, b"fro", 0).unwrap();
    assert_eq!(receive(&server, 9, 0).unwrap(), b"to");
    assert_eq!(receive(&client, 9, 0).unwrap(), b"fro");
    drop(listener);
    send(&client, b"still", 0).unwrap();
    assert_eq!(receive(&server, 9, 0).unwrap(), b"still");
}

fn a_connection_waits_to_be_accepted_with_its_bytes() {
    let listener = listener(SOCK_STREAM, b"name");
    let client = connected(SOCK_STREAM, b"name");
    send(&client, b"early", 0).unwrap();
    drop(client);
    let server = accept(&listener).unwrap();
    assert_eq!(receive(&server, 9, 0).unwrap(), b"early");
    assert_eq!(receive(&server, 9, 0).unwrap(), b"");
}

fn so_many_connections_wait() {
    let listener = socket(SOCK_STREAM);
    bind(&listener, b"name").unwrap();
    listen(&listener, 2).unwrap();
    let clients: Vec<_> = (0..3).map(|_| connected(SOCK_STREAM, b"name")).collect();
    let late = socket(SOCK_STREAM | SOCK_NONBLOCK);
    assert_eq!(connect(&late, b"name"), Err(EAGAIN));
    accept(&listener).unwrap();
    assert_eq!(connect(&late, b"name"), Ok(0));
    assert_eq!(connect(&socket(SOCK_STREAM | SOCK_NONBLOCK), b"name"), Err(EAGAIN));
    listen(&listener, 10).unwrap();
    assert_eq!(connect(&socket(SOCK_STREAM | SOCK_NONBLOCK), b"name"), Ok(0));
    drop(clients);
}

fn a_client_waits_for_a_place() {
    let listener = socket(SOCK_STREAM);
    bind(&listener, b"name").unwrap();
    listen(&listener, 0).unwrap();
    let _first = connected(SOCK_STREAM, b"name");
    let child = Child::start(|| {
        let second = connected(SOCK_STREAM, b"name");
        assert_eq!(receive(&second, 9, 0).unwrap(), b"welcome");
    });
    pause(50);
    drop(accept(&listener).unwrap());
    let second = accept(&listener).unwrap();
    send(&second, b"welcome", 0).unwrap();
    assert_eq!(child.status(), 0);
}

fn a_server_waits_for_a_client() {
    let listener = listener(SOCK_STREAM, b"name");
    let child = Child::start(|| {
        pause(50);
        let client = connected(SOCK_STREAM, b"name");
        assert_eq!(receive(&client, 9, 0).unwrap(), b"x");
    });
    let server = accept(&listener).unwrap();
    send(&server, b"x", 0).unwrap();
    assert_eq!(child.status(), 0);
}

fn a_listener_that_may_not_wait_is_told() {
    let listener = listener(SOCK_STREAM, b"name");
    do_not_wait(&listener);
    assert_eq!(accept(&listener).unwrap_err(), EAGAIN);
    let limited = crate::sockets::listener(SOCK_STREAM, b"other");
    let limit = libc::timeval { tv_sec: 0, tv_usec: 30_000 };
    let name = libc::SO_RCVTIMEO;
    call!(SYS_setsockopt, limited.as_raw_fd(), libc::SOL_SOCKET, name, &limit, 16).unwrap();
    assert_eq!(accept(&limited).unwrap_err(), EAGAIN);
}

fn a_listener_that_closes_resets_who_waits() {
    let listener = listener(SOCK_STREAM, b"name");
    let client = connected(SOCK_STREAM, b"name");
    drop(listener);
    assert_eq!(found(&client), POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
    assert_eq!(receive(&client, 9, 0), Err(ECONNRESET));
    assert_eq!(receive(&client, 9, 0).unwrap(), b"");
}

fn a_listener_that_ends_refuses() {
    let listener = listener(SOCK_STREAM, b"name");
    shut_down(&listener, SHUT_RDWR).unwrap();
    assert_eq!(connect(&socket(SOCK_STREAM), b"name"), Err(ECONNREFUSED));
    assert_eq!(accept(&listener).unwrap_err(), EINVAL);
}

fn only_a_name_listens() {
    let one = socket(SOCK_STREAM);
    assert_eq!(listen(&one, 1), Err(EINVAL));
    bind(&one, b"name").unwrap();
    assert_eq!(connect(&socket(SOCK_STREAM), b"name"), Err(ECONNREFUSED));
    assert_eq!(listen(&one, 1), Ok(0));
    let (pair, _other) = pair(SOCK_STREAM);
    assert_eq!(listen(&pair, 1), Err(EINVAL));
}

fn a_listener_does_not_connect() {
    let one = listener(SOCK_STREAM, b"one");
    let _other = listener(SOCK_STREAM, b"other");
    assert_eq!(connect(&one, b"other"), Err(EINVAL));
    assert_eq!(receive(&one, 1, 0), Err(EINVAL));
}

fn a_connected_one_does_not_connect_again() {
    let _listener = listener(SOCK_STREAM, b"name");
    let client = connected(SOCK_STREAM, b"name");
    assert_eq!(connect(&client, b"name"), Err(EISCONN));
    let refused = socket(SOCK_STREAM);
    assert_eq!(connect(&refused, b"nothing"), Err(ENOENT));
    assert_eq!(connect(&refused, b"name"), Ok(0));
}

fn poll_says_that_somebody_connects() {
    let listener = listener(SOCK_STREAM, b"name");
    assert_eq!(found(&listener), 0);
    let _client = connected(SOCK_STREAM, b"name");
    assert_eq!(found(&listener), POLLIN);
    accept(&listener).unwrap();
    assert_eq!(found(&listener), 0);
}

fn an_accepted_one_has_its_own_flags() {
    let listener = listener(SOCK_STREAM | SOCK_NONBLOCK, b"name");
    let _client = connected(SOCK_STREAM, b"name");
    let server = accept(&listener).unwrap();
    assert_eq!(call!(SYS_fcntl, server.as_raw_fd(), libc::F_GETFL), Ok(i64::from(libc::O_RDWR)));
    let _second = connected(SOCK_STREAM, b"name");
    let flags = SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    let server = call!(SYS_accept4, listener.as_raw_fd(), 0, 0, flags).unwrap();
    assert_eq!(call!(SYS_fcntl, server, libc::F_GETFD), Ok(1));
    assert_eq!(call!(SYS_fcntl, server, libc::F_GETFL), Ok(i64::from(libc::O_RDWR | libc::O_NONBLOCK)));
    assert_eq!(call!(SYS_accept4, listener.as_raw_fd(), 0, 0, 1), Err(EINVAL));
}

fn a_client_that_is_gone_is_accepted() {
    let listener = listener(SOCK_STREAM, b"name");
    drop(connected(SOCK_STREAM, b"name"));
    let server = accept(&listener).unwrap();
    assert_eq!(receive(&server, 9, 0).unwrap(), b"");
}

fn a_connection_waits_for_a_descriptor() {
    let listener = listener(SOCK_STREAM, b"name");
    let client = connected(SOCK_STREAM, b"name");
    let (few, many) = ([client.as_raw_fd() as u64 + 1, 1024], [1024_u64, 1024]);
    call!(SYS_prlimit64, 0, libc::RLIMIT_NOFILE, &few, 0).unwrap();
    assert_eq!(accept(&listener).unwrap_err(), libc::EMFILE);
    call!(SYS_prlimit64, 0, libc::RLIMIT_NOFILE, &many, 0).unwrap();
    let server = accept(&listener).unwrap();
    send(&client, b"x", 0).unwrap();
    assert_eq!(receive(&server, 9, 0).unwrap(), b"x");
}

fn many_clients_are_served() {
    let listener = listener(SOCK_STREAM, b"name");
    let children: Vec<_> = (0..4)
        .map(|_| {
            Child::start(|| {
                for number in 0..50_u32 {
                    let client = connected(SOCK_STREAM, b"name");
                    send(&client, &number.to_ne_bytes(), 0).unwrap();
                    assert_eq!(receive(&client, 9, 0).unwrap(), (number + 1).to_ne_bytes());
                }
            })
        })
        .collect();
    for _ in 0..200 {
        let server = accept(&listener).unwrap();
        let asked = receive(&server, 4, 0).unwrap();
        let answer = u32::from_ne_bytes(asked.try_into().unwrap()) + 1;
        send(&server, &answer.to_ne_bytes(), 0).unwrap();
    }
    for child in &children {
        assert_eq!(child.status(), 0);
    }
}

fn bad_addresses_are_told() {
    let one = socket(SOCK_STREAM);
    let other_family = [2_u8, 0, b'x', 0];
    assert_eq!(call!(SYS_bind, one.as_raw_fd(), other_family.as_ptr(), 4), Err(EINVAL));
    assert_eq!(call!(SYS_connect, one.as_raw_fd(), other_family.as_ptr(), 4), Err(EINVAL));
    assert_eq!(call!(SYS_bind, one.as_raw_fd(), 8, 10), Err(EFAULT));
    assert_eq!(call!(SYS_bind, one.as_raw_fd(), other_family.as_ptr(), 129), Err(EINVAL));
    assert_eq!(call!(SYS_bind, one.as_raw_fd(), other_family.as_ptr(), -1), Err(EINVAL));
    assert_eq!(connect(&one, b""), Err(EINVAL));
}

fn sockets_with_names_are_shown() {
    let name = own_name("shown");
    let _listener = listener(SOCK_STREAM, &name);
    let text = fs::read_to_string("/proc/net/unix").unwrap();
    let shown = String::from_utf8(name[1..].to_vec()).unwrap();
    let line = text.lines().find(|line| line.ends_with(&format!("@{shown}"))).expect("a line");
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!((words[3], words[4], words[5]), ("00010000", "0001", "01"));
}
