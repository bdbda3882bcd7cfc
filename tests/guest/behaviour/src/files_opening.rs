//! Opening files: without a name, as a place, at the end, below a directory; and what a descriptor's link leads to.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};

use libc::{AT_FDCWD, O_PATH, O_RDONLY, O_RDWR, O_TMPFILE, O_WRONLY};

use crate::calls::Child;
use crate::running;

crate::tests! {
    a_file_without_a_name_is_in_no_directory,
    a_file_without_a_name_can_be_given_one,
    a_file_without_a_name_may_refuse_one,
    a_file_without_a_name_is_for_writing,
    a_place_is_not_read_or_written,
    a_place_is_looked_at_and_walked_from,
    a_place_can_be_a_symbolic_link,
    a_place_is_opened_again_by_its_descriptor,
    a_descriptor_leads_to_its_file_when_the_name_is_gone,
    a_descriptor_of_a_moved_file_shows_its_new_name,
    two_appenders_tear_nothing,
    an_appender_writes_at_the_end_wherever_it_is,
    an_exclusive_open_makes_a_file_once,
    a_directory_is_not_opened_to_write,
    a_link_at_the_end_is_refused_if_asked,
    openat2_stays_beneath,
    openat2_has_a_root_of_its_own,
    openat2_refuses_links_if_asked,
    openat2_refuses_magic_links_if_asked,
    openat2_knows_its_structure,
    dev_fd_leads_to_descriptors,
}

fn path(text: &str) -> std::ffi::CString {
    std::ffi::CString::new(text).unwrap()
}

fn open(name: &str, flags: i32, mode: u32) -> Result<i64, i32> {
    let name = path(name);
    call!(SYS_openat, AT_FDCWD, name.as_ptr(), flags, mode)
}

/// Opens what has to be there.
#[track_caller]
fn opened(name: &str, flags: i32) -> File {
    let number = open(name, flags, 0o600).expect("it opens");
    // SAFETY: the number was given just now.
    unsafe { File::from_raw_fd(number as i32) }
}

fn a_file_without_a_name_is_in_no_directory() {
    let mut file = opened(".", O_TMPFILE | O_RDWR);
    file.write_all(b"bytes").unwrap();
    assert_eq!(fs::read_dir(".").unwrap().count(), 0);
    let known = file.metadata().unwrap();
    assert_eq!((known.nlink(), known.size(), known.mode() & 0o170_000), (0, 5, 0o100_000));
}

fn a_file_without_a_name_can_be_given_one() {
    let mut file = opened(".", O_TMPFILE | O_RDWR);
    file.write_all(b"named").unwrap();
    let from = path(&format!("/proc/self/fd/{}", file.as_raw_fd()));
    let to = path("named");
    let flags = libc::AT_SYMLINK_FOLLOW;
    assert_eq!(call!(SYS_linkat, AT_FDCWD, from.as_ptr(), AT_FDCWD, to.as_ptr(), flags), Ok(0));
    assert_eq!(fs::read("named").unwrap(), b"named");
    assert_eq!(file.metadata().unwrap().nlink(), 1);
}

fn a_file_without_a_name_may_refuse_one() {
    let file = opened(".", O_TMPFILE | O_RDWR | libc::O_EXCL);
    let from = path(&format!("/proc/self/fd/{}", file.as_raw_fd()));
    let to = path("named");
    let flags = libc::AT_SYMLINK_FOLLOW;
    let linked = call!(SYS_linkat, AT_FDCWD, from.as_ptr(), AT_FDCWD, to.as_ptr(), flags);
    assert_eq!(linked, Err(libc::ENOENT));
}

fn a_file_without_a_name_is_for_writing() {
    assert_eq!(open(".", O_TMPFILE | O_RDONLY, 0o600), Err(libc::EINVAL));
    fs::write("file", "").unwrap();
    assert_eq!(open("file", O_TMPFILE | O_RDWR, 0o600), Err(libc::ENOTDIR));
}

fn a_place_is_not_read_or_written() {
    fs::write("file", "bytes").unwrap();
    let place = opened("file", O_PATH).as_raw_fd();
    let place = call!(SYS_dup, place).or_else(|_| open("file", O_PATH, 0)).unwrap();
    let mut bytes = [0_u8; 5];
    assert_eq!(call!(SYS_read, place, bytes.as_mut_ptr(), 5), Err(libc::EBADF));
    assert_eq!(call!(SYS_write, place, bytes.as_ptr(), 5), Err(libc::EBADF));
    assert_eq!(call!(SYS_lseek, place, 0, libc::SEEK_SET), Err(libc::EBADF));
    assert_eq!(call!(SYS_fchmod, place, 0o600), Err(libc::EBADF));
    assert_eq!(call!(SYS_ftruncate, place, 0), Err(libc::EBADF));
    assert_eq!(call!(SYS_ioctl, place, libc::FIONREAD, 0), Err(libc::EBADF));
}

