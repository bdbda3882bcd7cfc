//! Being told what becomes of files.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _};

use libc::{
    IN_ACCESS, IN_ALL_EVENTS, IN_ATTRIB, IN_CLOSE_NOWRITE, IN_CLOSE_WRITE, IN_CREATE, IN_DELETE,
    IN_DELETE_SELF, IN_IGNORED, IN_ISDIR, IN_MASK_ADD, IN_MODIFY, IN_MOVE_SELF, IN_MOVED_FROM, IN_MOVED_TO,
    IN_NONBLOCK, IN_ONESHOT, IN_ONLYDIR, IN_OPEN,
};

use crate::calls::{Child, pause};

crate::tests! {
    who_watches_a_directory_is_told_of_its_names,
    who_watches_a_file_is_told_of_its_use,
    a_move_is_told_in_two_halves,
    the_end_of_a_file_ends_its_watch,
    a_watch_may_be_ended,
    a_watch_is_one_for_a_file,
    a_watch_may_be_for_once,
    a_reader_waits_for_what_happens,
    an_event_is_not_cut_in_two,
    a_watch_knows_its_arguments,
}

/// An instance that does not wait.
fn instance() -> File {
    let number = call!(SYS_inotify_init1, IN_NONBLOCK).unwrap();
    // SAFETY: the number was given just now.
    unsafe { File::from_raw_fd(number as i32) }
}

fn watch(instance: &File, name: &str, mask: u32) -> Result<i64, i32> {
    let name = std::ffi::CString::new(name).unwrap();
    call!(SYS_inotify_add_watch, instance.as_raw_fd(), name.as_ptr(), mask)
}

/// What has happened: watch, mask, cookie, name.
fn events(instance: &mut File) -> Vec<(i32, u32, u32, String)> {
    let (mut all, mut bytes) = (Vec::new(), [0_u8; 4096]);
    while let Ok(length) = instance.read(&mut bytes) {
        let mut rest = &bytes[..length];
        while !rest.is_empty() {
            let word = |place: usize| u32::from_ne_bytes(rest[place * 4..][..4].try_into().unwrap());
            let end = 16 + word(3) as usize;
            let name = rest[16..end].iter().copied().take_while(|byte| *byte != 0).collect();
            all.push((word(0).cast_signed(), word(1), word(2), String::from_utf8(name).unwrap()));
            rest = &rest[end..];
        }
    }
    all
}

/// Masks and names only.
fn told(instance: &mut File) -> Vec<(u32, String)> {
    events(instance).into_iter().map(|(_, mask, _, name)| (mask, name)).collect()
}

fn named(list: &[(u32, &str)]) -> Vec<(u32, String)> {
    list.iter().map(|&(mask, name)| (mask, name.to_owned())).collect()
}

fn who_watches_a_directory_is_told_of_its_names() {
    let mut instance = instance();
    watch(&instance, ".", IN_CREATE | IN_DELETE | IN_CLOSE_WRITE).unwrap();
    fs::write("file", "x").unwrap();
    fs::create_dir("folder").unwrap();
    fs::hard_link("file", "other").unwrap();
    fs::remove_file("file").unwrap();
    fs::remove_dir("folder").unwrap();
    assert_eq!(
        told(&mut instance),
        named(&[
            (IN_CREATE, "file"),
            (IN_CLOSE_WRITE, "file"),
            (IN_CREATE | IN_ISDIR, "folder"),
            (IN_CREATE, "other"),
            (IN_DELETE, "file"),
            (IN_DELETE | IN_ISDIR, "folder"),
        ])
    );
}

fn who_watches_a_file_is_told_of_its_use() {
    fs::write("file", "before").unwrap();
    let mut instance = instance();
    watch(&instance, "file", IN_ALL_EVENTS).unwrap();
    assert_eq!(File::open("file").unwrap().read(&mut [0; 3]).unwrap(), 3);
    File::options().append(true).open("file").unwrap().write_all(b"!").unwrap();
    assert_eq!(call!(SYS_chmod, c"file".as_ptr(), 0o600), Ok(0));
    let masks: Vec<u32> = told(&mut instance).into_iter().map(|(mask, _)| mask).collect();
    let read = [IN_OPEN, IN_ACCESS, IN_CLOSE_NOWRITE];
    let written = [IN_OPEN, IN_MODIFY, IN_CLOSE_WRITE];
    assert_eq!(masks, [&read[..], &written[..], &[IN_ATTRIB]].concat());
}

