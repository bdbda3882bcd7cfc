//! Pipes, named and not, event counters, polls and random numbers, by threads that have user memory.
//!
//! Each test passes by a marker, so that one that never ran is noticed. What a thread reads and writes lies in a space of its own, in
//! which pages appear when they are touched, so that copies fault in between.

mod ends;
mod named;
mod others;
mod traffic;

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use abi::Errno;
use base::sched::{self, reaper};
use base::user::{self, Space, UserSlice};
use base::{mm, println, record};
use fs::{File, StreamFile, Waits};
use lockorder::{Root, Task};

use super::FAILED;
use super::user::{FILLED, Zeros};

/// What is wrong.
type Verdict = Result<(), String>;

/// One test.
struct Test {
    name: &'static str,
    run: fn(&mut Root<'_, Task>) -> Verdict,
}

/// All of them.
static ALL: [Test; 14] = [
    Test { name: "ping-pong", run: traffic::a_ball_goes_there_and_back },
    Test { name: "whole-writes", run: traffic::writes_of_many_are_whole },
    Test { name: "bulk", run: traffic::bytes_come_in_order },
    Test { name: "faults", run: ends::a_bad_address_loses_nothing },
    Test { name: "ends", run: ends::who_is_gone_is_noticed },
    Test { name: "full", run: ends::it_is_full_when_it_is },
    Test { name: "capacity", run: ends::capacity_changes },
    Test { name: "interrupted", run: ends::a_signal_ends_a_wait },
    Test { name: "dropped", run: ends::what_was_never_used_leaves },
    Test { name: "names", run: named::openers_wait_for_each_other },
    Test { name: "counters", run: others::a_counter_wakes },
    Test { name: "polls", run: others::whatever_is_ready_is_found },
    Test { name: "late-polls", run: others::a_poll_ends_in_time },
    Test { name: "random", run: others::random_numbers_differ },
];

/// An operation that waits.
const WAIT: Waits<'static> = Waits { nonblocking: false, interrupted: &|| false };
/// An operation that does not.
const NOW: Waits<'static> = Waits { nonblocking: true, interrupted: &|| false };
/// Where user memory is used.
const MEMORY: u64 = 0x10_0000;

/// Fails with a text if a condition does not hold.
fn check(holds: bool, what: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(what()) }
}

/// Fails unless two are the same.
#[allow(clippy::needless_pass_by_value, reason = "what is compared is made where it is")]
fn same<T: PartialEq + core::fmt::Debug>(what: &str, found: T, wanted: T) -> Verdict {
    check(found == wanted, || format!("{what}: {found:?} and not {wanted:?}"))
}

/// A text for an error.
fn says(what: &str) -> impl Fn(Errno) -> String {
    let what = String::from(what);
    move |errno| format!("{what}: {errno:?}")
}

/// Gives this thread user memory.
fn enter_memory(held: &mut Root<'_, Task>) -> Verdict {
    let space = Zeros::with(&[]).ok_or("no memory")?;
    user::set_space(held, Some(space as Arc<dyn Space>));
    Ok(())
}

/// Takes it away.
fn leave_memory(held: &mut Root<'_, Task>) {
    user::set_space(held, None);
}

/// User memory from `offset` on.
fn memory(offset: u64, length: usize) -> Result<UserSlice, String> {
    UserSlice::new(MEMORY + offset, length).map_err(|_| "no range of a user's".into())
}

/// A stream.
fn stream(file: &File) -> Result<&Arc<dyn StreamFile>, String> {
    match file {
        File::Stream(file) => Ok(file),
        File::Seekable(_) => Err("it is no stream".into()),
    }
}

/// Writes bytes, by way of user memory.
fn write(held: &mut Root<'_, Task>, file: &File, bytes: &[u8], waits: Waits<'_>) -> Result<usize, Errno> {
    let File::Stream(file) = file else { return Err(Errno::EBADF) };
    let from = UserSlice::new(MEMORY, bytes.len()).map_err(|_| Errno::EFAULT)?;
    user::copy_out(held, from, bytes).map_err(|_| Errno::EFAULT)?;
    file.write(held, from, waits)
}

/// Reads bytes, by way of user memory whose pages were not touched before.
fn read(held: &mut Root<'_, Task>, file: &File, most: usize, waits: Waits<'_>) -> Result<Vec<u8>, Errno> {
    let File::Stream(file) = file else { return Err(Errno::EBADF) };
    let to = UserSlice::new(MEMORY + 0x10_0000, most).map_err(|_| Errno::EFAULT)?;
    let count = file.read(held, to, waits)?;
    let mut bytes = alloc::vec![0; count];
    user::copy_in(held, to, &mut bytes).map_err(|_| Errno::EFAULT)?;
    Ok(bytes)
}

/// Ends the use of a file.
fn close(held: &mut Root<'_, Task>, file: File) {
    if let File::Stream(file) = file {
        file.close(held);
    }
}

/// A pipe.
fn pipe() -> Result<(File, File), String> {
    ipc::pipe::create(0, 0).map_err(says("a pipe"))
}

/// Runs all tests, and looks for what they have left.
pub(crate) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    let mut status = 0;
    let settled = |held: &mut Root<'_, Task>| {
        reaper::settle(held);
        sched::sleep(held, Duration::from_millis(100));
        mm::drain::every_cpu(held);
        mm::available_frames()
    };
    let mut before = 0;
    for round in 0..2 {
        for test in &ALL {
            let verdict = enter_memory(&mut held).and_then(|()| (test.run)(&mut held));
            leave_memory(&mut held);
            match verdict {
                Ok(()) if round > 0 => {
                    println!("pipes: {}: ok", test.name);
                    record::marker(&format!("pipes: {}", test.name));
                }
                Ok(()) => {}
                Err(wrong) => {
                    println!("pipes: {}: WRONG: {wrong}", test.name);
                    status = FAILED;
                }
            }
        }
        let now = settled(&mut held);
        if round > 0 && now + 16 < before {
            println!("pipes: {} frames are gone", before - now);
            status = FAILED;
        }
        before = now;
    }
    status
}

/// An address that no page appears at.
const BAD: u64 = FILLED;
