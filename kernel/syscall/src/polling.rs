//! Waiting for files to be ready: `poll` and `select`, over [`ipc::poll`].

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use abi::{Errno, Result};
use base::time::Instant;
use fs::{File, OpenFile};
use ipc::poll::{Events, Request, SELECTED_AS_EXCEPTION, SELECTED_TO_READ, SELECTED_TO_WRITE, Subject};
use lockorder::{Root, Task};
use process::Current;
use process::signal::SignalFile;

use crate::arguments::{self, Arguments, give, slice, take, word};

/// The most files at once.
const MOST: usize = process::descriptors::MOST;

/// What a descriptor leads to.
enum Polled {
    /// It is not looked at: it is below zero.
    Nothing,
    /// Nothing.
    Missing,
    /// A description; and what of it is the caller's, where callers see different things.
    Open(Arc<OpenFile>, Option<File>),
}

impl Polled {
    /// What a descriptor of the caller's leads to.
    fn of(current: &Current, file: Result<Arc<OpenFile>>) -> Result<Self> {
        let Ok(file) = file else { return Ok(Self::Missing) };
        let signals = SignalFile::of(file.file()).map(|signals| signals.bound(&current.thread));
        let own = signals.transpose()?.map(File::Stream);
        Ok(Self::Open(file, own))
    }
}

/// What is asked about what a descriptor leads to.
fn subject(polled: &Polled) -> Subject<'_> {
    match polled {
        Polled::Nothing => Subject::Nothing,
        Polled::Missing => Subject::Missing,
        Polled::Open(_, Some(own)) => Subject::File(own),
        Polled::Open(file, None) => Subject::File(file.file()),
    }
}

/// Room for so many of something.
fn room<T>(count: usize) -> Result<Vec<T>> {
    let mut room = Vec::new();
    room.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
    Ok(room)
}

/// Ends the use of files: another thread may have closed them meanwhile, and then this is their end.
fn finish(held: &mut Root<'_, Task>, polled: Vec<Polled>) {
    for polled in polled {
        if let Polled::Open(file, _) = polled {
            file.close(held);
        }
    }
}

/// Waits until something of what is asked for is found; gives of how many files.
fn wait(
    current: &Current,
    held: &mut Root<'_, Task>,
    requests: &mut [Request<'_>],
    deadline: Option<Instant>,
) -> Result<usize> {
    let thread = &current.thread;
    ipc::poll(held, requests, deadline, &|| thread.is_interrupted())
}

/// When so many milliseconds are over; never for less than none.
pub(crate) fn after_milliseconds(time: u32) -> Option<Instant> {
    let time = u64::try_from(time.cast_signed()).ok()?;
    Some(Instant::now() + Duration::from_millis(time))
}

/// When the time is over that a structure has, whose fraction counts so many nanoseconds; never where there is none.
pub(crate) fn after(held: &mut Root<'_, Task>, at: u64, unit: u64) -> Result<Option<Instant>> {
    if at == 0 {
        return Ok(None);
    }
    let bytes: [u8; 16] = take(held, at)?;
    Ok(Some(Instant::now() + crate::time::duration(&bytes, unit)?))
}

fn poll_until(
    current: &Current,
    held: &mut Root<'_, Task>,
    [at, count]: [u64; 2],
    deadline: Option<Instant>,
) -> Result<u64> {
    let count = usize::try_from(count).ok().filter(|&count| count <= MOST).ok_or(Errno::EINVAL)?;
    slice(at, 8 * count as u64)?;
    let place = |number: usize| at + 8 * number as u64;
    let (mut polled, mut asked): (Vec<Polled>, Vec<Events>) = (room(count)?, room(count)?);
    for number in 0..count {
        let bytes: [u8; 8] = take(held, place(number))?;
        let descriptor = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        polled.push(match u64::try_from(descriptor) {
            Ok(descriptor) => Polled::of(current, arguments::file(current, held, descriptor))?,
            Err(_) => Polled::Nothing,
        });
        asked.push(Events::from_le_bytes([bytes[4], bytes[5]]));
    }
    let mut requests = room(count)?;
    requests.extend(polled.iter().zip(asked).map(|(polled, events)| Request::new(subject(polled), events)));
    let told = wait(current, held, &mut requests, deadline).and_then(|ready| {
        for (number, request) in requests.iter().enumerate() {
            give(held, place(number) + 6, &request.found.to_le_bytes())?;
        }
        Ok(ready as u64)
    });
    finish(held, polled);
    told
}

pub(crate) fn poll(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.never_restarts = true;
    poll_until(current, held, [a.0[0], a.0[1]], after_milliseconds(a.int(2)))
}

/// Blocks other signals for the time of a call.
pub(crate) fn with_mask(current: &mut Current, held: &mut Root<'_, Task>, at: u64) -> Result<()> {
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
    let deadline = after(held, a.0[2], 1)?;
    with_mask(current, held, a.0[3])?;
    poll_until(current, held, [a.0[0], a.0[1]], deadline)
}

/// What each of the three sets of `select` asks, and what counts as an answer.
const SETS: [Events; 3] = [SELECTED_TO_READ, SELECTED_TO_WRITE, SELECTED_AS_EXCEPTION];

/// Whether a set has a number.
fn has(set: &[u8], number: usize) -> bool {
    set[number / 8] >> (number % 8) & 1 == 1
}

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
    let wanted = |number: usize| {
        let sets = asked.iter().zip(SETS).filter(|(set, _)| has(*set, number));
        sets.fold(0, |events, (_, asks)| events | asks)
    };
    let (mut numbers, mut polled): (Vec<usize>, Vec<Polled>) = (Vec::new(), Vec::new());
    for number in (0..count).filter(|&number| wanted(number) != 0) {
        let file = arguments::file(current, held, number as u64)?;
        numbers.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        polled.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        numbers.push(number);
        polled.push(Polled::of(current, Ok(file))?);
    }
    let mut requests = room(polled.len())?;
    let asks = polled.iter().zip(&numbers);
    requests.extend(asks.map(|(polled, number)| Request::new(subject(polled), wanted(*number))));
    let result = wait(current, held, &mut requests, deadline);
    let mut found = [[0_u8; MOST / 8]; 3];
    let mut ready = 0;
    for (number, request) in numbers.iter().copied().zip(&requests) {
        for ((found, asked), asks) in found.iter_mut().zip(&asked).zip(SETS) {
            if has(asked, number) && request.found & asks != 0 {
                found[number / 8] |= 1 << (number % 8);
                ready += 1;
            }
        }
    }
    finish(held, polled);
    result?;
    for (set, at) in found.iter().zip(&a.0[1..4]).filter(|(_, at)| **at != 0) {
        give(held, *at, &set[..length])?;
    }
    Ok(ready)
}

pub(crate) fn select(current: &mut Current, held: &mut Root<'_, Task>, a: &Arguments) -> Result<u64> {
    current.never_restarts = true;
    let deadline = after(held, a.0[4], 1000)?;
    select_until(current, held, a, deadline)
}

pub(crate) fn select_with_mask(
    current: &mut Current,
    held: &mut Root<'_, Task>,
    a: &Arguments,
) -> Result<u64> {
    current.never_restarts = true;
    let deadline = after(held, a.0[4], 1)?;
    if a.0[5] != 0 {
        let bytes: [u8; 16] = take(held, a.0[5])?;
        with_mask(current, held, word(&bytes, 0))?;
    }
    select_until(current, held, a, deadline)
}
