//! Pseudo-terminals: pairs, what goes through them, and whose they are.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::sync::atomic::Ordering;

use libc::{O_NOCTTY, O_RDWR, TIOCGPTN, TIOCSPTLCK};

use crate::calls::{Child, eventually, shared_words};

crate::tests! {
    a_pair_is_made_by_opening_its_master,
    a_slave_is_locked_until_the_master_says_so,
    what_is_written_at_the_master_is_read_by_lines,
    what_is_written_at_the_slave_comes_out_of_the_master,
    a_name_goes_with_its_master,
    a_slave_is_hung_up_with_its_master,
    a_master_without_slaves_reads_an_error,
    a_slave_is_whoevers_opened_the_master,
    a_session_leader_gets_the_terminal_that_it_opens,
    a_terminal_is_not_taken_if_not_asked,
    control_c_at_the_master_ends_who_stands_in_front,
    a_window_has_the_size_that_it_was_given,
    a_slave_is_opened_by_its_master,
    a_terminal_is_shown_by_its_name,
    devices_are_where_programs_look,
    zeros_and_nothing_are_what_they_are,
}

fn master() -> File {
    File::options().read(true).write(true).open("/dev/ptmx").unwrap()
}

fn number(master: &File) -> u32 {
    let mut number = 0_u32;
    assert_eq!(call!(SYS_ioctl, master.as_raw_fd(), TIOCGPTN, &mut number), Ok(0));
    number
}

fn unlock(master: &File) {
    assert_eq!(call!(SYS_ioctl, master.as_raw_fd(), TIOCSPTLCK, &0), Ok(0));
}

fn name(master: &File) -> String {
    format!("/dev/pts/{}", number(master))
}

fn opened(name: &str, flags: i32) -> Result<File, i32> {
    let name = std::ffi::CString::new(name).unwrap();
    let number = call!(SYS_openat, libc::AT_FDCWD, name.as_ptr(), flags)?;
    // SAFETY: the number was given just now.
    Ok(unsafe { File::from_raw_fd(number as i32) })
}

/// A master, and its slave.
fn pair() -> (File, File) {
    let master = master();
    unlock(&master);
    let slave = opened(&name(&master), O_RDWR | O_NOCTTY).unwrap();
    (master, slave)
}

/// Turns echo off.
fn without_echo(terminal: &File) {
    // SAFETY: zeros are a value of it, which is filled before it is changed.
    unsafe {
        let mut settings: libc::termios = std::mem::zeroed();
        assert_eq!(libc::tcgetattr(terminal.as_raw_fd(), &raw mut settings), 0);
        settings.c_lflag &= !libc::ECHO;
        assert_eq!(libc::tcsetattr(terminal.as_raw_fd(), libc::TCSANOW, &raw const settings), 0);
    }
}

fn read(file: &mut File) -> String {
    let mut bytes = [0; 256];
    let length = file.read(&mut bytes).unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

fn a_pair_is_made_by_opening_its_master() {
    let (one, other) = (master(), master());
    assert_ne!(number(&one), number(&other));
    let known = fs::metadata(name(&one)).unwrap();
    assert!(known.file_type().is_char_device());
    assert_eq!((libc::major(known.rdev()), libc::minor(known.rdev())), (136, number(&one)));
    let listed: Vec<String> = fs::read_dir("/dev/pts")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(listed.contains(&number(&one).to_string()));
}

fn a_slave_is_locked_until_the_master_says_so() {
    let master = master();
    assert_eq!(opened(&name(&master), O_RDWR | O_NOCTTY).map(drop), Err(libc::EIO));
    unlock(&master);
    assert!(opened(&name(&master), O_RDWR | O_NOCTTY).is_ok());
}

fn what_is_written_at_the_master_is_read_by_lines() {
    let (mut master, mut slave) = pair();
    without_echo(&slave);
    master.write_all(b"firsx\x7ft\nsecond\n").unwrap();
    assert_eq!(read(&mut slave), "first\n");
    assert_eq!(read(&mut slave), "second\n");
}

fn what_is_written_at_the_slave_comes_out_of_the_master() {
    let (mut master, mut slave) = pair();
    slave.write_all(b"line\n").unwrap();
    assert_eq!(read(&mut master), "line\r\n");
    master.write_all(b"x").unwrap();
    assert_eq!(read(&mut master), "x", "what is typed is shown");
}

fn a_name_goes_with_its_master() {
    let (master, slave) = pair();
    let name = name(&master);
    drop(slave);
    assert!(fs::exists(&name).unwrap());
    drop(master);
    assert!(!fs::exists(&name).unwrap());
}

fn a_slave_is_hung_up_with_its_master() {
    let (master, mut slave) = pair();
    drop(master);
    assert_eq!(slave.read(&mut [0; 8]).unwrap(), 0);
    assert_eq!(slave.write(b"x").unwrap_err().raw_os_error(), Some(libc::EIO));
}

fn a_master_without_slaves_reads_an_error() {
    let (mut master, mut slave) = pair();
    slave.write_all(b"last").unwrap();
    drop(slave);
    assert_eq!(read(&mut master), "last");
    assert_eq!(master.read(&mut [0; 8]).unwrap_err().raw_os_error(), Some(libc::EIO));
}

fn a_slave_is_whoevers_opened_the_master() {
    crate::running::needs_root();
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setuid, 1000), Ok(0));
        let master = master();
        assert_eq!(fs::metadata(name(&master)).unwrap().uid(), 1000);
        unlock(&master);
        assert!(opened(&name(&master), O_RDWR | O_NOCTTY).is_ok());
    });
    assert_eq!(child.status(), 0);
}

