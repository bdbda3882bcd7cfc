//! Waits that nest on one CPU: a thread, a soft interrupt, an interrupt, an exception.

use planned_tests::numbered::be_on;
use planned_tests::on_threads;

use super::{Guarded, nothing_is_lost};

#[test]
fn four_waits_nest_on_one_cpu() {
    nothing_is_lost(4, 200, |_| 0);
}

#[test]
fn a_fifth_wait_on_one_cpu_falls_back_and_gets_in() {
    nothing_is_lost(7, 100, |_| 3);
}

#[test]
fn the_holder_does_not_get_it_again() {
    let guarded = Guarded::new();
    guarded.with(|_| (0..100).for_each(|_| assert_eq!(guarded.try_with(|_| ()), None)));
}

#[test]
fn different_locks_nest_on_one_cpu() {
    let locks = [const { Guarded::new() }; 4];
    on_threads(4, |_| {
        be_on(0);
        for _ in 0..50 {
            locks[0].with(|a| {
                locks[1].with(|b| {
                    locks[2].with(|c| {
                        locks[3].with(|d| {
                            *a += 1;
                            *b += 1;
                            *c += 1;
                            *d += 1;
                        });
                    });
                });
            });
        }
    });
    assert!(locks.iter().all(|lock| lock.with(|number| *number) == 200));
}

#[test]
fn places_in_line_come_back() {
    for _ in 0..20 {
        nothing_is_lost(5, 5, |_| 1);
    }
}
