//! Users, groups, sessions, and what each may do to others.

use std::fs;
use std::sync::atomic::Ordering;

use libc::{EPERM, ESRCH, SIGCONT, SIGTERM};

use crate::calls::{Child, eventually, pause, shared_words};
use crate::running::needs_root;

crate::tests! {
    root_becomes_anybody_and_not_back,
    a_user_moves_between_its_own_identities,
    real_and_effective_users_are_set_apart,
    three_users_are_set_and_told,
    three_groups_are_set_and_told,
    further_groups_are_set_and_told,
    the_users_of_files_follow,
    identities_are_inherited,
    a_program_begins_with_its_effective_user_saved,
    a_program_runs_as_its_owner_where_its_file_says_so,
    who_wants_no_new_rights_gets_none,
    a_change_takes_a_programs_rights_away,
    a_user_kills_only_its_own,
    a_user_continues_its_session,
    a_session_has_a_leader,
    groups_are_of_one_session,
    a_group_of_an_executed_child_stays,
    the_mask_of_permissions_is_inherited,
    the_mask_of_permissions_has_nine_bits,
    capabilities_are_told,
    the_hosts_name_is_roots,
    the_hosts_name_is_what_root_says,
    the_hosts_name_is_set_by_its_file,
}

/// The three users, or groups.
fn ids(number: i64) -> [u32; 3] {
    let mut ids = [u32::MAX; 3];
    let [real, effective, saved] = &mut ids;
    let words: [*mut u32; 3] = [real, effective, saved].map(std::ptr::from_mut);
    assert_eq!(crate::calls::call(number, &words.map(|word| word as i64)), Ok(0));
    ids
}

fn users() -> [u32; 3] {
    ids(libc::SYS_getresuid)
}

fn root_becomes_anybody_and_not_back() {
    needs_root();
    assert_eq!(call!(SYS_setuid, 1000), Ok(0));
    assert_eq!(users(), [1000; 3]);
    assert_eq!(call!(SYS_setuid, 0), Err(EPERM));
    assert_eq!(call!(SYS_setgid, 5), Err(EPERM));
    assert_eq!(call!(SYS_setuid, -1), Err(libc::EINVAL));
}

fn a_user_moves_between_its_own_identities() {
    needs_root();
    assert_eq!(call!(SYS_setresuid, 1000, 1001, 1002), Ok(0));
    assert_eq!(call!(SYS_setuid, 1002), Ok(0));
    assert_eq!(users(), [1000, 1002, 1002]);
    assert_eq!(call!(SYS_setuid, 1000), Ok(0));
    assert_eq!(users(), [1000, 1000, 1002]);
    assert_eq!(call!(SYS_setuid, 1001), Err(EPERM));
}

fn real_and_effective_users_are_set_apart() {
    needs_root();
    assert_eq!(call!(SYS_setreuid, 1000, 1001), Ok(0));
    assert_eq!(users(), [1000, 1001, 1001]);
    assert_eq!(call!(SYS_setreuid, -1, 1000), Ok(0));
    assert_eq!(users(), [1000, 1000, 1001]);
    assert_eq!(call!(SYS_setreuid, 5, -1), Err(EPERM));
    assert_eq!(call!(SYS_setreuid, -1, 1001), Ok(0), "the saved one");
}

fn three_users_are_set_and_told() {
    needs_root();
    assert_eq!(call!(SYS_setresuid, -1, 1001, 1002), Ok(0));
    assert_eq!(users(), [0, 1001, 1002]);
    assert_eq!(call!(SYS_setresuid, -1, 5, -1), Err(EPERM));
    assert_eq!(call!(SYS_setresuid, -1, 0, -1), Ok(0), "the real one");
    assert_eq!((call!(SYS_getuid), call!(SYS_geteuid)), (Ok(0), Ok(0)));
}

fn three_groups_are_set_and_told() {
    needs_root();
    assert_eq!(call!(SYS_setresgid, 10, 11, 12), Ok(0));
    assert_eq!(ids(libc::SYS_getresgid), [10, 11, 12]);
    assert_eq!((call!(SYS_getgid), call!(SYS_getegid)), (Ok(10), Ok(11)));
    assert_eq!(call!(SYS_setregid, 20, 21), Ok(0));
    assert_eq!(ids(libc::SYS_getresgid), [20, 21, 21]);
    assert_eq!(call!(SYS_setuid, 1000), Ok(0));
    assert_eq!(call!(SYS_setregid, 5, -1), Err(EPERM));
    assert_eq!(call!(SYS_setresgid, -1, 20, -1), Ok(0));
}