fn a_session_leader_gets_the_terminal_that_it_opens() {
    let (mut master, slave) = pair();
    let name = name(&master);
    let child = Child::start(|| {
        assert!(call!(SYS_setsid).is_ok());
        assert_eq!(opened("/dev/tty", O_RDWR).map(drop), Err(libc::ENXIO));
        drop(opened(&name, O_RDWR).unwrap());
        opened("/dev/tty", O_RDWR).unwrap().write_all(b"by its own name").unwrap();
        let text = fs::read_to_string("/proc/self/stat").unwrap();
        let device = text.rsplit(')').next().unwrap().split_whitespace().nth(4).unwrap().to_owned();
        assert_eq!(device, fs::metadata(&name).unwrap().rdev().to_string());
    });
    assert_eq!(child.status(), 0);
    assert_eq!(read(&mut master), "by its own name");
    drop(slave);
}

fn a_terminal_is_not_taken_if_not_asked() {
    let (master, slave) = pair();
    let name = name(&master);
    let child = Child::start(|| {
        assert!(call!(SYS_setsid).is_ok());
        let slave = opened(&name, O_RDWR | O_NOCTTY).unwrap();
        assert_eq!(opened("/dev/tty", O_RDWR).map(drop), Err(libc::ENXIO));
        assert_eq!(call!(SYS_ioctl, slave.as_raw_fd(), libc::TIOCSCTTY, 0), Ok(0));
        assert!(opened("/dev/tty", O_RDWR).is_ok());
    });
    assert_eq!(child.status(), 0);
    drop(slave);
}

fn control_c_at_the_master_ends_who_stands_in_front() {
    let (mut master, slave) = pair();
    let name = name(&master);
    let words = shared_words();
    let child = Child::start(|| {
        assert!(call!(SYS_setsid).is_ok());
        let mut own = opened(&name, O_RDWR).unwrap();
        words[0].store(1, Ordering::SeqCst);
        let _ = own.read(&mut [0; 8]);
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    master.write_all(b"\x03").unwrap();
    assert_eq!(child.signal(), libc::SIGINT);
    drop(slave);
}

fn a_window_has_the_size_that_it_was_given() {
    let (master, slave) = pair();
    let size = libc::winsize { ws_row: 43, ws_col: 132, ws_xpixel: 0, ws_ypixel: 0 };
    assert_eq!(call!(SYS_ioctl, master.as_raw_fd(), libc::TIOCSWINSZ, &size), Ok(0));
    let mut seen = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    assert_eq!(call!(SYS_ioctl, slave.as_raw_fd(), libc::TIOCGWINSZ, &mut seen), Ok(0));
    assert_eq!((seen.ws_row, seen.ws_col), (43, 132));
}

fn a_slave_is_opened_by_its_master() {
    let mut master = master();
    unlock(&master);
    let number = call!(SYS_ioctl, master.as_raw_fd(), libc::TIOCGPTPEER, O_RDWR | O_NOCTTY).unwrap();
    // SAFETY: the number was given just now.
    let mut slave = unsafe { File::from_raw_fd(number as i32) };
    slave.write_all(b"peer").unwrap();
    assert_eq!(read(&mut master), "peer");
}

fn a_terminal_is_shown_by_its_name() {
    let (master, slave) = pair();
    let shown = |file: &File| fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
    assert_eq!(shown(&slave).to_str(), Some(&*name(&master)));
    assert!(shown(&master).ends_with("ptmx"));
    // SAFETY: a number of this function's.
    assert_eq!(unsafe { libc::isatty(slave.as_raw_fd()) }, 1);
}

fn devices_are_where_programs_look() {
    for (name, major, minor) in [
        ("null", 1, 3),
        ("zero", 1, 5),
        ("full", 1, 7),
        ("random", 1, 8),
        ("urandom", 1, 9),
        ("tty", 5, 0),
        ("ptmx", 5, 2),
    ] {
        let known = fs::metadata(format!("/dev/{name}")).unwrap();
        assert!(known.file_type().is_char_device(), "{name}");
        let device = known.rdev();
        // A container may have a link to the one of its own.
        let is_own = name == "ptmx" && known.dev() != fs::metadata("/dev/null").unwrap().dev();
        assert!(is_own || (libc::major(device), libc::minor(device)) == (major, minor), "{name}");
    }
    assert!(fs::metadata("/dev/shm").unwrap().is_dir());
}

fn zeros_and_nothing_are_what_they_are() {
    let open = |name: &str| File::options().read(true).write(true).open(name).unwrap();
    let (mut null, mut zero, mut full) = (open("/dev/null"), open("/dev/zero"), open("/dev/full"));
    let mut bytes = [1; 100];
    assert_eq!((null.read(&mut bytes).unwrap(), null.write(b"gone").unwrap()), (0, 4));
    assert_eq!((zero.read(&mut bytes).unwrap(), bytes), (100, [0; 100]));
    assert_eq!(full.write(b"x").unwrap_err().raw_os_error(), Some(libc::ENOSPC));
    assert_eq!(full.read(&mut bytes).unwrap(), 100);
}
