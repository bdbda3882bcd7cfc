//! The serialising tokens that one thread holds: given back when it blocks, taken again before it runs on.
//!
//! A list of the thread's own, of bounded length. To acquire a token that is not free, the thread gives all others back
//! as well, and waits for all of them together: a thread that waits holds nothing, so nobody waits for it in turn.
//!
//! **Taking them again** goes through all in the order of their addresses. Where one is not free, those just taken are
//! given back, and the thread sleeps until it has that one; then it tries the others, and so on. A thread that has tried
//! [`ATTEMPTS`] times takes them one by one in the order of their addresses, sleeping for each with the earlier ones in
//! hand: that is an order like any other, and threads that run give theirs back when they block, so it cannot be a circle.
//!
//! **A share that is acquired exclusively** is given back first, unless this thread is the only reader; so two readers that
//! both want the token exclusively do not wait for each other. When the inner scope ends the thread has its share again.
//!
//! **Panics.** An entry points to its token, so it never outlives the scope that borrows the token: every path that enters one
//! removes it on unwinding. Where taking them again panics, the tokens count as given back, and reaching their data panics.

use core::cell::Cell;
use core::fmt;
use core::num::NonZeroU64;
use core::ptr;

use super::core::SerialCore;
use crate::blocking::{Blocking, Patience, Waiting};
use crate::level::Class;
use crate::mode::Mode;
#[cfg(feature = "checker")]
use crate::observe;

/// How many serialising tokens a thread may hold at once.
pub const MOST_SERIAL_TOKENS: usize = 16;

/// How often a thread tries to take all its tokens together before it takes them one by one.
const ATTEMPTS: u32 = 8;

/// What is noted of a token's class, for the run-time checker and the statistics. None of it reports.
#[cfg(feature = "checker")]
#[derive(Clone, Copy)]
pub(super) struct Notes {
    taken: fn(usize),
    given: fn(usize),
    repeated: fn(),
}

#[cfg(feature = "checker")]
impl Notes {
    /// Those of class `L`.
    pub(super) const fn of<L: Class>() -> Self {
        Self {
            taken: observe::serial_token_taken::<L>,
            given: observe::serial_token_given::<L>,
            repeated: observe::reacquires::<L>,
        }
    }

    /// A token is held from now on.
    fn taken(self, token: usize) {
        (self.taken)(token);
    }

    /// A token is given back.
    fn given(self, token: usize) {
        (self.given)(token);
    }

    /// A token that is held is acquired again.
    fn repeated(self) {
        (self.repeated)();
    }
}

/// Without the checker nothing is noted, and nothing is kept for it.
#[cfg(not(feature = "checker"))]
#[derive(Clone, Copy)]
pub(super) struct Notes;

#[cfg(not(feature = "checker"))]
#[allow(clippy::unused_self, clippy::extra_unused_type_parameters, reason = "as with the checker")]
impl Notes {
    pub(super) const fn of<L: Class>() -> Self {
        Self
    }
    const fn taken(self, _: usize) {}
    const fn given(self, _: usize) {}
    const fn repeated(self) {}
}

/// One token that is held, or is to be taken again.
struct Entry<P: Blocking> {
    /// The token; it outlives the scope in which it is held, and with it this entry.
    token: Cell<*const SerialCore<P>>,
    /// How many scopes hold it.
    count: Cell<u32>,
    mode: Cell<Mode>,
    /// Where it was shared before it was acquired exclusively: how many scopes shared it; 0 otherwise.
    shares: Cell<u32>,
    notes: Cell<Option<Notes>>,
}

impl<P: Blocking> Entry<P> {
    /// No token.
    const fn none() -> Self {
        Self {
            token: Cell::new(ptr::null()),
            count: Cell::new(0),
            mode: Cell::new(Mode::Exclusive),
            shares: Cell::new(0),
            notes: Cell::new(None),
        }
    }

    /// The token.
    fn token(&self) -> &SerialCore<P> {
        // SAFETY: an entry is there only during the scope that borrows the token: whoever enters it removes it before the
        // scope ends, also on unwinding.
        unsafe { &*self.token.get() }
    }

    /// Gives the token back.
    fn give(&self) {
        self.token().give(self.mode.get());
    }

    /// The token's address.
    fn address(&self) -> usize {
        self.token.get().addr()
    }

    /// Notes that the token is held from now on.
    fn note_taken(&self) {
        if let Some(notes) = self.notes.get() {
            notes.taken(self.address());
        }
    }

    /// Notes that the token is given back.
    fn note_given(&self) {
        if let Some(notes) = self.notes.get() {
            notes.given(self.address());
        }
    }

    /// Takes over what another entry says.
    fn copy(&self, other: &Self) {
        self.token.set(other.token.get());
        self.count.set(other.count.get());
        self.mode.set(other.mode.get());
        self.shares.set(other.shares.get());
        self.notes.set(other.notes.get());
    }
}

