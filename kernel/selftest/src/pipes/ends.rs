//! The ends of pipes: bad addresses, who has gone, what is full, and waits that are interrupted.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use abi::{Errno, ioctl};
use base::sched::{self, Placement};
use base::time::Instant;
use base::user::{self, UserSlice};
use fs::{File, Readiness, Waits};
use ipc::pipe::{CAPACITY, End, LARGEST_CAPACITY};
use lockorder::{Root, Task};

use super::{
    BAD, NOW, Verdict, WAIT, check, close, enter_memory, leave_memory, memory, pipe, read, same, says,
    stream, write,
};

/// The longest that a test waits for another thread.
const LIMIT: Duration = Duration::from_secs(20);

/// A bad address is an error to readers and writers, and the bytes are still there.
pub(super) fn a_bad_address_loses_nothing(held: &mut Root<'_, Task>) -> Verdict {
    let (from, to) = pipe()?;
    let text = [0x5a; 5000];
    write(held, &to, &text, WAIT).map_err(says("a text"))?;
    let bad = UserSlice::new(BAD, 100).map_err(|_| "no range")?;
    same("read to nowhere", stream(&from)?.read(held, bad, WAIT), Err(Errno::EFAULT))?;
    for length in [100, 600, 5000] {
        let bad = UserSlice::new(BAD, length).map_err(|_| "no range")?;
        same("written from nowhere", stream(&to)?.write(held, bad, WAIT), Err(Errno::EFAULT))?;
    }
    let half = UserSlice::new(BAD - 4096, 8192).map_err(|_| "no range")?;
    same("read to half of a range", stream(&from)?.read(held, half, WAIT), Ok(4096))?;
    same("the rest of it", read(held, &from, 9000, NOW), Ok(text[4096..].to_vec()))?;
    same("nothing more", read(held, &from, 1, NOW), Err(Errno::EAGAIN))?;
    close(held, from);
    close(held, to);
    Ok(())
}

/// The readiness of a file.
fn ready(file: &File) -> Readiness {
    file.readiness()
}

/// How many bytes can be read from a pipe.
fn readable(held: &mut Root<'_, Task>, file: &File) -> Result<usize, String> {
    let counted = memory(0x1000, 4)?;
    stream(file)?.ioctl(held, ioctl::FIONREAD, counted.start().get()).map_err(says("FIONREAD"))?;
    let mut bytes = [0; 4];
    user::copy_in(held, counted, &mut bytes).map_err(|_| "no memory")?;
    Ok(u32::from_le_bytes(bytes) as usize)
}

/// Waits until a pipe is full.
fn until_full(held: &mut Root<'_, Task>, file: &File) -> Verdict {
    let start = Instant::now();
    while readable(held, file)? < CAPACITY {
        check(start.elapsed() < LIMIT, || String::from("the pipe is not full in time"))?;
        sched::sleep(held, Duration::from_millis(1));
    }
    Ok(())
}

/// A reader learns that no writer is left, after the last byte; a writer learns that nobody reads.
pub(super) fn who_is_gone_is_noticed(held: &mut Root<'_, Task>) -> Verdict {
    let (from, to) = pipe()?;
    same("an empty pipe's end to read", ready(&from), Readiness::empty())?;
    same("its end to write", ready(&to), Readiness::WRITE)?;
    same("wrong end", write(held, &from, b"x", NOW), Err(Errno::EBADF))?;
    write(held, &to, b"last", WAIT).map_err(says("the last words"))?;
    close(held, to);
    same("bytes, and an end", ready(&from), Readiness::READ | Readiness::HANG_UP)?;
    same("the last words", read(held, &from, 100, WAIT), Ok(b"last".to_vec()))?;
    same("the end", read(held, &from, 100, WAIT), Ok(alloc::vec![]))?;
    close(held, from);

    let (from, to) = pipe()?;
    close(held, from);
    same("nobody reads", ready(&to), Readiness::WRITE | Readiness::ERROR)?;
    same("a broken pipe", write(held, &to, b"x", WAIT), Err(Errno::EPIPE))?;
    same("a broken pipe for more", write(held, &to, &[0; 9000], WAIT), Err(Errno::EPIPE))?;
    same("nothing is written to it", write(held, &to, b"", WAIT), Ok(0))?;
    close(held, to);

    // Who waits is woken, on either side.
    for bytes in [0, 2 * CAPACITY] {
        let (from, to) = pipe()?;
        let (own, other) = if bytes == 0 { (from, to) } else { (to, from) };
        let waiter = sched::spawn("waiter", Placement::default(), move |mut held| {
            enter_memory(&mut held)?;
            let result = if bytes == 0 {
                read(&mut held, &own, 1, WAIT).map(|bytes| bytes.len())
            } else {
                write(&mut held, &own, &alloc::vec![1; bytes], WAIT)
            };
            leave_memory(&mut held);
            close(&mut held, own);
            result.map_err(says("a waiter"))
        });
        if bytes > 0 {
            // Who has not written yet is told that nobody reads, and not how much it has written.
            until_full(held, &other)?;
        }
        sched::sleep(held, Duration::from_millis(5));
        close(held, other);
        let written = waiter.join(held)?;
        same("until the other side went", written, if bytes == 0 { 0 } else { CAPACITY })?;
    }
    Ok(())
}

