//! Rules of tokens broken on purpose: the search must find each.
//!
//! A mutant changes one bound, lifetime, receiver, type or check of the library, and the library still builds. Those that
//! the tests of the library notice by other means stand in `tests/tests/mutants.rs`; here the search alone must do it.

/// A rule, and what is changed: a file, from `lockorder/src`, what is replaced wherever it stands there, and by what.
#[derive(Debug)]
pub struct Mutant {
    /// The rule.
    pub rule: &'static str,
    /// The changes.
    pub edits: &'static [(&'static str, &'static str, &'static str)],
}

/// All of them.
pub const MUTANTS: &[Mutant] = &[
    Mutant {
        rule: "a token moves inwards only",
        edits: &[("held.rs", "L: Declared + AtOrAfter<H>>", "L: Declared>")],
    },
    Mutant {
        rule: "a token moves to declared positions only",
        edits: &[("held.rs", "fn at<L: Declared + AtOrAfter<H>>", "fn at<L: Level + AtOrAfter<H>>")],
    },
    Mutant {
        rule: "a dynamic token becomes one of a declared position only",
        edits: &[("dynamic.rs", "fn typed<L: Declared>(", "fn typed<L: Level>(")],
    },
    Mutant {
        rule: "a dynamic token compares on the way back to types",
        edits: &[("dynamic.rs", "if self.ceiling.rank <= L::CEILING.rank {", "if true {")],
    },
    Mutant {
        rule: "a dynamic token compares strictly",
        edits: &[(
            "dynamic.rs",
            "if L::CEILING.rank > self.ceiling.rank {",
            "if L::CEILING.rank >= self.ceiling.rank {",
        )],
    },
    Mutant {
        rule: "a dynamic token knows what is held",
        edits: &[("dynamic.rs", "DynHeld::new(H::CEILING)", "DynHeld::new(crate::level::Nothing::CEILING)")],
    },
    Mutant {
        rule: "a token says that nothing is held where nothing is",
        edits: &[("held.rs", "    where\n        H: NothingHeld,\n    {", "    {")],
    },
    Mutant {
        rule: "nothing held is one position",
        edits: &[(
            "level.rs",
            "impl NothingHeld for Nothing {}\n",
            "impl NothingHeld for Nothing {}\nimpl<L: Declared> sealed::NothingHeld for AnythingOutside<L> {}\n\
             impl<L: Declared> NothingHeld for AnythingOutside<L> {}\n",
        )],
    },
    Mutant {
        rule: "ranks strictly increase",
        edits: &[(
            "level.rs",
            "    H::Rank: IsLess<L::Rank>,\n    <H::Rank as IsLess<L::Rank>>::Output: Yes,",
            "    H::Rank: IsLessOrEqual<L::Rank>,\n    <H::Rank as IsLessOrEqual<L::Rank>>::Output: Yes,",
        )],
    },
    Mutant {
        rule: "the inner one of two is the inner one",
        edits: &[("level.rs", "type Rank = Maximum<A::Rank, B::Rank>;", "type Rank = B::Rank;")],
    },
    Mutant {
        rule: "under a lock that was tried the inner one of two counts",
        edits: &[(
            "guard/out_of_order.rs",
            "(&mut T, Held<'_, BothOf<H, L>, Inside<R, C>>)",
            "(&mut T, Held<'_, L, Inside<R, C>>)",
        )],
    },
    Mutant {
        rule: "an inner token borrows its guard",
        edits: &[("guard.rs", "pub fn held(&mut self)", "pub fn held(&self)")],
    },
    Mutant {
        rule: "a token is lent, not copied",
        edits: &[("held.rs", "pub const fn reborrow(&mut self)", "pub const fn reborrow(&self)")],
    },
    Mutant {
        rule: "an interrupt-safe lock turns interrupts off",
        edits: &[("context.rs", "type Inside<C: Context> = IrqOff;", "type Inside<C: Context> = Atomic;")],
    },
    Mutant {
        rule: "a spinning lock turns preemption off",
        edits: &[("context.rs", "type Inside<C: Context> = Atomic;", "type Inside<C: Context> = C;")],
    },
    Mutant {
        rule: "no sleeping lock where nothing sleeps",
        edits: &[(
            "context.rs",
            "impl UsableIn<Task> for Sleeping {}",
            "impl UsableIn<Task> for Sleeping {}\nimpl UsableIn<Atomic> for Sleeping {}",
        )],
    },
    Mutant {
        rule: "no plain spin lock with interrupts off",
        edits: &[(
            "context.rs",
            "impl UsableIn<Atomic> for Spinning {}",
            "impl UsableIn<Atomic> for Spinning {}\nimpl UsableIn<IrqOff> for Spinning {}",
        )],
    },
    Mutant {
        rule: "a loose guard keeps the context inside",
        edits: &[(
            "guard.rs",
            "(Loose<'a, Lock<L, R, T>>, Held<'a, L, Inside<R, C>>)",
            "(Loose<'a, Lock<L, R, T>>, Held<'a, L, C>)",
        )],
    },
    Mutant {
        rule: "a task's token comes of one that may sleep",
        edits: &[("held.rs", "    where\n        C: MaySleep,\n    {", "    {")],
    },
    Mutant {
        rule: "a guard stays on its thread",
        edits: &[(
            "guard.rs",
            "PhantomData<(fn(*const M) -> *const M, fn(X) -> X, StaysOnItsThread)>",
            "PhantomData<(fn(*const M) -> *const M, fn(X) -> X)>",
        )],
    },
    Mutant {
        rule: "a token stays on its thread",
        edits: &[("held.rs", "fn(L, C) -> (L, C), StaysOnItsThread)>", "fn(L, C) -> (L, C))>")],
    },
    Mutant {
        rule: "a permit stays on its thread",
        edits: &[("blocking/semaphore.rs", "mark: StaysOnItsThread,", "mark: PhantomData<()>,")],
    },
    Mutant {
        rule: "evidence borrows its guard",
        edits: &[(
            "evidence.rs",
            "pub const fn evidence(&self) -> IrqsOff<'_>",
            "pub const fn evidence(&self) -> IrqsOff<'static>",
        )],
    },
    Mutant {
        rule: "a pair is of a class that is sorted",
        edits: &[("set.rs", "        L::Order: Sortable,\n", "")],
    },
    Mutant {
        rule: "a child is of a class along a tree",
        edits: &[("tree.rs", "        L::Order: Descendable,\n", "")],
    },
    Mutant {
        rule: "a pair of a tree is taken on evidence of the class that it names",
        edits: &[(
            "order.rs",
            "impl<E: 'static> PairsUnder<E> for AlongTreeWithPairs<E> {}",
            "impl<E: 'static, F: 'static> PairsUnder<F> for AlongTreeWithPairs<E> {}",
        )],
    },
    Mutant { rule: "a pair of a tree ranks", edits: &[("pair.rs", "L: Class + After<H>", "L: Class")] },
    Mutant {
        rule: "evidence of an exclusive holder borrows its guard",
        edits: &[(
            "guard.rs",
            "(&mut T, HeldExclusively<'_, L>, Held<'_, L, Inside<R, C>>)",
            "(&mut T, HeldExclusively<'static, L>, Held<'_, L, Inside<R, C>>)",
        )],
    },
    Mutant {
        rule: "one root a thread",
        edits: &[(
            "host.rs",
            "            !HAS_ROOT.replace(true),",
            "            !HAS_ROOT.replace(true) || true,",
        )],
    },
    Mutant {
        rule: "roots are unsafe to mint",
        edits: &[("entry.rs", "pub unsafe fn $name<O>", "pub fn $name<O>")],
    },
    Mutant {
        rule: "a condition is waited for with nothing else held",
        edits: &[(
            "blocking/condvar.rs",
            "H: NothingHeld, C: MaySleep>",
            "H: crate::level::Level, C: MaySleep>",
        )],
    },
    Mutant {
        rule: "a condition is waited for where one may sleep",
        edits: &[
            (
                "blocking/condvar.rs",
                "H: NothingHeld, C: MaySleep>",
                "H: NothingHeld, C: crate::context::Context>",
            ),
            ("guard.rs", "(Self, O)\n    where\n        C: MaySleep,\n    {", "(Self, O) {"),
        ],
    },
    Mutant {
        rule: "a queue is waited in with nothing held",
        edits: &[(
            "blocking/wait_queue.rs",
            "<H: NothingHeld, C: MaySleep>(",
            "<H: crate::level::Level, C: MaySleep>(",
        )],
    },
    Mutant {
        rule: "a condition of a queue does not sleep",
        edits: &[
            ("blocking/wait_queue.rs", "Held<'_, H, Atomic>", "Held<'_, H, crate::context::Task>"),
            ("blocking/wait_queue.rs", "condition(&mut held.to_atomic())", "condition(&mut held.to_task())"),
        ],
    },
    Mutant {
        rule: "a thread is joined with nothing held",
        edits: &[(
            "host/thread.rs",
            "join<H: NothingHeld, C: MaySleep>",
            "join<H: crate::level::Level, C: MaySleep>",
        )],
    },
    Mutant {
        rule: "a scope of threads is begun with nothing held",
        edits: &[(
            "host/scope.rs",
            "H: NothingHeld, C: MaySleep, O>",
            "H: crate::level::Level, C: MaySleep, O>",
        )],
    },
    Mutant {
        rule: "a signal is waited for with nothing held",
        edits: &[(
            "blocking/signalling_semaphore.rs",
            "<H: NothingHeld, C: MaySleep>(",
            "<H: crate::level::Level, C: MaySleep>(",
        )],
    },
    Mutant {
        rule: "a permit ranks",
        edits: &[("blocking/semaphore.rs", "    where\n        L: After<H>,\n    {", "    {")],
    },
    Mutant {
        rule: "a tried permit borrows the token",
        edits: &[(
            "blocking/semaphore.rs",
            "    pub fn try_acquire<'s, H: Level, C: Context>(\n        &'s self,\n        _held: &'s mut Held<'_, H, C>,",
            "    pub fn try_acquire<'s, H: Level, C: Context>(\n        &'s self,\n        _held: &mut Held<'_, H, C>,",
        )],
    },
    Mutant {
        rule: "a semaphore has a permit",
        edits: &[("blocking/semaphore.rs", "assert!(permits > 0,", "assert!(permits < usize::MAX,")],
    },
    Mutant {
        rule: "an event ranks",
        edits: &[("blocking/event.rs", "    where\n        L: After<H>,\n    {", "    {")],
    },
    Mutant {
        rule: "a completion ranks",
        edits: &[("blocking/completion.rs", "    where\n        L: After<H>,\n    {", "    {")],
    },
    Mutant {
        rule: "a completion is waited for where one may sleep",
        edits: &[(
            "blocking/completion.rs",
            "wait_for<H: Level, C: MaySleep>(",
            "wait_for<H: Level, C: crate::context::Context>(",
        )],
    },
    Mutant {
        rule: "a handler alone says that it is one",
        edits: &[("evidence.rs", "    where\n        C: HandlesInterrupts,\n    {", "    {")],
    },
    Mutant {
        rule: "evidence of a handler lives as long as its token",
        edits: &[(
            "evidence.rs",
            "in_handler(&self) -> InHandler<'a>",
            "in_handler(&self) -> InHandler<'static>",
        )],
    },
    Mutant {
        rule: "evidence of a handler stays on its thread",
        edits: &[(
            "evidence.rs",
            "pub struct InHandler<'a> {\n    mark: PhantomData<(&'a (), StaysOnItsThread)>,",
            "pub struct InHandler<'a> {\n    mark: PhantomData<(&'a (), ())>,",
        )],
    },
    Mutant {
        rule: "a condition with a rank is waited for and served in the order",
        edits: &[("blocking/ranked_condvar.rs", "    where\n        L: After<H>,\n    {", "    {")],
    },
    Mutant {
        rule: "what a serialising token protects is looked at where nothing sleeps",
        edits: &[(
            "blocking/serial/scope.rs",
            "FnOnce(&'i T, Held<'i, H, Atomic>)",
            "FnOnce(&'i T, Held<'i, H, C>)",
        )],
    },
    Mutant {
        rule: "under a serialising token one is where one was",
        edits: &[(
            "blocking/serial/scope.rs",
            "pub const fn held(&mut self) -> Held<'_, H, C>",
            "pub const fn held(&mut self) -> Held<'_, crate::level::Nothing, C>",
        )],
    },
    Mutant {
        rule: "a token under a serialising token borrows its scope",
        edits: &[(
            "blocking/serial/scope.rs",
            "pub const fn held(&mut self) -> Held<'_, H, C>",
            "pub const fn held(&mut self) -> Held<'a, H, C>",
        )],
    },
    Mutant {
        rule: "a class of serialising tokens has no events",
        edits: &[(
            "blocking/event.rs",
            "L: Class<Order: LockDiscipline, Platform: Blocking>",
            "L: Class<Platform: Blocking>",
        )],
    },
    Mutant {
        rule: "no spinning core has waiters that sleep",
        edits: &[
            ("raw/ticket.rs", "K: StopsPreemption", "K: crate::context::Kind"),
            (
                "raw.rs",
                "unsafe impl<K: StopsPreemption, P: Platform> WaitsOn<P> for Ticket<K>",
                "unsafe impl<K: Kind, P: Platform> WaitsOn<P> for Ticket<K>",
            ),
        ],
    },
    Mutant {
        rule: "waiting in a raw queue is unsafe",
        edits: &[
            ("blocking.rs", "    unsafe fn wait(&self", "    fn wait(&self"),
            ("host/wait_queue.rs", "    unsafe fn wait(&self", "    fn wait(&self"),
        ],
    },
    Mutant {
        rule: "acquiring through a bound is unsafe",
        edits: &[("lock.rs", "        unsafe fn acquire_held(&self)", "        fn acquire_held(&self)")],
    },
    Mutant {
        rule: "running without serialising tokens is unsafe",
        edits: &[("blocking.rs", "pub unsafe fn without_serial_tokens<", "pub fn without_serial_tokens<")],
    },
    Mutant {
        rule: "a thread that sleeps for a mutex gives its serialising tokens back",
        edits: &[(
            "host/parking.rs",
            "without_serial_tokens::<Host, _>(&Waiting::here(Patience::UntilItHolds), || self.sleep(deadline))",
            "(|_: &Waiting, sleep: &dyn Fn() -> bool| sleep())(&Waiting::here(Patience::UntilItHolds), &|| self.sleep(deadline))",
        )],
    },
    Mutant {
        rule: "no exported macro mints a root",
        edits: &[(
            "table/linked.rs",
            "/// The slice between the ends of the section.\n",
            "/// A root.\n#[macro_export]\nmacro_rules! regained {\n    ($body:expr) => {\n        \
             unsafe { $crate::entry::thread($body) }\n    };\n}\n\n/// The slice between the ends of the section.\n",
        )],
    },
    Mutant {
        rule: "a macro writes its caller's code where nothing unsafe is allowed",
        edits: &[(
            "../../lockorder-macros/src/acquire.rs",
            "Ok(quote!({ #acquisitions #statements }))",
            "Ok(quote!({ #acquisitions unsafe { #statements } }))",
        )],
    },
    Mutant { rule: "reading ranks", edits: &[("read_write/acquire.rs", "L: Class + After<H>", "L: Class")] },
    Mutant {
        rule: "a snapshot ranks",
        edits: &[("sequence.rs", "fn snapshot<L: Class + After<H>", "fn snapshot<L: Class")],
    },
    Mutant { rule: "data that is made once ranks", edits: &[("once.rs", "L: Class + After<H>", "L: Class")] },
    Mutant { rule: "a set ranks", edits: &[("set.rs", "L: Class + After<H>", "L: Class")] },
    Mutant {
        rule: "a guard that owns its lock ranks",
        edits: &[("guard/owning.rs", "L: Class + After<H>", "L: Class")],
    },
    Mutant {
        rule: "a lock waited for with a limit ranks",
        edits: &[("acquire.rs", "fn lock_for<'s, L: Class + After<H>", "fn lock_for<'s, L: Class")],
    },
];
