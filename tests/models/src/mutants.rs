//! The cores that are modelled, and the ways to break them: each is one place of a core's text, replaced.
//!
//! The build script makes a module of each; `tests/cores.rs` has the model checker notice it.

/// A core that is modelled.
#[derive(Debug)]
pub struct Core {
    /// The name of the module it becomes.
    pub name: &'static str,
    /// Its file, in the repository.
    pub file: &'static str,
    /// Makes its atomics known to the checker: code put behind its text, since they are private.
    pub introduction: &'static str,
}

/// The cores.
pub const CORES: &[Core] = &[
    Core { name: "backoff", file: "lockorder/src/raw/backoff.rs", introduction: "" },
    Core {
        name: "ticket",
        file: "lockorder/src/raw/ticket.rs",
        introduction: "impl<K> crate::Introduce for Ticket<K> {
            fn introduce(&self) {
                self.next.introduce();
                self.serving.introduce();
            }
        }",
    },
    Core {
        name: "queue",
        file: "lockorder/src/raw/queue.rs",
        introduction: "impl<K> crate::Introduce for Queue<K> {
            fn introduce(&self) {
                self.held.introduce();
                self.line.introduce();
                for node in NODES.iter().flat_map(|nodes| &nodes.0) {
                    node.claimed.introduce();
                    node.next.introduce();
                    node.first.introduce();
                }
            }
        }",
    },
    Core {
        name: "read_write",
        file: "lockorder/src/raw/read_write.rs",
        introduction: "impl<K> crate::Introduce for ReadWrite<K> {
            fn introduce(&self) {
                self.state.state.introduce();
            }
        }
        impl<K> crate::Registers for ReadWrite<K> {
            fn readers_wait(&self) -> bool {
                self.state.state.load(Ordering::Relaxed) >= READER_WAITS
            }
        }",
    },
    Core {
        name: "sequence",
        file: "lockorder/src/raw/sequence.rs",
        introduction: "impl crate::Introduce for Sequence {
            fn introduce(&self) {
                self.halves.introduce();
            }
        }",
    },
    Core {
        name: "once",
        file: "lockorder/src/raw/once.rs",
        introduction: "impl crate::Introduce for OnceState {
            fn introduce(&self) {
                self.state.introduce();
            }
        }",
    },
    // What threads of the kernel wait for.
    Core {
        name: "source",
        file: "kernel/base/src/sched/waiting/source.rs",
        introduction: "impl crate::Introduce for Source {
            fn introduce(&self) {
                self.entries.introduce();
                self.awaited.introduce();
            }
        }
        impl crate::Awaited for Source {
            const NEW: Self = Self::new();
            fn enter_and_look(&self, thread: &Arc<Thread>, look: impl FnOnce()) {
                let entries = [Some(Entry::new(self, thread))];
                // SAFETY: the entry stays where it is until it drops.
                unsafe { enter_all(&entries) }
                look();
            }
            fn wake(&self) {
                self.wake();
            }
        }",
    },
];

/// One core broken.
#[derive(Debug)]
pub struct Mutant {
    /// The module that it becomes.
    pub name: &'static str,
    /// The core.
    pub core: &'static str,
    /// What is replaced, once.
    pub from: &'static str,
    /// By what.
    pub to: &'static str,
}

/// Shorthand for the table.
const fn mutant(name: &'static str, core: &'static str, from: &'static str, to: &'static str) -> Mutant {
    Mutant { name, core, from, to }
}

