//! Every program freezes whenever it is told to, never otherwise, and the same each time.

use laboratory::explore::Graph;
use laboratory::run::Running;
use laboratory::scenarios::ALL;

/// How often a freeze is repeated; `LOCKORDER_LAB_SOAK` sets another number.
fn repetitions() -> usize {
    let set = std::env::var("LOCKORDER_LAB_SOAK").ok();
    set.map_or(10, |number| number.parse().expect("a number of repetitions"))
}

#[test]
fn every_program_freezes_each_time_it_is_told_to() {
    for scenario in ALL {
        let graph = Graph::of(scenario.program);
        let first = &graph.nodes[0];
        println!(
            "{:<18}{:>5} states {:>8} interleavings {:>8} freeze",
            scenario.name,
            graph.nodes.len(),
            first.ways,
            first.freezing
        );
        let path = graph.shortest_freeze().unwrap_or_else(|| panic!("{} never freezes", scenario.name));
        let mut circles = Vec::new();
        for _ in 0..repetitions() {
            let running = Running::start(scenario.program);
            for thread in &path {
                assert!(running.move_on(*thread).is_some(), "{}: the path does not lead on", scenario.name);
            }
            let machine = running.machine();
            assert!(machine.is_frozen(), "{} is not frozen at the end of its path", scenario.name);
            circles.push(machine.circle());
        }
        circles.dedup();
        assert_eq!(circles.len(), 1, "{} freezes in another circle each time", scenario.name);
        let waits_for_nobody = scenario.name == "lost_wakeup";
        assert_eq!(circles[0].is_empty(), waits_for_nobody, "{}: {circles:?}", scenario.name);
    }
}

#[test]
fn a_program_that_is_not_frozen_ends() {
    for scenario in ALL {
        let graph = Graph::of(scenario.program);
        for node in &graph.nodes {
            let ended = node.machine.threads.iter().all(|thread| thread.ended);
            assert_eq!(node.moves.is_empty(), ended || node.machine.is_frozen(), "{}", scenario.name);
            assert!(node.freezing <= node.ways && node.ways > 0, "{}", scenario.name);
            if ended {
                assert!(
                    node.machine.objects.iter().all(|object| object.holders.is_empty()),
                    "{}",
                    scenario.name
                );
            }
        }
    }
}

#[test]
fn a_step_that_is_not_possible_is_refused() {
    let scenario = laboratory::scenarios::named("two_locks").expect("it is there");
    let running = Running::start(scenario.program);
    for _ in 0..2 {
        assert!(running.move_on(0).is_some());
    }
    assert_eq!(running.move_on(1), None, "the lock is held");
    assert_eq!(running.machine().wait(1).map(|wait| wait.on), Some(vec![0]));
}
