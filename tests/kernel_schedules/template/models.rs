//! The models: a few threads that wait and wake, and what must hold whatever the schedule is.
//!
//! A thread that waits for ever ends in a deadlock, which the scheduler reports.

use std::sync::Arc;
use std::time::Duration;

use lockorder::{Root, Task};
use shuttle::rand::RngCore;
use shuttle::sync::atomic::{AtomicU64, Ordering};
use shuttle::thread;

use crate::copy::futex::key::Key;
use crate::copy::futex::table::{FutexTable, Requeued, WaitError};
use crate::copy::sched::waiting::{self, Gathering, Member, Source, Watched, wait};
use crate::world::{Instant, Thread, current, with_root};

/// All of them, by name.
pub const ALL: &[(&str, fn())] = &[
    ("either_source", either_source),
    ("one_source_for_all", one_source_for_all),
    ("one_source_in_turn", one_source_in_turn),
    ("given_up", given_up),
    ("woken_by_name", woken_by_name),
    ("in_vain", in_vain),
    ("gathered", gathered),
    ("gathered_and_looked_at", gathered_and_looked_at),
    ("gathered_and_looked_at_meanwhile", gathered_and_looked_at_meanwhile),
    ("gathered_in_a_gathering", gathered_in_a_gathering),
    ("gathered_and_removed", gathered_and_removed),
    ("words", words),
    ("moved", moved),
    ("moved_and_given_up", moved_and_given_up),
    ("moved_within_a_bucket", moved_within_a_bucket),
    ("interrupted", interrupted),
];

/// Runs `body` on as many threads as `count` says, this one among them, and waits for all.
fn on_threads<T: Send + 'static>(
    count: usize,
    body: impl Fn(usize, &mut Root<'_, Task>) -> T + Send + Sync + 'static,
) -> Vec<T> {
    let body = Arc::new(body);
    let threads: Vec<_> = (1..count)
        .map(|number| {
            let body = Arc::clone(&body);
            thread::spawn(move || {
                let_others_on();
                with_root(|mut held| body(number, &mut held))
            })
        })
        .collect();
    let_others_on();
    let mut results = vec![with_root(|mut held| body(0, &mut held))];
    results.extend(threads.into_iter().map(|thread| thread.join().expect("no thread panics")));
    results
}

/// Lets others on first, as far as into their waits: they take many steps to come there.
fn let_others_on() {
    const STEPS: u32 = 60;
    for _ in 0..shuttle::rand::thread_rng().next_u32() % STEPS {
        thread::yield_now();
    }
}

/// A moment after some looks at the clock.
fn after_some_looks() -> Option<Instant> {
    const LOOKS: u64 = 30;
    Instant::now().checked_add(Duration::from_nanos(shuttle::rand::thread_rng().next_u64() % LOOKS))
}

/// Takes one of so many, if there is one.
fn take(tokens: &AtomicU64) -> Option<()> {
    tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(1)).ok().map(drop)
}

/// Tokens, and who waits for some.
#[derive(Default)]
struct Place {
    tokens: AtomicU64,
    source: Source,
}

impl Place {
    fn give(&self) {
        self.tokens.fetch_add(1, Ordering::Relaxed);
        self.source.wake();
    }
}

/// One thread waits for what either of two others gives, twice: it stays entered at the source that has not woken it. Three
/// entries at two sources lie in memory of their own.
pub fn either_source() {
    let places: Arc<[Place; 2]> = Arc::default();
    on_threads(3, move |number, held| {
        let [first, second] = &*places;
        if number > 0 {
            return places[number - 1].give();
        }
        for _ in 0..2 {
            let sources = [&first.source, &second.source, &first.source];
            wait(held, &sources, None, |_| take(&first.tokens).or_else(|| take(&second.tokens)))
                .expect("there is no deadline");
        }
    });
}

/// Two threads wait at one source, each for its own token, and one wake-up is for both.
pub fn one_source_for_all() {
    let shared: Arc<(Source, [AtomicU64; 2])> = Arc::default();
    on_threads(3, move |number, held| {
        let (source, tokens) = &*shared;
        if number == 0 {
            for tokens in tokens {
                tokens.fetch_add(1, Ordering::Relaxed);
            }
            return source.wake();
        }
        wait(held, &[source], None, |_| take(&tokens[number - 1])).expect("there is no deadline");
    });
}

