//! Tests of the scheduler, in the kernel itself: the same image is tested that runs.
//!
//! Each test is a function that says what is wrong, if anything. Each passes by a marker to the host, so that
//! a test that never ran is noticed.

mod completions;
mod fairness;
mod futexes;
mod inheritance;
mod latency;
mod mapping;
mod memory;
mod serial;
mod settling;
mod sharing;
mod sources;
mod timing;
mod waiting;
mod yielding;

use alloc::format;
use alloc::string::String;

use lockorder::{Root, Task};

use super::FAILED;
use base::record;
use base::time::Instant;

/// What is wrong.
type Verdict = Result<(), String>;

/// One test.
struct Test {
    name: &'static str,
    run: fn(&mut Root<'_, Task>) -> Verdict,
}

/// All of them, in the order they run.
static ALL: [Test; 37] = [
    Test { name: "ping-pong", run: waiting::ping_pong },
    Test { name: "yield", run: yielding::sixty_four_threads_yield },
    Test { name: "create-and-join", run: memory::a_thousand_threads_leave_nothing },
    Test { name: "all-at-once", run: memory::a_thousand_threads_at_once },
    Test { name: "shoot-down", run: mapping::shoot_down_storm },
    Test { name: "mutex", run: waiting::mutex_hammer },
    Test { name: "timed", run: waiting::a_lock_is_waited_for_no_longer },
    Test { name: "starvation", run: waiting::nobody_starves_for_a_mutex },
    Test { name: "read-write", run: sharing::readers_share_and_writers_do_not },
    Test { name: "semaphore", run: sharing::permits_are_as_many_as_were_given },
    Test { name: "condition", run: waiting::condition_variable },
    Test { name: "turns", run: waiting::one_notification_ends_one_wait },
    Test { name: "late-wake-ups", run: waiting::a_wake_up_after_the_look_is_not_lost },
    Test { name: "wake-ups", run: waiting::no_wake_up_is_lost_or_doubled },
    Test { name: "herd", run: waiting::waking_all_comes_to_an_end },
    Test { name: "events", run: waiting::events_have_a_rank },
    Test { name: "completions", run: completions::interrupts_are_waited_for_with_locks_held },
    Test { name: "sources", run: sources::each_of_several_sources_wakes },
    Test { name: "interrupted", run: sources::the_clock_and_others_end_a_wait },
    Test { name: "storm", run: sources::no_token_is_lost_in_a_storm },
    Test { name: "words", run: futexes::a_word_makes_a_mutex },
    Test { name: "moved", run: futexes::waiters_are_moved_woken_and_give_up },
    Test { name: "tokens", run: serial::tokens_are_held_while_their_threads_run },
    Test { name: "in-line", run: serial::notified_waiters_stand_in_line },
    Test { name: "inheritance", run: inheritance::who_is_waited_for_runs },
    Test { name: "sleep", run: timing::sleep_is_long_enough },
    Test { name: "time-outs", run: timing::waits_end_at_their_deadline },
    Test { name: "beats", run: timing::every_cpu_has_a_beat },
    Test { name: "preemption", run: timing::a_spinning_thread_is_preempted },
    Test { name: "release", run: timing::a_release_lets_others_on },
    Test { name: "weights", run: timing::weights_share_a_cpu },
    Test { name: "alone", run: fairness::who_ran_alone_is_not_starved },
    Test { name: "idle-latency", run: latency::an_idle_cpu_is_woken_at_once },
    Test { name: "busy-latency", run: latency::a_woken_thread_preempts },
    Test { name: "passed-on", run: latency::a_wake_up_that_is_not_needed_is_passed_on },
    Test { name: "settle", run: settling::what_was_let_go_of_is_waited_for },
    Test { name: "affinity", run: yielding::threads_stay_where_they_must_and_spread_where_they_may },
];

/// Fails with a text if a condition does not hold.
fn check(holds: bool, what: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(what()) }
}

/// Runs all tests.
pub(super) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    let mut status = 0;
    for test in &ALL {
        let began = Instant::now().as_nanos();
        let verdict = (test.run)(&mut held);
        let milliseconds = (Instant::now().as_nanos() - began) / 1_000_000;
        match verdict {
            Ok(()) => {
                base::println!("threads: {}: ok ({milliseconds} ms)", test.name);
                record::marker(&format!("threads: {}", test.name));
            }
            Err(wrong) => {
                base::println!("threads: {}: WRONG: {wrong}", test.name);
                status = FAILED;
            }
        }
    }
    status
}
