//! Waiting for files to be ready: `poll` and `select`.
//!
//! Readiness is read without locks, and the caller stands at the sources of all files at once.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use core::time::Duration;

use abi::{Errno, Result};
use base::sched::waiting::{self, Source, WaitError};
use base::time::Instant;
use fs::{File, OpenFile, Readiness};
use lockorder::{Root, Task};
use process::Current;

use crate::arguments::{self, Arguments, give, slice, take, word};

/// The most files at once.
const MOST: usize = process::descriptors::MOST;
/// What is told whether it was asked for or not.
const ALWAYS: Readiness = Readiness::ERROR.union(Readiness::HANG_UP).union(Readiness::INVALID);

/// One file, and what is asked of it.
struct Polled {
    file: Option<Arc<OpenFile>>,
    wanted: Readiness,
}

impl Polled {
    /// What of that it is ready for.
    fn ready(&self) -> Readiness {
        match &self.file {
            Some(file) => file.file().readiness() & (self.wanted | ALWAYS),
            None => Readiness::INVALID,
        }
    }
}

/// Waits until one is ready; says whether one is, and not just the time is over.
fn wait(
    current: &Current,
    held: &mut Root<'_, Task>,
    polled: &[Polled],
    deadline: Option<Instant>,
) -> Result<()> {
    let mut sources: Vec<&Source> = Vec::new();
    sources.try_reserve(polled.len()).map_err(|_| Errno::ENOMEM)?;
    for file in polled.iter().filter_map(|polled| polled.file.as_ref()) {
        if let File::Stream(stream) = file.file() {
            stream.sources(&mut |source| sources.push(source));
        }
    }
    let thread = &current.thread;
    let waited = waiting::wait(held, &sources, deadline, |_| {
        let ready = polled.iter().any(|polled| !polled.ready().is_empty());
        (ready || thread.is_interrupted()).then_some(ready)
    });
    match waited {
        Ok(true) | Err(WaitError::TimedOut) => Ok(()),
        Ok(false) => Err(Errno::EINTR),
        Err(WaitError::NoMemory) => Err(Errno::ENOMEM),
    }
}

/// Ends the use of files: another thread may have closed them meanwhile, and then this is their end.
fn finish(held: &mut Root<'_, Task>, polled: impl IntoIterator<Item = Polled>) {
    polled.into_iter().filter_map(|polled| polled.file).for_each(|file| file.close(held));
}

/// When so many milliseconds are over; never for less than none.
fn after_milliseconds(time: u32) -> Option<Instant> {
    let time = u64::try_from(time.cast_signed()).ok()?;
    Some(Instant::now() + Duration::from_millis(time))
}

/// When the time that a `struct timespec` has is over; never where there is none.
fn after(held: &mut Root<'_, Task>, at: u64) -> Result<Option<Instant>> {
    if at == 0 {
        return Ok(None);
    }
    let bytes: [u8; 16] = take(held, at)?;
    Ok(Some(Instant::now() + crate::time::duration(&bytes, 1)?))
}

fn poll_until(
    current: &Current,
    held: &mut Root<'_, Task>,
    [at, count]: [u64; 2],
    deadline: Option<Instant>,
) -> Result<u64> {
    let count = usize::try_from(count).ok().filter(|&count| count <= MOST).ok_or(Errno::EINVAL)?;
    let mut polled = Vec::new();
    polled.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
    slice(at, 8 * count as u64)?;
    for place in 0..count {
        let bytes: [u8; 8] = take(held, at + 8 * place as u64)?;
        let descriptor = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let wanted = Readiness::from_bits_truncate(u32::from(u16::from_le_bytes([bytes[4], bytes[5]])));
        let file = match u64::try_from(descriptor) {
            Ok(descriptor) => Some(arguments::file(current, held, descriptor).ok()),
            // Not looked at.
            Err(_) => None,
        };
        polled.push(file.map(|file| Polled { file, wanted }));
    }
    let looked_at: Vec<bool> = polled.iter().map(Option::is_some).collect();
    let polled: Vec<Polled> = polled.into_iter().flatten().collect();
    let waited = wait(current, held, &polled, deadline);
    let tell = |held: &mut Root<'_, Task>| {
        let mut ready = 0;
        let mut next = polled.iter();
        for (place, looked_at) in looked_at.into_iter().enumerate() {
            let found = if looked_at { next.next().map(Polled::ready) } else { None };
            let bits = found.map_or(0, |found| u16::try_from(found.bits()).unwrap_or(0));
            ready += u64::from(bits != 0);
            give(held, at + 8 * place as u64 + 6, &bits.to_le_bytes())?;
        }
        Ok(ready)
    };
    let told = waited.and_then(|()| tell(held));
    finish(held, polled);
    told
}

