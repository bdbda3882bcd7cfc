//! Rules of the library broken on purpose: some test must turn red for each.
//!
//! A copy of the library and of its tests is made under the target directory; one line is changed; the tests
//! of the library and the corpus of rejected programs run on the copy, and must fail. A mutant that survives is
//! a rule that nothing checks.
//!
//! All of them take some minutes: `LOCKORDER_MUTANTS=all cargo test -p tests --test mutants`; with a part of a
//! rule's name in place of `all`, those. Otherwise one runs, another with each commit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Longest time that the tests may take on one mutant; one that hangs is caught by it, and counts as noticed.
const DEADLINE: Duration = Duration::from_mins(4);
/// Longest time that building them may take as well, the first time.
const FIRST_DEADLINE: Duration = Duration::from_mins(12);
/// How many run without being asked for.
const SAMPLE: usize = 1;

/// One rule broken.
struct Mutant {
    /// The rule.
    rule: &'static str,
    /// The file, in `lockorder/src`.
    file: &'static str,
    /// What is replaced, once.
    from: &'static str,
    /// By what.
    to: &'static str,
}

/// Shorthand for the table.
const fn mutant(rule: &'static str, file: &'static str, from: &'static str, to: &'static str) -> Mutant {
    Mutant { rule, file, from, to }
}

