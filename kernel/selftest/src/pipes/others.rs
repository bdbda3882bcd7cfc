//! Event counters, polls, random numbers.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use abi::Errno;
use base::sched::{self, Placement};
use base::time::Instant;
use base::user::{self, UserSlice};
use fs::{File, Readiness};
use ipc::poll::{self, Request, Subject, poll};
use lockorder::{Root, Task};

use super::{
    BAD, NOW, Verdict, WAIT, check, close, enter_memory, leave_memory, memory, pipe, read, same, says,
    stream, write,
};

/// Adds to a counter.
fn add(held: &mut Root<'_, Task>, counter: &File, more: u64) -> Result<usize, Errno> {
    write(held, counter, &more.to_le_bytes(), NOW)
}

/// Takes from a counter.
fn take(held: &mut Root<'_, Task>, counter: &File) -> Result<u64, Errno> {
    let bytes = read(held, counter, 8, NOW)?;
    Ok(u64::from_le_bytes(bytes.try_into().map_err(|_| Errno::EIO)?))
}

/// A counter gives all or one, and wakes who waits for it.
pub(super) fn a_counter_wakes(held: &mut Root<'_, Task>) -> Verdict {
    let counter = ipc::event::create(3, false).map_err(says("a counter"))?;
    same("all", take(held, &counter), Ok(3))?;
    same("none", take(held, &counter), Err(Errno::EAGAIN))?;
    same("too few bytes", read(held, &counter, 7, NOW).err(), Some(Errno::EINVAL))?;
    same("the most", add(held, &counter, u64::MAX - 1), Ok(8))?;
    same("one more", add(held, &counter, 1), Err(Errno::EAGAIN))?;
    same("too many", add(held, &counter, u64::MAX), Err(Errno::EINVAL))?;
    let bad = UserSlice::new(BAD, 8).map_err(|_| "no range")?;
    same("to nowhere", stream(&counter)?.read(held, bad, NOW), Err(Errno::EFAULT))?;
    same("all of it", take(held, &counter), Ok(u64::MAX - 1))?;
    let theirs = counter.clone();
    let waker = sched::spawn("waker", Placement::default(), move |mut held| -> Verdict {
        enter_memory(&mut held)?;
        for _ in 0..100 {
            add(&mut held, &theirs, 1).map_err(says("one more"))?;
            sched::yield_now(&mut held);
        }
        leave_memory(&mut held);
        Ok(())
    });
    let mut sum = 0;
    while sum < 100 {
        let bytes = read(held, &counter, 8, WAIT).map_err(says("waiting"))?;
        sum += u64::from_le_bytes(bytes.try_into().map_err(|_| "not eight bytes")?);
    }
    waker.join(held)?;
    close(held, counter);
    let permits = ipc::event::create(2, true).map_err(says("permits"))?;
    let taken = [take(held, &permits), take(held, &permits), take(held, &permits)];
    close(held, permits);
    same("one by one", taken, [Ok(1), Ok(1), Err(Errno::EAGAIN)])
}

/// Polls files; gives how many are ready, and what was found at each.
fn found(
    held: &mut Root<'_, Task>,
    files: &[&File],
    events: poll::Events,
    wait: Option<Duration>,
) -> Result<(usize, Vec<poll::Events>), Errno> {
    let mut requests: Vec<_> = files.iter().map(|file| Request::new(Subject::File(file), events)).collect();
    let count = poll(held, &mut requests, wait.map(|time| Instant::now() + time), &|| false)?;
    Ok((count, requests.iter().map(|request| request.found).collect()))
}

