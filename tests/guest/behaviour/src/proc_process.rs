//! What `/proc` says of a process, and to whom.

use std::fs::{self, File, Permissions};
use std::io::{Seek as _, SeekFrom};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::sync::atomic::Ordering;

use crate::calls::{Child, eventually, pause, shared_words};
use crate::running;

crate::tests! {
    self_is_who_looks,
    the_command_line_is_that_of_the_program,
    the_environment_is_that_of_the_start,
    exe_leads_to_the_program,
    cwd_and_root_lead_to_directories,
    a_process_is_shown_with_its_parent_and_group,
    a_process_that_has_ended_is_a_zombie,
    a_stopped_process_is_shown_as_stopped,
    status_has_users_and_groups,
    status_has_signals,
    maps_show_what_is_mapped,
    maps_name_files_by_their_paths,
    statm_counts_pages,
    open_files_are_listed_by_their_numbers,
    fdinfo_has_position_and_flags,
    limits_are_shown_as_they_are_set,
    tasks_are_threads,
    a_number_that_is_nobody_is_not_there,
    files_of_another_user_are_not_shown,
    memory_of_another_user_is_not_shown,
    links_of_another_user_are_not_followed,
    what_belongs_to_a_process_is_its_users,
    a_process_may_be_looked_at_while_it_ends,
}

fn own(name: &str) -> String {
    fs::read_to_string(format!("/proc/self/{name}")).unwrap()
}

/// The fields of `stat` after the name.
fn fields(id: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let after = text.rsplit(')').next().unwrap();
    after.split_whitespace().map(str::to_owned).collect()
}

fn status(text: &str, key: &str) -> String {
    let line = text.lines().find(|line| line.split(':').next() == Some(key));
    line.unwrap_or_else(|| panic!("no {key}")).split_once(':').unwrap().1.trim().to_owned()
}

fn self_is_who_looks() {
    let id = std::process::id();
    assert_eq!(fs::read_link("/proc/self").unwrap().to_str(), Some(&*id.to_string()));
    let child = Child::start(|| {
        assert_ne!(fs::read_link("/proc/self").unwrap().to_str(), Some(&*id.to_string()));
        assert!(own("stat").starts_with(&format!("{} (", std::process::id())));
    });
    assert_eq!(child.status(), 0);
}

fn the_command_line_is_that_of_the_program() {
    let text = fs::read("/proc/self/cmdline").unwrap();
    let arguments: Vec<&[u8]> = text.split(|byte| *byte == 0).collect();
    let expected: Vec<String> = std::env::args().collect();
    assert_eq!(arguments[0], expected[0].as_bytes());
    assert_eq!(arguments.len(), expected.len() + 1, "each ends with a zero");
}

fn the_environment_is_that_of_the_start() {
    let text = fs::read("/proc/self/environ").unwrap();
    let path = std::env::var("PATH").unwrap();
    let wanted = format!("PATH={path}");
    assert!(text.split(|byte| *byte == 0).any(|string| string == wanted.as_bytes()));
}

fn exe_leads_to_the_program() {
    let path = std::env::current_exe().unwrap();
    assert!(path.is_absolute());
    assert_eq!(fs::metadata("/proc/self/exe").unwrap().ino(), fs::metadata(&path).unwrap().ino());
    assert_eq!(&fs::read("/proc/self/exe").unwrap()[..4], b"\x7fELF");
}

fn cwd_and_root_lead_to_directories() {
    fs::create_dir("folder").unwrap();
    std::env::set_current_dir("folder").unwrap();
    fs::write("/proc/self/cwd/file", "by the link").unwrap();
    assert_eq!(fs::read_to_string("file").unwrap(), "by the link");
    assert_eq!(fs::read_link("/proc/self/cwd").unwrap(), std::env::current_dir().unwrap());
    assert_eq!(fs::read_link("/proc/self/root").unwrap().to_str(), Some("/"));
}