/// The rules of the design's section 3, each broken once.
const MUTANTS: &[Mutant] = &[
    mutant(
        "ranks strictly increase",
        "level.rs",
        "impl<L: Level, H: Level> After<H> for L\nwhere\n    H::Rank: IsLess<L::Rank>,\n    <H::Rank as IsLess<L::Rank>>::Output: Yes,",
        "impl<L: Level, H: Level> After<H> for L\nwhere\n    H::Rank: IsLessOrEqual<L::Rank>,\n    <H::Rank as IsLessOrEqual<L::Rank>>::Output: Yes,",
    ),
    mutant(
        "a spin lock makes the context atomic",
        "context.rs",
        "type Inside<C: Context> = Atomic;",
        "type Inside<C: Context> = C;",
    ),
    mutant(
        "the same lock twice is an error value",
        "set.rs",
        "if earlier.1 == later.1 {",
        "if false && earlier.1 == later.1 {",
    ),
    mutant(
        "a token only moves inwards",
        "held.rs",
        "fn at<L: Declared + AtOrAfter<H>>",
        "fn at<L: Declared>",
    ),
    mutant("`below` asks for the order", "held.rs", "    where\n        H: Before<L>,\n    {", "    {"),
    mutant(
        "acquiring borrows the token mutably",
        "acquire.rs",
        "    pub fn lock<'s, L: Class + After<H>, R: RawLock, T: ?Sized>(\n        &'s mut self,",
        "    pub fn lock<'s, L: Class + After<H>, R: RawLock, T: ?Sized>(\n        &'s self,",
    ),
    mutant(
        "an interrupt-safe lock turns interrupts off in the type",
        "context.rs",
        "type Inside<C: Context> = IrqOff;",
        "type Inside<C: Context> = C;",
    ),
    mutant(
        "no plain spin lock with interrupts off",
        "context.rs",
        "impl UsableIn<Atomic> for Spinning {}",
        "impl UsableIn<Atomic> for Spinning {}\nimpl UsableIn<IrqOff> for Spinning {}",
    ),
    mutant(
        "no plain spin lock in a handler",
        "context.rs",
        "impl UsableIn<Atomic> for Spinning {}",
        "impl UsableIn<Atomic> for Spinning {}\nimpl UsableIn<HardIrq> for Spinning {}",
    ),
    mutant(
        "no sleeping lock under a spin lock",
        "context.rs",
        "impl UsableIn<Task> for Sleeping {}",
        "impl UsableIn<Task> for Sleeping {}\nimpl UsableIn<Atomic> for Sleeping {}",
    ),
    mutant(
        "no sleep in atomic context",
        "context.rs",
        "impl MaySleep for Task {}",
        "impl MaySleep for Task {}\nimpl MaySleep for Atomic {}\nimpl sealed::MaySleep for Atomic {}",
    ),
    mutant(
        "waiting for a thread needs nothing held",
        "host/thread.rs",
        "pub fn join<H: NothingHeld, C: MaySleep>",
        "pub fn join<H: crate::level::Level, C: MaySleep>",
    ),
    mutant(
        "a permit is waited for where one may sleep",
        "blocking/semaphore.rs",
        "    pub fn acquire<'s, H: Level, C: MaySleep>(",
        "    pub fn acquire<'s, H: Level, C: Context>(",
    ),
    mutant(
        "what a serialising token protects is reached where nothing blocks",
        "blocking/serial/scope.rs",
        "section: impl for<'i> FnOnce(&'i mut T, Held<'i, H, Atomic>) -> O",
        "section: impl for<'i> FnOnce(&'i mut T, Held<'i, H, C>) -> O",
    ),
    mutant(
        "a share is given back before it is acquired exclusively",
        "blocking/serial/list.rs",
        "if !entry.token().try_upgrade(self.thread()) {",
        "if false {",
    ),
    mutant(
        "what may block borrows the scope of a serialising token",
        "blocking/serial/scope.rs",
        "    pub const fn held(&mut self) -> Held<'_, H, C> {",
        "    pub const fn held(&mut self) -> Held<'a, H, C> {",
    ),
    mutant(
        "a token stays on its thread",
        "held.rs",
        "mark: PhantomData<(&'a mut (), fn(L, C) -> (L, C), StaysOnItsThread)>,",
        "mark: PhantomData<(&'a mut (), fn(L, C) -> (L, C))>,",
    ),
    mutant(
        "a guard stays on its thread",
        "guard.rs",
        "PhantomData<(fn(*const M) -> *const M, fn(X) -> X, StaysOnItsThread)>",
        "PhantomData<(fn(*const M) -> *const M, fn(X) -> X)>",
    ),
    mutant(
        "an inner token borrows its guard",
        "guard.rs",
        "pub fn held(&mut self) -> Held<'_, L, Inside<R, C>>",
        "pub fn held(&mut self) -> Held<'a, L, Inside<R, C>>",
    ),
    mutant(
        "the data borrows its guard",
        "guard.rs",
        "pub fn split(&mut self) -> (&mut T, Held<'_, L, Inside<R, C>>)",
        "pub fn split(&mut self) -> (&'a mut T, Held<'a, L, Inside<R, C>>)",
    ),
    mutant(
        "out of order, the later one counts",
        "guard/out_of_order.rs",
        "(&mut T, Held<'_, BothOf<H, L>, Inside<R, C>>)",
        "(&mut T, Held<'_, L, Inside<R, C>>)",
    ),
    mutant(
        "the later of two is the inner one",
        "level.rs",
        "type Rank = Maximum<A::Rank, B::Rank>;",
        "type Rank = B::Rank;",
    ),
    mutant(
        "a dynamic path is compared strictly",
        "dynamic.rs",
        "if L::CEILING.rank > self.ceiling.rank {",
        "if L::CEILING.rank >= self.ceiling.rank {",
    ),
    mutant(
        "the way back to types is compared",
        "dynamic.rs",
        "if self.ceiling.rank <= L::CEILING.rank {",
        "if true || self.ceiling.rank <= L::CEILING.rank {",
    ),
    mutant(
        "a class by address is not a tree",
        "order.rs",
        "impl Descendable for AlongTree {}\n\n",
        "impl Descendable for AlongTree {}\nimpl Descendable for ByAddress {}\nimpl sealed::Descendable for ByAddress {}\n\n",
    ),
    mutant(
        "a tree is not sorted",
        "order.rs",
        "impl Sortable for ByKey {}\n\n",
        "impl Sortable for ByKey {}\nimpl Sortable for AlongTree {}\nimpl sealed::Sortable for AlongTree {}\n\n",
    ),
    mutant(
        "equal keys have no order",
        "set.rs",
        "} else if size_of::<KeyOf<L>>() > 0 && earlier.0 == later.0 {",
        "} else if false && earlier.0 == later.0 {",
    ),
    mutant(
        "a node is not its own child",
        "tree.rs",
        "if child.address() == self.lock_ref().address() {\n            return Err(OwnParent);",
        "if false {\n            return Err(OwnParent);",
    ),
    mutant(
        "one root a thread",
        "host.rs",
        "            !HAS_ROOT.replace(true),",
        "            !HAS_ROOT.replace(true) || true,",
    ),
    mutant(
        "a guard of a sleeping lock is no evidence",
        "context.rs",
        "impl StopsPreemption for Spinning {}",
        "impl StopsPreemption for Spinning {}\nimpl StopsPreemption for Sleeping {}",
    ),
    mutant("roots are unsafe to mint", "entry.rs", "pub unsafe fn $name<O>", "pub fn $name<O>"),
    mutant(
        "a try that fails leaves nothing behind",
        "raw/ticket.rs",
        ".compare_exchange(serving, serving.wrapping_add(1), Ordering::Relaxed, Ordering::Relaxed)\n            .is_ok()",
        ".fetch_add(1, Ordering::Relaxed) == serving",
    ),
    mutant(
        "one holder at a time",
        "raw/ticket.rs",
        ".is_ok()\n    }",
        ".is_ok() || serving % 64 == 63\n    }",
    ),
    mutant(
        "reading has an order",
        "read_write/acquire.rs",
        "pub fn read<'s, L: Class + After<H>,",
        "pub fn read<'s, L: Class,",
    ),
    mutant(
        "a reader in a handler is interrupt-safe",
        "read_write/acquire.rs",
        "    where\n        R::Kind: UsableIn<C>,\n    {\n        lock.enter(Mode::Shared, |core| {",
        "    {\n        lock.enter(Mode::Shared, |core| {",
    ),
    mutant(
        "what many read can be shared",
        "read_write.rs",
        "T: ?Sized + Send + Sync> Sync for RwLock<L, R, T> {}",
        "T: ?Sized + Send> Sync for RwLock<L, R, T> {}",
    ),
    mutant(
        "a waiting writer goes first",
        "raw/read_write.rs",
        "            if state >= FULL {\n                return false;",
        "            if state & (READERS | WRITER) >= FULL {\n                return false;",
    ),
    mutant(
        "a snapshot has an order",
        "sequence.rs",
        "pub fn snapshot<L: Class + After<H>,",
        "pub fn snapshot<L: Class,",
    ),
    mutant(
        "a failed initialiser leaves it unset",
        "raw/once.rs",
        "self.state.store(UNSET, Ordering::Release);",
        "self.state.store(SET, Ordering::Release);",
    ),
    mutant(
        "a CPU's value is never given twice",
        "cpu_local.rs",
        "if self.in_use.swap(true, Ordering::Acquire) { Err(InUse) } else { Ok(Claim(self)) }",
        "if false { Err(InUse) } else { Ok(Claim(self)) }",
    ),
    mutant(
        "the order from the other side is the same",
        "level.rs",
        "impl<H: Level, L: Level> Before<L> for H\nwhere\n    H::Rank: IsLess<L::Rank>,\n    <H::Rank as IsLess<L::Rank>>::Output: Yes,",
        "impl<H: Level, L: Level> Before<L> for H\nwhere\n    H::Rank: IsLessOrEqual<L::Rank>,\n    <H::Rank as IsLessOrEqual<L::Rank>>::Output: Yes,",
    ),
    // In the corpus: attacks/rank_made_up_by_another_library.
    mutant(
        "a rank as a type is the rank as a number",
        "level.rs",
        "            L::Rank::NORMAL && L::Rank::COUNT",
        "            true || L::Rank::NORMAL && L::Rank::COUNT",
    ),
    // In the corpus: attacks/root_regained_by_weakening.
    mutant(
        "a token is moved to what has a name",
        "held.rs",
        "pub const fn at<L: Declared + AtOrAfter<H>>",
        "pub const fn at<L: Level + AtOrAfter<H>>",
    ),
    // In the corpus: attacks/root_regained_by_a_dynamic_token.
    mutant(
        "a dynamic token is moved to what has a name",
        "dynamic.rs",
        "pub const fn typed<L: Declared>",
        "pub const fn typed<L: Level>",
    ),
    // In the corpus: wait/condition_under_an_outer_lock.
    mutant(
        "a condition is waited for with the guard alone",
        "blocking/condvar.rs",
        "use crate::level::{Class, Level, NothingHeld};",
        "use crate::level::{Class, Level, Level as NothingHeld};",
    ),
    // In the corpus: order/permit_under_an_inner_lock.
    mutant(
        "a permit has an order",
        "blocking/semaphore.rs",
        "    where\n        L: After<H>,\n    {\n        self.take_or_wait(&Waiting::up_to(None));",
        "    {\n        self.take_or_wait(&Waiting::up_to(None));",
    ),
    mutant(
        "a permit stays on its thread",
        "blocking/semaphore.rs",
        "    semaphore: &'a Semaphore<L>,\n    mark: StaysOnItsThread,",
        "    semaphore: &'a Semaphore<L>,\n    mark: PhantomData<()>,",
    ),
    mutant(
        "a semaphore has one permit at least",
        "blocking/semaphore.rs",
        "assert!(permits > 0,",
        "assert!(permits > 0 || true,",
    ),
    // In the corpus: serial/written_by_a_reader.
    mutant(
        "readers of a serialising token do not write",
        "blocking/serial/scope.rs",
        "impl<L: Class<Platform: Blocking>, T: ?Sized, H: Level, C: Context>\n    SerialScope<'_, L, ExclusiveMode, T, H, C>",
        "impl<L: Class<Platform: Blocking>, M, T: ?Sized, H: Level, C: Context>\n    SerialScope<'_, L, M, T, H, C>",
    ),
    mutant(
        "a class of tokens has nothing else",
        "order.rs",
        "impl LockDiscipline for AlongTree {}\n\n",
        "impl LockDiscipline for AlongTree {}\nimpl LockDiscipline for Serialised {}\nimpl sealed::LockDiscipline for Serialised {}\n\n",
    ),
    mutant("a thread does not join itself", "host/thread.rs", "if joined > this ||", "if joined >= this ||"),
    mutant(
        "a thread joins younger ones only",
        "host/thread.rs",
        "if joined > this ||",
        "if joined > this || true ||",
    ),
    mutant("a promise whose work panics is broken", "blocking/event.rs", "end: BROKEN }", "end: DONE }"),
    mutant(
        "who waits for a broken promise is woken",
        "blocking/event.rs",
        "        self.event.waiters.wake_all();",
        "        if self.end == DONE {\n            self.event.waiters.wake_all();\n        }",
    ),
    mutant(
        "a condition is waited for while somebody serves it",
        "blocking/ranked_condvar.rs",
        "if !self.is_served() {",
        "if false {",
    ),
    mutant(
        "the last server wakes who waits",
        "blocking/ranked_condvar.rs",
        "self.0.servers.fetch_sub(1, Ordering::SeqCst) == 1",
        "self.0.servers.fetch_sub(1, Ordering::SeqCst) == 0",
    ),
    mutant(
        "a panic in the midst of a release frees the others",
        "set.rs",
        "let rest = Rest(others);",
        "let rest = Rest(&others[..0]);",
    ),
    mutant(
        "a panic in the midst of a set frees what was got",
        "set.rs",
        "    lock.acquire_raw();\n        acquired.0 = &locks[..=index];",
        "    lock.acquire_raw();\n        acquired.0 = &locks[..index.min(0)];",
    ),
    mutant(
        "one platform a program",
        "table.rs",
        "(other.platform.id)() != (one.platform.id)()",
        "false && (other.platform.id)() != (one.platform.id)()",
    ),
    // In the corpus: attacks/section_filled_by_hand.
    mutant(
        "only rows are placed in the class table",
        "table/linked.rs",
        "const _: () = assert!(\n    matches!(",
        "#[macro_export]\nmacro_rules! __in_section {\n    ($elf:literal, $mach_o:literal, $pe:literal, $item:item) => {\n        #[used]\n        \
         #[unsafe(link_section = $elf)]\n        $item\n    };\n}\n\nconst _: () = assert!(\n    matches!(",
    ),
    mutant(
        "one platform a program, also where none has interrupts",
        "table.rs",
        "    let Some(one) = CLASSES.iter().find(alone) else",
        "    let Some(one) = CLASSES.iter().find(|class| class.platform.has_interrupts) else",
    ),
    mutant(
        "no root of the host beside tokens of another platform",
        "table.rs",
        "class.order == OrderKind::Serial",
        "false && class.order == OrderKind::Serial",
    ),
    mutant(
        "one lock at one condition variable at a time",
        "host/wait_queue.rs",
        "!self.is_empty() && self.waiters().list.iter().any(|waiter| waiter.with != address && waits(waiter))",
        "false && self.waiters().list.iter().any(|waiter| waiter.with != address && waits(waiter))",
    ),
    mutant(
        "a token is waited with by its core, which has an address of its own",
        "blocking/serial/scope.rs",
        "waiting.with(core::ptr::from_ref(self.core).addr());",
        "waiting.with(self.data.get().cast::<()>().addr());",
    ),
    mutant(
        "only who waits with the lock is moved behind it",
        "host/wait_queue.rs",
        "let goes = waiter.with == with && !waiter.stays;",
        "let goes = (waiter.with == with || true) && !waiter.stays;",
    ),
    mutant(
        "who holds serialising tokens is not moved behind a lock",
        "host/wait_queue.rs",
        "waiter.with == with && !waiter.stays",
        "waiter.with == with",
    ),
    mutant(
        "a wake-up for another condition is passed on",
        "host/wait_queue.rs",
        "} else if waiting.own_condition\n",
        "} else if false && waiting.own_condition\n",
    ),
    mutant(
        "a wake-up is passed on before a condition that may sleep is looked at",
        "blocking/wait_queue.rs",
        "                self.waiters.wake_one();\n            }\n            if condition(&mut held.reborrow()) {\n                return;\n            }\n",
        "            }\n            if condition(&mut held.reborrow()) {\n                return;\n            }\n            if woken {\n                self.waiters.wake_one();\n            }\n",
    ),
    mutant(
        "a name that is none is an error value",
        "host/thread.rs",
        "if name.contains('\\0') {",
        "if false && name.contains('\\0') {",
    ),
    mutant(
        "a thread that joins gives its tokens back",
        "host/thread.rs",
        "unsafe { without_serial_tokens::<Host, _>(&waiting, join) }",
        "{\n        unsafe { without_serial_tokens::<Host, _>(&waiting, || ()) };\n        join()\n    }",
    ),
    mutant(
        "a thread of a scope counts itself out when its result is dropped",
        "host/scope.rs",
        "    result: Option<thread::Result<T>>,\n    counted: Counted,\n",
        "    counted: Counted,\n    result: Option<thread::Result<T>>,\n",
    ),
    mutant(
        "a scope waits for its threads also where a report panics",
        "host/scope.rs",
        "        let waits = AtLast(self,",
        "        observe::waits_for_a_thread::<Host>(None, std::panic::Location::caller());\n        let waits = AtLast(self,",
    ),
    mutant(
        "what panics when a panic is dropped does not end the reaper",
        "host/deferred.rs",
        "            core::mem::forget(payload);",
        "            drop(payload);",
    ),
    mutant(
        "one lock is no pair of a tree",
        "pair.rs",
        "        if one.address() == other.address() {",
        "        if false && one.address() == other.address() {",
    ),
    mutant(
        "a pair of a tree is never waited for with one in hand",
        "pair.rs",
        "            if tried.try_acquire_raw() {",
        "            tried.acquire_raw();\n            if true {",
    ),
    mutant(
        "a pair of a tree is taken on evidence of the class that it names",
        "order.rs",
        "impl<E: 'static> PairsUnder<E> for AlongTreeWithPairs<E> {}",
        "impl<E: 'static, F: 'static> PairsUnder<F> for AlongTreeWithPairs<E> {}",
    ),
    mutant(
        "a completion is waited for where one may sleep",
        "blocking/completion.rs",
        "wait_for<H: Level, C: MaySleep>(",
        "wait_for<H: Level, C: crate::context::Context>(",
    ),
    mutant("a completion ranks", "blocking/completion.rs", "    where\n        L: After<H>,\n    {", "    {"),
    mutant(
        "a handler alone says that it is one",
        "evidence.rs",
        "    where\n        C: HandlesInterrupts,\n    {",
        "    {",
    ),
    mutant(
        "a completion has a deadline",
        "blocking/completion.rs",
        "Patience::For(time.min(LONGEST))",
        "Patience::UntilItHolds",
    ),
    mutant(
        "a wait for a completion is told, whether it is complete or not",
        "blocking/completion.rs",
        "        observe::waits_for_a_thread::<L::Platform>(Some(L::INFO), waiting.place);\n",
        "        let _ = observe::waits_for_a_thread::<L::Platform>;\n",
    ),
    mutant(
        "a wait for a completion is an edge",
        "blocking/completion.rs",
        "        observe::might_wait::<L, Sleeping>(self.address(), Mode::Shared);\n",
        "        let _ = (observe::might_wait::<L, Sleeping>, self.address(), Mode::Shared);\n",
    ),
    mutant(
        "a wait for a thread is told before it begins",
        "host/thread.rs",
        "    observe::waits_for_a_thread::<Host>(None, waiting.place);\n",
        "    let _ = observe::waits_for_a_thread::<Host>;\n",
    ),
    mutant(
        "a report of a permit gives it back",
        "blocking/semaphore.rs",
        "        let taken = Taken(self);",
        "        let taken = core::mem::ManuallyDrop::new(Taken(self));",
    ),
];

