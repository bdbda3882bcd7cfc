//! What a beginner does wrong, what the compiler says to it, and what that means.
//!
//! Each is a program of the corpus. Where the library has a word in it, the first line names the mistake and a note names the fix.
//! Where the borrow checker or the type checker speaks alone, its words are what they are on any compiler, and the table says what
//! they mean here.

use std::fmt::Write;

/// A mistake.
#[derive(Clone, Copy, Debug)]
pub struct Mistake {
    /// What is done, as one would say it.
    pub what: &'static str,
    /// The program of the corpus that does it.
    pub program: &'static str,
    /// A part of the first line of the first error.
    pub says: &'static str,
    /// A part of a label, note or help below it.
    pub note: &'static str,
    /// What it means, and what to do.
    pub fix: &'static str,
}

/// One row.
const fn mistake(
    what: &'static str,
    program: &'static str,
    says: &'static str,
    note: &'static str,
    fix: &'static str,
) -> Mistake {
    Mistake { what, program, says, note, fix }
}

/// What a mistake in the order says in its note.
const ORDER: &str = "locks are acquired in strictly increasing level order";
/// What a generic function's mistake says.
const BELOW: &str = "begin with `held.below::<Level>()`";
/// What a generic context's mistake says.
const CONTEXT: &str = "name the context first";
/// What waiting with a lock held says.
const HELD: &str = "needs nothing held";
/// What such a message says in its note.
const RELEASE: &str = "release everything before waiting";
/// What a type that does not fit says.
const MISMATCHED: &str = "mismatched types";