fn a_process_is_shown_with_its_parent_and_group() {
    let child = Child::start(|| pause(10_000));
    let shown = fields(&child.id.to_string());
    assert_eq!(shown[1], std::process::id().to_string());
    let group = call!(SYS_getpgid, 0).unwrap();
    assert_eq!(shown[2], group.to_string());
    assert!(["S", "R"].contains(&&*shown[0]), "{}", shown[0]);
    child.kill(libc::SIGKILL);
}

fn a_process_that_has_ended_is_a_zombie() {
    let child = Child::start(|| {});
    let id = child.id.to_string();
    eventually(|| fields(&id)[0] == "Z");
    assert_eq!(fs::read(format!("/proc/{id}/cmdline")).unwrap(), b"");
    assert_eq!(fs::read(format!("/proc/{id}/maps")).unwrap_or_default(), b"");
    assert!(fs::read_link(format!("/proc/{id}/exe")).is_err());
    assert_eq!(child.status(), 0);
    assert!(!fs::exists(format!("/proc/{id}")).unwrap());
}

fn a_stopped_process_is_shown_as_stopped() {
    let child = Child::start(|| pause(10_000));
    child.kill(libc::SIGSTOP);
    let id = child.id.to_string();
    eventually(|| fields(&id)[0] == "T");
    let text = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    assert_eq!(status(&text, "State"), "T (stopped)");
    child.kill(libc::SIGKILL);
}

fn status_has_users_and_groups() {
    running::needs_root();
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setgroups, 1, [44_u32].as_ptr()), Ok(0));
        assert_eq!(call!(SYS_setgid, 10), Ok(0));
        assert_eq!(call!(SYS_setuid, 21), Ok(0));
        let text = own("status");
        assert_eq!(status(&text, "Uid"), "21\t21\t21\t21");
        assert_eq!(status(&text, "Gid"), "10\t10\t10\t10");
        assert_eq!(status(&text, "Groups"), "44");
    });
    assert_eq!(child.status(), 0);
}

fn status_has_signals() {
    // SAFETY: no handler; a set of this function's.
    unsafe {
        libc::signal(libc::SIGUSR1, libc::SIG_IGN);
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGUSR2);
        libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
        libc::kill(libc::getpid(), libc::SIGUSR2);
    }
    let text = own("status");
    let set = |key| u64::from_str_radix(&status(&text, key), 16).unwrap();
    let bit = |signal: i32| 1_u64 << (signal - 1);
    assert_eq!(set("SigIgn") & bit(libc::SIGUSR1), bit(libc::SIGUSR1));
    assert_eq!(set("SigBlk") & bit(libc::SIGUSR2), bit(libc::SIGUSR2));
    assert_eq!(set("ShdPnd") & bit(libc::SIGUSR2), bit(libc::SIGUSR2));
    assert_eq!(status(&text, "Threads"), "1");
}

/// The line of what is mapped at an address.
fn mapped_at(at: i64) -> String {
    let text = own("maps");
    let line = text.lines().find(|line| {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        (i64::from_str_radix(start, 16).unwrap()..i64::from_str_radix(end, 16).unwrap()).contains(&at)
    });
    line.expect("it is mapped").to_owned()
}

fn maps_show_what_is_mapped() {
    let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let at = call!(SYS_mmap, 0, 3 * 4096, libc::PROT_READ | libc::PROT_WRITE, private, -1, 0).unwrap();
    assert_eq!(call!(SYS_mprotect, at + 4096, 4096, libc::PROT_READ), Ok(0));
    let line = mapped_at(at + 4096);
    let fields: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(fields[0], format!("{:08x}-{:08x}", at + 4096, at + 8192));
    assert_eq!(fields[1..], ["r--p", "00000000", "00:00", "0"]);
    assert_eq!(mapped_at(at).split_whitespace().nth(1), Some("rw-p"));
    let local = 0_u8;
    assert!(mapped_at(std::ptr::from_ref(&local) as i64).ends_with("[stack]"));
}

