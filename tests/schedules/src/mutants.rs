//! The ways to break the sleeping locks: each is one place of one file of the library, replaced.

/// One copy, broken.
#[derive(Debug)]
pub struct Mutant {
    /// The module that it becomes.
    pub name: &'static str,
    /// The file, in the library's source.
    pub file: &'static str,
    /// What is replaced, once.
    pub from: &'static str,
    /// By what.
    pub to: &'static str,
    /// The model that must notice it.
    pub model: &'static str,
}

/// Shorthand for the table.
const fn mutant(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    model: &'static str,
) -> Mutant {
    Mutant { name, file, from, to, model }
}

/// The ways.
pub const MUTANTS: &[Mutant] = &[
    mutant(
        "owned_taken_in_two_steps",
        "blocking/owned.rs",
        "self.owner.compare_exchange(0, this, Ordering::SeqCst, Ordering::Relaxed).is_ok();",
        "self.owner.load(Ordering::SeqCst) == 0 && { self.owner.store(this, Ordering::SeqCst); true };",
        "adaptive",
    ),
    mutant(
        "owned_freed_after_the_wake_up",
        "blocking/owned.rs",
        "        self.owner.store(0, Ordering::SeqCst);\n        P::releases(self);",
        "        self.waiters.wake_one();\n        self.owner.store(0, Ordering::SeqCst);\n        if true { return; }",
        "adaptive",
    ),
    mutant(
        "owned_heir_does_not_look_again",
        "blocking/owned.rs",
        "                && self.take(this);\n            if !taken {",
        "                && false;\n            if !taken {",
        "sleep",
    ),
    mutant(
        "owned_passes_the_heir_by",
        "blocking/owned.rs",
        "            self.waiters.wake_all();\n        }\n    }",
        "            self.waiters.wake_one();\n        }\n    }",
        "sleep",
    ),
    mutant(
        "queue_looked_at_before_it_is_entered",
        "host/wait_queue.rs",
        "            {\n                let mut waiters = self.waiters();\n                waiters.push_back(Arc::clone(&waiter));\n                self.note(&waiters);\n            }\n            fence(Ordering::SeqCst);\n            let mut standing = Standing { waiter: &waiter, needs_no_wake_up: true };\n            // The last look is at the deadline or after it.\n            let last = deadline.is_some_and(|deadline| Instant::now() >= deadline);\n            let holds = condition();\n",
        "            let holds = condition();\n            {\n                let mut waiters = self.waiters();\n                waiters.push_back(Arc::clone(&waiter));\n                self.note(&waiters);\n            }\n            fence(Ordering::SeqCst);\n            let mut standing = Standing { waiter: &waiter, needs_no_wake_up: true };\n            // The last look is at the deadline or after it.\n            let last = deadline.is_some_and(|deadline| Instant::now() >= deadline);\n",
        "wait_queue",
    ),
    mutant(
        "queue_keeps_a_spent_wake_up",
        "host/wait_queue.rs",
        "if woken && self.needs_no_wake_up {",
        "if woken && self.needs_no_wake_up && false {",
        "spent_wake_up",
    ),
    mutant(
        "queue_forgets_who_is_moved",
        "host/wait_queue.rs",
        "        waiters.append(&mut moved);\n",
        "",
        "requeue",
    ),
    mutant(
        "notified_without_a_number",
        "blocking/notifications.rs",
        "    pub(super) fn notify_one(&self) {\n        self.number.fetch_add(1, Ordering::SeqCst);\n",
        "    pub(super) fn notify_one(&self) {\n",
        "condition",
    ),
    mutant(
        "notification_counted_from_the_wait",
        "blocking/notifications.rs",
        "wait::<P>(&self.waiters, waiting, &mut || self.number() != seen)",
        "{ let seen = seen.max(self.number()); wait::<P>(&self.waiters, waiting, &mut || self.number() != seen) }",
        "condition",
    ),
    mutant(
        "requeued_without_a_wake_up",
        "blocking/notifications.rs",
        "        self.number.fetch_add(1, Ordering::SeqCst);\n        self.waiters.wake_one();\n        // SAFETY: the caller's.",
        "        // SAFETY: the caller's.",
        "requeue",
    ),
    mutant(
        "read_write_writer_leaves_in_silence",
        "blocking/read_write.rs",
        "self.left(unsafe { self.state.leave_exclusive(0) });",
        "unsafe { self.state.leave_exclusive(0) };",
        "read_write",
    ),
    mutant(
        "read_write_reader_leaves_in_silence",
        "blocking/read_write.rs",
        "        if ReadWriteState::has_waiters_for_reader(left) {\n            self.wake();\n        }",
        "        let _ = left;",
        "read_write",
    ),
    mutant(
        "read_write_writer_always_waits",
        "raw/read_write.rs",
        "self.counted as u64 * WRITER_WAITS + self.successor",
        "self.successor",
        "read_write",
    ),
    mutant(
        "read_write_sleeps_without_a_mark",
        "raw/read_write.rs",
        "entered.unwrap_or(state | UNCOUNTED)",
        "entered.unwrap_or(state)",
        "upgrade",
    ),
    mutant(
        "read_write_readers_sleep_on",
        "raw/read_write.rs",
        "(rest + waiting * READER) ^ PHASE",
        "rest + waiting * READER",
        "read_write",
    ),
    mutant(
        "read_write_two_writers",
        "raw/read_write.rs",
        "before_writers && state & (WRITER | UPGRADEABLE) == 0",
        "before_writers && state & WRITER == 0",
        "upgrade",
    ),
    mutant(
        "token_kept_while_waiting",
        "blocking/token/list.rs",
        "        // While it waits the thread holds nothing.\n        self.give_back();\n        self.push(token, sharing, notes);\n        \
         self.take_again(&Waiting::here(Patience::UntilItHolds));",
        "        token.wait(sharing, &Waiting::here(Patience::UntilItHolds));\n        self.push(token, sharing, notes);",
        "two_tokens",
    ),
    mutant(
        "token_kept_while_blocked",
        "blocking/token/list.rs",
        "            (entry.notes.given)(entry.token.addr());\n            entry.give();\n        }\n        self.given_back",
        "            (entry.notes.given)(entry.token.addr());\n        }\n        self.given_back",
        "token_over_a_wait",
    ),
    mutant(
        "token_runs_on_with_a_part",
        "blocking/token/list.rs",
        "            taken.token().wait(taken.sharing, &waiting);\n            first = Some(taken.token);",
        "            taken.token().wait(taken.sharing, &waiting);\n            self.are_taken();\n            if true { return; }\n            \
         first = Some(taken.token);",
        "two_tokens",
    ),
    mutant(
        "token_freed_by_the_first_release",
        "blocking/token/list.rs",
        "        entry.count -= 1;",
        "        entry.count = 0;",
        "token",
    ),
    mutant(
        "token_forgets_to_give_one_back",
        "blocking/token/list.rs",
        "                    && first.token.addr() > entry.token.addr()\n",
        "                    && false\n",
        "two_tokens",
    ),
    mutant(
        "token_given_in_silence",
        "blocking/token/core.rs",
        "        if !self.waiters.is_empty() {\n            self.waiters.wake_all();\n        }",
        "",
        "token",
    ),
    mutant(
        "token_readers_beside_the_owner",
        "blocking/token/core.rs",
        "(state == FREE || state & SHARED != 0).then_some",
        "true.then_some",
        "shared_token",
    ),
];
