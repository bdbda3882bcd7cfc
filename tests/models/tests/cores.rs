//! Every core holds what it promises in all orders of steps, and every broken one is noticed.

use std::sync::Arc;

use lockorder::context::Spinning;
use lockorder::{RawLock, RawReadWriteLock};
use loom::thread;
use models::atomic::{AtomicBool, AtomicUsize, Ordering};
use models::kernel::Thread;
use models::machine::{
    AllBarge, AllOnFirst, Description, FirstBarges, Machine, OneEach, begin_acquisition, number_thread,
};
use models::mutants::MUTANTS;
use models::{Awaited, Introduce, Registers, Watched, check, cores, notices};

/// How many preemptions an execution may have.
const PREEMPTIONS: usize = 3;
/// How many where there are more threads, or more steps.
const FEWER_PREEMPTIONS: usize = 2;
/// And where there are four threads: one more takes minutes each (it was tried: over a million executions, all well).
const FEWEST_PREEMPTIONS: usize = 1;

/// Runs `body` on as many threads as there are numbers, this one among them, and waits for all.
fn on_threads(count: usize, body: impl Fn(usize) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let threads: Vec<_> = (1..count)
        .map(|number| {
            let body = Arc::clone(&body);
            thread::spawn(move || {
                number_thread(number);
                body(number);
            })
        })
        .collect();
    number_thread(0);
    body(0);
    for thread in threads {
        thread.join().expect("no thread panics");
    }
}

/// Threads that each acquire once lose no update of what the core protects.
fn excludes<R: RawLock + Introduce + Send + Sync + 'static, D: Description, const THREADS: usize>() {
    let shared = Arc::new((R::INIT, Watched::new(0)));
    shared.0.introduce();
    let for_threads = Arc::clone(&shared);
    on_threads(THREADS, move |_| {
        let (core, count) = &*for_threads;
        begin_acquisition();
        // SAFETY: this thread holds nothing else, and releases what it has acquired.
        unsafe {
            core.acquire::<Machine<D>>();
            count.increase();
            core.release();
        }
    });
    assert_eq!(shared.1.read(), THREADS, "an update was lost");
    assert!(shared.0.try_acquire(), "everybody has left");
}

/// Two threads write the two halves of a number, one way or another, and one reads both: they are equal whenever anybody
/// is in, and no write is lost.
fn reads_and_writes<R: RawReadWriteLock + Introduce + Send + Sync + 'static, D: Description>() {
    let shared = Arc::new((R::INIT, [Watched::new(0), Watched::new(0)]));
    shared.0.introduce();
    let for_threads = Arc::clone(&shared);
    on_threads(3, move |number| {
        let (core, halves) = &*for_threads;
        let whole = || assert_eq!(halves[0].read(), halves[1].read(), "half a write was seen");
        let write = || halves.iter().for_each(Watched::increase);
        begin_acquisition();
        // SAFETY: this thread holds nothing else; each release, upgrade and downgrade is of what it has just become.
        unsafe {
            match number {
                0 => {
                    core.acquire_exclusive::<Machine<D>>();
                    write();
                    core.downgrade();
                    whole();
                    core.release_shared();
                }
                1 => {
                    core.acquire_upgradeable::<Machine<D>>();
                    let before = halves[0].read();
                    begin_acquisition();
                    core.upgrade::<Machine<D>>();
                    assert_eq!(halves[0].read(), before, "somebody wrote while upgrading");
                    write();
                    core.release_exclusive();
                }
                _ => {
                    core.acquire_shared::<Machine<D>>();
                    whole();
                    core.release_shared();
                }
            }
        }
    });
    assert_eq!((shared.1[0].read(), shared.1[1].read()), (2, 2), "a write was lost");
    assert!(shared.0.try_acquire_exclusive(), "everybody has left");
}

