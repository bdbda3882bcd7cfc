//! Waiting at several sources at once: each wakes, the clock and who knows the thread end the wait, nothing is lost in a storm.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::array;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use super::{Verdict, check};
use base::sched::thread::{State, Thread};
use base::sched::waiting::{FEW, Source, WaitError, wait};
use base::sched::{self, Placement};
use base::time::Instant;

/// Sources of one wait: more than fit without memory.
const SOURCES: usize = FEW + 2;
/// How often each tells something.
const ROUNDS: usize = 50;
/// Threads of either kind in a storm.
const THREADS: usize = 8;
/// What each of them takes in a storm, or gives.
const TOKENS: usize = 960;
/// A wait that takes so long has lost its wake-up.
const LIMIT: Duration = Duration::from_secs(20);

/// How many tokens a place has room for.
const ROOM: u64 = 2;

/// Tokens that can be had, and room for some: a thread waits for either.
#[derive(Default)]
struct Place {
    tokens: AtomicU64,
    source: Source,
    room: Source,
}

impl Place {
    /// Changes how many there are, if `change` can, and wakes.
    fn change(&self, change: impl Fn(u64) -> Option<u64>, wakes: &Source) -> Option<()> {
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).ok()?;
        wakes.wake();
        Some(())
    }

    /// Takes one, if there is one.
    fn take(&self) -> Option<()> {
        self.change(|tokens| tokens.checked_sub(1), &self.room)
    }

    /// Waits for room, and has one more.
    fn give(&self, held: &mut Root<'_, Task>) -> Result<(), WaitError> {
        let put = |tokens| (tokens < ROOM).then_some(tokens + 1);
        wait(held, &[&self.room], Some(Instant::now() + LIMIT), |_| self.change(put, &self.source))
    }
}

/// The first place at which a token was taken, from the one at `first` on.
fn take_at_any(places: &[Place], first: usize) -> Option<usize> {
    (0..places.len()).map(|step| (first + step) % places.len()).find(|&place| places[place].take().is_some())
}

/// Takes a token at any place; says at which.
fn wait_at_any(held: &mut Root<'_, Task>, places: &[Place], first: usize) -> Result<usize, WaitError> {
    let sources: Vec<_> = places.iter().map(|place| &place.source).collect();
    wait(held, &sources, Some(Instant::now() + LIMIT), |_| take_at_any(places, first))
}

/// A thread waits at several sources, more of them and fewer; one after the other tells something, which is heard.
pub(super) fn each_of_several_sources_wakes(held: &mut Root<'_, Task>) -> Verdict {
    for count in [1, FEW, SOURCES] {
        let places: Arc<Vec<Place>> = Arc::new((0..count).map(|_| Place::default()).collect());
        let heard = Arc::new(Place::default());
        let (theirs, answer) = (Arc::clone(&places), Arc::clone(&heard));
        let listener = sched::spawn("listener", Placement::default(), move |mut held| {
            (0..count * ROUNDS).all(|round| {
                let at = wait_at_any(&mut held, &theirs, round);
                answer.give(&mut held).is_ok() && at == Ok(round % count)
            })
        });
        let mut answered = true;
        for round in 0..count * ROUNDS {
            answered &= places[round % count].give(held).is_ok();
            answered &= wait_at_any(held, core::slice::from_ref(&*heard), 0) == Ok(0);
        }
        let right = listener.join(held);
        check(right && answered, || {
            format!("of {count} sources another one woke, or none: {right}, {answered}")
        })?;
    }
    Ok(())
}

/// Waits until a thread waits.
fn let_it_wait(held: &mut Root<'_, Task>, thread: &Thread) {
    while thread.state() != State::Waiting {
        sched::yield_now(held);
    }
}

/// A wait ends at its deadline, and not before; one that has neither sources nor a deadline ends when its thread is woken and
/// finds what it looks for.
pub(super) fn the_clock_and_others_end_a_wait(held: &mut Root<'_, Task>) -> Verdict {
    const TIME: Duration = Duration::from_millis(5);
    let sources: [Source; SOURCES] = array::from_fn(|_| Source::new());
    let sources: Vec<_> = sources.iter().collect();
    for count in [0, 1, SOURCES] {
        let deadline = Instant::now() + TIME;
        let (mut looks, mut last) = (0, Instant::BOOT);
        let result: Result<(), _> = wait(held, &sources[..count], Some(deadline), |_| {
            (looks, last) = (looks + 1, Instant::now());
            None
        });
        check(result == Err(WaitError::TimedOut) && last >= deadline && looks < 100, || {
            format!("{count} sources, and after {looks} looks: {result:?}")
        })?;
    }

    let pending = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&pending);
    let sleeper = sched::spawn("sleeper", Placement::default(), move |mut held| {
        let mut looks = 0_u64;
        let result = wait(&mut held, &[], None, |_| {
            looks += 1;
            theirs.load(Ordering::SeqCst).then_some(())
        });
        (result, looks)
    });
    let_it_wait(held, sleeper.thread());
    let place = sleeper.thread().wait().map(|wait| wait.place.file());
    // For nothing: it looks and waits on.
    sleeper.thread().wake();
    let_it_wait(held, sleeper.thread());
    pending.store(true, Ordering::SeqCst);
    sleeper.thread().wake();
    let (result, looks) = sleeper.join(held);
    check(result == Ok(()) && looks >= 3, || format!("{looks} looks: {result:?}"))?;
    check(place == Some(file!()), || format!("a thread that waits here is seen at {place:?}"))
}

/// Threads give tokens at places in turn, others take them wherever they are, and all wait much: all come to an end, and
/// nothing is left.
pub(super) fn no_token_is_lost_in_a_storm(held: &mut Root<'_, Task>) -> Verdict {
    let places: Arc<[Place; SOURCES]> = Arc::new(array::from_fn(|_| Place::default()));
    let takers: Vec<_> = (0..THREADS)
        .map(|number| {
            let places = Arc::clone(&places);
            sched::spawn("taker", Placement::default(), move |mut held| {
                // Half of them at one half of the places, for what is given there.
                let own = if number < THREADS / 2 { &places[..SOURCES / 2] } else { &places[SOURCES / 2..] };
                (0..TOKENS).find_map(|token| wait_at_any(&mut held, own, number + token).err())
            })
        })
        .collect();
    let givers: Vec<_> = (0..THREADS)
        .map(|number| {
            let places = Arc::clone(&places);
            sched::spawn("giver", Placement::default(), move |mut held| {
                let place = |token| &places[(number + token) % SOURCES];
                (0..TOKENS).find_map(|token| place(token).give(&mut held).err())
            })
        })
        .collect();
    let threads = takers.into_iter().chain(givers);
    let lost: Vec<_> = threads.filter_map(|thread| thread.join(held)).collect();
    let left: u64 = places.iter().map(|place| place.tokens.load(Ordering::SeqCst)).sum();
    check(lost.is_empty() && left == 0, || format!("{left} tokens are left; {lost:?}"))
}