/// Two threads wait at one source, each for its own token, which come one after the other, each with a wake-up.
pub fn one_source_in_turn() {
    let shared: Arc<(Source, [AtomicU64; 2])> = Arc::default();
    on_threads(3, move |number, held| {
        let (source, tokens) = &*shared;
        if number == 0 {
            for tokens in tokens {
                tokens.fetch_add(1, Ordering::Relaxed);
                source.wake();
            }
            return;
        }
        wait(held, &[source], None, |_| take(&tokens[number - 1])).expect("there is no deadline");
    });
}

/// Threads wait at two sources, have little patience, and leave; others wake them all the while: who is gone is not touched.
pub fn given_up() {
    let places: Arc<[Place; 2]> = Arc::default();
    let given = places.clone();
    let taken = on_threads(3, move |number, held| {
        let [first, second] = &*places;
        if number == 2 {
            second.source.wake();
            first.give();
            second.give();
            first.source.wake();
            return 0;
        }
        let mut taken = 0;
        for _ in 0..2 {
            let deadline = after_some_looks();
            let sources = [&first.source, &second.source];
            let result = wait(held, &sources[number..], deadline, |_| {
                take(&second.tokens).or_else(|| take(&first.tokens))
            });
            taken += u64::from(result.is_ok());
        }
        taken
    });
    let left: u64 = given.iter().map(|place| place.tokens.load(Ordering::SeqCst)).sum();
    assert_eq!(taken.iter().sum::<u64>() + left, 2, "a token was lost");
}

/// A thread waits at no source, and is woken by whoever knows it.
pub fn woken_by_name() {
    let shared: Arc<(AtomicU64, shuttle::sync::Mutex<Option<Arc<Thread>>>)> = Arc::default();
    on_threads(2, move |number, held| {
        let (pending, named) = &*shared;
        if number == 0 {
            *named.lock().unwrap() = Some(current());
            return wait(held, &[], None, |_| take(pending)).expect("there is no deadline");
        }
        pending.fetch_add(1, Ordering::SeqCst);
        let thread = named.lock().unwrap().clone();
        if let Some(thread) = thread {
            thread.wake();
        }
    });
}

/// A thread finds nothing although it is woken: that has it look twice, and does not keep the waker until it finds something.
pub fn in_vain() {
    let shared: Arc<(Source, AtomicU64)> = Arc::default();
    on_threads(2, move |number, held| {
        let (source, done) = &*shared;
        if number > 0 {
            source.wake();
            done.fetch_add(1, Ordering::SeqCst);
            return source.wake();
        }
        let mut looks = 0;
        wait(held, &[source], None, |_| {
            looks += 1;
            take(done)
        })
        .expect("there is no deadline");
        assert!(looks <= 2 + 2 * 2, "two wake-ups, and {looks} looks");
    });
}

impl Watched for Place {
    fn each_source<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(&self.source);
    }
}

/// Places of which somebody is told.
type Places = Gathering<Place, ()>;

/// A gathering of so many places, which have been told of.
fn places(count: usize) -> (Arc<Places>, Vec<(Arc<Place>, Arc<Member<Place, ()>>)>) {
    let gathering = Places::new().expect("there is memory");
    let member = |_| {
        let place = Arc::<Place>::default();
        let member = gathering.join(Arc::clone(&place), ()).expect("there is memory");
        member.notify();
        (place, member)
    };
    let members = (0..count).map(member).collect();
    (gathering, members)
}

/// Visits what was told once, and takes all tokens that are there, by edges: what was told leaves the list.
fn take_edges(gathering: &Places) -> u64 {
    let (mut taken, mut latest) = (0, None);
    while let Some(member) = gathering.next(&mut latest) {
        taken += member.look(|place| place.tokens.swap(0, Ordering::Relaxed));
        gathering.settle(&member, false);
    }
    taken
}

/// One thread visits two places, to which others give tokens, one of them twice: all come, however they are told of.
pub fn gathered() {
    let (gathering, members) = places(2);
    on_threads(3, move |number, held| {
        if number > 0 {
            (0..number).for_each(|_| members[number - 1].0.give());
            return;
        }
        let mut taken = 0;
        while taken < 3 {
            taken += take_edges(&gathering);
            if taken < 3 {
                wait(held, &[gathering.visitors()], None, |_| (!gathering.is_empty()).then_some(()))
                    .expect("there is no deadline");
            }
        }
    });
}