fn further_groups_are_set_and_told() {
    needs_root();
    assert_eq!(call!(SYS_setgroups, 3, &[7_u32, 8, 9]), Ok(0));
    assert_eq!(call!(SYS_getgroups, 0, 0), Ok(3));
    let mut groups = [0_u32; 4];
    assert_eq!(call!(SYS_getgroups, 4, &mut groups), Ok(3));
    assert_eq!(groups, [7, 8, 9, 0]);
    assert_eq!(call!(SYS_getgroups, 2, &mut groups), Err(libc::EINVAL));
    assert_eq!(call!(SYS_getgroups, -1, &mut groups), Err(libc::EINVAL));
    assert_eq!(call!(SYS_setgroups, 70_000, &groups), Err(libc::EINVAL));
    assert_eq!(call!(SYS_setgroups, 4, 8), Err(libc::EFAULT));
    let many: Vec<u32> = (0..1000).collect();
    assert_eq!(call!(SYS_setgroups, 1000, many.as_ptr()), Ok(0));
    assert_eq!(call!(SYS_getgroups, 0, 0), Ok(1000));
    assert_eq!(call!(SYS_setuid, 1000), Ok(0));
    assert_eq!(call!(SYS_setgroups, 0, 0), Err(EPERM));
}

fn the_users_of_files_follow() {
    needs_root();
    assert_eq!(call!(SYS_setfsuid, 1000), Ok(0));
    assert_eq!(call!(SYS_setfsuid, -1), Ok(1000));
    assert_eq!(call!(SYS_setresuid, -1, 1001, -1), Ok(0));
    assert_eq!(call!(SYS_setfsuid, -1), Ok(1001));
    assert_eq!(call!(SYS_setfsgid, -1), Ok(call!(SYS_getegid).unwrap()));
}

fn identities_are_inherited() {
    needs_root();
    assert_eq!(call!(SYS_setresuid, 1000, 0, 1002), Ok(0));
    assert_eq!(Child::start(|| assert_eq!(users(), [1000, 0, 1002])).status(), 0);
}

fn a_program_begins_with_its_effective_user_saved() {
    needs_root();
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setresuid, 1000, 1001, 0), Ok(0));
        crate::again::become_self(&["users"]);
    });
    assert_eq!(child.status(), 0);
}

/// What the program that was executed looks at.
pub(crate) fn after_exec() -> bool {
    users() == [1000, 1001, 1001]
}

/// A copy of this program that a user and a group own, with these permissions; its name in the test's folder.
fn copy_of_self(user: u32, group: u32, permissions: u32) -> &'static std::ffi::CStr {
    fs::copy("/proc/self/exe", "program").unwrap();
    // A change of the owner takes the bits away, so they come last.
    assert_eq!(call!(SYS_chown, c"program".as_ptr(), user, group), Ok(0));
    assert_eq!(call!(SYS_chmod, c"program".as_ptr(), permissions), Ok(0));
    assert_eq!(call!(SYS_chmod, c".".as_ptr(), 0o755), Ok(0));
    c"./program"
}

/// Has user 1000 of group 1000 execute a copy of this program, which is to find these users, groups and whether it is secure.
fn finds(program: &'static std::ffi::CStr, found: [u32; 7]) {
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setresgid, 1000, 1000, 1000), Ok(0));
        assert_eq!(call!(SYS_setresuid, 1000, 1000, 1000), Ok(0));
        let found = found.map(|id| id.to_string());
        let arguments: Vec<&str> = ["rights"].into_iter().chain(found.iter().map(String::as_str)).collect();
        crate::again::become_copy(program, &arguments);
    });
    assert_eq!(child.status(), 0, "{found:?}");
}

/// Whether the program that was executed runs as these users and groups, and its environment is to be trusted or not.
pub(crate) fn has_rights(expected: &[&str]) -> bool {
    // SAFETY: it reads what the program was started with.
    let value = |kind| unsafe { libc::getauxval(kind) }.to_string();
    let [user, effective, group, of_group] =
        [libc::AT_UID, libc::AT_EUID, libc::AT_GID, libc::AT_EGID].map(value);
    let own = [users(), ids(libc::SYS_getresgid)].concat();
    let own: Vec<String> = own.iter().map(u32::to_string).chain([value(libc::AT_SECURE)]).collect();
    own == expected && [user, effective] == own[..2] && [group, of_group] == own[3..5]
}

fn a_program_runs_as_its_owner_where_its_file_says_so() {
    needs_root();
    let program = copy_of_self(1001, 1002, 0o4755);
    finds(program, [1000, 1001, 1001, 1000, 1000, 1000, 1]);
    finds(copy_of_self(1001, 1002, 0o2755), [1000, 1000, 1000, 1000, 1002, 1002, 1]);
    finds(copy_of_self(1001, 1002, 0o6755), [1000, 1001, 1001, 1000, 1002, 1002, 1]);
    finds(copy_of_self(1001, 1002, 0o0755), [1000, 1000, 1000, 1000, 1000, 1000, 0]);
    finds(copy_of_self(1001, 1002, 0o2745), [1000, 1000, 1000, 1000, 1000, 1000, 0]);
    finds(copy_of_self(1000, 1000, 0o6755), [1000, 1000, 1000, 1000, 1000, 1000, 0]);
}

