//! Processes by descriptors, what they share of their open files, and programs that are executed by a descriptor.

use std::fs::{self, File};
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::{PermissionsExt, symlink};

use libc::{EBADF, EINVAL, EPERM, ESRCH};

use crate::calls::{Child, exit, pause, shared_words};
use crate::told::own;

crate::tests! {
    a_file_of_another_process_is_taken,
    a_file_is_not_taken_from_another_user,
    a_file_is_not_taken_from_who_was_another,
    what_does_not_wait_says_that_a_child_runs,
    a_descriptor_tells_which_process_it_is_of,
    a_directory_of_a_process_takes_signals_for_it,
    what_two_processes_share_is_told,
    a_range_of_numbers_is_closed_in_an_own_table,
    a_table_of_files_is_shared_no_more,
    a_program_is_executed_by_its_descriptor,
    a_script_has_its_own_name,
    a_link_is_not_executed_where_that_is_asked,
    a_program_without_arguments_has_an_empty_name,
    who_asks_finds_its_own_thread,
    a_filesystem_of_processes_says_so,
    barriers_are_passed_by_who_has_registered,
    opening_with_flags_that_contradict_is_refused,
    a_name_that_is_there_is_not_linked,
    an_open_file_remembers_whom_it_would_tell,
}

fn open_process(id: i32, flags: i32) -> i32 {
    call!(SYS_pidfd_open, id, flags).unwrap() as i32
}

fn a_file_of_another_process_is_taken() {
    let words = shared_words();
    let child = Child::start(|| {
        fs::write("file", "of the child").unwrap();
        let file = File::open("file").unwrap();
        words[0].store(file.as_raw_fd() as u64 + 1, std::sync::atomic::Ordering::SeqCst);
        pause(10_000);
    });
    crate::calls::eventually(|| words[0].load(std::sync::atomic::Ordering::SeqCst) > 0);
    let number = words[0].load(std::sync::atomic::Ordering::SeqCst) - 1;
    let process = open_process(child.id, 0);
    assert_eq!(call!(SYS_pidfd_getfd, process, number, 1), Err(EINVAL));
    assert_eq!(call!(SYS_pidfd_getfd, process, 999, 0), Err(EBADF));
    assert_eq!(call!(SYS_pidfd_getfd, 999, number, 0), Err(EBADF));
    let taken = call!(SYS_pidfd_getfd, process, number, 0).unwrap() as i32;
    assert_eq!(call!(SYS_fcntl, taken, libc::F_GETFD), Ok(1), "it is closed by an execution");
    let mut text = String::new();
    // SAFETY: the descriptor was made for this, and nobody else has it.
    unsafe { File::from_raw_fd(taken) }.read_to_string(&mut text).unwrap();
    assert_eq!(text, "of the child");
    child.kill(libc::SIGKILL);
    child.wait();
    assert_eq!(call!(SYS_pidfd_getfd, process, number, 0), Err(ESRCH));
}

fn a_file_is_not_taken_from_another_user() {
    crate::running::needs_root();
    let root = Child::start(|| pause(10_000));
    let user = Child::start(|| {
        assert_eq!(call!(SYS_setuid, 1000), Ok(0));
        assert_eq!(call!(SYS_pidfd_getfd, open_process(root.id, 0), 0, 0), Err(EPERM));
    });
    assert_eq!(user.status(), 0);
    root.kill(libc::SIGKILL);
    root.wait();
}

fn a_file_is_not_taken_from_who_was_another() {
    crate::running::needs_root();
    let words = shared_words();
    let become_user = || {
        assert_eq!(call!(SYS_setresgid, 1000, 1000, 1000), Ok(0));
        assert_eq!(call!(SYS_setresuid, 1000, 1000, 1000), Ok(0));
    };
    let server = Child::start(|| {
        become_user();
        assert_ne!(call!(SYS_prctl, libc::PR_GET_DUMPABLE, 0, 0, 0, 0), Ok(1));
        words[0].store(1, std::sync::atomic::Ordering::SeqCst);
        pause(10_000);
    });
    crate::calls::eventually(|| words[0].load(std::sync::atomic::Ordering::SeqCst) > 0);
    let user = Child::start(|| {
        become_user();
        assert_eq!(call!(SYS_pidfd_getfd, open_process(server.id, 0), 0, 0), Err(EPERM));
        assert!(fs::read(format!("/proc/{}/environ", server.id)).is_err());
    });
    assert_eq!(user.status(), 0);
    server.kill(libc::SIGKILL);
    server.wait();
}