/// Copies the library and its tests, and gives the copy's place.
fn workspace() -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants");
    tests::copy_workspace(
        &place,
        &["lockorder", "lockorder-macros", "kernel", "tests/checker", "tests/mutation", "ui-tests"],
    );
    place
}

/// Whether the tests pass in `place`, within a time.
fn tests_pass(place: &Path, deadline: Duration) -> bool {
    let mut command = Command::new(env!("CARGO"));
    command
        .args([
            "test",
            "--quiet",
            "-p",
            "lockorder",
            "-p",
            "checker-tests",
            "-p",
            "ui-tests",
            "--lib",
            "--test",
            "corpus",
            "--test",
            "tokens",
        ])
        .args(["--test", "sets", "--test", "dynamic", "--test", "macros", "--test", "read_write"])
        .args(["--test", "spinning", "--test", "blocking", "--test", "serial_tokens", "--test", "host"])
        .args(["--test", "completions", "--test", "pairs"])
        .args(["--test", "waiting", "--test", "two_platforms", "--test", "two_quiet_platforms"])
        .args(["--test", "foreign_tokens", "--test", "attacks", "--test", "panics", "--test", "scope_panics"])
        .current_dir(place)
        .env("CARGO_TARGET_DIR", place.join("target"))
        .env_remove("RUSTFLAGS")
        .stdout(fs::File::create(place.join("log")).expect("writable"))
        .stderr(fs::File::create(place.join("errors")).expect("writable"));
    tests::succeeds(&mut command, deadline)
}