/// The ways to break them.
pub const MUTANTS: &[Mutant] = &[
    mutant(
        "ticket_released_relaxed",
        "ticket",
        "self.serving.store(serving.wrapping_add(1), Ordering::Release)",
        "self.serving.store(serving.wrapping_add(1), Ordering::Relaxed)",
    ),
    mutant(
        "ticket_awaited_relaxed",
        "ticket",
        "mine.wrapping_sub(self.serving.load(Ordering::Acquire))",
        "mine.wrapping_sub(self.serving.load(Ordering::Relaxed))",
    ),
    mutant(
        "ticket_tried_relaxed",
        "ticket",
        "let serving = self.serving.load(Ordering::Acquire);",
        "let serving = self.serving.load(Ordering::Relaxed);",
    ),
    mutant(
        "queue_released_relaxed",
        "queue",
        "self.held.store(UNLOCKED, Ordering::Release)",
        "self.held.store(UNLOCKED, Ordering::Relaxed)",
    ),
    mutant(
        "queue_taken_relaxed",
        "queue",
        "self.held.compare_exchange(UNLOCKED, LOCKED, Ordering::Acquire, Ordering::Relaxed)",
        "self.held.compare_exchange(UNLOCKED, LOCKED, Ordering::Relaxed, Ordering::Relaxed)",
    ),
    mutant(
        "queue_pending_takes_without_asking",
        "queue",
        "        while !self.take_if_free() {\n            P::relax();\n        }\n        self.step_in();",
        "        while self.held.load(Ordering::Acquire) != UNLOCKED {\n            P::relax();\n        }\n        self.held.store(LOCKED, Ordering::Relaxed);\n        self.step_in();",
    ),
    mutant(
        "queue_head_takes_without_asking",
        "queue",
        "PENDING != 0 || !self.take_if_free() {",
        "PENDING != 0 || !{ let free = self.held.load(Ordering::Acquire) == UNLOCKED; if free { self.held.store(LOCKED, Ordering::Relaxed) } free } {",
    ),
    mutant(
        "queue_barging_takes_without_asking",
        "queue",
        "            if line & PENDING == 0 && self.take_if_free() {",
        "            if line & PENDING == 0 && self.held.load(Ordering::Acquire) == UNLOCKED && { self.held.store(LOCKED, Ordering::Relaxed); true } {",
    ),
    mutant(
        "queue_forgets_who_links_late",
        "queue",
        "0 => P::relax(),\n                number",
        "0 => return,\n                number",
    ),
    mutant(
        "queue_node_given_twice",
        "queue",
        "if !node.claimed.swap(true, Ordering::Acquire) {",
        "if !node.claimed.load(Ordering::Acquire) {",
    ),
    mutant(
        "queue_tail_cut_off",
        "queue",
        "            if self.change_line(line, line & PENDING) {",
        "            if { self.line.store(line & PENDING, Ordering::Relaxed); true } {",
    ),
    mutant(
        "read_write_entered_relaxed",
        "read_write",
        "compare_exchange(current, new, Ordering::Acquire, Ordering::Relaxed)",
        "compare_exchange(current, new, Ordering::Relaxed, Ordering::Relaxed)",
    ),
    mutant(
        "read_write_let_in_relaxed",
        "read_write",
        "let state = self.state.load(Ordering::Acquire);\n            if state & PHASE != phase {\n                return true;",
        "let state = self.state.load(Ordering::Relaxed);\n            if state & PHASE != phase {\n                return true;",
    ),
    mutant(
        "read_write_reader_leaves_relaxed",
        "read_write",
        "self.state.fetch_sub(READER, Ordering::Release)",
        "self.state.fetch_sub(READER, Ordering::Relaxed)",
    ),
    mutant(
        "read_write_writer_leaves_relaxed",
        "read_write",
        "compare_exchange(WRITER, remains, Ordering::Release, Ordering::Relaxed)",
        "compare_exchange(WRITER, remains, Ordering::Relaxed, Ordering::Relaxed)",
    ),
    mutant(
        "read_write_writer_leaves_to_waiters_relaxed",
        "read_write",
        "compare_exchange(state, new, Ordering::Release, Ordering::Relaxed)",
        "compare_exchange(state, new, Ordering::Relaxed, Ordering::Relaxed)",
    ),
    mutant(
        "read_write_readers_beside_the_writer",
        "read_write",
        "state < FULL && self.enter(state, state + READER)",
        "self.enter(state, state + READER)",
    ),
    mutant(
        "read_write_two_upgradeable",
        "read_write",
        "before_writers && state & (WRITER | UPGRADEABLE) == 0",
        "before_writers && state & WRITER == 0",
    ),
    mutant(
        "read_write_writers_pass_readers",
        "read_write",
        "let new = let_readers_in(state - WRITER) + remains;",
        "let new = if state & WRITERS_WAITING == 0 { let_readers_in(state - WRITER) } else { state - WRITER } + remains;",
    ),
    mutant(
        "read_write_readers_let_in_uncounted",
        "read_write",
        "(rest + waiting * READER) ^ PHASE",
        "rest ^ PHASE",
    ),
    mutant(
        "read_write_readers_not_told",
        "read_write",
        "(rest + waiting * READER) ^ PHASE",
        "(rest + waiting * READER)",
    ),
    mutant(
        "sequence_begun_relaxed",
        "sequence",
        "let begun = self.halves.load(Ordering::Acquire);",
        "let begun = self.halves.load(Ordering::Relaxed);",
    ),
    mutant("sequence_without_acquire_fence", "sequence", "fence(Ordering::Acquire);", ""),
    mutant("sequence_without_release_fence", "sequence", "fence(Ordering::Release);", ""),
    mutant(
        "sequence_read_while_written",
        "sequence",
        "begun.is_multiple_of(2).then_some(begun)",
        "Some(begun)",
    ),
    mutant(
        "sequence_ended_relaxed",
        "sequence",
        "self.halves.store(before.wrapping_add(2), Ordering::Release)",
        "self.halves.store(before.wrapping_add(2), Ordering::Relaxed)",
    ),
    mutant(
        "once_seen_relaxed",
        "once",
        "self.state.load(Ordering::Acquire) == SET",
        "self.state.load(Ordering::Relaxed) == SET",
    ),
    mutant(
        "once_finished_relaxed",
        "once",
        "self.state.store(SET, Ordering::Release)",
        "self.state.store(SET, Ordering::Relaxed)",
    ),
    mutant(
        "once_awaited_relaxed",
        "once",
        "compare_exchange(UNSET, RUNNING, Ordering::Acquire, Ordering::Acquire)",
        "compare_exchange(UNSET, RUNNING, Ordering::Acquire, Ordering::Relaxed)",
    ),
    mutant(
        "ticket_successor_waits_relaxed",
        "ticket",
        "self.serving.load(Ordering::Acquire) != mine {\n                    backoff",
        "self.serving.load(Ordering::Relaxed) != mine {\n                    backoff",
    ),
    mutant(
        "queue_successor_takes_without_asking",
        "queue",
        "                while !self.take_if_free() {\n                    backoff.wait::<P>();\n                }",
        "                while self.held.load(Ordering::Acquire) != UNLOCKED {\n                    backoff.wait::<P>();\n                }\n                self.held.store(LOCKED, Ordering::Relaxed);",
    ),
    mutant(
        "queue_two_successors",
        "queue",
        "backoff.is_over() && line & PENDING == 0 &&",
        "backoff.is_over() &&",
    ),
    mutant("once_begun_twice", "once", "Err(_) => backoff.wait::<P>(),", "Err(_) => return true,"),
    mutant(
        "source_woken_without_a_fence",
        "source",
        "        // Between the change and the look for who waits.\n        fence(Ordering::SeqCst);\n",
        "",
    ),
    mutant(
        "source_entered_without_a_fence",
        "source",
        "    // Between the entries, or the declaration where there are none, and the look.\n    fence(Ordering::SeqCst);\n",
        "",
    ),
    mutant(
        "source_entry_taken_out_relaxed",
        "source",
        "        first.entered.store(false, Ordering::Release);",
        "        first.entered.store(false, Ordering::Relaxed);",
    ),
    mutant(
        "source_left_relaxed",
        "source",
        "        if !self.entered.load(Ordering::Acquire) {",
        "        if !self.entered.load(Ordering::Relaxed) {",
    ),
];
