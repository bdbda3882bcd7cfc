//! The tokens that one thread holds: given back when it blocks, taken again before it runs on.
//!
//! A list of the thread's own, of bounded length. To acquire a token that is not free, the thread gives all others back
//! as well, and waits for all of them together: who waits holds nothing, so nobody waits for it in turn.
//!
//! **Taking them again** goes through all in the order of their addresses. Where one is not free, those just taken are
//! given back, and the thread sleeps until it has got that one; then it tries the others, and so on. A thread that has tried
//! [`PATIENCE`] times takes them one by one in the order of their addresses, sleeping for each with the earlier ones in
//! hand: that is an order like any other, and those who run give theirs back when they block, so it cannot be a circle.

use core::cell::Cell;
use core::fmt;
use core::ptr;

use super::core::{Sharing, TokenCore};
use crate::blocking::{Blocking, Patience, Waiting};
use crate::context::Sleeping;
use crate::level::Class;
use crate::observe;

/// How many tokens a thread may hold at once.
pub const MOST_TOKENS: usize = 16;

/// How often a thread tries to take all its tokens together before it takes them one by one.
const PATIENCE: u32 = 8;

/// What is noted of a token's class, for the run-time checker and the statistics.
#[derive(Clone, Copy)]
pub(super) struct Notes {
    taken: fn(usize),
    given: fn(usize),
    repeated: fn(),
}

impl Notes {
    /// Those of class `L`.
    pub(super) const fn of<L: Class>() -> Self {
        Self {
            // Waiting for a token closes no circle, so it is told as one that was got without waiting.
            taken: |token| {
                observe::got::<L, Sleeping>(token, observe::How::Exclusive, 0);
                observe::Waiting::NONE.end::<L>(token);
            },
            given: observe::released::<L, Sleeping>,
            repeated: observe::reacquires::<L>,
        }
    }
}

/// One token that is held, or is to be taken again.
struct Entry<P: Blocking> {
    /// The token; it outlives the scope in which it is held, and with it this entry.
    token: *const TokenCore<P>,
    /// How often it was acquired.
    count: u32,
    sharing: Sharing,
    notes: Notes,
}

impl<P: Blocking> Clone for Entry<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Blocking> Copy for Entry<P> {}

impl<P: Blocking> Entry<P> {
    /// The token.
    fn token(&self) -> &TokenCore<P> {
        // SAFETY: an entry is there only during the scope that borrows the token: `Release` removes it at the end.
        unsafe { &*self.token }
    }

    /// Takes the token if it is free.
    fn take(&self) -> bool {
        self.token().take(self.sharing)
    }

    /// Gives the token back.
    fn give(&self) {
        self.token().give(self.sharing);
    }
}

/// The tokens that a thread holds, in the order in which it acquired them.
pub struct HeldTokens<P: Blocking> {
    entries: [Cell<Option<Entry<P>>>; MOST_TOKENS],
    length: Cell<usize>,
    /// They are given back at the moment: the thread blocks, or takes them again.
    given_back: Cell<bool>,
    /// How many references into the data of tokens there are.
    references: Cell<u32>,
}

impl<P: Blocking> Default for HeldTokens<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Blocking> fmt::Debug for HeldTokens<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HeldTokens").field("length", &self.length).finish_non_exhaustive()
    }
}

