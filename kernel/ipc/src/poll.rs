//! Which of many files are ready: what `poll` and `select` are made of.
//!
//! Readiness is read without a lock, of all files at each look; the thread waits at the sources of all of them. So nothing is
//! held, nothing is entered in a file but the thread, and a file's locks never meet another's.

use alloc::vec::Vec;

use abi::{Errno, Result, general};
use base::sched::waiting::{self, Source, WaitError};
use base::time::Instant;
use fs::{File, Readiness};
use lockorder::{Root, Task};

/// What `poll` may ask for, and may find; its bits.
pub type Events = u16;

/// The bits of a constant.
#[allow(clippy::cast_possible_truncation, reason = "the bits of poll are 16")]
const fn bits(constant: u32) -> Events {
    constant as Events
}

/// Something can be read.
pub const READ: Events = bits(general::POLLIN | general::POLLRDNORM);
/// Something can be written.
pub const WRITE: Events = bits(general::POLLOUT | general::POLLWRNORM);
/// Something urgent.
pub const PRIORITY: Events = bits(general::POLLPRI);
/// What is found without being asked for.
pub const ALWAYS: Events = bits(general::POLLERR | general::POLLHUP | general::POLLNVAL);

/// What has a file readable for `select`.
pub const SELECTED_TO_READ: Events = READ | bits(general::POLLRDBAND | general::POLLHUP | general::POLLERR);
/// What has a file writable for `select`.
pub const SELECTED_TO_WRITE: Events = WRITE | bits(general::POLLWRBAND | general::POLLERR);
/// What is exceptional for `select`.
pub const SELECTED_AS_EXCEPTION: Events = PRIORITY;

/// How many sources are waited for without memory for a list of them.
const FEW: usize = 8;

/// Which file is asked about.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// None: nothing is found.
    Nothing,
    /// One that is not open: that is found.
    Missing,
    /// This one.
    File(&'a File),
}

/// One file, what is asked for, and what was found.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The file.
    pub subject: Subject<'a>,
    /// What is asked for.
    pub events: Events,
    /// What was found of that, and of what is always told.
    pub found: Events,
}

/// Readiness in the bits of `poll`.
fn events(readiness: Readiness) -> Events {
    [
        (Readiness::READ, READ),
        (Readiness::WRITE, WRITE),
        (Readiness::PRIORITY, PRIORITY),
        (Readiness::ERROR, bits(general::POLLERR)),
        (Readiness::HANG_UP, bits(general::POLLHUP)),
        (Readiness::INVALID, bits(general::POLLNVAL)),
        (Readiness::READ_HANG_UP, bits(general::POLLRDHUP)),
    ]
    .into_iter()
    .filter(|&(ready, _)| readiness.contains(ready))
    .fold(0, |events, (_, more)| events | more)
}

impl<'a> Request<'a> {
    /// Asks a file for something.
    #[must_use]
    pub const fn new(subject: Subject<'a>, events: Events) -> Self {
        Self { subject, events, found: 0 }
    }

    /// Looks; says whether anything was found.
    fn look(&mut self) -> bool {
        let all = match self.subject {
            Subject::Nothing => 0,
            Subject::Missing => bits(general::POLLNVAL),
            Subject::File(file) => events(file.readiness()),
        };
        self.found = all & (self.events | ALWAYS);
        self.found != 0
    }
}

/// Looks at all; gives of how many anything was found.
fn look(requests: &mut [Request<'_>]) -> usize {
    requests.iter_mut().map(Request::look).filter(|&found| found).count()
}

/// Calls `each` for all sources of all files.
fn sources<'a>(requests: &[Request<'a>], mut each: impl FnMut(&'a Source)) {
    for request in requests {
        if let Subject::File(File::Stream(file)) = request.subject {
            file.sources(&mut each);
        }
    }
}

/// Waits until something is found, until a deadline; gives of how many files anything was found, none after the deadline.
///
/// Without a deadline it waits for ever; with one that has passed it looks once.
///
/// # Errors
///
/// [`Errno::EINTR`]; [`Errno::ENOMEM`].
pub fn poll(
    held: &mut Root<'_, Task>,
    requests: &mut [Request<'_>],
    deadline: Option<Instant>,
    interrupted: &dyn Fn() -> bool,
) -> Result<usize> {
    static NONE: Source = Source::new();

    let found = look(requests);
    if found > 0 || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return Ok(found);
    }
    let mut few = [&NONE; FEW];
    let mut count = 0_usize;
    sources(requests, |source| {
        few.get_mut(count).into_iter().for_each(|place| *place = source);
        count = count.saturating_add(1);
    });
    let mut many = Vec::new();
    let awaited = if let Some(few) = few.get(..count) {
        few
    } else {
        many.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
        // A file has the sources that it has; one more would need memory.
        sources(requests, |source| {
            if many.len() < count {
                many.push(source);
            }
        });
        &many
    };
    let ended = waiting::wait(held, awaited, deadline, |_| match look(requests) {
        0 => interrupted().then_some(Err(Errno::EINTR)),
        found => Some(Ok(found)),
    });
    match ended {
        Ok(result) => result,
        Err(WaitError::TimedOut) => Ok(0),
        Err(WaitError::NoMemory) => Err(Errno::ENOMEM),
    }
}

#[cfg(test)]
mod tests {
    use super::{Request, Subject, events, look};
    use fs::Readiness;

    #[test]
    fn readiness_has_the_bits_of_poll() {
        assert_eq!(events(Readiness::empty()), 0);
        assert_eq!(events(Readiness::READ | Readiness::HANG_UP), 0x51);
        assert_eq!(events(Readiness::WRITE | Readiness::ERROR), 0x10c);
        assert_eq!(events(Readiness::PRIORITY | Readiness::INVALID), 0x22);
    }

    #[test]
    fn what_is_not_open_is_found_and_nothing_is_not() {
        let mut requests = [Request::new(Subject::Nothing, 0xffff), Request::new(Subject::Missing, 0)];
        assert_eq!(look(&mut requests), 1);
        assert_eq!(requests.map(|request| request.found), [0, 0x20]);
    }
}