fn what_does_not_wait_says_that_a_child_runs() {
    let wait = |process: i32, options: i32| {
        let mut info = [0_u8; 128];
        call!(SYS_waitid, libc::P_PIDFD, process, &mut info, options, 0).map(|_| info[8])
    };
    assert_eq!(wait(open_process(own(), libc::O_NONBLOCK), libc::WEXITED), Err(libc::ECHILD));
    let child = Child::start(|| pause(10_000));
    let process = open_process(child.id, libc::O_NONBLOCK);
    assert_eq!(wait(process, libc::WEXITED), Err(libc::EAGAIN));
    assert_eq!(wait(process, libc::WEXITED | libc::WNOHANG), Ok(0), "who asks only is told nothing");
    child.kill(libc::SIGKILL);
    let mut awaited = [libc::pollfd { fd: process, events: libc::POLLIN, revents: 0 }];
    assert_eq!(call!(SYS_poll, &mut awaited, 1, 10_000), Ok(1));
    assert_eq!(wait(process, libc::WEXITED), Ok(libc::CLD_KILLED as u8));
}

fn a_descriptor_tells_which_process_it_is_of() {
    let child = Child::start(|| pause(10_000));
    let process = open_process(child.id, 0);
    let told = || fs::read_to_string(format!("/proc/self/fdinfo/{process}")).unwrap();
    assert!(told().contains(&format!("\nPid:\t{}\nNSpid:\t{}\n", child.id, child.id)), "{}", told());
    child.kill(libc::SIGKILL);
    child.wait();
    assert!(told().contains("\nPid:\t-1\n"), "{}", told());
}

fn a_directory_of_a_process_takes_signals_for_it() {
    let child = Child::start(|| pause(10_000));
    let place = std::ffi::CString::new(format!("/proc/{}", child.id)).unwrap();
    let open = |flags: i32| call!(SYS_open, place.as_ptr(), flags | libc::O_DIRECTORY).unwrap() as i32;
    let send = |directory: i32, signal: i32| call!(SYS_pidfd_send_signal, directory, signal, 0, 0);
    let (directory, by_path) = (open(0), open(libc::O_PATH));
    assert_eq!(send(directory, 0), Ok(0));
    assert_eq!(call!(SYS_pidfd_getfd, directory, 0, 0), Err(EBADF), "it is no descriptor of a process");
    for other in ["/proc", "/proc/self/fd"] {
        assert_eq!(send(File::open(other).unwrap().as_raw_fd(), 0), Err(EBADF), "{other}");
    }
    assert_eq!(send(by_path, 0), Err(EBADF), "a place is only looked at");
    assert_eq!(send(directory, libc::SIGTERM), Ok(0));
    let mut status = 0;
    assert_eq!(call!(SYS_wait4, child.id, &mut status, 0, 0), Ok(i64::from(child.id)));
    assert_eq!(status, libc::SIGTERM);
    assert_eq!(send(directory, 0), Err(ESRCH));
}

fn what_two_processes_share_is_told() {
    const FILE: i32 = 0;
    const SPACE: i32 = 1;
    const FILES: i32 = 2;
    let (file, another) = (File::open("/").unwrap(), File::open("/").unwrap());
    let copy = call!(SYS_dup, file.as_raw_fd()).unwrap() as i32;
    let (one, other) = (file.as_raw_fd(), another.as_raw_fd());
    let child = Child::start(|| pause(10_000));
    let compare = |first: i32, second: i32, kind: i32, files: [i32; 2]| {
        call!(SYS_kcmp, first, second, kind, files[0], files[1])
    };
    if compare(own(), own(), FILE, [one, one]) == Err(EPERM) {
        crate::running::pass_over("this machine forbids kcmp");
    }
    assert_eq!(compare(own(), own(), FILE, [one, copy]), Ok(0));
    assert_eq!(compare(own(), child.id, FILE, [one, one]), Ok(0));
    let order = compare(own(), child.id, FILE, [one, other]).unwrap();
    assert_eq!(order + compare(child.id, own(), FILE, [other, one]).unwrap(), 3, "one is before the other");
    for kind in [SPACE, FILES] {
        assert_eq!(compare(own(), own(), kind, [0; 2]), Ok(0));
        let order = compare(own(), child.id, kind, [0; 2]).unwrap();
        assert_eq!(order + compare(child.id, own(), kind, [0; 2]).unwrap(), 3, "{kind}");
    }
    assert_eq!(compare(own(), child.id, FILE, [one, 999]), Err(EBADF));
    assert_eq!(compare(own(), child.id, 99, [0; 2]), Err(EINVAL));
    assert_eq!(compare(own(), 9_999_999, SPACE, [0; 2]), Err(ESRCH));
    child.kill(libc::SIGKILL);
    child.wait();
}

