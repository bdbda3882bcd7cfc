//! Rules of the kernel broken on purpose: its own tests must notice.
//!
//! A copy of the kernel is made under the target directory; one rule is broken in it; the copy is built and booted on
//! eight CPUs with a workload of its own tests, which must not end well. A mutant that survives is a rule that no test
//! checks.
//!
//! Each takes a build, half a minute: one runs by default, another with each commit, all of them with
//! `LOCKORDER_MUTANTS=all cargo test -p tests --test kernel_mutants`, or those with a part of a rule's name in place of
//! `all`.

use std::fs;
use std::io::sink;
use std::path::Path;
use std::time::Duration;

use boot::image;
use boot::machine::{Machine, Work};

/// How many run without being asked for.
const SAMPLE: usize = 1;

/// One rule broken.
struct Mutant {
    /// The rule.
    rule: &'static str,
    /// The workload that is to notice.
    workload: &'static str,
    /// The file, in the repository.
    file: &'static str,
    /// What is replaced, each once.
    changes: &'static [(&'static str, &'static str)],
}

/// All of them, the most telling first.
const MUTANTS: &[Mutant] = &[
    Mutant {
        rule: "a thread declares that it waits before it looks: no wake-up is lost",
        workload: "threads",
        file: "kernel/base/src/sched/wait_queue.rs",
        changes: &[
            ("        thread.prepare_to_wait();\n", ""),
            (
                "        let go_on = go_on();\n",
                "        let go_on = go_on();\n        thread.prepare_to_wait();\n",
            ),
        ],
    },
    Mutant {
        rule: "every CPU forgets what was taken away",
        workload: "threads",
        file: "kernel/base/src/mm/shoot_down.rs",
        changes: &[("        translations::forget(start, pages);\n", "        let _ = (start, pages);\n")],
    },
    Mutant {
        rule: "one of several wakers wins: no wake-up is doubled",
        workload: "threads",
        file: "kernel/base/src/sched/inbox.rs",
        changes: &[(
            "        let waited = self.cancel_wait();\n",
            "        let waited = self.cancel_wait() || true;\n",
        )],
    },
    Mutant {
        rule: "a mutex has one owner",
        workload: "threads",
        file: "lockorder/src/blocking/owned.rs",
        changes: &[(
            "self.owner.compare_exchange(0, this, Ordering::SeqCst, Ordering::Relaxed).is_ok()",
            "{ self.owner.store(this, Ordering::Release); true }",
        )],
    },
    Mutant {
        rule: "a thread is given only to a CPU that it may run on",
        workload: "threads",
        file: "kernel/base/src/sched/run_queue.rs",
        changes: &[("thread.allowed().contains(cpu) && ", "(thread.allowed().contains(cpu) || true) && ")],
    },
    Mutant {
        rule: "a switch that is due happens at the release",
        workload: "threads",
        file: "kernel/machine/src/interrupts.rs",
        changes: &[("    if due != 0 {", "    if due > 1 {")],
    },
    Mutant {
        rule: "a condition variable's notification between release and wait is seen",
        workload: "threads",
        file: "lockorder/src/blocking/notifications.rs",
        changes: &[(
            "wait::<P>(&self.waiters, &waiting, &mut || self.number() != seen)",
            "wait::<P>(&self.waiters, &waiting, &mut || self.number() > seen + 1)",
        )],
    },
    Mutant {
        rule: "a thread that has run much waits for others",
        workload: "threads",
        file: "kernel/base/src/sched/thread.rs",
        changes: &[("(nanoseconds / weight,", "(nanoseconds / 1000,")],
    },
    Mutant {
        rule: "who ran alone takes the run queue's floor along",
        workload: "threads",
        file: "kernel/base/src/sched/run_queue.rs",
        changes: &[(
            "        let mut least = self.current.virtual_runtime();\n",
            "        let mut least = self.current.virtual_runtime().min(0);\n",
        )],
    },
    Mutant {
        rule: "a CPU is interrupted when a thread is woken on it",
        workload: "threads",
        file: "kernel/base/src/sched/inbox.rs",
        changes: &[(
            "    } else if INBOXES[index].push(thread) {",
            "    } else if INBOXES[index].push(thread) && index != index {",
        )],
    },
    Mutant {
        rule: "a woken thread that has run less comes on at once",
        workload: "threads",
        file: "kernel/base/src/sched/core.rs",
        changes: &[("changed && queue.preempts()", "changed && queue.is_empty() && queue.preempts()")],
    },
    Mutant {
        rule: "a wake-up that is not needed is passed on",
        workload: "threads",
        file: "kernel/base/src/sched/wait_queue.rs",
        changes: &[("            home.wake_first(wake_up);\n", "            let _ = (home, wake_up);\n")],
    },
    Mutant {
        rule: "nothing overtakes what is being torn down",
        workload: "threads",
        file: "kernel/base/src/sched/deferred.rs",
        changes: &[
            (" && !AT_WORK.load(Ordering::SeqCst)", ""),
            ("!AT_WORK.swap(true, Ordering::SeqCst)", "!AT_WORK.swap(false, Ordering::SeqCst)"),
        ],
    },
    Mutant {
        rule: "what is let go of is torn down",
        workload: "threads",
        file: "kernel/base/src/sched/deferred.rs",
        changes: &[(
            "(header.cast::<Node<T>>()) };\n    node.value.tear_down(held);",
            "(header.cast::<Node<T>>()) };\n    let _ = (ManuallyDrop::new(node.value), held);",
        )],
    },
    Mutant {
        rule: "an event that nobody has promised is not waited for",
        workload: "threads",
        file: "lockorder/src/blocking/event.rs",
        changes: &[("            IDLE => Err(EventError::NotPromised),", "            IDLE => Ok(()),")],
    },
    Mutant {
        rule: "who is waited for is lent the weight of those who wait",
        workload: "threads",
        file: "kernel/base/src/sched/inheritance.rs",
        changes: &[(
            "        let greatest = lock.waiters().greatest_weight();\n",
            "        let greatest = 0;\n",
        )],
    },
    Mutant {
        rule: "a weight is lent on along the chain",
        workload: "threads",
        file: "kernel/base/src/sched/inheritance.rs",
        changes: &[("            lend_on(owner);\n", "")],
    },
    Mutant {
        rule: "what was lent for a lock is given back with it",
        workload: "threads",
        file: "kernel/base/src/sched/inheritance.rs",
        changes: &[("change(&current(), |lent| lent.set(name(lock), 0), || true, |_| ());", "let _ = lock;")],
    },
    Mutant {
        rule: "a thread that blocks gives its serialising tokens back, and takes all again",
        workload: "threads",
        file: "lockorder/src/blocking/serial/list.rs",
        changes: &[(
            "        for entry in self.held().iter().rev() {\n            entry.note_given",
            "        for entry in self.held().iter().rev().take(1) {\n            entry.note_given",
        )],
    },
    Mutant {
        rule: "a waiter that is moved arrives",
        workload: "threads",
        file: "kernel/base/src/sched/wait_queue.rs",
        changes: &[(
            "                        ends.link(first, false);\n",
            "                        let _ = &ends;\n",
        )],
    },
    Mutant {
        rule: "a timer is due for the first sleeper",
        workload: "threads",
        file: "kernel/base/src/sched/run_queue.rs",
        changes: &[("            due = due.min(sleeper.deadline());\n", "            let _ = sleeper;\n")],
    },
    Mutant {
        rule: "a timer is due for the end of a slice",
        workload: "threads",
        file: "kernel/base/src/sched/run_queue.rs",
        changes: &[("        if !self.is_empty() && !self.current.is_idle() {\n", "        if false {\n")],
    },
    Mutant {
        rule: "who leaves a queue by a wake-up is woken",
        workload: "threads",
        file: "kernel/base/src/sched/wait_queue.rs",
        changes: &[("            thread.wake();\n", "            let _ = thread;\n")],
    },
    Mutant {
        rule: "who is taken out of a source's list is woken",
        workload: "threads",
        file: "kernel/base/src/sched/waiting/source.rs",
        changes: &[("            thread.wake();\n", "            let _ = &thread;\n")],
    },
    Mutant {
        rule: "a wait at several sources ends at its deadline",
        workload: "threads",
        file: "kernel/base/src/sched/waiting.rs",
        changes: &[(
            "            wake_at(deadline);\n",
            "            let _ = (deadline, wake_at as fn(_));\n",
        )],
    },
    Mutant {
        rule: "who waits at a word notes where it is moved to",
        workload: "threads",
        file: "kernel/futex/src/table.rs",
        changes: &[("|waiter| waiter.moves_to(target)", "|_| ()")],
    },
    Mutant {
        rule: "a block is in one magazine",
        workload: "threads",
        file: "kernel/base/src/mm/heap/magazines.rs",
        changes: &[(
            "        magazine.count = magazine.count.checked_sub(1)?;\n        count(bytes);\n        Some(magazine.blocks[magazine.count])\n",
            "        let last = magazine.count.checked_sub(1)?;\n        count(bytes);\n        Some(magazine.blocks[last])\n",
        )],
    },
    Mutant {
        rule: "the last reference to a page frees it, and no other",
        workload: "memory",
        file: "kernel/base/src/mm/page.rs",
        changes: &[("references().lower() {\n", "references().is_shared() {\n")],
    },
    Mutant {
        rule: "a page of zeroes is zeroed",
        workload: "memory",
        file: "kernel/base/src/mm/frames.rs",
        changes: &[("    if !is_zeroed {\n", "    if false && is_zeroed {\n")],
    },
    Mutant {
        rule: "a slab goes back when its last block does",
        workload: "memory",
        file: "kernel/base/src/mm/heap/slabs.rs",
        changes: &[("        if head.free + 1 == capacity {\n", "        if head.free == capacity {\n")],
    },
    Mutant {
        rule: "who idles is given threads",
        workload: "threads",
        file: "kernel/base/src/sched/balance.rs",
        changes: &[
            ("    if queue.ready() <= enough {\n", "    if queue.ready() >= enough.min(0) {\n"),
            ("        ASKED_BY[busiest].store(own.get() + 1, Ordering::Release);\n", ""),
        ],
    },
    Mutant {
        rule: "floating point is a thread's own",
        workload: "user",
        file: "kernel/base/src/sched/thread.rs",
        changes: &[("            machine::user::save_floating_point();\n", "")],
    },
    Mutant {
        rule: "a thread runs in its own address space",
        workload: "spaces",
        file: "kernel/base/src/sched/thread.rs",
        changes: &[("            if !loads.is_null() {\n", "            if false {\n")],
    },
    Mutant {
        rule: "a CPU that has a space is told what to forget",
        workload: "user",
        file: "kernel/base/src/mm/space.rs",
        changes: &[("        (*space).cpus.fetch_or(1 << own.get(), Ordering::SeqCst);\n", "")],
    },
    Mutant {
        rule: "an entry's page is dropped after every CPU has forgotten it",
        workload: "user",
        file: "kernel/base/src/mm/user_tables.rs",
        changes: &[(
            "            shoot_down::forget(held, space, range.start, count(&range));\n            each(space",
            "            each(space",
        )],
    },
    Mutant {
        rule: "a fault in a copy is an answer, also between two pages",
        workload: "user",
        file: "kernel/machine/src/user_copy.rs",
        changes: &[("    lea rcx, [rdx + rcx * 8]\n", "    lea rcx, [rcx * 8]\n")],
    },
    Mutant {
        rule: "the tables of a space go with it",
        workload: "user",
        file: "kernel/base/src/mm/user_tables.rs",
        changes: &[(
            "        unsafe { space.root.free(&mut UserTableFrames) }\n",
            "        let _ = UserTableFrames;\n",
        )],
    },
];