/// A thread waits until there is something, while another one visits, by levels; a token comes, goes, and comes again.
pub fn gathered_and_looked_at() {
    let (gathering, members) = places(2);
    on_threads(3, move |number, held| match number {
        0 => {
            let is_there = |member: &Member<Place, ()>| member.look(|place| place.tokens.load(Ordering::Relaxed) > 0);
            wait(held, &[gathering.lookers()], None, |_| gathering.any(is_there).then_some(()))
                .expect("there is no deadline");
        }
        1 => {
            for _ in 0..2 {
                let mut latest = None;
                while let Some(member) = gathering.next(&mut latest) {
                    let stays = member.look(|place| place.tokens.load(Ordering::Relaxed) > 0);
                    gathering.settle(&member, stays);
                }
            }
        }
        _ => {
            let place = &members[1].0;
            place.give();
            let _ = take(&place.tokens);
            place.give();
        }
    });
}

/// A thread visits, by edges, while another one looks at the same member, and so enters it as well: one token comes.
pub fn gathered_and_looked_at_meanwhile() {
    let (gathering, members) = places(1);
    on_threads(3, move |number, held| match number {
        0 => {
            while take_edges(&gathering) == 0 {
                wait(held, &[gathering.visitors()], None, |_| (!gathering.is_empty()).then_some(()))
                    .expect("there is no deadline");
            }
        }
        1 => {
            for _ in 0..2 {
                gathering.any(|member| member.look(|place| place.tokens.load(Ordering::Relaxed) > 0));
            }
        }
        _ => members[0].0.give(),
    });
}

/// A gathering as something that is watched.
struct Inner(Arc<Places>);

impl Watched for Inner {
    fn each_source<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(self.0.lookers());
    }
}

/// A thread waits at a gathering of a gathering, and takes what comes through both, by edges.
pub fn gathered_in_a_gathering() {
    let (inner, members) = places(1);
    let outer = Gathering::<Inner, ()>::new().expect("there is memory");
    let member = outer.join(Arc::new(Inner(Arc::clone(&inner))), ()).expect("there is memory");
    member.notify();
    on_threads(2, move |number, held| {
        if number > 0 {
            (0..2).for_each(|_| members[0].0.give());
            return;
        }
        let has_tokens = |member: &Member<Place, ()>| member.look(|place| place.tokens.load(Ordering::Relaxed) > 0);
        let mut taken = 0;
        while taken < 2 {
            let mut latest = None;
            while let Some(member) = outer.next(&mut latest) {
                let is_ready = member.look(|inner| inner.0.any(has_tokens));
                outer.settle(&member, false);
                if is_ready {
                    taken += take_edges(&inner);
                }
            }
            if taken < 2 {
                wait(held, &[outer.visitors()], None, |_| (!outer.is_empty()).then_some(()))
                    .expect("there is no deadline");
            }
        }
        // It has its members as long as somebody wakes them.
        let _ = Arc::strong_count(&member);
    });
}

/// A member is removed, and goes, while it is woken: who is gone is not touched, and is in no list.
pub fn gathered_and_removed() {
    let (gathering, mut members) = places(1);
    let (place, member) = members.remove(0);
    let member = shuttle::sync::Mutex::new(Some(member));
    let kept = Arc::clone(&gathering);
    on_threads(2, move |number, _| {
        if number > 0 {
            place.give();
            return place.give();
        }
        take_edges(&gathering);
        if let Some(member) = member.lock().unwrap().take() {
            gathering.remove(&member);
        }
        assert!(gathering.is_empty(), "what was removed is told of");
    });
    assert!(kept.is_empty(), "what was removed is told of");
}

/// A word of user memory.
const WORD: Key = Key::Private { space: 1, address: 0 };

/// Another one, of the bucket `WORD` is in, or of the other one.
fn other_word(same_bucket: bool) -> Key {
    (1..)
        .map(|number| Key::Private { space: 1, address: 4 * number })
        .find(|key| (key.bucket(2) == WORD.bucket(2)) == same_bucket)
        .expect("there is one")
}