fn who_wants_no_new_rights_gets_none() {
    needs_root();
    let program = copy_of_self(1001, 1002, 0o6755);
    let child = Child::start(|| {
        assert_eq!(call!(SYS_prctl, libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), Ok(0));
        assert_eq!(call!(SYS_setresuid, 1000, 1000, 1000), Ok(0));
        crate::again::become_copy(program, &["rights", "1000", "1000", "1000", "0", "0", "0", "0"]);
    });
    assert_eq!(child.status(), 0);
}

fn a_change_takes_a_programs_rights_away() {
    needs_root();
    let bits =
        || std::os::unix::fs::PermissionsExt::mode(&fs::metadata("program").unwrap().permissions()) & 0o7777;
    copy_of_self(1000, 1000, 0o6755);
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setresuid, 1000, 1000, 1000), Ok(0));
        let file = fs::OpenOptions::new().append(true).open("program").unwrap();
        std::io::Write::write_all(&mut &file, b"x").unwrap();
    });
    assert_eq!(child.status(), 0);
    assert_eq!(bits(), 0o0755, "after writing");
    copy_of_self(1000, 1000, 0o6755);
    assert_eq!(call!(SYS_chown, c"program".as_ptr(), 1001, -1), Ok(0));
    assert_eq!(bits(), 0o0755, "after a change of the owner");
}

fn a_user_kills_only_its_own() {
    needs_root();
    let root = Child::start(|| pause(10_000));
    let words = shared_words();
    let user = |first: usize| {
        let child = Child::start(|| {
            assert_eq!(call!(SYS_setuid, 1000 + first), Ok(0));
            words[first].store(1, Ordering::SeqCst);
            pause(10_000);
        });
        eventually(|| words[first].load(Ordering::SeqCst) == 1);
        child
    };
    let (own, other) = (user(1), user(2));
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setuid, 1001), Ok(0));
        for process in [&root, &other] {
            assert_eq!(call!(SYS_kill, process.id, 0), Err(EPERM));
            assert_eq!(call!(SYS_kill, process.id, SIGTERM), Err(EPERM));
            assert_eq!(call!(SYS_tgkill, process.id, process.id, SIGTERM), Err(EPERM));
            assert_eq!(crate::told::queue(process.id, SIGTERM, 1), Err(EPERM));
        }
        assert_eq!(call!(SYS_kill, own.id, SIGTERM), Ok(0));
    });
    assert_eq!(child.status(), 0);
    assert_eq!(own.signal(), SIGTERM);
    for process in [root, other] {
        process.kill(libc::SIGKILL);
        assert_eq!(process.signal(), libc::SIGKILL);
    }
}

fn a_user_continues_its_session() {
    needs_root();
    let root = Child::start(|| pause(10_000));
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setuid, 1001), Ok(0));
        assert_eq!(call!(SYS_kill, root.id, SIGCONT), Ok(0));
        assert_eq!(call!(SYS_kill, root.id, SIGTERM), Err(EPERM));
    });
    assert_eq!(child.status(), 0);
    root.kill(libc::SIGKILL);
    root.wait();
}

fn a_session_has_a_leader() {
    // The test leads its group, and so begins no session.
    assert_eq!(call!(SYS_setsid), Err(EPERM));
    let child = Child::start(|| {
        let own = call!(SYS_getpid);
        assert_eq!(call!(SYS_setsid), own);
        assert_eq!((call!(SYS_getsid, 0), call!(SYS_getpgid, 0)), (own, own));
        assert_eq!(call!(SYS_setpgid, 0, 0), Err(EPERM), "a leader of a session stays in its group");
    });
    assert_eq!(child.status(), 0);
    assert_eq!(call!(SYS_getsid, 9_999_999), Err(ESRCH));
    assert_eq!(call!(SYS_getpgid, 9_999_999), Err(ESRCH));
}

fn groups_are_of_one_session() {
    let words = shared_words();
    let stranger = Child::start(|| {
        let _ = call!(SYS_setsid);
        words[0].store(1, Ordering::SeqCst);
        pause(10_000);
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    assert_eq!(call!(SYS_setpgid, stranger.id, 0), Err(EPERM), "one of another session");
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setpgid, 0, stranger.id), Err(EPERM), "a group of another session");
        assert_eq!(call!(SYS_setpgid, 0, 9_999_999), Err(EPERM), "a group that is none");
        assert_eq!(call!(SYS_setpgid, 0, -1), Err(libc::EINVAL));
        assert_eq!(call!(SYS_setpgid, stranger.id, 0), Err(ESRCH), "who is no child");
        assert_eq!(call!(SYS_setpgid, 0, 0), Ok(0));
        assert_eq!(call!(SYS_getpgid, 0), call!(SYS_getpid));
    });
    assert_eq!(child.status(), 0);
    stranger.kill(libc::SIGKILL);
    stranger.wait();
}