pub(crate) fn poll(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.never_restarts = true;
    poll_until(current, held, [a.0[0], a.0[1]], after_milliseconds(a.int(2)))
}

/// Blocks other signals for the time of a call.
fn with_mask(current: &mut Current, held: &mut Root<'_, Task>, at: u64) -> Result<()> {
    if at != 0 {
        let bytes: [u8; 8] = take(held, at)?;
        let mask = word(&bytes, 0) & !process::signal::UNSTOPPABLE;
        current.saved_mask = Some(current.thread.blocked());
        current.thread.set_blocked(mask);
    }
    Ok(())
}

pub(crate) fn poll_with_mask(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.never_restarts = true;
    let deadline = after(held, a.0[2])?;
    with_mask(current, held, a.0[3])?;
    poll_until(current, held, [a.0[0], a.0[1]], deadline)
}

/// What each of the three sets of `select` asks.
const SETS: [Readiness; 3] = [
    Readiness::READ.union(Readiness::HANG_UP).union(Readiness::ERROR),
    Readiness::WRITE.union(Readiness::ERROR),
    Readiness::PRIORITY,
];

fn select_until(
    current: &Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
    deadline: Option<Instant>,
) -> Result<u64> {
    let count = usize::try_from(a.int(0)).ok().filter(|&count| count <= MOST).ok_or(Errno::EINVAL)?;
    let length = count.div_ceil(64) * 8;
    let mut asked = [[0_u8; MOST / 8]; 3];
    for (set, at) in asked.iter_mut().zip(&a.0[1..4]).filter(|(_, at)| **at != 0) {
        base::user::copy_in(held, slice(*at, length as u64)?, &mut set[..length])
            .map_err(|_| Errno::EFAULT)?;
    }
    let has = |set: &[u8], number: usize| set[number / 8] >> (number % 8) & 1 == 1;
    let mut polled = Vec::new();
    for number in 0..count {
        let mut wanted = Readiness::empty();
        for (set, asks) in asked.iter().zip(SETS) {
            wanted.set(asks, has(set, number) || wanted.contains(asks));
        }
        if asked.iter().any(|set| has(set, number)) {
            let file = arguments::file(current, held, number as u64)?;
            polled.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            polled.push((number, Polled { file: Some(file), wanted }));
        }
    }
    let (numbers, polled): (Vec<_>, Vec<_>) = polled.into_iter().unzip();
    let waited = wait(current, held, &polled, deadline);
    let mut found = [[0_u8; MOST / 8]; 3];
    let mut ready = 0;
    for (number, polled) in numbers.into_iter().zip(&polled) {
        for ((found, asked), asks) in found.iter_mut().zip(&asked).zip(SETS) {
            if has(asked, number) && polled.ready().intersects(asks) {
                found[number / 8] |= 1 << (number % 8);
                ready += 1;
            }
        }
    }
    finish(held, polled);
    waited?;
    for (set, at) in found.iter().zip(&a.0[1..4]).filter(|(_, at)| **at != 0) {
        give(held, *at, &set[..length])?;
    }
    Ok(ready)
}

pub(crate) fn select(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.never_restarts = true;
    let deadline = if a.0[4] == 0 {
        None
    } else {
        let bytes: [u8; 16] = take(held, a.0[4])?;
        Some(Instant::now() + crate::time::duration(&bytes, 1000)?)
    };
    select_until(current, held, a, deadline)
}

pub(crate) fn select_with_mask(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
) -> Result<u64> {
    current.never_restarts = true;
    let deadline = after(held, a.0[4])?;
    if a.0[5] != 0 {
        let bytes: [u8; 16] = take(held, a.0[5])?;
        with_mask(current, held, word(&bytes, 0))?;
    }
    let _ = Ordering::Relaxed;
    select_until(current, held, a, deadline)
}