/// A pipe takes what it has room for, and a whole write or nothing.
pub(super) fn it_is_full_when_it_is(held: &mut Root<'_, Task>) -> Verdict {
    let (from, to) = pipe()?;
    let mut count = 0;
    let one = memory(0, 1)?;
    user::copy_out(held, one, b"x").map_err(|_| "no memory")?;
    while stream(&to)?.write(held, one, NOW) == Ok(1) {
        count += 1;
    }
    same("single bytes", count, CAPACITY)?;
    same("a full pipe", ready(&to), Readiness::empty())?;
    same("FIONREAD", readable(held, &from)?, CAPACITY)?;
    read(held, &from, 4095, NOW).map_err(says("most of a page"))?;
    same("no slot is free", write(held, &to, &[0; 4096], NOW), Err(Errno::EAGAIN))?;
    read(held, &from, 1, NOW).map_err(says("the rest of it"))?;
    same("a slot is free", ready(&to), Readiness::WRITE)?;
    same("a part of more", write(held, &to, &[0; 9000], NOW), Ok(4096))?;
    let mut left = 0;
    while let Ok(bytes) = read(held, &from, 30_000, NOW) {
        left += bytes.len();
    }
    same("what was left", left, CAPACITY)?;
    close(held, from);
    close(held, to);
    Ok(())
}

/// The capacity is what was asked for, or more, within what may be asked for, and not less than what is in it.
pub(super) fn capacity_changes(held: &mut Root<'_, Task>) -> Verdict {
    let (from, to) = pipe()?;
    let end = stream(&to)?.as_any().downcast_ref::<End>().ok_or("a pipe's end is none")?;
    same("at first", end.capacity(), CAPACITY)?;
    same("a page", end.set_capacity(held, 1, false), Ok(4096))?;
    same("half of two", write(held, &to, &[1; 8192], NOW), Ok(4096))?;
    same("five pages", end.set_capacity(held, 5 * 4096, false), Ok(8 * 4096))?;
    same("two more", write(held, &to, &[2; 8192], NOW), Ok(8192))?;
    same("too few", end.set_capacity(held, 8192, false), Err(Errno::EBUSY))?;
    same("too many", end.set_capacity(held, LARGEST_CAPACITY + 1, false), Err(Errno::EPERM))?;
    same("for root", end.set_capacity(held, LARGEST_CAPACITY + 1, true), Ok(2 * LARGEST_CAPACITY))?;
    same("for nobody", end.set_capacity(held, usize::MAX, true), Err(Errno::EINVAL))?;
    let bytes = read(held, &from, 20_000, NOW).map_err(says("what is in it"))?;
    same("what is in it", bytes.iter().map(|&byte| usize::from(byte)).sum::<usize>(), 4096 + 2 * 8192)?;
    close(held, from);
    close(held, to);
    Ok(())
}

/// Who waits gives up when it is told to.
pub(super) fn a_signal_ends_a_wait(held: &mut Root<'_, Task>) -> Verdict {
    for bytes in [0, 2 * CAPACITY] {
        let (from, to) = pipe()?;
        let pending = Arc::new(AtomicBool::new(false));
        let (own, other) = if bytes == 0 { (from, to) } else { (to, from) };
        let seen = Arc::clone(&pending);
        let waiter = sched::spawn("waiter", Placement::default(), move |mut held| {
            enter_memory(&mut held)?;
            let interrupted = || seen.load(Ordering::SeqCst);
            let waits = Waits { nonblocking: false, interrupted: &interrupted };
            let result = if bytes == 0 {
                read(&mut held, &own, 1, waits).map(|bytes| bytes.len())
            } else {
                write(&mut held, &own, &alloc::vec![1; bytes], waits)
            };
            leave_memory(&mut held);
            close(&mut held, own);
            Ok::<_, String>(result)
        });
        sched::sleep(held, Duration::from_millis(5));
        pending.store(true, Ordering::SeqCst);
        waiter.thread().wake();
        let result = waiter.join(held)?;
        close(held, other);
        same("interrupted", result, if bytes == 0 { Err(Errno::EINTR) } else { Ok(CAPACITY) })?;
    }
    Ok(())
}

/// An end that is dropped, since there was no description for it, is there no more.
pub(super) fn what_was_never_used_leaves(held: &mut Root<'_, Task>) -> Verdict {
    let (from, to) = pipe()?;
    let another = to.clone();
    drop(to);
    same("somebody has it", read(held, &from, 1, NOW), Err(Errno::EAGAIN))?;
    drop(another);
    same("nobody has it", read(held, &from, 1, NOW), Ok(alloc::vec![]))?;
    let (own, other) = pipe()?;
    let kept = own.clone();
    close(held, own);
    check(ready(&other).contains(Readiness::ERROR), || {
        format!("a reader that was closed: {:?}", ready(&other))
    })?;
    drop(kept);
    close(held, from);
    close(held, other);
    Ok(())
}