/// The serialising tokens that a thread holds, in the order in which it acquired them.
pub struct HeldSerialTokens<P: Blocking> {
    entries: [Entry<P>; MOST_SERIAL_TOKENS],
    length: Cell<usize>,
    /// They are given back at the moment: the thread blocks, or takes them again.
    given_back: Cell<bool>,
    /// How many references into the data of tokens there are.
    references: Cell<u32>,
    /// The thread's number, once it has been asked for.
    thread: Cell<Option<NonZeroU64>>,
}

impl<P: Blocking> Default for HeldSerialTokens<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Blocking> fmt::Debug for HeldSerialTokens<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HeldSerialTokens").field("length", &self.length).finish_non_exhaustive()
    }
}

/// A reference into a token's data; the thread does not block until it drops.
pub(super) struct Reference<'a>(&'a Cell<u32>);

impl Drop for Reference<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl<P: Blocking> HeldSerialTokens<P> {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: [const { Entry::none() }; MOST_SERIAL_TOKENS],
            length: Cell::new(0),
            given_back: Cell::new(false),
            references: Cell::new(0),
            thread: Cell::new(None),
        }
    }

    /// Whether there is nothing to be given back.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length.get() == 0 || self.given_back.get()
    }

    /// The number of the thread that this list belongs to.
    #[inline]
    fn thread(&self) -> NonZeroU64 {
        self.thread.get().unwrap_or_else(|| {
            let thread = P::thread();
            self.thread.set(Some(thread));
            thread
        })
    }

    /// The entries.
    #[inline]
    fn held(&self) -> &[Entry<P>] {
        &self.entries[..self.length.get()]
    }

    /// The entry of a token, and where it stands in the list. The innermost is looked at first.
    #[inline]
    fn find(&self, token: &SerialCore<P>) -> Option<(usize, &Entry<P>)> {
        self.held().iter().enumerate().rev().find(|(_, entry)| ptr::eq(entry.token.get(), token))
    }

    /// Whether a token is held, and not given back at the moment.
    pub(super) fn has(&self, token: &SerialCore<P>) -> bool {
        !self.given_back.get() && self.find(token).is_some()
    }

    /// Acquires a token, or acquires it again, waiting for it.
    ///
    /// # Safety
    ///
    /// The thread may block here. The caller calls `release` once before it ceases to borrow the token, also on unwinding.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub(super) unsafe fn acquire(&self, token: &SerialCore<P>, mode: Mode, notes: Notes) {
        // SAFETY: the thread may block here, and gives the token back in time, by this function's contract.
        unsafe {
            if !self.try_acquire(token, mode, notes) {
                self.wait_for(token, mode, notes);
            }
        }
    }

    /// Acquires a token that is not free.
    ///
    /// # Safety
    ///
    /// As for `acquire`.
    #[cold]
    #[inline(never)]
    #[cfg_attr(feature = "checker", track_caller)]
    unsafe fn wait_for(&self, token: &SerialCore<P>, mode: Mode, notes: Notes) {
        /// Takes the acquisition back when it drops: taking the tokens again has panicked.
        struct Undo<'a, P: Blocking>(&'a HeldSerialTokens<P>, &'a SerialCore<P>);
        impl<P: Blocking> Drop for Undo<'_, P> {
            fn drop(&mut self) {
                self.0.release(self.1);
            }
        }
        let entry = self.find(token).map(|(_, entry)| entry);
        if entry.is_none() && token.take_soon(mode, self.thread()) {
            self.push(token, mode, notes).note_taken();
            return;
        }
        // While it waits the thread holds nothing.
        self.give_back();
        match entry {
            Some(entry) => Self::count_exclusive(entry),
            None => {
                self.push(token, mode, notes);
            }
        }
        let undo = Undo(self, token);
        // SAFETY: the thread may block, as this function asks, and has given back what it had.
        unsafe { self.take_again(&Waiting::here(Patience::UntilItHolds)) };
        ::core::mem::forget(undo);
    }

    /// Acquires a token if it is free, or again, without waiting.
    ///
    /// # Safety
    ///
    /// On success the caller calls `release` once before it ceases to borrow the token, also on unwinding.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub(super) unsafe fn try_acquire(&self, token: &SerialCore<P>, mode: Mode, notes: Notes) -> bool {
        assert!(
            !self.given_back.get() || self.length.get() == 0,
            "a thread acquires a token while it blocks"
        );
        if let Some((_, entry)) = self.find(token) {
            return self.repeat(entry, mode);
        }
        // Before anything is taken: a token that is in no list would never be free again.
        assert!(
            self.length.get() < MOST_SERIAL_TOKENS,
            "a thread holds {MOST_SERIAL_TOKENS} serialising tokens, and acquires another one"
        );
        let got = token.take(mode, self.thread());
        if got {
            self.push(token, mode, notes).note_taken();
        }
        got
    }

    /// Counts a token that is held once more; false where it would have to wait for other readers to leave.
    #[inline]
    fn repeat(&self, entry: &Entry<P>, mode: Mode) -> bool {
        if mode == Mode::Exclusive && entry.mode.get() == Mode::Shared {
            if !entry.token().try_upgrade(self.thread()) {
                return false;
            }
            Self::count_exclusive(entry);
        } else {
            entry.count.set(entry.count.get() + 1);
        }
        if let Some(notes) = entry.notes.get() {
            notes.repeated();
        }
        true
    }

    /// Counts a token that is shared once more, exclusively from now on.
    fn count_exclusive(entry: &Entry<P>) {
        entry.shares.set(entry.count.get());
        entry.count.set(entry.count.get() + 1);
        entry.mode.set(Mode::Exclusive);
    }

    /// Enters a token that is held from now on, or is to be.
    #[inline]
    fn push(&self, token: &SerialCore<P>, mode: Mode, notes: Notes) -> &Entry<P> {
        let length = self.length.get();
        let entry = &self.entries[length];
        entry.token.set(token);
        entry.count.set(1);
        entry.mode.set(mode);
        entry.shares.set(0);
        entry.notes.set(Some(notes));
        self.length.set(length + 1);
        entry
    }

    /// Gives up one acquisition; the last one frees the token, and the last exclusive one of a share leaves the share.
    #[inline]
    pub(super) fn release(&self, token: &SerialCore<P>) {
        let Some((place, entry)) = self.find(token) else { return };
        let count = entry.count.get() - 1;
        entry.count.set(count);
        if count == 0 {
            self.remove(place, entry);
        } else if count == entry.shares.get() {
            entry.shares.set(0);
            entry.mode.set(Mode::Shared);
            if !self.given_back.get() {
                entry.token().downgrade();
            }
        }
    }

    /// Removes an entry, and gives its token back if the thread has it.
    #[inline]
    fn remove(&self, place: usize, entry: &Entry<P>) {
        let (length, given_back) = (self.length.get(), self.given_back.get());
        if !given_back {
            entry.give();
            entry.note_given();
        } else if length == 1 {
            self.given_back.set(false);
        }
        for next in place + 1..length {
            self.entries[next - 1].copy(&self.entries[next]);
        }
        self.length.set(length - 1);
    }

    /// A reference into a token's data begins to live.
    ///
    /// # Panics
    ///
    /// When the tokens are given back, since taking them again has panicked: the data may be another thread's.
    #[inline]
    pub(super) fn reference(&self) -> Reference<'_> {
        assert!(
            !self.given_back.get(),
            "the data of a serialising token is reached while the token is given back"
        );
        self.references.set(self.references.get() + 1);
        Reference(&self.references)
    }

    /// Gives all tokens back, since the thread blocks.
    pub(in crate::blocking) fn give_back(&self) {
        assert_eq!(self.references.get(), 0, "a thread blocks with a reference into what a token protects");
        for entry in self.held().iter().rev() {
            entry.note_given();
            entry.give();
        }
        self.given_back.set(true);
    }

    /// Takes all tokens again, sleeping until all are free together.
    ///
    /// # Safety
    ///
    /// The thread may block here, and has given its tokens back.
    #[cfg_attr(feature = "checker", track_caller)]
    pub(in crate::blocking) unsafe fn take_again(&self, waiting: &Waiting) {
        let waiting = Waiting { patience: Patience::UntilItHolds, ..*waiting };
        let thread = self.thread();
        let mut first = None;
        for _ in 0..ATTEMPTS {
            let Some(taken) = self.take_all_but(first) else {
                self.are_taken();
                return;
            };
            // The one that is not free: the thread has no other while it sleeps for it.
            // SAFETY: the thread may block, as this function asks, and `take_all_but` has given all back.
            unsafe { taken.token().wait(taken.mode.get(), thread, &waiting) };
            first = Some(taken.token.get());
        }
        if let Some(first) = self.held().iter().find(|entry| Some(entry.token.get()) == first) {
            first.give();
        }
        let mut last = 0;
        while let Some(entry) = self.after(last) {
            // SAFETY: the thread may block, as this function asks; the tokens that it has have smaller addresses, and all threads wait
            // upwards, so none waits for this one in a circle.
            unsafe { entry.token().wait(entry.mode.get(), thread, &waiting) };
            last = entry.address();
        }
        self.are_taken();
    }

    /// The first entry, by address, behind an address.
    fn after(&self, address: usize) -> Option<&Entry<P>> {
        self.held().iter().filter(|entry| entry.address() > address).min_by_key(|entry| entry.address())
    }

    /// Takes every token but `first`, which is taken already. Where one is not free, gives all back, and says which.
    fn take_all_but(&self, first: Option<*const SerialCore<P>>) -> Option<&Entry<P>> {
        let thread = self.thread();
        let mut last = 0;
        while let Some(entry) = self.after(last) {
            if Some(entry.token.get()) != first && !entry.token().take(entry.mode.get(), thread) {
                self.held().iter().filter(|taken| taken.address() < entry.address()).for_each(Entry::give);
                if let Some(first) = self.held().iter().find(|taken| Some(taken.token.get()) == first)
                    && first.address() > entry.address()
                {
                    first.give();
                }
                return Some(entry);
            }
            last = entry.address();
        }
        None
    }

    /// All are taken: the thread runs on.
    #[cfg_attr(feature = "checker", track_caller)]
    fn are_taken(&self) {
        self.given_back.set(false);
        self.held().iter().for_each(Entry::note_taken);
    }
}
