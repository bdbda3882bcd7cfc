//! Threads of a host: started with a root, joined in order, lent what lives longer than they do; and work that is deferred.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use lockorder::host::{
    JoinError, JoinOrder, Mutex, MutexGuard, ReadGuard, RwLock, WriteGuard, defer, drain_deferred, scope,
    spawn, try_spawn,
};
use lockorder::{Root, Task, hierarchy, with_root};

hierarchy! {
    /// Classes for these tests.
    hierarchy HOSTED;
    /// Files.
    level Filesystem = 40 {
        /// A directory.
        class Directory = 1;
        /// A file.
        class Inode = 3;
    }
}

/// No message may take longer to come.
const DEADLINE: Duration = Duration::from_mins(1);

#[test]
fn a_thread_starts_with_a_root_and_gives_its_result() {
    let file = Arc::new(Mutex::<Inode, u64>::new(1));
    let other = Arc::clone(&file);
    let thread = spawn(move |mut held| {
        *held.lock(&other) += 1;
        format!("{held:?}")
    });
    with_root(|mut held| {
        assert_eq!(thread.join(&mut held).expect("it does not panic"), "Held(up to nothing, Task)");
        assert_eq!(*held.lock(&file), 2);
    });
}

#[test]
fn a_panic_comes_back_with_what_it_said() {
    let thread = spawn(|_| -> u32 { panic!("the disk is on fire") });
    with_root(|mut held| match thread.join(&mut held) {
        Err(JoinError::Panicked(panic)) => {
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"the disk is on fire"));
        }
        other => panic!("{other:?}"),
    });
}

#[test]
fn a_thread_has_the_name_it_was_given() {
    let name = || thread::current().name().map(str::to_owned);
    let named = try_spawn("writer", move |_| name()).expect("a thread");
    let unnamed = try_spawn("", move |_| name()).expect("a thread");
    with_root(|mut held| {
        assert_eq!(named.join(&mut held).expect("it does not panic").as_deref(), Some("writer"));
        assert_eq!(unnamed.join(&mut held).expect("it does not panic"), None);
    });
}

#[test]
fn an_older_thread_is_not_joined_and_its_handle_comes_back() {
    let (sender, handles) = mpsc::channel();
    let (leave, left) = mpsc::channel::<()>();
    let older = try_spawn("older", move |_| {
        left.recv_timeout(DEADLINE).expect("the test says go");
        5
    })
    .expect("a thread");
    let younger = try_spawn("younger", move |mut held| {
        let older: lockorder::host::JoinHandle<i32> = handles.recv_timeout(DEADLINE).expect("a handle");
        match older.join(&mut held) {
            Err(JoinError::Order(refusal, older)) => (refusal, older),
            other => panic!("{other:?}"),
        }
    })
    .expect("a thread");
    sender.send(older).expect("the younger one listens");
    with_root(|mut held| {
        let (refusal, older) = younger.join(&mut held).expect("a younger thread is joined");
        assert!(refusal.joining.contains("`younger`") && refusal.joined.contains("`older`"), "{refusal}");
        assert!(refusal.to_string().contains("joins only threads that were created after it"));
        leave.send(()).expect("the older one listens");
        assert_eq!(older.join(&mut held).expect("its parent joins it"), 5);
    });
}

#[test]
fn whoever_was_created_before_is_joined_by_its_creators_only() {
    // A grandchild, joined by the grandparent, which is older still.
    let child = spawn(|_| spawn(|_| 7));
    with_root(|mut held| {
        let grandchild = child.join(&mut held).expect("it does not panic");
        assert_eq!(grandchild.join(&mut held).expect("it does not panic"), 7);
    });
}

#[test]
fn threads_of_a_scope_borrow_and_have_ended_after_it() {
    let (file, ended) = (Mutex::<Inode, u64>::new(0), AtomicU32::new(0));
    with_root(|mut held| {
        let sum = scope(&mut held, |threads, held| {
            let joined = threads.spawn(|mut held: Root<'_, Task>| {
                *held.lock(&file) += 1;
                10
            });
            for _ in 0..3 {
                threads.spawn(|mut held| {
                    thread::sleep(Duration::from_millis(10));
                    *held.lock(&file) += 1;
                    ended.fetch_add(1, Ordering::AcqRel);
                });
            }
            // The thread that starts them goes on with its own token.
            *held.lock(&file) += 1;
            joined.join(held).expect("it does not panic")
        });
        assert_eq!((sum, ended.load(Ordering::Acquire)), (10, 3));
    });
    assert_eq!(file.into_inner(), 5);
}

#[test]
fn a_scope_ends_its_threads_also_where_it_panics() {
    let ended = AtomicU32::new(0);
    let slow = |_: Root<'_, Task>| {
        thread::sleep(Duration::from_millis(20));
        ended.fetch_add(1, Ordering::AcqRel);
    };
    let body = catch_unwind(AssertUnwindSafe(|| {
        with_root(|mut held| {
            scope(&mut held, |threads, _| {
                threads.spawn(slow);
                panic!("in the body");
            });
        });
    }));
    assert!(body.is_err() && ended.load(Ordering::Acquire) == 1);
    let thread = catch_unwind(AssertUnwindSafe(|| {
        with_root(|mut held| {
            scope(&mut held, |threads, _| {
                threads.spawn(|_| panic!("in a thread"));
                threads.spawn(slow);
            });
        });
    }));
    assert!(thread.is_err() && ended.load(Ordering::Acquire) == 2);
}

