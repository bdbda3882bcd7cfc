//! CPUs far from each other.

use std::sync::atomic::{AtomicU64, Ordering};

use lockorder::MAXIMUM_CPUS;
use planned_tests::numbered::be_on;
use planned_tests::on_threads;

use super::{Guarded, nothing_is_lost};

#[test]
fn the_first_cpu_stands_in_line_like_others() {
    // Three threads: one holds, one is right behind, and one is in line, each of them on CPU 0 some of the time.
    nothing_is_lost(3, 500, |_| 0);
}

#[test]
fn every_cpu_can_stand_in_line() {
    for first in (0..MAXIMUM_CPUS).step_by(4) {
        nothing_is_lost(4, 20, |thread| first + thread);
    }
}

#[test]
fn cpus_of_two_nodes_hand_it_to_each_other() {
    nothing_is_lost(4, 300, |thread| (thread % 2) * (MAXIMUM_CPUS / 2) + thread / 2);
}

#[test]
fn the_far_node_does_not_starve() {
    const ROUNDS: u64 = 2000;
    let (guarded, far) = (Guarded::new(), AtomicU64::new(0));
    on_threads(3, |thread| {
        be_on(if thread == 2 { MAXIMUM_CPUS - 1 } else { thread });
        // The near ones go on until the far one has had its share.
        let mine = || far.load(Ordering::Relaxed) < 100;
        for _ in 0..ROUNDS {
            guarded.with(|number| *number += 1);
            if thread == 2 {
                far.fetch_add(1, Ordering::Relaxed);
            }
            if !mine() {
                break;
            }
        }
    });
    assert!(far.load(Ordering::Relaxed) >= 100, "the far one got in {far:?} times");
}