fn a_group_of_an_executed_child_stays() {
    let words = shared_words();
    let child = Child::start(|| {
        words[0].store(1, Ordering::SeqCst);
        crate::again::become_self(&["sleep"]);
    });
    eventually(|| {
        fs::read_to_string(format!("/proc/{}/cmdline", child.id)).is_ok_and(|line| line.contains("sleep"))
    });
    assert_eq!(call!(SYS_setpgid, child.id, 0), Err(libc::EACCES));
    child.kill(libc::SIGKILL);
    child.wait();
}

fn the_mask_of_permissions_is_inherited() {
    call!(SYS_umask, 0o027).unwrap();
    let child = Child::start(|| {
        assert_eq!(call!(SYS_umask, 0), Ok(0o027));
        assert_eq!(call!(SYS_umask, 0o022), Ok(0));
    });
    assert_eq!(child.status(), 0);
    assert_eq!(call!(SYS_umask, 0o022), Ok(0o027));
}

fn the_mask_of_permissions_has_nine_bits() {
    call!(SYS_umask, 0xffff_ffff_u32).unwrap();
    assert_eq!(call!(SYS_umask, 0o022), Ok(0o777));
}

fn capabilities_are_told() {
    needs_root();
    // Version 3, the own process.
    let header = [0x2008_0522_u32, 0];
    let mut data = [0_u32; 6];
    assert_eq!(call!(SYS_capget, &header, &mut data), Ok(0));
    assert_ne!(data[0], 0, "root may something");
    assert_eq!(call!(SYS_setuid, 1000), Ok(0));
    assert_eq!(call!(SYS_capget, &header, &mut data), Ok(0));
    assert_eq!(data[0], 0);
    let mut wrong = [0x1234_u32, 0];
    assert_eq!(call!(SYS_capget, &mut wrong, &mut data), Err(libc::EINVAL));
    assert_eq!(wrong[0], 0x2008_0522, "the version is told");
}

fn the_hosts_name_is_roots() {
    needs_root();
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setuid, 1000), Ok(0));
        assert_eq!(call!(SYS_sethostname, c"x".as_ptr(), 1), Err(EPERM));
    });
    assert_eq!(child.status(), 0);
    assert_eq!(call!(SYS_sethostname, c"x".as_ptr(), 65), Err(libc::EINVAL));
    assert_eq!(call!(SYS_sethostname, 8, 4), Err(libc::EFAULT));
}

/// What the machine is called, as host and in its domain.
fn machine_names() -> [String; 2] {
    // SAFETY: zeros are a value of it, which is filled.
    let names = unsafe {
        let mut names: libc::utsname = std::mem::zeroed();
        assert_eq!(libc::uname(&raw mut names), 0);
        names
    };
    [names.nodename, names.domainname].map(|field| {
        field.iter().map(|byte| *byte as u8 as char).take_while(|letter| *letter != '\0').collect()
    })
}

/// Has the process's names be its own, where it is not alone on the machine.
fn own_names() -> [String; 2] {
    needs_root();
    let had = machine_names();
    if had[0] != "lockorder" && call!(SYS_unshare, libc::CLONE_NEWUTS).is_err() {
        crate::running::pass_over("it wants names of its own");
    }
    had
}

fn the_hosts_name_is_what_root_says() {
    let had = own_names();
    assert_eq!(call!(SYS_sethostname, c"elsewhere".as_ptr(), 9), Ok(0));
    assert_eq!(call!(SYS_setdomainname, c"example.org".as_ptr(), 7), Ok(0));
    let now = machine_names();
    let shown = ["hostname", "domainname"].map(|name| fs::read_to_string(format!("/proc/sys/kernel/{name}")));
    assert_eq!(call!(SYS_sethostname, had[0].as_ptr(), had[0].len()), Ok(0));
    assert_eq!(call!(SYS_setdomainname, had[1].as_ptr(), had[1].len()), Ok(0));
    assert_eq!(now, ["elsewhere", "example"]);
    assert_eq!(shown.map(Result::unwrap), ["elsewhere\n", "example\n"]);
    assert_eq!(machine_names(), had);
}

fn the_hosts_name_is_set_by_its_file() {
    let had = own_names();
    let file = "/proc/sys/kernel/hostname";
    if fs::write(file, "by-file\n").is_err() {
        crate::running::pass_over("it wants to write to /proc/sys");
    }
    let now = machine_names();
    assert_eq!(call!(SYS_sethostname, had[0].as_ptr(), had[0].len()), Ok(0));
    assert_eq!(now[0], "by-file");
}