/// Deferred work is one queue for all threads, so what is said of it is one test.
#[test]
fn deferred_work_runs_with_a_root_in_the_order_in_which_it_came() {
    static DONE: Mutex<Inode, Vec<u32>> = Mutex::new(Vec::new());
    /// Wants a lock when it is dropped, with anything held.
    struct Wants(u32);
    impl Drop for Wants {
        fn drop(&mut self) {
            let number = self.0;
            defer(move |mut held| held.lock(&DONE).push(number));
        }
    }
    with_root(|mut held| {
        drain_deferred(&mut held).expect("nothing is deferred, and nobody is waited for");
        // The lock that the work wants is held meanwhile.
        held.with(&DONE, |_, _| drop([Wants(1), Wants(2)]));
        defer(|_| panic!("it ends this piece of work only"));
        drop(Wants(3));
        drain_deferred(&mut held).expect("this thread is older than the reaper");
        assert_eq!(*held.lock(&DONE), [1, 2, 3]);
        // What is deferred may defer; that is drained too, in its turn.
        defer(|_| defer(|mut held| held.lock(&DONE).push(4)));
        drain_deferred(&mut held).expect("as above");
        drain_deferred(&mut held).expect("as above");
        assert_eq!(*held.lock(&DONE), [1, 2, 3, 4]);
    });
    // A thread that is younger than the reaper may be what the reaper waits for.
    let refused = spawn(|mut held| drain_deferred(&mut held));
    with_root(|mut held| {
        let refused = refused.join(&mut held).expect("it does not panic");
        assert!(matches!(refused, Err(JoinOrder { joined, .. }) if joined.contains("`reaper`")));
    });
}

/// Guards by the names that hosts have for them.
struct Guards;

impl Guards {
    /// Keeps what was acquired in order.
    fn of(file: MutexGuard<'_, Inode, u32, Directory>, by: u32) -> MutexGuard<'_, Inode, u32, Directory> {
        let mut file = file;
        *file += by;
        file
    }

    /// The same for readers and writers.
    fn sum(read: &ReadGuard<'_, Directory, u32>) -> u32 {
        **read
    }

    /// Writes.
    fn set(write: &mut WriteGuard<'_, Directory, u32>, to: u32) {
        **write = to;
    }
}

#[test]
fn guards_are_named_by_their_locks() {
    let (directory, file) = (RwLock::<Directory, u32>::new(1), Mutex::<Inode, u32>::new(2));
    with_root(|mut held| {
        Guards::set(&mut held.write(&directory), 5);
        let mut read = held.read(&directory);
        assert_eq!(Guards::sum(&read), 5);
        let mut inner = read.held();
        let file = Guards::of(inner.lock(&file), 3);
        assert_eq!(*file, 5);
    });
}

#[test]
fn a_guard_is_narrowed_to_a_part() {
    let pair = Mutex::<Directory, (u32, [u32; 3])>::new((1, [2, 3, 4]));
    let file = Mutex::<Inode, u32>::new(0);
    with_root(|mut held| {
        let mut part = held.lock(&pair).map(|pair| &mut pair.1).map(|array| &mut array[1]);
        *part += 10;
        let (number, mut inner) = part.split();
        *inner.lock(&file) += *number;
        *part.held().lock(&file) += 1;
        assert_eq!((format!("{part}"), format!("{part:?}")), ("13".to_owned(), "13".to_owned()));
        assert!(pair.is_held());
        drop(part);
        assert!(!pair.is_held());
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            drop(held.lock(&pair).map(|_| -> &mut u32 { panic!("no such part") }));
        }));
        assert!(panicked.is_err() && !pair.is_held(), "the guard is released where the closure panics");
    });
    assert_eq!((pair.into_inner().1, file.into_inner()), ([2, 13, 4], 14));
}

#[test]
fn a_guard_may_own_its_lock() {
    let lock = Arc::new(Mutex::<Directory, u32>::new(1));
    let file = Mutex::<Inode, u32>::new(0);
    with_root(|mut held| {
        let mut guard = {
            // The only name for the lock goes away here; the guard keeps it alive.
            let last = Arc::clone(&lock);
            held.lock_arc(&last)
        };
        *guard += 1;
        let (number, mut inner) = guard.split();
        *inner.lock(&file) += *number;
        *guard.held().lock(&file) += 1;
        assert_eq!(Arc::strong_count(&lock), 2);
        assert!(lock.is_held());
        drop(guard);
        assert!(!lock.is_held());
    });
    assert_eq!(
        (Arc::into_inner(lock).expect("the guard gave it back").into_inner(), file.into_inner()),
        (2, 3)
    );
}

#[test]
fn a_thread_that_was_not_created_here_joins_any() {
    // Its number is drawn after that of the thread that it joins, and after the reaper's.
    let late = || {
        let early = thread::spawn(|| {
            defer(|_| ());
            spawn(|_| 7)
        });
        let joined = early.join().expect("it ends");
        with_root(|mut held| {
            assert_eq!(drain_deferred(&mut held), Ok(()));
            joined.join(&mut held).expect("it counts as younger")
        })
    };
    assert_eq!(thread::spawn(late).join().expect("nothing is refused"), 7);
}