/// Of many files each wakes who polls them all.
pub(super) fn whatever_is_ready_is_found(held: &mut Root<'_, Task>) -> Verdict {
    for count in [1, 3, 20] {
        let pipes: Vec<_> = (0..count).map(|_| pipe()).collect::<Result<_, _>>()?;
        let (from, to): (Vec<_>, Vec<_>) = pipes.into_iter().unzip();
        let files: Vec<_> = from.iter().collect();
        same("none", found(held, &files, poll::READ, Some(Duration::ZERO)), Ok((0, alloc::vec![0; count])))?;
        let writer =
            sched::spawn("writer", Placement::default(), move |mut held| -> Result<Vec<File>, String> {
                enter_memory(&mut held)?;
                for file in to.iter().cycle().take(2 * count) {
                    sched::sleep(&mut held, Duration::from_micros(300));
                    write(&mut held, file, b"x", WAIT).map_err(says("a byte"))?;
                    // Until it was read.
                    while !stream(file)?.readiness().contains(Readiness::WRITE) {
                        sched::yield_now(&mut held);
                    }
                }
                leave_memory(&mut held);
                Ok(to)
            });
        let mut bytes = 0;
        while bytes < 2 * count {
            let (ready, all) = found(held, &files, poll::READ, None).map_err(says("a poll"))?;
            same("how many are ready", ready, all.iter().filter(|&&found| found != 0).count())?;
            check(ready > 0, || "a poll without a deadline found nothing".into())?;
            for (file, found) in from.iter().zip(all) {
                if found & poll::READ != 0 {
                    bytes += read(held, file, 9, NOW).map_err(says("what is ready"))?.len();
                }
            }
        }
        for file in writer.join(held)? {
            close(held, file);
        }
        let ended = alloc::vec![0x10; count];
        same("all have hung up", found(held, &files, 0, None), Ok((count, ended)))?;
        for file in from {
            close(held, file);
        }
    }
    Ok(())
}

/// A poll ends at its deadline, and when it is interrupted.
pub(super) fn a_poll_ends_in_time(held: &mut Root<'_, Task>) -> Verdict {
    const TIME: Duration = Duration::from_millis(4);
    let (from, to) = pipe()?;
    let began = Instant::now();
    same("late", found(held, &[&from], poll::READ, Some(TIME)), Ok((0, alloc::vec![0])))?;
    check(began.elapsed() >= TIME, || format!("a poll of {TIME:?} ended after {:?}", began.elapsed()))?;
    same("at once", found(held, &[&to, &from], poll::WRITE, None), Ok((1, alloc::vec![poll::WRITE, 0])))?;
    let mut nothing = [Request::new(Subject::Nothing, poll::READ)];
    same("interrupted", poll(held, &mut nothing, None, &|| true), Err(Errno::EINTR))?;
    close(held, from);
    close(held, to);
    Ok(())
}

/// Random numbers are not the same twice, whoever asks, and fill what was asked for.
pub(super) fn random_numbers_differ(held: &mut Root<'_, Task>) -> Verdict {
    let threads: Vec<_> = (0..base::cpu::online())
        .map(|_| {
            sched::spawn("drawer", Placement::default(), |mut held| {
                (0..1000).map(|_| crypto::pool::number(&mut held)).collect::<Vec<_>>()
            })
        })
        .collect();
    let numbers: Vec<_> = threads.into_iter().flat_map(|thread| thread.join(held)).collect();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    sorted.dedup();
    same("numbers that differ", sorted.len(), numbers.len())?;
    let to = memory(0x20_0123, 20_000)?;
    same("getrandom", crypto::getrandom(held, to, 0, &|| false), Ok(20_000))?;
    let mut bytes = alloc::vec![0; 20_000];
    user::copy_in(held, to, &mut bytes).map_err(|_| "no memory")?;
    let ones: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
    // Twelve standard deviations.
    check(ones.abs_diff(80_000) < 2_400, || format!("{ones} bits of 160000 are set"))?;
    same("flags", crypto::getrandom(held, to, 6, &|| false), Err(Errno::EINVAL))?;
    same("interrupted", crypto::getrandom(held, to, 1, &|| true), Ok(4096))?;
    let bad = UserSlice::new(BAD, 8).map_err(|_| "no range")?;
    same("to nowhere", crypto::getrandom(held, bad, 0, &|| false), Err(Errno::EFAULT))
}