/// What threads share that wait at words.
struct Shared {
    table: FutexTable,
    /// What is at `WORD`.
    value: AtomicU64,
    /// How many wake-ups have begun.
    wakes: AtomicU64,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self { table: FutexTable::new(), value: AtomicU64::new(0), wakes: AtomicU64::new(0) })
    }

    /// Waits at `WORD` while it is zero, until `deadline`; gives 1 if it was woken.
    fn wait(&self, held: &mut Root<'_, Task>, deadline: Option<Instant>) -> usize {
        let check = || (self.value.load(Ordering::Relaxed) == 0).then_some(()).ok_or(());
        let result = self.table.wait(held, WORD, u32::MAX, deadline, |_| check(), |_| false);
        let woken = result.is_ok();
        assert!(!woken || self.wakes.load(Ordering::SeqCst) > 0, "woken, and nobody has woken it");
        usize::from(woken)
    }

    /// Wakes all who wait at a word; says how many.
    fn wake(&self, held: &mut Root<'_, Task>, key: Key) -> usize {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        self.table.wake(held, key, 1, usize::MAX)
    }
}

/// Two threads wait at a word while it is zero; one changes it and wakes them, however many wait.
pub fn words() {
    let shared = Shared::new();
    let results = on_threads(3, move |number, held| {
        if number > 0 {
            return shared.wait(held, None);
        }
        shared.value.store(1, Ordering::Relaxed);
        shared.wake(held, WORD)
    });
    assert_eq!(results[0], results[1] + results[2], "woken, and told so");
}

/// Of those who wait at a word one is woken and one moved, or both are moved where they give up; then those that were moved are
/// woken, as far as they are still there.
fn move_waiters(same_bucket: bool, give_up: bool) {
    let shared = Shared::new();
    let after = Arc::clone(&shared);
    let other = other_word(same_bucket);
    let results = on_threads(3, move |number, held| {
        if number > 0 {
            return shared.wait(held, if give_up { after_some_looks() } else { None });
        }
        shared.value.store(1, Ordering::Relaxed);
        let counts = if give_up { [0, 2] } else { [1, 1] };
        shared.wakes.fetch_add(counts[0], Ordering::SeqCst);
        let counts = counts.map(|count| usize::try_from(count).expect("it is small"));
        let done = shared.table.requeue(held, [WORD, other], counts, |_| Ok::<_, ()>(()));
        let Requeued { woken, moved } = done.expect("there is memory");
        if give_up {
            let_others_on();
        }
        let later = shared.wake(held, other);
        assert!(later <= moved && (give_up || later == moved), "{later} of {moved} were woken");
        woken + later
    });
    assert_eq!(results[0], results[1] + results[2], "woken, and told so");
    with_root(|mut held| {
        let left = [WORD, other].map(|key| after.wake(&mut held, key));
        assert_eq!(left, [0, 0], "somebody stands there who has left");
    });
}

/// To another bucket.
pub fn moved() {
    move_waiters(false, false);
}

/// To another bucket, by threads that give up.
pub fn moved_and_given_up() {
    move_waiters(false, true);
}

/// To another word of the same bucket.
pub fn moved_within_a_bucket() {
    move_waiters(true, false);
}

/// A thread that waits at a word is interrupted, and moved and woken meanwhile: a wake-up that was given counts.
pub fn interrupted() {
    struct Named {
        table: FutexTable,
        pending: AtomicU64,
        named: shuttle::sync::Mutex<Option<Arc<Thread>>>,
    }
    let shared = Arc::new(Named {
        table: FutexTable::new(),
        pending: AtomicU64::new(0),
        named: shuttle::sync::Mutex::new(None),
    });
    let other = other_word(false);
    let results = on_threads(3, move |number, held| {
        let Named { table, pending, named } = &*shared;
        match number {
            0 => {
                *named.lock().unwrap() = Some(current());
                let result = table.wait(
                    held,
                    WORD,
                    1,
                    None,
                    |_| Ok::<_, ()>(()),
                    |_| pending.load(Ordering::SeqCst) != 0,
                );
                assert!(matches!(result, Ok(()) | Err(WaitError::Interrupted)));
                usize::from(result.is_ok())
            }
            1 => {
                pending.fetch_add(1, Ordering::SeqCst);
                let thread = named.lock().unwrap().clone();
                if let Some(thread) = thread {
                    thread.wake();
                }
                0
            }
            _ => {
                let moved = table.requeue(held, [WORD, other], [0, 1], |_| Ok::<_, ()>(()));
                assert_eq!(moved.expect("there is memory").woken, 0);
                table.wake(held, other, 1, 1)
            }
        }
    });
    assert_eq!(results[0], results[2], "woken, and told so");
}
