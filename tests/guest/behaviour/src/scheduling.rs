//! Who runs when and where, and what waits at words of memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use libc::{EINVAL, EPERM, ESRCH, FUTEX_WAIT, FUTEX_WAKE};

use crate::calls::{Child, eventually, pause, shared_words};
use crate::running::needs_root;

crate::tests! {
    niceness_is_set_and_told,
    a_user_is_not_made_less_nice,
    niceness_of_what_is_not_there,
    a_nice_process_gets_less,
    the_usual_policy_is_told,
    policies_are_set_and_checked,
    parameters_are_told,
    attributes_are_told,
    priorities_have_ranges,
    a_slice_is_told,
    a_thread_runs_where_it_may,
    a_thread_may_run_somewhere,
    affinity_is_inherited,
    a_sleeper_may_have_to_wake_elsewhere,
    the_processor_is_told,
    yielding_lets_others_run,
    threads_run_at_once_and_end,
    a_word_that_has_changed_is_not_waited_at,
    who_waits_at_a_word_is_woken,
    a_wait_at_a_word_times_out,
    a_shared_word_wakes_another_process,
    a_robust_list_is_kept,
    a_dying_owner_marks_its_word,
    a_killed_owner_marks_its_word,
    a_lists_circle_ends,
    a_call_on_all_processors,
}

/// Niceness as the call tells it: 20 less it.
fn told(which: i32, id: i32) -> Result<i64, i32> {
    call!(SYS_getpriority, which, id)
}

fn niceness_is_set_and_told() {
    let child = Child::start(|| {
        assert_eq!(told(0, 0), Ok(20));
        assert_eq!(call!(SYS_setpriority, 0, 0, 5), Ok(0));
        assert_eq!(told(0, 0), Ok(15));
        assert_eq!(call!(SYS_setpriority, 0, 0, 100), Ok(0));
        assert_eq!(told(0, 0), Ok(1));
        assert_eq!(Child::start(|| assert_eq!(told(0, 0), Ok(1))).status(), 0);
        assert_eq!(told(1, 0), Ok(20), "the group has nicer ones and this one");
    });
    assert_eq!(child.status(), 0);
}

fn a_user_is_not_made_less_nice() {
    needs_root();
    assert_eq!(call!(SYS_setpriority, 0, 0, -5), Ok(0));
    assert_eq!(told(0, 0), Ok(25));
    assert_eq!(call!(SYS_setuid, 1000), Ok(0));
    assert_eq!(call!(SYS_setpriority, 0, 0, -6), Err(libc::EACCES));
    assert_eq!(call!(SYS_setpriority, 0, 0, 0), Ok(0));
    assert_eq!(call!(SYS_setpriority, 0, 0, -1), Err(libc::EACCES));
    assert_eq!(call!(SYS_setpriority, 0, 1, 5), Err(EPERM));
}

fn niceness_of_what_is_not_there() {
    assert_eq!(told(0, 9_999_999), Err(ESRCH));
    assert_eq!(told(3, 0), Err(EINVAL));
    assert_eq!(call!(SYS_setpriority, 3, 0, 0), Err(EINVAL));
    assert_eq!(call!(SYS_setpriority, 1, 9_999_999, 0), Err(ESRCH));
}