fn maps_name_files_by_their_paths() {
    fs::write("mapped", [1; 8192]).unwrap();
    let file = File::open("mapped").unwrap();
    let at = call!(SYS_mmap, 0, 4096, libc::PROT_READ, libc::MAP_SHARED, file.as_raw_fd(), 4096).unwrap();
    let line = mapped_at(at);
    let fields: Vec<&str> = line.split_whitespace().collect();
    assert_eq!((fields[1], fields[2]), ("r--s", "00001000"));
    assert_eq!(fields[4], file.metadata().unwrap().ino().to_string());
    let here = std::env::current_dir().unwrap();
    assert!(line.ends_with(&format!(" {}", here.join("mapped").display())), "{line}");
    fs::remove_file("mapped").unwrap();
    assert!(mapped_at(at).ends_with("/mapped (deleted)"));
}

fn statm_counts_pages() {
    let sizes =
        || -> Vec<u64> { own("statm").split_whitespace().map(|field| field.parse().unwrap()).collect() };
    let before = sizes();
    assert_eq!(before.len(), 7);
    let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let at = call!(SYS_mmap, 0, 1 << 20, libc::PROT_READ | libc::PROT_WRITE, private, -1, 0).unwrap();
    // SAFETY: the mapping is this function's.
    unsafe { std::ptr::write_bytes(at as *mut u8, 1, 1 << 20) };
    let after = sizes();
    assert!(after[0] >= before[0] + 256 && after[1] >= before[1] + 200, "{before:?} {after:?}");
}

fn open_files_are_listed_by_their_numbers() {
    let file = File::open("/dev/null").unwrap();
    assert_eq!(call!(SYS_dup2, file.as_raw_fd(), 150), Ok(150));
    let listed: Vec<String> = fs::read_dir("/proc/self/fd")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(listed.contains(&"150".to_owned()) && listed.contains(&"0".to_owned()));
    assert_eq!(fs::read_link("/proc/self/fd/150").unwrap().to_str(), Some("/dev/null"));
    assert!(fs::read_link("/proc/self/fd/151").is_err());
    assert!(fs::metadata("/proc/self/fd/0150").is_err(), "a number is written in one way");
}

fn fdinfo_has_position_and_flags() {
    fs::write("file", "0123456789").unwrap();
    let mut file = File::options().append(true).read(true).open("file").unwrap();
    file.seek(SeekFrom::Start(4)).unwrap();
    let text = own(&format!("fdinfo/{}", file.as_raw_fd()));
    assert_eq!(status(&text, "pos"), "4");
    let flags = u32::from_str_radix(&status(&text, "flags"), 8).unwrap();
    let wanted = (libc::O_RDWR | libc::O_APPEND | libc::O_CLOEXEC) as u32;
    assert_eq!(flags & wanted, wanted);
}

fn limits_are_shown_as_they_are_set() {
    let limit = [64_u64, 128];
    assert_eq!(call!(SYS_prlimit64, 0, libc::RLIMIT_NOFILE, limit.as_ptr(), 0), Ok(0));
    let text = own("limits");
    let line = text.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let fields: Vec<&str> = line["Max open files".len()..].split_whitespace().collect();
    assert_eq!(fields, ["64", "128", "files"]);
    assert_eq!(text.lines().count(), 17);
}

fn tasks_are_threads() {
    let id = std::process::id().to_string();
    let names = || -> Vec<String> {
        let entries = fs::read_dir("/proc/self/task").unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names(), std::slice::from_ref(&id));
    let words = shared_words();
    let thread = std::thread::spawn(|| {
        words[0].store(call!(SYS_gettid).unwrap() as u64, Ordering::SeqCst);
        eventually(|| words[1].load(Ordering::SeqCst) == 1);
    });
    eventually(|| words[0].load(Ordering::SeqCst) != 0);
    let number = words[0].load(Ordering::SeqCst);
    assert!(names().contains(&number.to_string()) && names().len() == 2);
    let text = fs::read_to_string(format!("/proc/self/task/{number}/status")).unwrap();
    assert_eq!((status(&text, "Tgid"), status(&text, "Pid")), (id, number.to_string()));
    words[1].store(1, Ordering::SeqCst);
    thread.join().unwrap();
}