/// A child that has the same table of files, and what its body ends with.
fn sharing(body: impl FnOnce()) {
    let flags = libc::CLONE_FILES | libc::SIGCHLD;
    match call!(SYS_clone, flags, 0, 0, 0, 0).unwrap() {
        0 => {
            body();
            exit(0);
        }
        id => {
            let mut status = 0;
            assert_eq!(call!(SYS_wait4, id, &mut status, 0, 0), Ok(id));
            assert_eq!(status, 0);
        }
    }
}

fn is_open(number: i32) -> bool {
    call!(SYS_fcntl, number, libc::F_GETFD).is_ok()
}

fn a_range_of_numbers_is_closed_in_an_own_table() {
    let (one, other) = (File::open("/").unwrap(), File::open("/").unwrap());
    let (first, last) = (one.as_raw_fd(), other.as_raw_fd());
    assert_eq!(call!(SYS_close_range, first, last, 8), Err(EINVAL));
    assert_eq!(call!(SYS_close_range, first, last, -1), Err(EINVAL));
    sharing(|| {
        assert_eq!(call!(SYS_close_range, first, last, 2), Ok(0));
        assert!(!is_open(first) && !is_open(last));
    });
    assert!(is_open(first) && is_open(last), "those of others stay");
    sharing(|| assert_eq!(call!(SYS_close_range, first, last, 4), Ok(0)));
    assert_eq!(call!(SYS_fcntl, last, libc::F_GETFD), Ok(1), "the table is one");
}

fn a_table_of_files_is_shared_no_more() {
    let file = File::open("/").unwrap();
    sharing(|| {
        assert_eq!(call!(SYS_unshare, libc::CLONE_FILES), Ok(0));
        assert_eq!(call!(SYS_close, file.as_raw_fd()), Ok(0));
    });
    assert!(is_open(file.as_raw_fd()));
    assert_eq!(call!(SYS_unshare, 0), Ok(0));
    assert_eq!(call!(SYS_unshare, 1), Err(EINVAL));
}