impl<P: Blocking> HeldTokens<P> {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: [const { Cell::new(None) }; MOST_TOKENS],
            length: Cell::new(0),
            given_back: Cell::new(false),
            references: Cell::new(0),
        }
    }

    /// Whether there is nothing to be given back.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length.get() == 0 || self.given_back.get()
    }

    /// The entries.
    fn held(&self) -> impl DoubleEndedIterator<Item = Entry<P>> {
        self.entries[..self.length.get()].iter().filter_map(Cell::get)
    }

    /// Where a token stands in the list.
    fn place_of(&self, token: &TokenCore<P>) -> Option<usize> {
        self.held().position(|entry| ptr::eq(entry.token, token))
    }

    /// Whether a token is held, and not given back at the moment.
    pub(super) fn has(&self, token: &TokenCore<P>) -> bool {
        !self.given_back.get() && self.place_of(token).is_some()
    }

    /// Counts a token that is held once more; false where it is not held.
    fn repeat(&self, token: &TokenCore<P>, sharing: Sharing) -> bool {
        let Some(place) = self.place_of(token) else { return false };
        if let Some(mut entry) = self.entries[place].get() {
            assert!(
                sharing == Sharing::Shared || entry.sharing == Sharing::Alone,
                "a thread acquires a token alone that it shares"
            );
            entry.count += 1;
            (entry.notes.repeated)();
            self.entries[place].set(Some(entry));
        }
        true
    }

    /// Enters a token that is held from now on, or is to be.
    fn push(&self, token: &TokenCore<P>, sharing: Sharing, notes: Notes) {
        let length = self.length.get();
        self.entries[length].set(Some(Entry { token, count: 1, sharing, notes }));
        self.length.set(length + 1);
    }

    /// Acquires a token, or acquires it again.
    #[cfg_attr(feature = "checker", track_caller)]
    pub(super) fn acquire(&self, token: &TokenCore<P>, sharing: Sharing, notes: Notes) {
        if self.try_acquire(token, sharing, notes) {
            return;
        }
        if token.take_soon(sharing) {
            self.push(token, sharing, notes);
            (notes.taken)(ptr::from_ref(token).addr());
            return;
        }
        // While it waits the thread holds nothing.
        self.give_back();
        self.push(token, sharing, notes);
        self.take_again(&Waiting::here(Patience::UntilItHolds));
    }

    /// Acquires a token if it is free, or again.
    #[cfg_attr(feature = "checker", track_caller)]
    pub(super) fn try_acquire(&self, token: &TokenCore<P>, sharing: Sharing, notes: Notes) -> bool {
        if self.repeat(token, sharing) {
            return true;
        }
        // Before anything is taken: a token that is in no list would never be free again.
        assert!(
            self.length.get() < MOST_TOKENS,
            "a thread holds {MOST_TOKENS} tokens, and acquires another one"
        );
        let got = token.take(sharing);
        if got {
            self.push(token, sharing, notes);
            (notes.taken)(ptr::from_ref(token).addr());
        }
        got
    }

    /// Gives up one acquisition; the last one frees the token.
    pub(super) fn release(&self, token: &TokenCore<P>) {
        let Some(place) = self.place_of(token) else { return };
        let Some(mut entry) = self.entries[place].get() else { return };
        entry.count -= 1;
        if entry.count > 0 {
            self.entries[place].set(Some(entry));
            return;
        }
        let length = self.length.get();
        for next in place + 1..length {
            self.entries[next - 1].set(self.entries[next].get());
        }
        self.entries[length - 1].set(None);
        self.length.set(length - 1);
        if !self.given_back.get() {
            entry.give();
            (entry.notes.given)(ptr::from_ref(token).addr());
        }
    }

    /// A reference into a token's data begins to live: the thread does not block until it ends.
    pub(super) fn reference_begins(&self) {
        self.references.set(self.references.get() + 1);
    }

    /// It has ended.
    pub(super) fn reference_ends(&self) {
        self.references.set(self.references.get() - 1);
    }

    /// Gives all tokens back, since the thread blocks.
    pub(in crate::blocking) fn give_back(&self) {
        assert_eq!(self.references.get(), 0, "a thread blocks with a reference into what a token protects");
        for entry in self.held().rev() {
            (entry.notes.given)(entry.token.addr());
            entry.give();
        }
        self.given_back.set(true);
    }

    /// Takes all tokens again, sleeping until all are free together.
    #[cfg_attr(feature = "checker", track_caller)]
    pub(in crate::blocking) fn take_again(&self, waiting: &Waiting) {
        let waiting = Waiting { patience: Patience::UntilItHolds, ..*waiting };
        let mut first = None;
        for _ in 0..PATIENCE {
            let Some(taken) = self.take_all_but(first) else {
                self.are_taken();
                return;
            };
            // What is not free: the thread sleeps for it alone.
            taken.token().wait(taken.sharing, &waiting);
            first = Some(taken.token);
        }
        if let Some(first) = self.held().find(|entry| Some(entry.token) == first) {
            first.give();
        }
        let mut last = 0;
        while let Some(entry) = self.after(last) {
            entry.token().wait(entry.sharing, &waiting);
            last = entry.token.addr();
        }
        self.are_taken();
    }

    /// The first entry, by address, behind an address.
    fn after(&self, address: usize) -> Option<Entry<P>> {
        self.held().filter(|entry| entry.token.addr() > address).min_by_key(|entry| entry.token.addr())
    }

    /// Takes every token but `first`, which is taken already. Where one is not free, gives all back, and says which.
    fn take_all_but(&self, first: Option<*const TokenCore<P>>) -> Option<Entry<P>> {
        let mut last = 0;
        while let Some(entry) = self.after(last) {
            if Some(entry.token) != first && !entry.take() {
                self.held()
                    .filter(|taken| taken.token.addr() < entry.token.addr())
                    .for_each(|taken| taken.give());
                if let Some(first) = self.held().find(|taken| Some(taken.token) == first)
                    && first.token.addr() > entry.token.addr()
                {
                    first.give();
                }
                return Some(entry);
            }
            last = entry.token.addr();
        }
        None
    }

    /// All are taken: the thread runs on.
    #[cfg_attr(feature = "checker", track_caller)]
    fn are_taken(&self) {
        self.given_back.set(false);
        for entry in self.held() {
            (entry.notes.taken)(entry.token.addr());
        }
    }
}