/// Two threads read, upgrade and write: nobody writes between one's reading and writing.
fn upgrades<R: RawReadWriteLock + Introduce + Send + Sync + 'static>() {
    let shared = Arc::new((R::INIT, Watched::new(0)));
    shared.0.introduce();
    let for_threads = Arc::clone(&shared);
    on_threads(2, move |_| {
        let (core, count) = &*for_threads;
        begin_acquisition();
        // SAFETY: this thread holds nothing else.
        unsafe { core.acquire_upgradeable::<Machine<OneEach>>() }
        let before = count.read();
        begin_acquisition();
        // SAFETY: this thread is the upgradeable reader, then the writer, then the upgradeable reader again.
        unsafe {
            core.upgrade::<Machine<OneEach>>();
            assert_eq!(count.read(), before, "somebody wrote while upgrading");
            count.increase();
            core.downgrade_to_upgradeable();
            assert_eq!(count.read(), before + 1);
            core.downgrade_upgradeable();
            assert_eq!(count.read(), before + 1);
            core.release_shared();
        }
    });
    assert_eq!(shared.1.read(), 2, "a write was lost");
}

/// While one thread writes, one wants to read and one wants to write: a reader that has registered by the time when the
/// writer leaves enters before anybody writes again.
fn readers_go_before_the_next_writer<R: RawReadWriteLock + Registers + Send + Sync + 'static>() {
    let shared = Arc::new((R::INIT, Watched::new(0), AtomicUsize::new(0)));
    shared.0.introduce();
    shared.2.introduce();
    let for_threads = Arc::clone(&shared);
    // SAFETY: this thread holds nothing else.
    unsafe { shared.0.acquire_exclusive::<Machine<OneEach>>() }
    on_threads(3, move |number| {
        let (core, count, has_read) = &*for_threads;
        begin_acquisition();
        // SAFETY: each thread holds nothing else, or has the core as writer from above; each releases what it has acquired.
        unsafe {
            match number {
                0 => {
                    count.increase();
                    let waited = core.readers_wait();
                    core.release_exclusive();
                    if core.try_acquire_exclusive() {
                        let passed = waited && has_read.load(Ordering::Relaxed) == 0;
                        assert!(!passed, "a writer has passed a reader that waited");
                        core.release_exclusive();
                    }
                }
                1 => {
                    core.acquire_shared::<Machine<OneEach>>();
                    assert!(count.read() >= 1, "what the writer wrote is seen");
                    has_read.store(1, Ordering::Relaxed);
                    core.release_shared();
                }
                _ => {
                    core.acquire_exclusive::<Machine<OneEach>>();
                    count.increase();
                    core.release_exclusive();
                }
            }
        }
    });
    assert_eq!(shared.1.read(), 2, "a write was lost");
    assert!(shared.0.try_acquire_exclusive(), "everybody has left");
}

/// What a sequence core and its broken copies have in common.
trait SequenceCore: Introduce + Default + Send + Sync + 'static {
    fn begin_read(&self) -> Option<usize>;
    fn is_current(&self, begun: usize) -> bool;
    fn write(&self, write: impl FnOnce());
}

/// What a once core and its broken copies have in common.
trait OnceCore: Introduce + Default + Send + Sync + 'static {
    fn is_set(&self) -> bool;
    fn begin(&self) -> bool;
    fn finish(&self);
}

/// Writes that the modules have the core.
macro_rules! sequence_cores {
    ($($module:ident)*) => {$(
        impl SequenceCore for cores::$module::Sequence {
            fn begin_read(&self) -> Option<usize> {
                self.begin_read()
            }
            fn is_current(&self, begun: usize) -> bool {
                self.is_current(begun)
            }
            fn write(&self, write: impl FnOnce()) {
                self.write(write);
            }
        }
    )*};
}

/// Writes that the modules have the core.
macro_rules! once_cores {
    ($($module:ident)*) => {$(
        impl OnceCore for cores::$module::OnceState {
            fn is_set(&self) -> bool {
                self.is_set()
            }
            fn begin(&self) -> bool {
                // SAFETY: this thread holds nothing else.
                unsafe { self.begin::<Machine<OneEach>>() }
            }
            fn finish(&self) {
                // SAFETY: the model calls it when `begin` gave `true`, once.
                unsafe { self.finish() }
            }
        }
    )*};
}

sequence_cores! {
    sequence
    sequence_begun_relaxed
    sequence_without_acquire_fence
    sequence_without_release_fence
    sequence_read_while_written
    sequence_ended_relaxed
}