fn a_place_is_looked_at_and_walked_from() {
    fs::create_dir("folder").unwrap();
    fs::write("folder/file", "inside").unwrap();
    let place = opened("folder", O_PATH);
    assert!(place.metadata().unwrap().is_dir());
    let name = path("file");
    let number = call!(SYS_openat, place.as_raw_fd(), name.as_ptr(), O_RDONLY).unwrap();
    let mut text = String::new();
    // SAFETY: the number was given just now.
    unsafe { File::from_raw_fd(number as i32) }.read_to_string(&mut text).unwrap();
    assert_eq!(text, "inside");
    assert_eq!(
        call!(SYS_fcntl, place.as_raw_fd(), libc::F_GETFL, 0).unwrap() & i64::from(O_PATH),
        i64::from(O_PATH)
    );
    assert_eq!(call!(SYS_fchdir, place.as_raw_fd()), Ok(0));
    assert_eq!(fs::read_to_string("file").unwrap(), "inside");
}

fn a_place_can_be_a_symbolic_link() {
    symlink("nowhere", "link").unwrap();
    let place = opened("link", O_PATH | libc::O_NOFOLLOW);
    assert!(place.metadata().unwrap().file_type().is_symlink());
    let (empty, mut text) = (path(""), [0_u8; 16]);
    let length = call!(SYS_readlinkat, place.as_raw_fd(), empty.as_ptr(), text.as_mut_ptr(), 16).unwrap();
    assert_eq!(&text[..length as usize], b"nowhere");
    assert_eq!(open("link", O_RDONLY | libc::O_NOFOLLOW, 0), Err(libc::ELOOP));
}

fn a_place_is_opened_again_by_its_descriptor() {
    fs::write("file", "again").unwrap();
    let place = opened("file", O_PATH);
    fs::rename("file", "other").unwrap();
    let link = format!("/proc/self/fd/{}", place.as_raw_fd());
    assert_eq!(fs::read_to_string(link).unwrap(), "again");
}

fn a_descriptor_leads_to_its_file_when_the_name_is_gone() {
    fs::write("file", "still here").unwrap();
    let here = std::env::current_dir().unwrap();
    let file = File::open("file").unwrap();
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    assert_eq!(fs::read_link(&link).unwrap(), here.join("file"));
    fs::remove_file("file").unwrap();
    assert_eq!(fs::read_link(&link).unwrap(), here.join("file (deleted)"));
    assert_eq!(fs::read_to_string(&link).unwrap(), "still here");
    assert_eq!(fs::metadata(&link).unwrap().nlink(), 0);
    assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
}

fn a_descriptor_of_a_moved_file_shows_its_new_name() {
    fs::create_dir("folder").unwrap();
    fs::write("file", "").unwrap();
    let file = File::open("file").unwrap();
    fs::rename("file", "folder/moved").unwrap();
    let here = std::env::current_dir().unwrap();
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    assert_eq!(fs::read_link(&link).unwrap(), here.join("folder/moved"));
    fs::rename("folder", "another").unwrap();
    assert_eq!(fs::read_link(&link).unwrap(), here.join("another/moved"));
}

/// Larger than what is copied in one piece.
const LONG: usize = 200_000;

fn two_appenders_tear_nothing() {
    fs::write("log", "").unwrap();
    let append = |byte: u8| {
        let file = OpenOptions::new().append(true).open("log").unwrap();
        let bytes = vec![byte; LONG];
        for _ in 0..8 {
            assert_eq!(call!(SYS_write, file.as_raw_fd(), bytes.as_ptr(), LONG), Ok(LONG as i64));
        }
    };
    let children = [b'a', b'b'].map(|byte| Child::start(|| append(byte)));
    for child in children {
        assert_eq!(child.status(), 0);
    }
    let bytes = fs::read("log").unwrap();
    assert_eq!(bytes.len(), 16 * LONG);
    assert!(bytes.chunks(LONG).all(|chunk| chunk.iter().all(|byte| *byte == chunk[0])), "a write is torn");
}

fn an_appender_writes_at_the_end_wherever_it_is() {
    fs::write("log", "one").unwrap();
    let mut file = OpenOptions::new().read(true).append(true).open("log").unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    fs::write("log", "longer").unwrap();
    file.write_all(b"!").unwrap();
    assert_eq!(file.stream_position().unwrap(), 7);
    assert_eq!(fs::read("log").unwrap(), b"longer!");
    assert_eq!(call!(SYS_pwrite64, file.as_raw_fd(), b"?".as_ptr(), 1, 0), Ok(1));
    assert_eq!(fs::read("log").unwrap(), b"longer!?", "a place is passed over, as Linux does");
}

fn an_exclusive_open_makes_a_file_once() {
    let flags = libc::O_CREAT | libc::O_EXCL | O_WRONLY;
    assert!(open("new", flags, 0o640).is_ok());
    assert_eq!(open("new", flags, 0o640), Err(libc::EEXIST));
    symlink("nowhere", "link").unwrap();
    assert_eq!(open("link", flags, 0o640), Err(libc::EEXIST), "a link that leads nowhere is there");
    assert!(open("link", libc::O_CREAT | O_WRONLY, 0o640).is_ok(), "without that it is followed");
    assert!(fs::metadata("nowhere").is_ok());
}

