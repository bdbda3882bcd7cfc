//! Signals that queue, values that come with them, and waiting for signals without handlers.

use std::sync::atomic::Ordering;

use libc::{SIGUSR1, SIGUSR2};

use crate::calls::{Child, eventually, pause, shared_words};
use crate::told::{self, Told, bit, block, noted, own, pending, queue, unblock};

crate::tests! {
    a_value_comes_with_a_queued_signal,
    real_time_signals_queue,
    the_lowest_real_time_signal_is_delivered_first,
    usual_signals_come_before_real_time_ones,
    nobody_pretends_to_be_the_kernel_to_others,
    a_thread_gets_a_value,
    the_queue_has_a_limit,
    a_wait_for_signals_takes_one,
    a_wait_for_signals_takes_the_lowest,
    a_wait_for_signals_times_out,
    a_wait_for_signals_ends_when_one_comes,
    a_wait_for_signals_is_interrupted_by_another_one,
    a_wait_for_a_child_by_its_signal_tells_its_status,
    a_signal_for_a_thread_comes_before_one_for_the_process,
    queued_signals_survive_a_mask_and_not_a_fork,
    an_unblocked_wait_does_not_lose_a_signal,
}

/// The first real-time signal that no library uses.
const REAL_TIME: i32 = 40;

fn a_value_comes_with_a_queued_signal() {
    noted(SIGUSR1, 0);
    assert_eq!(queue(own(), SIGUSR1, 42), Ok(0));
    let had = told::at(0);
    assert_eq!((had.signal, had.code, had.id, had.value), (SIGUSR1, libc::SI_QUEUE, own(), 42));
}

fn real_time_signals_queue() {
    noted(REAL_TIME, 0);
    block(bit(REAL_TIME));
    for value in 0..5 {
        assert_eq!(queue(own(), REAL_TIME, value), Ok(0));
    }
    assert_eq!(pending(), bit(REAL_TIME));
    unblock(bit(REAL_TIME));
    assert_eq!(told::all().iter().map(|had| had.value).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(pending(), 0);
}

fn the_lowest_real_time_signal_is_delivered_first() {
    let all = bit(REAL_TIME) | bit(REAL_TIME + 1) | bit(REAL_TIME + 2);
    block(all);
    let mut set = 0_u64;
    for (signal, value) in [(REAL_TIME + 2, 1), (REAL_TIME, 2), (REAL_TIME + 1, 3), (REAL_TIME, 4)] {
        assert_eq!(queue(own(), signal, value), Ok(0));
        set |= bit(signal);
    }
    let mut values = Vec::new();
    for _ in 0..4 {
        let mut words = [0_i32; 32];
        call!(SYS_rt_sigtimedwait, &set, &mut words, 0, 8).unwrap();
        values.push(Told::of(&words).value);
    }
    assert_eq!(values, [2, 4, 3, 1]);
}

fn usual_signals_come_before_real_time_ones() {
    let set = bit(REAL_TIME) | bit(SIGUSR2);
    block(set);
    queue(own(), REAL_TIME, 1).unwrap();
    queue(own(), SIGUSR2, 2).unwrap();
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, 0, 8), Ok(i64::from(SIGUSR2)));
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, 0, 8), Ok(i64::from(REAL_TIME)));
}

fn nobody_pretends_to_be_the_kernel_to_others() {
    let child = Child::start(|| pause(10_000));
    let mut words = [0_i32; 32];
    for code in [libc::SI_USER, libc::SI_TKILL, 5] {
        words[2] = code;
        assert_eq!(call!(SYS_rt_sigqueueinfo, child.id, SIGUSR1, &words), Err(libc::EPERM));
    }
    words[2] = libc::SI_QUEUE;
    assert_eq!(call!(SYS_rt_sigqueueinfo, child.id, SIGUSR1, &words), Ok(0));
    assert_eq!(child.signal(), SIGUSR1);
    assert_eq!(call!(SYS_rt_sigqueueinfo, child.id, SIGUSR1, &words), Err(libc::ESRCH));
    assert_eq!(call!(SYS_rt_sigqueueinfo, own(), 65, &words), Err(libc::EINVAL));
}

fn a_thread_gets_a_value() {
    noted(REAL_TIME, 0);
    let thread = call!(SYS_gettid).unwrap();
    let mut words = [0_i32; 32];
    words[2] = libc::SI_QUEUE;
    words[4] = own();
    words[6] = 99;
    assert_eq!(call!(SYS_rt_tgsigqueueinfo, own(), thread, REAL_TIME, &words), Ok(0));
    assert_eq!((told::at(0).signal, told::at(0).value), (REAL_TIME, 99));
}