fn a_program_is_executed_by_its_descriptor() {
    let program = File::open("/proc/self/exe").unwrap();
    let parent = own().to_string();
    let child = Child::start(|| {
        let id = own().to_string();
        let arguments = ["behaviour", "--again", "process", &parent, &id];
        let strings = arguments.map(|text| std::ffi::CString::new(text).unwrap());
        let mut pointers: Vec<_> = strings.iter().map(|string| string.as_ptr()).collect();
        pointers.push(std::ptr::null());
        let environment = [c"MARK=here".as_ptr(), std::ptr::null()];
        let number = program.as_raw_fd();
        let execute = |flags: i32| {
            call!(SYS_execveat, number, c"".as_ptr(), pointers.as_ptr(), environment.as_ptr(), flags)
        };
        assert_eq!(execute(0), Err(libc::ENOENT));
        assert_eq!(execute(libc::AT_EMPTY_PATH | 1 << 20), Err(EINVAL));
        execute(libc::AT_EMPTY_PATH).unwrap();
    });
    assert_eq!(child.status(), 0);
    let nothing = [std::ptr::null::<u8>()];
    let socket = call!(SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
    let flags = libc::AT_EMPTY_PATH;
    let executed = call!(SYS_execveat, socket, c"".as_ptr(), nothing.as_ptr(), nothing.as_ptr(), flags);
    assert_eq!(executed, Err(libc::EACCES));
}

fn a_script_has_its_own_name() {
    fs::write("a_script_with_a_name", "#!/bin/sh\ncat /proc/$$/comm > said\n").unwrap();
    fs::set_permissions("a_script_with_a_name", fs::Permissions::from_mode(0o755)).unwrap();
    assert!(std::process::Command::new("./a_script_with_a_name").status().unwrap().success());
    assert_eq!(fs::read_to_string("said").unwrap(), "a_script_with_a\n", "and not that of its interpreter");
}

fn a_link_is_not_executed_where_that_is_asked() {
    symlink("/proc/self/exe", "link").unwrap();
    let nothing = [std::ptr::null::<u8>()];
    let flags = libc::AT_SYMLINK_NOFOLLOW;
    let executed =
        call!(SYS_execveat, libc::AT_FDCWD, c"link".as_ptr(), nothing.as_ptr(), nothing.as_ptr(), flags);
    assert_eq!(executed, Err(libc::ELOOP));
}

fn a_program_without_arguments_has_an_empty_name() {
    // A script's interpreter is given the script in place of the name, so this one tells how many arguments there were.
    fs::write("script", "#!/bin/sh\nexit $#\n").unwrap();
    assert_eq!(call!(SYS_chmod, c"script".as_ptr(), 0o755), Ok(0));
    let child = Child::start(|| {
        let nothing = [std::ptr::null::<u8>()];
        call!(SYS_execve, c"./script".as_ptr(), nothing.as_ptr(), nothing.as_ptr()).unwrap();
    });
    assert_eq!(child.status(), 0);
}

fn who_asks_finds_its_own_thread() {
    let named = || fs::read_link("/proc/thread-self").unwrap().to_str().unwrap().to_owned();
    let expected = || format!("{}/task/{}", own(), call!(SYS_gettid).unwrap());
    assert_eq!(named(), expected());
    std::thread::spawn(move || assert_eq!(named(), expected())).join().unwrap();
    let file = File::open("/").unwrap();
    assert!(fs::metadata(format!("/proc/thread-self/fd/{}", file.as_raw_fd())).unwrap().is_dir());
}

fn a_filesystem_of_processes_says_so() {
    let mut told = [0_u64; 15];
    assert_eq!(call!(SYS_statfs, c"/proc/self".as_ptr(), &mut told), Ok(0));
    assert_eq!(told[0], 0x9fa0);
}

fn barriers_are_passed_by_who_has_registered() {
    let barrier = |command: i32, flags: i32| call!(SYS_membarrier, command, flags, 0);
    let known = barrier(0, 0).unwrap();
    assert_eq!(known & 0x7f, 0x7f, "{known:#x}");
    assert_eq!(barrier(1, 0), Ok(0));
    assert_eq!((barrier(0, 1), barrier(1, 1), barrier(1 << 20, 0)), (Err(EINVAL), Err(EINVAL), Err(EINVAL)));
    assert_eq!((barrier(8, 0), barrier(32, 0)), (Err(EPERM), Err(EPERM)));
    assert_eq!((barrier(16, 0), barrier(8, 0)), (Ok(0), Ok(0)));
    assert_eq!(Child::start(|| assert_eq!(barrier(8, 0), Ok(0))).status(), 0, "a child is registered, too");
    assert_eq!((barrier(64, 0), barrier(32, 0)), (Ok(0), Ok(0)));
    assert_eq!((barrier(4, 0), barrier(2, 0)), (Ok(0), Ok(0)));
}

fn opening_with_flags_that_contradict_is_refused() {
    let open = |flags: i32| {
        let how = [flags as u64, 0, 0];
        call!(SYS_openat2, libc::AT_FDCWD, c".".as_ptr(), &how, 24)
    };
    for flags in [libc::O_RDWR, libc::O_CREAT, libc::O_EXCL, libc::O_NOCTTY, libc::O_DIRECT] {
        assert_eq!(open(libc::O_PATH | flags), Err(EINVAL), "{flags:#o}");
        assert!(call!(SYS_open, c".".as_ptr(), libc::O_PATH | flags, 0).is_ok(), "{flags:#o}");
    }
    assert_eq!(open(libc::O_TMPFILE | libc::O_CREAT | libc::O_RDWR), Err(EINVAL));
    let nameless = open(libc::O_TMPFILE | libc::O_RDWR).unwrap();
    let kept = call!(SYS_fcntl, nameless, libc::F_GETFL).unwrap() as i32;
    assert_eq!(kept & libc::O_TMPFILE, libc::O_TMPFILE);
}

fn a_name_that_is_there_is_not_linked() {
    let link = |from: &std::ffi::CStr, to: &std::ffi::CStr| call!(SYS_link, from.as_ptr(), to.as_ptr());
    fs::create_dir("folder").unwrap();
    assert_eq!(link(c"folder", c"/"), Err(libc::EEXIST));
    assert_eq!(link(c"folder", c"other"), Err(EPERM));
    assert_eq!(link(c"/proc/self/status", c"other"), Err(libc::EXDEV));
    assert_eq!(call!(SYS_wait4, i32::MIN, 0, libc::WNOHANG, 0), Err(ESRCH));
}

fn an_open_file_remembers_whom_it_would_tell() {
    let (reader, _writer) = std::io::pipe().unwrap();
    let number = reader.as_raw_fd();
    assert_eq!(call!(SYS_fcntl, number, libc::F_GETOWN), Ok(0));
    assert_eq!(call!(SYS_fcntl, number, libc::F_SETOWN, own()), Ok(0));
    assert_eq!(call!(SYS_fcntl, number, libc::F_GETOWN), Ok(i64::from(own())));
    assert_eq!(call!(SYS_fcntl, number, libc::F_SETOWN, i32::MIN), Err(EINVAL));
    assert_eq!(call!(SYS_fcntl, 999, libc::F_SETOWN, own()), Err(EBADF));
    // Nobody: who ends the pipe would signal this process.
    assert_eq!(call!(SYS_fcntl, number, libc::F_SETOWN, 0), Ok(0));
    assert_eq!(call!(SYS_ioctl, number, libc::FIOASYNC, &1_i32), Ok(0));
    let place = call!(SYS_open, c"/".as_ptr(), libc::O_PATH, 0).unwrap();
    assert_eq!(call!(SYS_fcntl, place, libc::F_GETOWN), Err(EBADF));
}