fn a_move_is_told_in_two_halves() {
    for folder in ["from", "to"] {
        fs::create_dir(folder).unwrap();
    }
    fs::write("from/file", "").unwrap();
    let mut instance = instance();
    let from = watch(&instance, "from", IN_MOVED_FROM).unwrap() as i32;
    let to = watch(&instance, "to", IN_MOVED_TO).unwrap() as i32;
    let itself = watch(&instance, "from/file", IN_MOVE_SELF).unwrap() as i32;
    fs::rename("from/file", "to/moved").unwrap();
    let events = events(&mut instance);
    let cookie = events[0].2;
    assert_ne!(cookie, 0);
    let expected = [
        (from, IN_MOVED_FROM, cookie, "file".to_owned()),
        (to, IN_MOVED_TO, cookie, "moved".to_owned()),
        (itself, IN_MOVE_SELF, 0, String::new()),
    ];
    assert_eq!(events, expected);
}

fn the_end_of_a_file_ends_its_watch() {
    fs::write("file", "").unwrap();
    let mut instance = instance();
    watch(&instance, "file", IN_DELETE_SELF | IN_ATTRIB).unwrap();
    fs::remove_file("file").unwrap();
    assert_eq!(told(&mut instance), named(&[(IN_ATTRIB, ""), (IN_DELETE_SELF, ""), (IN_IGNORED, "")]));
}

fn a_watch_may_be_ended() {
    let mut instance = instance();
    let number = watch(&instance, ".", IN_CREATE).unwrap();
    assert_eq!(call!(SYS_inotify_rm_watch, instance.as_raw_fd(), number), Ok(0));
    assert_eq!(call!(SYS_inotify_rm_watch, instance.as_raw_fd(), number), Err(libc::EINVAL));
    fs::write("file", "").unwrap();
    assert_eq!(told(&mut instance), named(&[(IN_IGNORED, "")]));
}

fn a_watch_is_one_for_a_file() {
    fs::write("file", "").unwrap();
    let mut instance = instance();
    let number = watch(&instance, "file", IN_OPEN).unwrap();
    assert_eq!(watch(&instance, "./file", IN_MODIFY | IN_MASK_ADD), Ok(number));
    fs::write("file", "x").unwrap();
    assert_eq!(told(&mut instance), named(&[(IN_OPEN, ""), (IN_MODIFY, "")]));
    assert_eq!(watch(&instance, "file", IN_ATTRIB), Ok(number));
    fs::write("file", "y").unwrap();
    assert_eq!(told(&mut instance), named(&[]), "it asks for something else now");
}

fn a_watch_may_be_for_once() {
    let mut instance = instance();
    watch(&instance, ".", IN_CREATE | IN_ONESHOT).unwrap();
    fs::write("one", "").unwrap();
    fs::write("two", "").unwrap();
    assert_eq!(told(&mut instance), named(&[(IN_CREATE, "one"), (IN_IGNORED, "")]));
}

fn a_reader_waits_for_what_happens() {
    let number = call!(SYS_inotify_init1, 0).unwrap();
    // SAFETY: the number was given just now.
    let mut waiting = unsafe { File::from_raw_fd(number as i32) };
    watch(&waiting, ".", IN_CREATE).unwrap();
    let child = Child::start(|| {
        pause(30);
        fs::write("late", "").unwrap();
    });
    let mut bytes = [0; 256];
    assert_eq!(waiting.read(&mut bytes).unwrap(), 32);
    assert_eq!(&bytes[16..21], b"late\0");
    assert_eq!(child.status(), 0);
}

fn an_event_is_not_cut_in_two() {
    let mut instance = instance();
    watch(&instance, ".", IN_CREATE).unwrap();
    fs::write("file", "").unwrap();
    let mut count = 0_i32;
    assert_eq!(call!(SYS_ioctl, instance.as_raw_fd(), libc::FIONREAD, &mut count), Ok(0));
    assert_eq!(count, 32);
    assert_eq!(instance.read(&mut [0; 31]).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    assert_eq!(instance.read(&mut [0; 32]).unwrap(), 32);
    assert_eq!(instance.read(&mut [0; 32]).unwrap_err().raw_os_error(), Some(libc::EAGAIN));
}

fn a_watch_knows_its_arguments() {
    fs::write("file", "").unwrap();
    let instance = instance();
    assert_eq!(watch(&instance, "missing", IN_OPEN), Err(libc::ENOENT));
    assert_eq!(watch(&instance, "file", 0), Err(libc::EINVAL));
    assert_eq!(watch(&instance, "file", IN_OPEN | IN_ONLYDIR), Err(libc::ENOTDIR));
    assert_eq!(watch(&File::open("file").unwrap(), "file", IN_OPEN), Err(libc::EINVAL));
    assert_eq!(call!(SYS_inotify_init1, 1), Err(libc::EINVAL));
    let shown = fs::read_link(format!("/proc/self/fd/{}", instance.as_raw_fd())).unwrap();
    assert_eq!(shown.to_str(), Some("anon_inode:inotify"));
}
