//! Names and attributes: sticky directories, what has no attributes by name, what `statx` tells.

use std::fs::{self, File};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

use libc::AT_FDCWD;

use crate::calls::Child;
use crate::running;

crate::tests! {
    in_a_sticky_directory_only_owners_take_names_away,
    a_name_may_be_longer_than_nobody_needs,
    a_directory_that_is_left_is_shown_as_deleted,
    nothing_comes_into_a_removed_directory,
    an_attribute_that_no_file_has_is_not_there,
    the_list_of_attributes_is_asked_of_what_is_there,
    statx_tells_what_stat_does,
    statx_knows_its_arguments,
    a_group_is_inherited_from_its_directory,
    a_file_is_given_away_without_its_rights,
    a_link_counts,
    access_asks_for_who_started_the_program,
    access_knows_its_arguments,
    a_mode_is_changed_without_following,
    older_calls_set_times,
    a_rename_exchanges,
}

/// Runs this as another user; what it panics with the test hears of.
fn as_user(user: u32, body: impl FnOnce()) {
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setgroups, 0, 0), Ok(0));
        assert_eq!(call!(SYS_setgid, user), Ok(0));
        assert_eq!(call!(SYS_setuid, user), Ok(0));
        body();
    });
    assert_eq!(child.status(), 0);
}