/// What the kernel's own tests say: what is wrong, or nothing.
fn complaint(kernel: &Path, workload: &str) -> Option<String> {
    let machine = Machine {
        cpus: 8,
        work: Work::Selftest(workload.to_owned()),
        patience: Some(10),
        deadline: Some(Duration::from_mins(1)),
        ..Machine::default()
    };
    match machine.run(kernel, Box::new(sink())) {
        Ok(outcome) if outcome.status == 0 => None,
        Ok(outcome) => {
            let wrong = outcome
                .output
                .lines()
                .find(|line| ["WRONG", "panic", "user: "].iter().any(|sign| line.contains(sign)));
            Some(format!("status {}: {}", outcome.status, wrong.unwrap_or("no more is known")))
        }
        Err(failure) => Some(failure.to_string()),
    }
}

#[test]
fn every_rule_of_the_kernel_is_checked_by_its_tests() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernel-mutants");
    // All members, for the lock file to be right.
    let members = [
        "lockorder",
        "lockorder-macros",
        "kernel",
        "boot",
        "tests",
        "tests/checker",
        "tests/closure",
        "tests/conformance",
        "tests/kernel_schedules",
        "tests/models",
        "tests/mutation",
        "tests/units",
        "tests/protocols",
        "tests/renamed",
        "tests/schedules",
        "ui-tests",
    ];
    tests::copy_workspace(&place, &members);
    let chosen = tests::chosen(MUTANTS, |mutant| mutant.rule, SAMPLE);
    let mut survivors = Vec::new();
    for mutant in chosen {
        let path = place.join(mutant.file);
        let original = fs::read_to_string(&path).expect("readable");
        let broken = mutant.changes.iter().fold(original.clone(), |text, (from, to)| {
            assert_eq!(text.matches(from).count(), 1, "the mutant of `{}` has lost its place", mutant.rule);
            text.replacen(from, to, 1)
        });
        fs::write(&path, broken).expect("writable");
        let built = image::build_in(&place, &place.join("target"), image::Variant::default());
        fs::write(&path, original).expect("writable");
        let kernel = built.unwrap_or_else(|failure| panic!("the mutant of `{}`: {failure}", mutant.rule));
        if let Some(why) = complaint(&kernel, mutant.workload) {
            println!("noticed  {} ({why})", mutant.rule);
        } else {
            println!("SURVIVED {}", mutant.rule);
            survivors.push(mutant.rule);
        }
    }
    assert!(survivors.is_empty(), "nothing notices when these are broken: {survivors:#?}");
}

#[test]
fn every_mutant_has_its_place() {
    for mutant in MUTANTS {
        let path = tests::root().join(mutant.file);
        let text = fs::read_to_string(path).expect("readable");
        for (from, _) in mutant.changes {
            assert_eq!(text.matches(from).count(), 1, "the mutant of `{}` has lost its place", mutant.rule);
        }
    }
}