fn a_number_that_is_nobody_is_not_there() {
    for name in ["0", "4194305", "01", "-1", "+1", "1x"] {
        assert!(!fs::exists(format!("/proc/{name}")).unwrap(), "{name}");
    }
}

/// The number of the error of something that was not to work.
fn error<T>(result: std::io::Result<T>) -> Option<i32> {
    result.err().and_then(|error| error.raw_os_error())
}

/// A child of one user, which another user looks at.
fn looked_at(look: impl FnOnce(&str)) {
    running::needs_root();
    fs::set_permissions(".", Permissions::from_mode(0o777)).unwrap();
    let become_user = |user: u32| {
        assert_eq!(call!(SYS_setgroups, 0, 0), Ok(0));
        assert_eq!(call!(SYS_setgid, user), Ok(0));
        assert_eq!(call!(SYS_setuid, user), Ok(0));
    };
    let words = shared_words();
    let target = Child::start(|| {
        become_user(1000);
        words[0].store(1, Ordering::SeqCst);
        pause(10_000);
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    let folder = format!("/proc/{}", target.id);
    let looking = Child::start(|| {
        become_user(1001);
        look(&folder);
    });
    assert_eq!(looking.status(), 0);
    target.kill(libc::SIGKILL);
}

fn files_of_another_user_are_not_shown() {
    looked_at(|folder| {
        assert_eq!(error(fs::read_dir(format!("{folder}/fd"))), Some(libc::EACCES));
        assert_eq!(error(fs::read_link(format!("{folder}/fd/0"))), Some(libc::EACCES));
        assert_eq!(error(fs::read(format!("{folder}/fdinfo/0"))), Some(libc::EACCES));
    });
}

fn memory_of_another_user_is_not_shown() {
    looked_at(|folder| {
        assert_eq!(error(fs::read(format!("{folder}/environ"))), Some(libc::EACCES));
        assert_eq!(error(fs::read(format!("{folder}/maps"))), Some(libc::EACCES));
        assert!(fs::read(format!("{folder}/stat")).is_ok() && fs::read(format!("{folder}/status")).is_ok());
        assert!(fs::read(format!("{folder}/cmdline")).is_ok());
    });
}

fn links_of_another_user_are_not_followed() {
    looked_at(|folder| {
        for name in ["cwd", "root", "exe"] {
            assert_eq!(error(fs::read_link(format!("{folder}/{name}"))), Some(libc::EACCES), "{name}");
            assert_eq!(error(fs::metadata(format!("{folder}/{name}"))), Some(libc::EACCES), "{name}");
        }
    });
}

fn what_belongs_to_a_process_is_its_users() {
    looked_at(|folder| {
        let known =
            fs::metadata(format!("{folder}/environ")).unwrap_or_else(|_| fs::metadata(folder).unwrap());
        assert_eq!(known.mode() & 0o077, 0o044 & known.mode());
        let of = |name: &str| fs::symlink_metadata(format!("{folder}/{name}")).unwrap();
        assert_eq!(of("stat").mode() & 0o777, 0o444);
        assert_eq!((of("fd").mode() & 0o777, of("environ").mode() & 0o777), (0o500, 0o400));
    });
}

fn a_process_may_be_looked_at_while_it_ends() {
    for _ in 0..20 {
        let child = Child::start(|| {});
        for name in ["stat", "status", "maps", "cmdline", "limits", "fdinfo/0", "statm"] {
            let _ = fs::read(format!("/proc/{}/{name}", child.id));
        }
        let _ = fs::read_dir(format!("/proc/{}/fd", child.id)).map(Iterator::count);
        child.wait();
    }
}