fn a_nice_process_gets_less() {
    let words = shared_words();
    let work = |place: usize, niceness: i32| {
        Child::start(|| {
            let own = 1_u64;
            let _ = call!(SYS_sched_setaffinity, 0, 8, &own);
            let _ = call!(SYS_setpriority, 0, 0, niceness);
            loop {
                words[place].fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let children = [work(0, 0), work(1, 19)];
    pause(600);
    for child in &children {
        child.kill(libc::SIGKILL);
    }
    for child in &children {
        child.wait();
    }
    let [usual, nice] = [0, 1].map(|place: usize| words[place].load(Ordering::SeqCst));
    assert!(usual > 3 * nice, "{usual} against {nice}");
}

fn the_usual_policy_is_told() {
    assert_eq!(call!(SYS_sched_getscheduler, 0), Ok(0));
    assert_eq!(call!(SYS_sched_getscheduler, 9_999_999), Err(ESRCH));
    assert_eq!(call!(SYS_sched_getscheduler, -1), Err(EINVAL));
}

fn policies_are_set_and_checked() {
    let (none, some) = (0_i32, 5_i32);
    assert_eq!(call!(SYS_sched_setscheduler, 0, 99, &none), Err(EINVAL));
    assert_eq!(call!(SYS_sched_setscheduler, 0, libc::SCHED_OTHER, &some), Err(EINVAL));
    assert_eq!(call!(SYS_sched_setscheduler, 0, libc::SCHED_FIFO, &none), Err(EINVAL));
    assert_eq!(call!(SYS_sched_setscheduler, 9_999_999, libc::SCHED_OTHER, &none), Err(ESRCH));
    assert_eq!(call!(SYS_sched_setscheduler, 0, libc::SCHED_BATCH, &none), Ok(0));
    assert_eq!(call!(SYS_sched_getscheduler, 0), Ok(i64::from(libc::SCHED_BATCH)));
    assert_eq!(call!(SYS_sched_setscheduler, 0, libc::SCHED_OTHER, &none), Ok(0));
}

fn parameters_are_told() {
    let mut parameter = 7_i32;
    assert_eq!(call!(SYS_sched_getparam, 0, &mut parameter), Ok(0));
    assert_eq!(parameter, 0);
    assert_eq!(call!(SYS_sched_setparam, 0, &0_i32), Ok(0));
    assert_eq!(call!(SYS_sched_setparam, 0, &3_i32), Err(EINVAL));
    assert_eq!(call!(SYS_sched_getparam, 9_999_999, &mut parameter), Err(ESRCH));
    assert_eq!(call!(SYS_sched_getparam, 0, 0), Err(EINVAL));
}

fn attributes_are_told() {
    let mut words = [0_u32; 14];
    assert_eq!(call!(SYS_sched_getattr, 0, &mut words, 56, 0), Ok(0));
    assert!(words[0] >= 48 && words[1] == 0, "{words:?}");
    assert_eq!(call!(SYS_sched_getattr, 0, &mut words, 8, 0), Err(EINVAL));
}

fn priorities_have_ranges() {
    for (policy, least, most) in
        [(0, 0, 0), (libc::SCHED_FIFO, 1, 99), (libc::SCHED_RR, 1, 99), (libc::SCHED_BATCH, 0, 0)]
    {
        assert_eq!(call!(SYS_sched_get_priority_min, policy), Ok(least));
        assert_eq!(call!(SYS_sched_get_priority_max, policy), Ok(most));
    }
    assert_eq!(call!(SYS_sched_get_priority_max, 99), Err(EINVAL));
}

fn a_slice_is_told() {
    let mut slice = [9_i64; 2];
    assert_eq!(call!(SYS_sched_rr_get_interval, 0, &mut slice), Ok(0));
    assert!(slice[0] == 0 && slice[1] < 1_000_000_000, "{slice:?}");
}

fn allowed() -> u64 {
    let mut set = [0_u64; 16];
    assert!(call!(SYS_sched_getaffinity, 0, 128, &mut set).unwrap() >= 8);
    set[0]
}

fn a_thread_runs_where_it_may() {
    let all = allowed();
    for processor in (0..64).filter(|processor| all >> processor & 1 == 1) {
        let set = 1_u64 << processor;
        assert_eq!(call!(SYS_sched_setaffinity, 0, 8, &set), Ok(0));
        assert_eq!(allowed(), set);
        for _ in 0..20 {
            let mut own = u32::MAX;
            assert_eq!(call!(SYS_getcpu, &mut own, 0, 0), Ok(0));
            assert_eq!(own, processor);
            let _ = call!(SYS_sched_yield);
        }
    }
    assert_eq!(call!(SYS_sched_setaffinity, 0, 8, &u64::MAX), Ok(0));
    assert_eq!(allowed(), all);
}

fn a_thread_may_run_somewhere() {
    assert_eq!(call!(SYS_sched_setaffinity, 0, 8, &0_u64), Err(EINVAL));
    assert_eq!(call!(SYS_sched_setaffinity, 9_999_999, 8, &1_u64), Err(ESRCH));
    assert_eq!(call!(SYS_sched_setaffinity, 0, 8, 8), Err(libc::EFAULT));
    assert_eq!(call!(SYS_sched_getaffinity, 0, 7, &mut 0_u64), Err(EINVAL));
    assert_eq!(call!(SYS_sched_getaffinity, 9_999_999, 128, &mut [0_u64; 16]), Err(ESRCH));
}

/// Who waits on one processor until some time, and is woken before that on another one, is forgotten by the first.
fn a_sleeper_may_have_to_wake_elsewhere() {
    let words = shared_words();
    let last = std::thread::available_parallelism().map_or(1, usize::from).min(64) - 1;
    for _ in 0..20 {
        for word in &words[..4] {
            word.store(0, Ordering::SeqCst);
        }
        let children: Vec<Child> = (0..4)
            .map(|place| {
                Child::start(|| {
                    assert_eq!(call!(SYS_sched_setaffinity, 0, 8, &1_u64), Ok(0));
                    words[place].store(1, Ordering::SeqCst);
                    let _ =
                        call!(SYS_futex, words[place].as_ptr(), FUTEX_WAIT, 1, &[1_i64, 500_000_000], 0, 0);
                    // Where it is now others sleep as well.
                    pause(5);
                })
            })
            .collect();
        eventually(|| words[..4].iter().all(|word| word.load(Ordering::SeqCst) == 1));
        pause(5);
        for (word, child) in words.iter().zip(&children) {
            assert_eq!(call!(SYS_sched_setaffinity, child.id, 8, &(1_u64 << last)), Ok(0));
            let _ = call!(SYS_futex, word.as_ptr(), FUTEX_WAKE, 1, 0, 0, 0);
        }
        for child in children {
            assert_eq!(child.status(), 0);
        }
    }
}

fn affinity_is_inherited() {
    assert_eq!(call!(SYS_sched_setaffinity, 0, 8, &1_u64), Ok(0));
    assert_eq!(Child::start(|| assert_eq!(allowed(), 1)).status(), 0);
    assert_eq!(std::thread::spawn(allowed).join().unwrap(), 1);
}

fn the_processor_is_told() {
    let (mut processor, mut node) = (u32::MAX, u32::MAX);
    assert_eq!(call!(SYS_getcpu, &mut processor, &mut node, 0), Ok(0));
    assert!(processor < 64 && node == 0);
    assert_eq!(call!(SYS_getcpu, 0, 0, 0), Ok(0));
}

fn yielding_lets_others_run() {
    let words = shared_words();
    let turn = |own: u64| {
        Child::start(move || {
            let _ = call!(SYS_sched_setaffinity, 0, 8, &1_u64);
            for _ in 0..100 {
                while words[0].load(Ordering::SeqCst) != own {
                    let _ = call!(SYS_sched_yield);
                }
                words[0].store(1 - own, Ordering::SeqCst);
            }
        })
    };
    let children = [turn(0), turn(1)];
    assert_eq!(children.map(|child| child.status()), [0, 0]);
}

fn threads_run_at_once_and_end() {
    let sum = Arc::new(AtomicU32::new(0));
    let threads: Vec<_> = (0..16)
        .map(|_| {
            let sum = Arc::clone(&sum);
            std::thread::spawn(move || {
                for _ in 0..100 {
                    sum.fetch_add(1, Ordering::SeqCst);
                    std::thread::yield_now();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(sum.load(Ordering::SeqCst), 1600);
}

fn a_word_that_has_changed_is_not_waited_at() {
    let word = AtomicU32::new(5);
    assert_eq!(call!(SYS_futex, word.as_ptr(), FUTEX_WAIT, 6, 0), Err(libc::EAGAIN));
    assert_eq!(call!(SYS_futex, 8, FUTEX_WAIT, 6, 0), Err(libc::EFAULT));
    assert_eq!(call!(SYS_futex, word.as_ptr() as u64 + 1, FUTEX_WAIT, 6, 0), Err(EINVAL));
    assert_eq!(call!(SYS_futex, word.as_ptr(), FUTEX_WAKE, 1), Ok(0));
    assert_eq!(call!(SYS_futex, word.as_ptr(), 99, 1), Err(libc::ENOSYS));
}

fn who_waits_at_a_word_is_woken() {
    let word = Arc::new(AtomicU32::new(0));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let word = Arc::clone(&word);
            std::thread::spawn(move || {
                while word.load(Ordering::SeqCst) == 0 {
                    let _ = call!(SYS_futex, word.as_ptr(), FUTEX_WAIT, 0, 0);
                }
            })
        })
        .collect();
    pause(50);
    word.store(1, Ordering::SeqCst);
    assert_eq!(call!(SYS_futex, word.as_ptr(), FUTEX_WAKE, 1), Ok(1));
    assert_eq!(call!(SYS_futex, word.as_ptr(), FUTEX_WAKE, 10), Ok(2));
    for thread in threads {
        thread.join().unwrap();
    }
}

fn a_wait_at_a_word_times_out() {
    let word = AtomicU32::new(0);
    let started = Instant::now();
    assert_eq!(call!(SYS_futex, word.as_ptr(), FUTEX_WAIT, 0, &[0_i64, 30_000_000]), Err(libc::ETIMEDOUT));
    assert!(started.elapsed() >= Duration::from_millis(30));
    assert_eq!(call!(SYS_futex, word.as_ptr(), FUTEX_WAIT, 0, &[0_i64, 1_000_000_000]), Err(EINVAL));
}

fn a_shared_word_wakes_another_process() {
    let words = shared_words();
    let place = words[0].as_ptr();
    let child = Child::start(|| {
        while words[0].load(Ordering::SeqCst) == 0 {
            let waited = call!(SYS_futex, place, FUTEX_WAIT, 0, &[8_i64, 0]);
            assert_ne!(waited, Err(libc::ETIMEDOUT), "nobody has woken it");
        }
    });
    pause(50);
    words[0].store(1, Ordering::SeqCst);
    assert_eq!(call!(SYS_futex, place, FUTEX_WAKE, 1), Ok(1));
    assert_eq!(child.status(), 0);
}

fn a_robust_list_is_kept() {
    let head = [0_u64; 3];
    assert_eq!(call!(SYS_set_robust_list, &head, 23), Err(EINVAL));
    assert_eq!(call!(SYS_set_robust_list, &head, 24), Ok(0));
    let (mut place, mut size) = (0_u64, 0_u64);
    assert_eq!(call!(SYS_get_robust_list, 0, &mut place, &mut size), Ok(0));
    assert_eq!((place, size), (&raw const head as u64, 24));
    assert_eq!(call!(SYS_get_robust_list, 9_999_999, &mut place, &mut size), Err(ESRCH));
}

/// Marks of a word with an owner that a robust list has.
const OWNER_DIED: u32 = 0x4000_0000;
const WAITERS: u32 = 0x8000_0000;

/// A child that owns a word by a robust list, and ends by `end`; gives the word after that, and whether who waited was woken.
fn owner_dies(end: fn()) -> (u32, bool) {
    let words = shared_words();
    // The list's head at 8: next entry, offset of the word from it, pending. The entry at 16, its word at 17.
    let place = |word: usize| words[word].as_ptr() as u64;
    words[8].store(place(16), Ordering::SeqCst);
    words[9].store(8, Ordering::SeqCst);
    words[10].store(0, Ordering::SeqCst);
    words[16].store(place(8), Ordering::SeqCst);
    let owner = Child::start(|| {
        let own = call!(SYS_gettid).unwrap() as u64;
        words[17].store(own | u64::from(WAITERS), Ordering::SeqCst);
        assert_eq!(call!(SYS_set_robust_list, place(8), 24), Ok(0));
        words[0].store(1, Ordering::SeqCst);
        pause(80);
        end();
        pause(10_000);
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    let waiter = Child::start(|| {
        let value = words[17].load(Ordering::SeqCst) as u32;
        let waited = call!(SYS_futex, place(17), FUTEX_WAIT, value, &[5_i64, 0]);
        assert!(waited == Ok(0) || waited == Err(libc::EAGAIN), "{waited:?}");
    });
    pause(40);
    if end as usize == nothing as *const () as usize {
        owner.kill(libc::SIGKILL);
    }
    owner.wait();
    (words[17].load(Ordering::SeqCst) as u32, waiter.status() == 0)
}

fn nothing() {}

fn a_dying_owner_marks_its_word() {
    assert_eq!(owner_dies(|| crate::calls::exit(0)), (OWNER_DIED | WAITERS, true));
}

fn a_killed_owner_marks_its_word() {
    assert_eq!(owner_dies(nothing), (OWNER_DIED | WAITERS, true));
}

fn a_lists_circle_ends() {
    let words = shared_words();
    let place = |word: usize| words[word].as_ptr() as u64;
    // Two entries that follow each other for ever.
    words[8].store(place(16), Ordering::SeqCst);
    words[9].store(8, Ordering::SeqCst);
    words[16].store(place(20), Ordering::SeqCst);
    words[20].store(place(16), Ordering::SeqCst);
    let child = Child::start(|| assert_eq!(call!(SYS_set_robust_list, place(8), 24), Ok(0)));
    assert_eq!(child.status(), 0);
    // And one whose list is nowhere.
    let child = Child::start(|| assert_eq!(call!(SYS_set_robust_list, 8, 24), Ok(0)));
    assert_eq!(child.status(), 0);
}

fn a_call_on_all_processors() {
    // MEMBARRIER_CMD_QUERY
    let commands = call!(SYS_membarrier, 0, 0, 0).unwrap();
    assert!(commands & 1 == 1, "{commands:#x}");
    // MEMBARRIER_CMD_GLOBAL
    assert_eq!(call!(SYS_membarrier, 1, 0, 0), Ok(0));
    assert_eq!(call!(SYS_membarrier, 1 << 30, 0, 0), Err(EINVAL));
}