#[test]
fn every_rule_is_checked_by_some_test() {
    let place = workspace();
    assert!(
        tests_pass(&place, FIRST_DEADLINE),
        "the copy must pass before anything is broken in it: see `log` in {}",
        place.display()
    );
    let chosen = tests::chosen(MUTANTS, |mutant| mutant.rule, SAMPLE);
    let mut survivors = Vec::new();
    for mutant in chosen {
        let path = place.join("lockorder/src").join(mutant.file);
        let original = fs::read_to_string(&path).expect("readable");
        assert_eq!(
            original.matches(mutant.from).count(),
            1,
            "the mutant of `{}` has lost its place",
            mutant.rule
        );
        fs::write(&path, original.replacen(mutant.from, mutant.to, 1)).expect("writable");
        let survived = tests_pass(&place, DEADLINE);
        fs::write(&path, original).expect("writable");
        println!("{} {}", if survived { "SURVIVED" } else { "noticed " }, mutant.rule);
        if survived {
            survivors.push(mutant.rule);
        }
    }
    assert!(survivors.is_empty(), "nothing notices when these are broken: {survivors:#?}");
}

#[test]
fn every_mutant_has_its_place() {
    for mutant in MUTANTS {
        let path = tests::root().join("lockorder/src").join(mutant.file);
        let text = fs::read_to_string(path).expect("readable");
        assert_eq!(
            text.matches(mutant.from).count(),
            1,
            "the mutant of `{}` has lost its place",
            mutant.rule
        );
    }
}