/// The mistakes, the commonest first.
pub const MISTAKES: &[Mistake] = &[
    mistake(
        "an outer lock is acquired under an inner one",
        "order/third_lock_out_of_order",
        "lock order violation: cannot acquire `",
        ORDER,
        "acquire the outer lock first, or release the inner one",
    ),
    mistake(
        "a lock of the same class is acquired again",
        "order/equal_class",
        "lock order violation: cannot acquire `",
        "`lock_pair`, `lock_array` or `descend`",
        "one at a time, or the class's own way to take several",
    ),
    mistake(
        "the outer token is used beside a live guard",
        "mistakes/outer_token_beside_a_guard",
        "cannot borrow `held` as mutable more than once at a time",
        "first mutable borrow occurs here",
        "the compiler's words: the guard borrows the token it was acquired with. Take the token that lies further in from the guard: \
         `let (data, mut held) = guard.split();`, or acquire with `held.with(&LOCK, |data, held| …)`",
    ),
    mistake(
        "an outer guard is dropped while an inner one lives",
        "guard/released_outer_first",
        "because it is borrowed",
        "borrow later used here",
        "the compiler's words: the inner guard borrows the outer one. Drop the inner one first, or `loosen` the outer one",
    ),
    mistake(
        "a function that is generic over what is held acquires at once",
        "mistakes/acquires_without_below",
        "cannot acquire `Inode` while holding `impl Before<Filesystem>`",
        BELOW,
        "`let mut held = held.below::<Filesystem>();`",
    ),
    mistake(
        "a function acquires what its signature does not say",
        "mistakes/outside_of_what_the_function_says",
        "while holding `AnythingOutside<Filesystem>`",
        ORDER,
        "the token is at \"anything outside of `Filesystem`\": say the outer level in the signature and in `below`",
    ),
    mistake(
        "a lock is acquired without a token",
        "mistakes/locked_without_a_token",
        "a lock is acquired through a token, and this call has none",
        "acquire through the token: `held.lock(&LOCK)`",
        "`held.lock(&LOCK)`",
    ),
    mistake(
        "a mutex is used as the standard library's",
        "mistakes/locked_without_a_token_and_unwrapped",
        "a lock is acquired through a token, and this call has none",
        "a function that acquires takes the token",
        "`held.lock(&LOCK)`; nothing is poisoned, so nothing is unwrapped",
    ),
    mistake(
        "a reader-writer lock is read without a token",
        "mistakes/read_without_a_token",
        "a reader-writer lock is acquired through a token, and this call has none",
        "`held.read(&LOCK)`, `held.write(&LOCK)`",
        "`held.read(&LOCK)`",
    ),
    mistake(
        "a serialising token is acquired without a token",
        "mistakes/serial_token_without_a_token",
        "a serialising token is acquired through a token of the thread, and this call has none",
        "`held.with_serial_token(&TOKEN, |scope| …)`",
        "`held.with_serial_token(&TOKEN, |scope| …)`",
    ),
    mistake(
        "what a serialising token protects is changed through a share",
        "serial/written_by_a_reader",
        "a share of a serialising token looks at its data and does not change it",
        "acquire the token exclusively",
        "`scope.held().with_serial_token(&TOKEN, |scope| …)`",
    ),
    mistake(
        "a lock is declared with a level",
        "order/lock_of_a_level",
        "is not a lock class",
        "declare one inside a level",
        "declare a class in the level; a level is for `below::<Level>()` and `#[acquires(Level)]`",
    ),
    mistake(
        "a spin lock is acquired in a context that is `impl MaySpin`",
        "mistakes/spin_lock_in_a_generic_context",
        "cannot be acquired in `impl MaySpin` context",
        CONTEXT,
        "`held.to_atomic()`",
    ),
    mistake(
        "a mutex is acquired in a context that is `impl MaySleep`",
        "mistakes/mutex_in_a_generic_context",
        "cannot be acquired in `impl MaySleep` context",
        CONTEXT,
        "`held.to_task()`",
    ),
    mistake(
        "a token of a generic context goes to a function that names one",
        "mistakes/context_passed_on_by_name",
        MISMATCHED,
        "expected `Held<'_, ",
        "the compiler's words: the two contexts are different types. Weaken the token first: `held.to_atomic()`, `held.to_task()`",
    ),
    mistake(
        "a mutex is acquired under a spin lock",
        "context/sleeping_lock_under_spin_lock",
        "a `Sleeping` lock cannot be acquired in `Atomic` context",
        "a `Sleeping` lock needs `Task`",
        "acquire the mutex first, or release the spin lock",
    ),
    mistake(
        "something is acquired that does not come after a lock got by trying",
        "order/acquire_between_after_try",
        "BothOf<Inode, Directory>`",
        ORDER,
        "both are held: what is acquired lies inside of both",
    ),
    mistake(
        "a thread is joined under a lock",
        "wait/join_under_a_lock",
        HELD,
        RELEASE,
        "release everything, then join",
    ),
    mistake(
        "threads that borrow are started under a lock",
        "wait/scope_under_a_lock",
        HELD,
        RELEASE,
        "open the scope with nothing held",
    ),
    mistake(
        "a condition is waited for with an outer lock held",
        "wait/condition_under_an_outer_lock",
        HELD,
        "a `RankedCondvar`",
        "acquire only the lock of the condition, or wait at a `RankedCondvar`",
    ),
    mistake(
        "a token goes to another thread",
        "token/sent_to_another_thread",
        "TokensAndGuardsStayOnTheirThread",
        "cannot be sent between threads safely",
        "each thread has its own: `host::spawn(|held| …)`, `host::scope`",
    ),
    mistake(
        "a guard goes to another thread",
        "guard/sent_to_another_thread_guard",
        "TokensAndGuardsStayOnTheirThread",
        "cannot be sent between threads safely",
        "let the other thread acquire the lock",
    ),
    mistake(
        "a permit goes to another thread",
        "attacks/permit_sent_to_another_thread",
        "TokensAndGuardsStayOnTheirThread",
        "cannot be sent between threads safely",
        "let the other thread acquire a permit, or signal it with a `SignallingSemaphore`",
    ),
    mistake(
        "a function that takes a root is called under a lock",
        "mistakes/root_function_under_a_lock",
        MISMATCHED,
        "expected `Held<'_, Nothing, Task>`, found `Held<'_, Directory, Task>`",
        "the compiler's words: a `Root` is a `Held` with which `Nothing` is held. Call it with nothing held, or let the function take \
         `Held<'_, impl Before<Level>, …>`",
    ),
    mistake(
        "a reader-writer lock is acquired with `lock`",
        "mistakes/reader_writer_lock_locked",
        MISMATCHED,
        "expected `&Lock<_, _, _>`, found `&RwLock<",
        "the compiler's words: `held.read(&LOCK)` or `held.write(&LOCK)`",
    ),
    mistake(
        "a lock is acquired with `read`",
        "mistakes/mutex_read",
        MISMATCHED,
        "expected `&RwLock<_, _, _>`, found `&Lock<",
        "the compiler's words: `held.lock(&LOCK)`, or declare a reader-writer lock",
    ),
    mistake(
        "a serialising token is acquired with `lock`",
        "mistakes/serial_token_locked",
        MISMATCHED,
        "expected `&Lock<_, _, _>`, found `&SerialToken<",
        "the compiler's words: `held.with_serial_token(&TOKEN, |scope| …)`",
    ),
    mistake(
        "`Held` is written without parameters",
        "mistakes/held_without_parameters",
        "missing generics for struct `Held`",
        "add missing generic arguments",
        "the compiler's words: say what may be held and in which context, `Held<'_, impl Before<Level>, Task>`, or let \
         `#[acquires(Level)]` fill it in",
    ),
    mistake(
        "a lock in an `Arc` is acquired without borrowing it",
        "mistakes/arc_passed_by_value",
        MISMATCHED,
        "consider borrowing here",
        "the compiler's words: `held.lock(&lock)` works through the `Arc`; `held.lock_arc(&lock)` gives a guard that owns a count",
    ),
    mistake(
        "a trait object's method is called from too far in",
        "mistakes/trait_object_called_from_inside",
        "cannot acquire `Filesystem` while holding `Queue`",
        ORDER,
        "release what lies further in; for a trait of your own, weaken the token in an inherent method of `dyn Trait`, so that both \
         names are in the message",
    ),
    mistake(
        "a token is passed by value twice",
        "mistakes/token_given_away_twice",
        "borrow of moved value: `held`",
        "value moved here",
        "the compiler's words: `f(held.reborrow())`, or let `f` take `&mut Held<…>`",
    ),
    mistake(
        "a token is not declared mutable",
        "mistakes/token_not_mutable",
        "cannot borrow `held` as mutable, as it is not declared as mutable",
        "consider changing this to be mutable",
        "the compiler's words: acquiring borrows the token mutably, `|mut held|`",
    ),
];

/// The page.
#[must_use]
pub fn page() -> String {
    let mut page = format!(
        "# What goes wrong at first\n\n\
         {} mistakes, what the compiler says to each, and what to do. Each is a rejected program beside its corrected twin; a test\n\
         asks the installed compiler for the words. Where the table says so they are the compiler's alone, and no library can change\n\
         them: the last column says what they mean here. This page is generated: `BLESS=1 cargo test -p ui-tests --test readme`.\n\n\
         | what is done | first line | below it | what to do | program |\n|---|---|---|---|---|\n",
        MISTAKES.len()
    );
    for Mistake { what, program, says, note, fix } in MISTAKES {
        let name = program.rsplit('/').next().unwrap_or_default();
        // A bar would end the cell.
        let cell = |text: &str| text.replace('|', "\\|");
        writeln!(
            page,
            "| {what} | … {says} … | … {} … | {} | [{name}](../ui-tests/rejected/{program}.rs) |",
            cell(note),
            cell(fix)
        )
        .expect("a string takes everything");
    }
    page
}
