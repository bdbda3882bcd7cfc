//! Rules of the library broken on purpose: some test must turn red for each.
//!
//! A copy of the library and of its tests is made under the target directory; one line is changed; the tests
//! of the library and the corpus of rejected programs run on the copy, and must fail. A mutant that survives is
//! a rule that nothing checks.
//!
//! All of them take some minutes: `LOCKORDER_MUTANTS=all cargo test -p tests --test mutants`; with a part of a
//! rule's name in place of `all`, those. Otherwise the first few run, so that the machinery itself stays alive.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Longest time that the tests may take on one mutant; one that hangs is caught by it, and counts as noticed.
const DEADLINE: Duration = Duration::from_mins(4);
/// Longest time that building them may take as well, the first time.
const FIRST_DEADLINE: Duration = Duration::from_mins(12);
/// How many run without being asked for.
const SAMPLE: usize = 2;

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
        "    H::Rank: IsLess<L::Rank>,\n    <H::Rank as IsLess<L::Rank>>::Output: Yes,",
        "    H::Rank: IsLessOrEqual<L::Rank>,\n    <H::Rank as IsLessOrEqual<L::Rank>>::Output: Yes,",
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
        "    pub const fn at<L: Level>(&mut self) -> Held<'_, L, C>\n    where\n        H: UpTo<L>,\n    {",
        "    pub const fn at<L: Level>(&mut self) -> Held<'_, L, C> {",
    ),
    mutant(
        "`below` asks for the order",
        "held.rs",
        "    pub const fn below<L: Declared>(&mut self) -> Held<'_, Below<L>, C>\n    where\n        H: Before<L>,\n    {",
        "    pub const fn below<L: Declared>(&mut self) -> Held<'_, Below<L>, C> {",
    ),
    mutant(
        "acquiring borrows the token mutably",
        "held.rs",
        "    pub fn lock<'s, L: Class, R: RawLock, T: ?Sized>(\n        &'s mut self,",
        "    pub fn lock<'s, L: Class, R: RawLock, T: ?Sized>(\n        &'s self,",
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
        "join<H: NothingHeld, C: Context + MaySleep>",
        "join<H: crate::level::Level, C: Context + MaySleep>",
    ),
    mutant(
        "a permit is waited for where one may sleep",
        "blocking/semaphore.rs",
        "    pub fn acquire<'s, H: Before<L> + UpTo<L>, C: MaySleep>(",
        "    pub fn acquire<'s, H: Before<L> + UpTo<L>, C: Context>(",
    ),
    mutant(
        "what a serialising token protects is reached where nothing blocks",
        "blocking/token/scope.rs",
        "section: impl for<'i> FnOnce(&'i mut T, Held<'i, L, Atomic>) -> O",
        "section: impl for<'i> FnOnce(&'i mut T, Held<'i, L, C>) -> O",
    ),
    mutant(
        "a serialising token that is shared is not acquired alone",
        "blocking/token/position.rs",
        "impl<L: Declared> Repeats for Readers<L> {\n    type Than = L::Rank;",
        "impl<L: Declared> Repeats for Readers<L> {\n    type Than = L::Outside;",
    ),
    mutant(
        "what may block borrows the scope of a serialising token",
        "blocking/token/scope.rs",
        "    pub const fn held(&mut self) -> Held<'_, X, C> {",
        "    pub const fn held(&mut self) -> Held<'a, X, C> {",
    ),
    mutant(
        "a token stays on its thread",
        "held.rs",
        "mark: PhantomData<(&'a mut (), fn(L, C) -> (L, C), *mut ())>,",
        "mark: PhantomData<(&'a mut (), fn(L, C) -> (L, C))>,",
    ),
    mutant(
        "a guard stays on its thread",
        "guard.rs",
        "PhantomData<(fn(L, R, C) -> (L, R, C), *mut ())>",
        "PhantomData<fn(L, R, C) -> (L, R, C)>",
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
        "(&mut T, Held<'_, Later<H, L>, Inside<R, C>>)",
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
        "    ) -> ReadGuard<'s, L, R, T, C>\n    where\n        H: Before<L>,\n",
        "    ) -> ReadGuard<'s, L, R, T, C>\n    where\n",
    ),
    mutant(
        "a reader in a handler is interrupt-safe",
        "read_write/acquire.rs",
        "    ) -> ReadGuard<'s, L, R, T, C>\n    where\n        H: Before<L>,\n        R::Kind: UsableIn<C>,\n",
        "    ) -> ReadGuard<'s, L, R, T, C>\n    where\n        H: Before<L>,\n",
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
        "== 0 {\n            let state = self.state.load(Ordering::Relaxed);\n            // Guards",
        "< 1000 {\n            let state = self.state.load(Ordering::Relaxed);\n            // Guards",
    ),
    mutant(
        "a snapshot has an order",
        "sequence.rs",
        "lock: &SeqLock<L, R, T>) -> T\n    where\n        H: Before<L>,\n",
        "lock: &SeqLock<L, R, T>) -> T\n    where\n",
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
];

/// Copies the library and its tests, and gives the copy's place.
fn workspace() -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants");
    tests::copy_workspace(&place, &["lockorder", "lockorder-macros", "kernel", "tests/checker", "ui-tests"]);
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
            "ui-tests",
            "--lib",
            "--test",
            "corpus",
            "--test",
            "tokens",
        ])
        .args(["--test", "sets", "--test", "dynamic", "--test", "macros", "--test", "read_write"])
        .args(["--test", "spinning"])
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
    let chosen: Vec<&Mutant> = match std::env::var("LOCKORDER_MUTANTS") {
        Ok(all) if all == "all" => MUTANTS.iter().collect(),
        Ok(part) => MUTANTS.iter().filter(|mutant| mutant.rule.contains(&part)).collect(),
        Err(_) => MUTANTS.iter().take(SAMPLE).collect(),
    };
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