once_cores! {
    once
    once_seen_relaxed
    once_finished_relaxed
    once_awaited_relaxed
    once_begun_twice
}

/// One thread writes twice, two read: what is current is of one piece, and the latest that the number tells of.
fn reads_of_one_piece<S: SequenceCore>() {
    let shared = Arc::new((S::default(), [AtomicUsize::new(0), AtomicUsize::new(0)]));
    shared.0.introduce();
    shared.1.iter().for_each(AtomicUsize::introduce);
    on_threads(3, move |number| {
        let (core, halves) = &*shared;
        if number == 0 {
            for value in 1..=2 {
                core.write(|| halves.iter().for_each(|half| half.store(value, Ordering::Relaxed)));
            }
        } else if let Some(begun) = core.begin_read() {
            let [first, second] = [0, 1].map(|half: usize| halves[half].load(Ordering::Relaxed));
            if core.is_current(begun) {
                assert_eq!((first, second), (begun / 2, begun / 2), "a current copy is of one piece");
            }
        }
    });
}

/// Three threads need it; one makes it, and all see it made.
fn makes_once<S: OnceCore>() {
    let shared = Arc::new((S::default(), Watched::new(0)));
    shared.0.introduce();
    on_threads(3, move |_| {
        let (core, made) = &*shared;
        begin_acquisition();
        if !core.is_set() && core.begin() {
            made.increase();
            core.finish();
        }
        assert_eq!(made.read(), 1, "made once, and seen");
    });
}

/// One thread waits for what another one does: it sees that, or is woken. Where it sees it, it leaves meanwhile: its entry is gone
/// then, whoever has taken it out.
fn loses_no_wake_up<S: Awaited + Send + Sync + 'static>() {
    let shared = Arc::new((S::NEW, AtomicBool::new(false), Thread::new()));
    let (source, change, thread) = &*shared;
    source.introduce();
    change.introduce();
    let for_waker = Arc::clone(&shared);
    let mut waker = Some(thread::spawn(move || {
        let (source, change, _) = &*for_waker;
        change.store(true, Ordering::Relaxed);
        source.wake();
    }));
    let mut join = || waker.take().map(|waker| waker.join().expect("no thread panics"));
    source.enter_and_look(thread, || {
        if !change.load(Ordering::Relaxed) {
            join();
            assert!(thread.is_woken(), "a wake-up was lost");
        }
    });
    join();
}

/// Prints how much was checked.
fn checked(what: &str, preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    println!("{what}: {} executions", check(preemptions, model));
}

#[test]
fn tickets_exclude() {
    use cores::ticket::Ticket;
    checked("ticket", PREEMPTIONS, excludes::<Ticket<Spinning>, OneEach, 3>);
    checked("ticket, one barges", PREEMPTIONS, excludes::<Ticket<Spinning>, FirstBarges, 3>);
    checked("ticket, all barge", PREEMPTIONS, excludes::<Ticket<Spinning>, AllBarge, 3>);
}

#[test]
fn sources_wake() {
    checked("source", PREEMPTIONS, loses_no_wake_up::<cores::source::Source>);
}

#[test]
fn queues_exclude() {
    use cores::queue::Queue;
    checked("queue", PREEMPTIONS, excludes::<Queue<Spinning>, OneEach, 3>);
    checked("queue, two in line", FEWEST_PREEMPTIONS, excludes::<Queue<Spinning>, OneEach, 4>);
    checked("queue, nodes of one CPU", FEWEST_PREEMPTIONS, excludes::<Queue<Spinning>, AllOnFirst, 4>);
    checked("queue, one barges", PREEMPTIONS, excludes::<Queue<Spinning>, FirstBarges, 3>);
    checked("queue, all barge", PREEMPTIONS, excludes::<Queue<Spinning>, AllBarge, 3>);
}