fn the_queue_has_a_limit() {
    // Numbers of the same user's elsewhere count as well: none are left, whatever they are.
    let none = [0_u64, 1000];
    assert_eq!(call!(SYS_setrlimit, libc::RLIMIT_SIGPENDING, &none), Ok(0));
    block(bit(REAL_TIME) | bit(SIGUSR1));
    assert_eq!(queue(own(), REAL_TIME, 1), Err(libc::EAGAIN));
    assert_eq!(call!(SYS_kill, own(), SIGUSR1), Ok(0), "a usual one comes without its description");
    assert_eq!(pending() & bit(SIGUSR1), bit(SIGUSR1));
}

fn a_wait_for_signals_takes_one() {
    noted(REAL_TIME, 0);
    block(bit(REAL_TIME));
    queue(own(), REAL_TIME, 7).unwrap();
    let mut words = [0_i32; 32];
    let set = bit(REAL_TIME);
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, &mut words, 0, 8), Ok(i64::from(REAL_TIME)));
    let had = Told::of(&words);
    assert_eq!((had.signal, had.code, had.value), (REAL_TIME, libc::SI_QUEUE, 7));
    unblock(set);
    assert_eq!(told::count(), 0);
}

fn a_wait_for_signals_takes_the_lowest() {
    let set = bit(SIGUSR1) | bit(SIGUSR2);
    block(set);
    let _ = call!(SYS_kill, own(), SIGUSR2);
    let _ = call!(SYS_kill, own(), SIGUSR1);
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, 0, 8), Ok(i64::from(SIGUSR1)));
    assert_eq!(pending(), bit(SIGUSR2));
}

fn a_wait_for_signals_times_out() {
    let set = bit(SIGUSR1);
    block(set);
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, &[0_i64, 20_000_000], 8), Err(libc::EAGAIN));
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, &[0_i64, 0], 8), Err(libc::EAGAIN));
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, &[0_i64, 1_000_000_000], 8), Err(libc::EINVAL));
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, &[0_i64, 0], 4), Err(libc::EINVAL));
}

fn a_wait_for_signals_ends_when_one_comes() {
    let set = bit(SIGUSR1);
    block(set);
    let parent = own();
    let child = Child::start(|| {
        pause(50);
        let _ = call!(SYS_kill, parent, SIGUSR1);
    });
    let mut words = [0_i32; 32];
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, &mut words, 0, 8), Ok(i64::from(SIGUSR1)));
    assert_eq!(Told::of(&words).id, child.id);
    child.wait();
}

fn a_wait_for_signals_is_interrupted_by_another_one() {
    noted(SIGUSR2, libc::SA_RESTART);
    let set = bit(SIGUSR1);
    block(set);
    let parent = own();
    let child = Child::start(|| {
        pause(50);
        let _ = call!(SYS_kill, parent, SIGUSR2);
    });
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, 0, 8), Err(libc::EINTR));
    child.wait();
}

fn a_wait_for_a_child_by_its_signal_tells_its_status() {
    let set = bit(libc::SIGCHLD);
    block(set);
    let child = Child::start(|| crate::calls::exit(9));
    let mut words = [0_i32; 32];
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, &mut words, 0, 8), Ok(i64::from(libc::SIGCHLD)));
    let had = Told::of(&words);
    assert_eq!((had.code, had.id, had.value), (libc::CLD_EXITED, child.id, 9));
    child.wait();
}

fn a_signal_for_a_thread_comes_before_one_for_the_process() {
    let set = bit(SIGUSR1) | bit(SIGUSR2);
    block(set);
    let thread = call!(SYS_gettid).unwrap();
    let _ = call!(SYS_kill, own(), SIGUSR1);
    let _ = call!(SYS_tkill, thread, SIGUSR2);
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, 0, 8), Ok(i64::from(SIGUSR2)));
    assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, 0, 8), Ok(i64::from(SIGUSR1)));
}

fn queued_signals_survive_a_mask_and_not_a_fork() {
    noted(REAL_TIME, 0);
    block(bit(REAL_TIME));
    queue(own(), REAL_TIME, 1).unwrap();
    let child = Child::start(|| {
        unblock(bit(REAL_TIME));
        assert_eq!(told::count(), 0);
    });
    assert_eq!(child.status(), 0);
    unblock(bit(REAL_TIME));
    assert_eq!(told::count(), 1);
}

fn an_unblocked_wait_does_not_lose_a_signal() {
    const ROUNDS: u64 = 200;
    let words = shared_words();
    let child = Child::start(|| {
        noted(SIGUSR1, 0);
        block(bit(SIGUSR1));
        for round in 1..=ROUNDS {
            words[0].store(round, Ordering::SeqCst);
            let none = 0_u64;
            assert_eq!(call!(SYS_rt_sigsuspend, &none, 8), Err(libc::EINTR));
            assert_eq!(told::count() as u64, round);
        }
    });
    for round in 1..=ROUNDS {
        eventually(|| words[0].load(Ordering::SeqCst) == round);
        child.kill(SIGUSR1);
    }
    assert_eq!(child.status(), 0);
}
