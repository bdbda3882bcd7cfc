//! The ways to break the kernel's waits: each is one place of one file, replaced.

use mutation::copies::{Mutant, mutant};

/// What a thread does between two waits.
const WAITING: &str = "kernel/base/src/sched/waiting.rs";
/// A source and its entries.
const SOURCE: &str = "kernel/base/src/sched/waiting/source.rs";
/// What many sources tell.
const GATHERING: &str = "kernel/base/src/sched/waiting/gathering.rs";
/// The table of futexes.
const TABLE: &str = "kernel/futex/src/table.rs";

/// The ways.
pub const MUTANTS: &[Mutant] = &[
    mutant(
        "wait_declared_after_the_look",
        WAITING,
        "        thread.prepare_to_wait();\n",
        "        unsafe { source::enter_all(entries) }\n        let ended = look_once(deadline, look);\n        thread.prepare_to_wait();\n        if ended.is_none() {\n            if let Some(deadline) = deadline { wake_at(deadline); }\n            block();\n            forget_wake_at();\n        }\n        if true { if let Some(result) = ended { thread.cancel_wait(); break result; } continue; }\n",
        "either_source",
    ),
    mutant(
        "wait_entered_after_the_look",
        WAITING,
        "        unsafe { source::enter_all(entries) }\n        let ended = look_once(deadline, look);\n",
        "        let ended = look_once(deadline, look);\n        unsafe { source::enter_all(entries) }\n",
        "either_source",
    ),
    mutant(
        "wait_ends_early_and_stays_in_an_inbox",
        WAITING,
        "        if ended.is_none() || !thread.cancel_wait() {\n",
        "        if ended.is_none() || { thread.cancel_wait(); false } {\n",
        "either_source",
    ),
    mutant(
        "entry_stays_when_its_thread_leaves",
        SOURCE,
        "    pub(super) fn leave(&self) {\n",
        "    pub(super) fn leave(&self) {\n        if true { return; }\n",
        "given_up",
    ),
    mutant(
        "entry_used_after_it_may_have_gone",
        SOURCE,
        "        unsafe { self.unlink(first) }\n",
        "        first.entered.store(false, Ordering::Release);\n        unsafe { self.unlink(first) }\n",
        "given_up",
    ),
    mutant(
        "entry_taken_out_twice",
        SOURCE,
        "            if self.entered.load(Ordering::Relaxed) {\n                // SAFETY: it has entered",
        "            if true {\n                // SAFETY: it has entered",
        "given_up",
    ),
    mutant(
        "entry_in_a_list_twice",
        SOURCE,
        "        if self.entered.load(Ordering::Relaxed) {\n            return;\n        }\n",
        "",
        "given_up",
    ),
    mutant(
        "entry_not_entered_again",
        SOURCE,
        "        // Last: its thread may go on from here, and the entry be gone.\n        first.entered.store(false, Ordering::Release);\n",
        "",
        "in_vain",
    ),
    mutant(
        "only_the_first_is_woken",
        SOURCE,
        "            if !self.awaited.load(Ordering::Relaxed) {\n                return;\n            }\n        }\n",
        "            return;\n        }\n",
        "one_source_for_all",
    ),
    mutant(
        "nobody_awaits_while_somebody_does",
        SOURCE,
        "            self.awaited.store(!ends.first.is_null(), Ordering::Relaxed);\n",
        "            self.awaited.store(ends.first != ends.last, Ordering::Relaxed);\n",
        "either_source",
    ),
    mutant(
        "awaited_is_said_after_the_leaf",
        SOURCE,
        "            self.awaited.store(!ends.first.is_null(), Ordering::Relaxed);\n            result\n        };\n        // SAFETY: the operations link, unlink and look at entries, and raise counts of their threads.\n        unsafe { self.entries.with(operation) }\n",
        "            (result, !ends.first.is_null())\n        };\n        let (result, awaited) = unsafe { self.entries.with(operation) };\n        self.awaited.store(awaited, Ordering::Relaxed);\n        result\n",
        "one_source_in_turn",
    ),
    mutant(
        "a_wake_up_goes_on_for_those_who_come_back",
        SOURCE,
        "                ends.take_first(*latest.get_or_insert(tickets))\n",
        "                let _: Option<u64> = latest.replace(tickets);\n                ends.take_first(u64::MAX)\n",
        "in_vain",
    ),
    mutant(
        "entered_by_two_without_the_leaf",
        SOURCE,
        "        self.source.with_entries(|ends| {\n            if !self.entered.load(Ordering::Relaxed) {\n",
        "        if self.entered.load(Ordering::Relaxed) {\n            return;\n        }\n        self.source.with_entries(|ends| {\n            if !self.entered.load(Ordering::Relaxed) {\n",
        "gathered_and_looked_at_meanwhile",
    ),
    mutant(
        "told_and_taken_out_of_the_list",
        GATHERING,
        "            if stays || place.is_told.get() {\n",
        "            if stays {\n",
        "gathered",
    ),
    mutant(
        "looked_at_before_it_has_entered",
        GATHERING,
        "            unsafe { entry.enter_shared() }\n        }\n        // Between the entries and the look.\n        fence(Ordering::SeqCst);\n        look(&self.watched)\n",
        "            let _ = entry;\n        }\n        let seen = look(&self.watched);\n        for entry in self.entries.get().into_iter().flatten() {\n            unsafe { entry.enter_shared() }\n        }\n        fence(Ordering::SeqCst);\n        seen\n",
        "gathered",
    ),
    mutant(
        "who_looks_is_not_woken_by_what_is_in_the_list",
        GATHERING,
        "            if !place.is_linked.get() {\n                // SAFETY: it is not linked, and the list gets a reference.\n                unsafe { list.link(Arc::into_raw(Arc::clone(self))) }\n            }\n            true\n",
        "            if place.is_linked.get() {\n                return false;\n            }\n            unsafe { list.link(Arc::into_raw(Arc::clone(self))) }\n            true\n",
        "gathered_and_looked_at",
    ),
    mutant(
        "told_after_it_was_removed",
        GATHERING,
        "            if place.is_gone.get() {\n                return false;\n            }\n",
        "",
        "gathered_and_removed",
    ),
    mutant(
        "word_looked_at_before_the_lock",
        TABLE,
        "        held.with(self.lock_of(bucket), |bucket, mut held| {\n            check(&mut held).map_err(WaitError::Refused)?;\n",
        "        held.with(self.lock_of(bucket), |_, mut held| check(&mut held).map_err(WaitError::Refused))?;\n        held.with(self.lock_of(bucket), |bucket, _| {\n",
        "words",
    ),
    mutant(
        "woken_before_it_is_said",
        TABLE,
        "                    waiter.note_woken();\n                    // There are as many places as a batch has waiters.\n                    if let Some(place) = places.next() {\n                        *place = Some(waiter);\n                    }\n                })\n            });\n            taken.iter().flatten().for_each(Waiter::wake);\n",
        "                    if let Some(place) = places.next() {\n                        *place = Some(waiter);\n                    }\n                })\n            });\n            for waiter in taken.iter().flatten() {\n                waiter.wake();\n                waiter.note_woken();\n            }\n",
        "words",
    ),
    mutant(
        "taken_out_and_not_woken",
        TABLE,
        "            taken.iter().flatten().for_each(Waiter::wake);\n",
        "            taken.iter().flatten().skip(1).for_each(Waiter::wake);\n",
        "words",
    ),
    mutant(
        "a_wake_up_is_lost_on_a_thread_that_gives_up",
        TABLE,
        "        if result.is_err() && !self.leave(held, &waiter) {\n            return Ok(());\n        }\n",
        "        if result.is_err() {\n            self.leave(held, &waiter);\n        }\n",
        "moved_and_given_up",
    ),
    mutant("moved_without_a_note", TABLE, "|waiter| waiter.moves_to(target)", "|_| ()", "moved_and_given_up"),
    mutant(
        "gives_up_where_it_stood",
        TABLE,
        "            if left {\n                return true;\n            }\n",
        "            return left;\n",
        "moved_and_given_up",
    ),
    mutant(
        "lost_on_the_way_to_another_word",
        "kernel/futex/src/bucket.rs",
        "                other.push(to, entry.bitset, entry.waiter);\n",
        "                other.push(from, entry.bitset, entry.waiter);\n",
        "moved",
    ),
    mutant(
        "not_renamed_within_a_bucket",
        "kernel/futex/src/bucket.rs",
        "waiting.map(|entry| entry.key = to).count()",
        "waiting.count()",
        "moved_within_a_bucket",
    ),
];