fn in_a_sticky_directory_only_owners_take_names_away() {
    running::needs_root();
    fs::set_permissions(".", fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir("sticky").unwrap();
    fs::set_permissions("sticky", fs::Permissions::from_mode(0o1777)).unwrap();
    fs::write("sticky/file", "").unwrap();
    chown("sticky/file", Some(1000), Some(1000)).unwrap();
    let number = |result: std::io::Result<()>| result.map_err(|error| error.raw_os_error());
    as_user(1001, || {
        assert_eq!(number(fs::remove_file("sticky/file")), Err(Some(libc::EPERM)));
        assert_eq!(number(fs::rename("sticky/file", "sticky/other")), Err(Some(libc::EPERM)));
        fs::write("sticky/own", "").unwrap();
        assert_eq!(number(fs::rename("sticky/own", "sticky/file")), Err(Some(libc::EPERM)), "it would go");
        fs::remove_file("sticky/own").unwrap();
    });
    as_user(1000, || fs::remove_file("sticky/file").unwrap());
}

fn a_name_may_be_longer_than_nobody_needs() {
    let (longest, longer) = ("n".repeat(255), "n".repeat(256));
    fs::write(&longest, "").unwrap();
    assert_eq!(fs::write(&longer, "").unwrap_err().raw_os_error(), Some(libc::ENAMETOOLONG));
    assert!(fs::metadata(longest).is_ok());
}

fn a_directory_that_is_left_is_shown_as_deleted() {
    let here = std::env::current_dir().unwrap();
    fs::create_dir("folder").unwrap();
    std::env::set_current_dir("folder").unwrap();
    fs::remove_dir(here.join("folder")).unwrap();
    let mut text = [0_u8; 4096];
    assert_eq!(call!(SYS_getcwd, text.as_mut_ptr(), 4096), Err(libc::ENOENT));
    let shown = fs::read_link("/proc/self/cwd").unwrap();
    assert_eq!(shown, here.join("folder (deleted)"));
    assert_eq!(fs::metadata(".").unwrap().nlink(), 0);
}

fn nothing_comes_into_a_removed_directory() {
    let here = std::env::current_dir().unwrap();
    fs::create_dir("folder").unwrap();
    std::env::set_current_dir("folder").unwrap();
    fs::remove_dir(here.join("folder")).unwrap();
    assert_eq!(fs::write("file", "").unwrap_err().raw_os_error(), Some(libc::ENOENT));
    assert_eq!(fs::create_dir("below").unwrap_err().raw_os_error(), Some(libc::ENOENT));
}

fn an_attribute_that_no_file_has_is_not_there() {
    fs::write("file", "").unwrap();
    let mut value = [0_u8; 64];
    let of = |name: &std::ffi::CStr, value: &mut [u8; 64]| {
        call!(SYS_getxattr, c"file".as_ptr(), name.as_ptr(), value.as_mut_ptr(), 64)
    };
    assert_eq!(of(c"security.capability", &mut value), Err(libc::ENODATA));
    assert_eq!(of(c"nothing", &mut value), Err(libc::EOPNOTSUPP), "it is of no name space");
    let unset = of(c"user.note", &mut value).unwrap_err();
    assert!([libc::ENODATA, libc::EOPNOTSUPP].contains(&unset), "{unset}");
    assert_eq!(call!(SYS_getxattr, c"missing".as_ptr(), c"user.note".as_ptr(), 0, 0), Err(libc::ENOENT));
    let file = File::open("file").unwrap();
    let by_number = call!(SYS_fgetxattr, file.as_raw_fd(), c"security.capability".as_ptr(), 0, 0);
    assert_eq!(by_number, Err(libc::ENODATA));
    assert_eq!(call!(SYS_fgetxattr, -1, c"user.note".as_ptr(), 0, 0), Err(libc::EBADF));
}

fn the_list_of_attributes_is_asked_of_what_is_there() {
    fs::write("file", "").unwrap();
    symlink("nowhere", "link").unwrap();
    assert_eq!(call!(SYS_listxattr, c"file".as_ptr(), 0, 0), Ok(0));
    assert_eq!(call!(SYS_llistxattr, c"link".as_ptr(), 0, 0), Ok(0));
    assert_eq!(call!(SYS_listxattr, c"link".as_ptr(), 0, 0), Err(libc::ENOENT));
}

fn statx(name: &std::ffi::CStr, flags: i32, mask: u32) -> Result<libc::statx, i32> {
    // SAFETY: zeros are a value of it.
    let mut told: libc::statx = unsafe { std::mem::zeroed() };
    call!(SYS_statx, AT_FDCWD, name.as_ptr(), flags, mask, &mut told)?;
    Ok(told)
}

fn statx_tells_what_stat_does() {
    fs::write("file", "seven b").unwrap();
    symlink("file", "link").unwrap();
    let (told, known) = (statx(c"file", 0, libc::STATX_BASIC_STATS).unwrap(), fs::metadata("file").unwrap());
    assert_eq!((told.stx_size, told.stx_ino, told.stx_nlink), (7, known.ino(), 1));
    assert_eq!(u32::from(told.stx_mode), known.mode());
    assert_eq!((told.stx_uid, told.stx_gid, told.stx_blocks), (known.uid(), known.gid(), known.blocks()));
    assert_eq!(libc::makedev(told.stx_dev_major, told.stx_dev_minor), known.dev());
    assert_eq!(
        (told.stx_mtime.tv_sec, i64::from(told.stx_mtime.tv_nsec)),
        (known.mtime(), known.mtime_nsec())
    );
    assert_eq!(told.stx_mask & libc::STATX_BASIC_STATS, libc::STATX_BASIC_STATS);
    let link = statx(c"link", libc::AT_SYMLINK_NOFOLLOW, libc::STATX_BASIC_STATS).unwrap();
    assert_eq!(u32::from(link.stx_mode) & libc::S_IFMT, libc::S_IFLNK);
}

fn statx_knows_its_arguments() {
    fs::write("file", "").unwrap();
    assert_eq!(statx(c"file", 0, 0x8000_0000).map(drop), Err(libc::EINVAL));
    assert_eq!(statx(c"file", 0x4_0000, 0).map(drop), Err(libc::EINVAL));
    assert_eq!(statx(c"", 0, 0).map(drop), Err(libc::ENOENT));
    assert!(statx(c"", libc::AT_EMPTY_PATH, 0).is_ok());
}

fn a_group_is_inherited_from_its_directory() {
    running::needs_root();
    fs::create_dir("folder").unwrap();
    chown("folder", None, Some(77)).unwrap();
    fs::set_permissions("folder", fs::Permissions::from_mode(0o2775)).unwrap();
    fs::write("folder/file", "").unwrap();
    fs::create_dir("folder/below").unwrap();
    assert_eq!(fs::metadata("folder/file").unwrap().gid(), 77);
    let below = fs::metadata("folder/below").unwrap();
    assert_eq!((below.gid(), below.mode() & 0o2000), (77, 0o2000));
}

fn a_file_is_given_away_without_its_rights() {
    running::needs_root();
    fs::write("program", "").unwrap();
    fs::set_permissions("program", fs::Permissions::from_mode(0o6755)).unwrap();
    chown("program", Some(1000), Some(1000)).unwrap();
    assert_eq!(fs::metadata("program").unwrap().mode() & 0o7777, 0o755);
}

fn a_link_counts() {
    fs::write("one", "x").unwrap();
    fs::hard_link("one", "two").unwrap();
    let (one, two) = (fs::metadata("one").unwrap(), fs::metadata("two").unwrap());
    assert_eq!((one.ino(), one.nlink()), (two.ino(), 2));
    fs::remove_file("one").unwrap();
    assert_eq!(fs::metadata("two").unwrap().nlink(), 1);
    fs::create_dir("folder").unwrap();
    assert_eq!(fs::hard_link("folder", "other").unwrap_err().raw_os_error(), Some(libc::EPERM));
}

fn a_rename_exchanges() {
    fs::write("one", "1").unwrap();
    fs::create_dir("two").unwrap();
    fs::write("two/inside", "").unwrap();
    let rename =
        |flags: u32| call!(SYS_renameat2, AT_FDCWD, c"one".as_ptr(), AT_FDCWD, c"two".as_ptr(), flags);
    assert_eq!(rename(libc::RENAME_NOREPLACE), Err(libc::EEXIST));
    assert_eq!(rename(libc::RENAME_EXCHANGE), Ok(0));
    assert_eq!(fs::read("two").unwrap(), b"1");
    assert!(fs::metadata("one/inside").is_ok());
}

fn access_asks_for_who_started_the_program() {
    running::needs_root();
    fs::write("secret", "").unwrap();
    fs::set_permissions("secret", fs::Permissions::from_mode(0o600)).unwrap();
    let child = Child::start(|| {
        // The real user changes, and the one that it runs as does not.
        assert_eq!(call!(SYS_setreuid, 1000, 0), Ok(0));
        let ask = |flags: i32| call!(SYS_faccessat2, AT_FDCWD, c"secret".as_ptr(), libc::R_OK, flags);
        assert_eq!(call!(SYS_access, c"secret".as_ptr(), libc::R_OK), Err(libc::EACCES));
        assert_eq!(ask(0), Err(libc::EACCES));
        assert_eq!(ask(libc::AT_EACCESS), Ok(0));
    });
    assert_eq!(child.status(), 0);
}

fn access_knows_its_arguments() {
    symlink("nowhere", "link").unwrap();
    assert_eq!(call!(SYS_access, c".".as_ptr(), 8), Err(libc::EINVAL));
    assert_eq!(call!(SYS_access, c"link".as_ptr(), 0), Err(libc::ENOENT));
    let ask = |name: &std::ffi::CStr, flags: i32| call!(SYS_faccessat2, AT_FDCWD, name.as_ptr(), 0, flags);
    assert_eq!(ask(c"link", libc::AT_SYMLINK_NOFOLLOW), Ok(0));
    assert_eq!(ask(c"", libc::AT_EMPTY_PATH), Ok(0));
    assert_eq!(ask(c".", 0x4_0000), Err(libc::EINVAL));
}

fn a_mode_is_changed_without_following() {
    fs::write("file", "").unwrap();
    symlink("file", "link").unwrap();
    let change =
        |name: &std::ffi::CStr, flags: i32| call!(SYS_fchmodat2, AT_FDCWD, name.as_ptr(), 0o640, flags);
    assert_eq!(change(c"file", libc::AT_SYMLINK_NOFOLLOW), Ok(0));
    assert_eq!(fs::metadata("file").unwrap().mode() & 0o7777, 0o640);
    assert_eq!(change(c"link", libc::AT_SYMLINK_NOFOLLOW), Err(libc::EOPNOTSUPP));
    assert_eq!(change(c"file", 0x4_0000), Err(libc::EINVAL));
}

fn older_calls_set_times() {
    fs::write("file", "").unwrap();
    let times = || {
        let known = fs::metadata("file").unwrap();
        (known.atime(), known.atime_nsec(), known.mtime(), known.mtime_nsec())
    };
    assert_eq!(call!(SYS_utime, c"file".as_ptr(), [7_i64, 9].as_ptr()), Ok(0));
    assert_eq!(times(), (7, 0, 9, 0));
    assert_eq!(call!(SYS_utimes, c"file".as_ptr(), [3_i64, 500_000, 4, 1].as_ptr()), Ok(0));
    assert_eq!(times(), (3, 500_000_000, 4, 1_000));
    assert_eq!(call!(SYS_utimes, c"file".as_ptr(), [3_i64, 1_000_000, 4, 1].as_ptr()), Err(libc::EINVAL));
    assert_eq!(call!(SYS_futimesat, AT_FDCWD, c"file".as_ptr(), [5_i64, 0, 6, 0].as_ptr()), Ok(0));
    assert_eq!(times(), (5, 0, 6, 0));
    assert_eq!(call!(SYS_utime, c"missing".as_ptr(), 0), Err(libc::ENOENT));
}
