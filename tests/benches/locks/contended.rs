//! Several threads want one lock, all the time.
//!
//! Throughput is acquisitions of all threads in a second. The fairness factor is the share of the better half of the
//! threads: 0.5 is perfectly fair, 1 is starvation (the same factor as in the cohort locks of Dice, Marathe and Shavit,
//! 2012). The longest wait is of any thread for one acquisition.

use std::fmt::Write;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use tests::plots::Bar;

use crate::page::{median, ratio};
use crate::subjects::{Kind, Subject};

/// How long one run takes.
const RUN: Duration = Duration::from_millis(120);
/// Runs of each lock, in turn with the others.
const RUNS: usize = 9;
/// What is done outside of the lock, in spins.
const OUTSIDE: u32 = 20;

/// What one run gave.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    per_second: f64,
    fairness: f64,
    longest: Duration,
}

/// One run.
#[allow(clippy::cast_precision_loss, reason = "some millions")]
fn run(lock: &dyn Subject, threads: usize, time: Duration) -> Outcome {
    let ready = Barrier::new(threads);
    let results: Vec<(u64, Duration)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    ready.wait();
                    let end = Instant::now() + time;
                    let (mut count, mut longest) = (0, Duration::ZERO);
                    let mut wanted = Instant::now();
                    lock.contend(&mut |own| {
                        let now = Instant::now();
                        longest = longest.max(now - wanted);
                        count += 1;
                        *own += 1;
                        for _ in 0..OUTSIDE {
                            std::hint::spin_loop();
                        }
                        wanted = Instant::now();
                        now < end
                    });
                    (count, longest)
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("a thread that counts")).collect()
    });
    let mut counts: Vec<u64> = results.iter().map(|(count, _)| *count).collect();
    counts.sort_unstable();
    let all: u64 = counts.iter().sum();
    let better: u64 = counts[threads / 2..].iter().sum();
    Outcome {
        per_second: all as f64 / time.as_secs_f64(),
        fairness: better as f64 / all as f64,
        longest: results.iter().map(|(_, longest)| *longest).max().unwrap_or_default(),
    }
}

/// The table, and what there is to draw.
pub(crate) fn table(locks: &[Box<dyn Subject>], threads: usize, quick: bool) -> (String, Vec<Bar>) {
    let locks: Vec<_> = locks
        .iter()
        .filter(|lock| matches!(lock.kind(), Kind::Spinning | Kind::Sleeping | Kind::Writing))
        // Acquiring again what one has is no matter of contention.
        .filter(|lock| !lock.name().ends_with("again"))
        .collect();
    let (runs, time) = if quick { (1, Duration::from_millis(5)) } else { (RUNS, RUN) };
    let mut outcomes = vec![Vec::new(); locks.len()];
    for round in 0..runs {
        for step in 0..locks.len() {
            let index = (round + step) % locks.len();
            outcomes[index].push(run(&**locks[index], threads, time));
        }
    }
    let of = |index: usize, part: fn(&Outcome) -> f64| median(outcomes[index].iter().map(part).collect());
    let peer = locks.iter().position(|lock| lock.name() == "spin").expect("a test-and-set lock is measured");
    let mut text = format!(
        "\n### {threads} threads want it all the time\n\n\
         | lock | acquisitions in a second, against test-and-set (`spin`) | share of the better half | longest wait |\n\
         |---|---:|---:|---:|\n"
    );
    let mut bars = Vec::new();
    for (index, lock) in locks.iter().enumerate() {
        let against = median(
            outcomes[index]
                .iter()
                .zip(&outcomes[peer])
                .map(|(one, other)| one.per_second / other.per_second)
                .collect(),
        );
        bars.push(Bar { name: lock.name().to_owned(), ours: lock.is_ours(), value: against });
        let longest = of(index, |outcome| outcome.longest.as_secs_f64() * 1e6);
        writeln!(
            text,
            "| {} | {} | {:.2} | {longest:.0} µs |",
            lock.name(),
            ratio(against),
            of(index, |outcome| outcome.fairness)
        )
        .expect("a string takes everything");
    }
    (text, bars)
}