#[test]
fn readers_and_writers_exclude() {
    use cores::read_write::ReadWrite;
    checked("read-write", FEWER_PREEMPTIONS, reads_and_writes::<ReadWrite<Spinning>, OneEach>);
    checked(
        "read-write, one barges",
        FEWER_PREEMPTIONS,
        reads_and_writes::<ReadWrite<Spinning>, FirstBarges>,
    );
    checked("read-write, all barge", FEWER_PREEMPTIONS, reads_and_writes::<ReadWrite<Spinning>, AllBarge>);
    checked(
        "read-write, a reader waits",
        FEWER_PREEMPTIONS,
        readers_go_before_the_next_writer::<ReadWrite<Spinning>>,
    );
    checked("read-write, two upgrade", PREEMPTIONS, upgrades::<ReadWrite<Spinning>>);
}

#[test]
fn sequences_give_whole_copies() {
    checked("sequence", FEWER_PREEMPTIONS, reads_of_one_piece::<cores::sequence::Sequence>);
}

#[test]
fn once_is_once() {
    checked("once", PREEMPTIONS, makes_once::<cores::once::OnceState>);
}

/// One broken core and the model that must fail.
type Broken = (&'static str, usize, fn());

/// Every broken core.
const BROKEN: &[Broken] = &[
    (
        "ticket_released_relaxed",
        PREEMPTIONS,
        excludes::<cores::ticket_released_relaxed::Ticket<Spinning>, OneEach, 3>,
    ),
    (
        "ticket_awaited_relaxed",
        PREEMPTIONS,
        excludes::<cores::ticket_awaited_relaxed::Ticket<Spinning>, OneEach, 3>,
    ),
    (
        "ticket_tried_relaxed",
        PREEMPTIONS,
        excludes::<cores::ticket_tried_relaxed::Ticket<Spinning>, OneEach, 3>,
    ),
    (
        "ticket_successor_waits_relaxed",
        PREEMPTIONS,
        excludes::<cores::ticket_successor_waits_relaxed::Ticket<Spinning>, AllBarge, 3>,
    ),
    (
        "queue_successor_takes_without_asking",
        PREEMPTIONS,
        excludes::<cores::queue_successor_takes_without_asking::Queue<Spinning>, AllBarge, 3>,
    ),
    (
        "queue_two_successors",
        PREEMPTIONS,
        excludes::<cores::queue_two_successors::Queue<Spinning>, AllBarge, 3>,
    ),
    (
        "queue_released_relaxed",
        PREEMPTIONS,
        excludes::<cores::queue_released_relaxed::Queue<Spinning>, OneEach, 3>,
    ),
    ("queue_taken_relaxed", PREEMPTIONS, excludes::<cores::queue_taken_relaxed::Queue<Spinning>, OneEach, 3>),
    (
        "queue_pending_takes_without_asking",
        PREEMPTIONS,
        excludes::<cores::queue_pending_takes_without_asking::Queue<Spinning>, OneEach, 3>,
    ),
    (
        "queue_head_takes_without_asking",
        PREEMPTIONS,
        excludes::<cores::queue_head_takes_without_asking::Queue<Spinning>, OneEach, 3>,
    ),
    (
        "queue_barging_takes_without_asking",
        PREEMPTIONS,
        excludes::<cores::queue_barging_takes_without_asking::Queue<Spinning>, FirstBarges, 3>,
    ),
    (
        "queue_forgets_who_links_late",
        FEWER_PREEMPTIONS,
        excludes::<cores::queue_forgets_who_links_late::Queue<Spinning>, OneEach, 4>,
    ),
    (
        "queue_node_given_twice",
        FEWER_PREEMPTIONS,
        excludes::<cores::queue_node_given_twice::Queue<Spinning>, AllOnFirst, 4>,
    ),
    (
        "queue_tail_cut_off",
        FEWER_PREEMPTIONS,
        excludes::<cores::queue_tail_cut_off::Queue<Spinning>, OneEach, 4>,
    ),
    (
        "read_write_entered_relaxed",
        FEWER_PREEMPTIONS,
        reads_and_writes::<cores::read_write_entered_relaxed::ReadWrite<Spinning>, OneEach>,
    ),
    (
        "read_write_reader_leaves_relaxed",
        FEWER_PREEMPTIONS,
        reads_and_writes::<cores::read_write_reader_leaves_relaxed::ReadWrite<Spinning>, OneEach>,
    ),
    (
        "read_write_writer_leaves_relaxed",
        FEWER_PREEMPTIONS,
        reads_and_writes::<cores::read_write_writer_leaves_relaxed::ReadWrite<Spinning>, OneEach>,
    ),
    (
        "read_write_let_in_relaxed",
        FEWER_PREEMPTIONS,
        readers_go_before_the_next_writer::<cores::read_write_let_in_relaxed::ReadWrite<Spinning>>,
    ),
    (
        "read_write_writer_leaves_to_waiters_relaxed",
        FEWER_PREEMPTIONS,
        readers_go_before_the_next_writer::<
            cores::read_write_writer_leaves_to_waiters_relaxed::ReadWrite<Spinning>,
        >,
    ),
    (
        "read_write_writers_pass_readers",
        FEWER_PREEMPTIONS,
        readers_go_before_the_next_writer::<cores::read_write_writers_pass_readers::ReadWrite<Spinning>>,
    ),
    (
        "read_write_readers_let_in_uncounted",
        FEWER_PREEMPTIONS,
        readers_go_before_the_next_writer::<cores::read_write_readers_let_in_uncounted::ReadWrite<Spinning>>,
    ),
    (
        "read_write_readers_not_told",
        FEWER_PREEMPTIONS,
        readers_go_before_the_next_writer::<cores::read_write_readers_not_told::ReadWrite<Spinning>>,
    ),
    (
        "read_write_readers_beside_the_writer",
        FEWER_PREEMPTIONS,
        reads_and_writes::<cores::read_write_readers_beside_the_writer::ReadWrite<Spinning>, OneEach>,
    ),
    (
        "read_write_two_upgradeable",
        FEWER_PREEMPTIONS,
        upgrades::<cores::read_write_two_upgradeable::ReadWrite<Spinning>>,
    ),
    (
        "sequence_begun_relaxed",
        FEWER_PREEMPTIONS,
        reads_of_one_piece::<cores::sequence_begun_relaxed::Sequence>,
    ),
    (
        "sequence_without_acquire_fence",
        3,
        reads_of_one_piece::<cores::sequence_without_acquire_fence::Sequence>,
    ),
    (
        "sequence_without_release_fence",
        3,
        reads_of_one_piece::<cores::sequence_without_release_fence::Sequence>,
    ),
    (
        "sequence_read_while_written",
        FEWER_PREEMPTIONS,
        reads_of_one_piece::<cores::sequence_read_while_written::Sequence>,
    ),
    (
        "sequence_ended_relaxed",
        FEWER_PREEMPTIONS,
        reads_of_one_piece::<cores::sequence_ended_relaxed::Sequence>,
    ),
    ("once_seen_relaxed", PREEMPTIONS, makes_once::<cores::once_seen_relaxed::OnceState>),
    ("once_finished_relaxed", PREEMPTIONS, makes_once::<cores::once_finished_relaxed::OnceState>),
    ("once_awaited_relaxed", PREEMPTIONS, makes_once::<cores::once_awaited_relaxed::OnceState>),
    (
        "source_woken_without_a_fence",
        PREEMPTIONS,
        loses_no_wake_up::<cores::source_woken_without_a_fence::Source>,
    ),
    (
        "source_entered_without_a_fence",
        PREEMPTIONS,
        loses_no_wake_up::<cores::source_entered_without_a_fence::Source>,
    ),
    (
        "source_entry_taken_out_relaxed",
        PREEMPTIONS,
        loses_no_wake_up::<cores::source_entry_taken_out_relaxed::Source>,
    ),
    ("source_left_relaxed", PREEMPTIONS, loses_no_wake_up::<cores::source_left_relaxed::Source>),
    ("once_begun_twice", PREEMPTIONS, makes_once::<cores::once_begun_twice::OnceState>),
];

#[test]
fn every_broken_core_is_noticed() {
    for mutant in MUTANTS {
        assert!(BROKEN.iter().any(|(name, ..)| *name == mutant.name), "no model for `{}`", mutant.name);
    }
    let survivors: Vec<_> = BROKEN
        .iter()
        .filter(|(_, preemptions, model)| !notices(*preemptions, model))
        .map(|(name, ..)| name)
        .collect();
    assert!(survivors.is_empty(), "no model notices these: {survivors:#?}");
}