fn a_directory_is_not_opened_to_write() {
    assert_eq!(open(".", O_RDWR, 0), Err(libc::EISDIR));
    fs::write("file", "").unwrap();
    assert_eq!(open("file/", O_RDONLY, 0), Err(libc::ENOTDIR));
    assert_eq!(open("file", O_RDONLY | libc::O_DIRECTORY, 0), Err(libc::ENOTDIR));
    assert_eq!(open("file/below", O_RDONLY, 0), Err(libc::ENOTDIR));
}

fn a_link_at_the_end_is_refused_if_asked() {
    fs::write("file", "x").unwrap();
    symlink("file", "link").unwrap();
    let options = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW).open("link");
    assert_eq!(options.unwrap_err().raw_os_error(), Some(libc::ELOOP));
    assert_eq!(fs::read_to_string("link").unwrap(), "x");
    let mode = fs::metadata("file").unwrap().permissions().mode();
    assert_eq!(mode & 0o170_000, 0o100_000);
}

fn how(flags: i32, resolve: u64) -> [u64; 3] {
    [flags as u64, 0, resolve]
}

fn open_how(from: &File, name: &str, resolve: u64) -> Result<i64, i32> {
    let name = path(name);
    let how = how(O_RDONLY, resolve);
    let opened = call!(SYS_openat2, from.as_raw_fd(), name.as_ptr(), how.as_ptr(), 24);
    if let Ok(number) = opened {
        call!(SYS_close, number).unwrap();
        return Ok(0);
    }
    opened
}

/// A folder with a file in it, and one beside it.
fn folder() -> File {
    fs::create_dir("folder").unwrap();
    fs::write("folder/inside", "").unwrap();
    fs::write("outside", "").unwrap();
    symlink("../outside", "folder/up").unwrap();
    symlink("/inside", "folder/top").unwrap();
    symlink("inside", "folder/same").unwrap();
    opened("folder", O_PATH)
}

fn openat2_stays_beneath() {
    let folder = folder();
    let beneath = libc::RESOLVE_BENEATH;
    assert_eq!(open_how(&folder, "inside", beneath), Ok(0));
    assert_eq!(open_how(&folder, "same", beneath), Ok(0));
    for name in ["../outside", "up", "top", "/etc", "./../folder/inside"] {
        assert_eq!(open_how(&folder, name, beneath), Err(libc::EXDEV), "{name}");
    }
    assert_eq!(open_how(&folder, "../outside", 0), Ok(0));
}

fn openat2_has_a_root_of_its_own() {
    let folder = folder();
    for name in ["top", "/inside", "../inside", "../../inside"] {
        assert_eq!(open_how(&folder, name, libc::RESOLVE_IN_ROOT), Ok(0), "{name}");
    }
    assert_eq!(open_how(&folder, "up", libc::RESOLVE_IN_ROOT), Err(libc::ENOENT));
}

fn openat2_refuses_links_if_asked() {
    let folder = folder();
    assert_eq!(open_how(&folder, "same", libc::RESOLVE_NO_SYMLINKS), Err(libc::ELOOP));
    assert_eq!(open_how(&folder, "inside", libc::RESOLVE_NO_SYMLINKS), Ok(0));
}

fn openat2_refuses_magic_links_if_asked() {
    let folder = folder();
    let link = format!("/proc/self/fd/{}", folder.as_raw_fd());
    assert_eq!(open_how(&folder, &link, libc::RESOLVE_NO_MAGICLINKS), Err(libc::ELOOP));
    assert_eq!(open_how(&folder, &link, 0), Ok(0));
    assert_eq!(open_how(&folder, "/proc", libc::RESOLVE_NO_XDEV), Err(libc::EXDEV));
}

fn openat2_knows_its_structure() {
    let name = path(".");
    let longer = [O_RDONLY as u64, 0, 0, 0];
    let unknown = [O_RDONLY as u64, 0, 0, 1];
    let open = |how: &[u64; 4], size: usize| call!(SYS_openat2, AT_FDCWD, name.as_ptr(), how.as_ptr(), size);
    assert_eq!(open(&longer, 16), Err(libc::EINVAL));
    assert!(open(&longer, 32).is_ok());
    assert_eq!(open(&unknown, 32), Err(libc::E2BIG));
    assert_eq!(open(&[1 << 40, 0, 0, 0], 24), Err(libc::EINVAL));
    assert_eq!(open(&[O_RDONLY as u64, 0o600, 0, 0], 24), Err(libc::EINVAL), "a mode is for what is made");
}

fn dev_fd_leads_to_descriptors() {
    running::needs_root();
    fs::write("file", "by number").unwrap();
    let file = File::open("file").unwrap();
    assert_eq!(fs::read_to_string(format!("/dev/fd/{}", file.as_raw_fd())).unwrap(), "by number");
}
