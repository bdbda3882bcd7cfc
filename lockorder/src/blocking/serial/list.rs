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
use crate::observe;

/// How many serialising tokens a thread may hold at once.
pub const MOST_SERIAL_TOKENS: usize = 16;

/// How often a thread tries to take all its tokens together before it takes them one by one.
const ATTEMPTS: u32 = 8;

/// What is noted of a token's class, for the run-time checker and the statistics. None of it reports.
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
            taken: observe::serial_token_taken::<L>,
            given: observe::serial_token_given::<L>,
            repeated: observe::reacquires::<L>,
        }
    }
}

/// One token that is held, or is to be taken again.
struct Entry<P: Blocking> {
    /// The token; it outlives the scope in which it is held, and with it this entry.
    token: *const SerialCore<P>,
    /// How many scopes hold it.
    count: u32,
    mode: Mode,
    /// Where it was shared before it was acquired exclusively: how many scopes shared it; 0 otherwise.
    shares: u32,
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
    fn token(&self) -> &SerialCore<P> {
        // SAFETY: an entry is there only during the scope that borrows the token: whoever enters it removes it before the
        // scope ends, also on unwinding.
        unsafe { &*self.token }
    }

    /// Gives the token back.
    fn give(&self) {
        self.token().give(self.mode);
    }

    /// The token's address.
    fn address(&self) -> usize {
        self.token.addr()
    }
}

/// The serialising tokens that a thread holds, in the order in which it acquired them.
pub struct HeldSerialTokens<P: Blocking> {
    entries: [Cell<Option<Entry<P>>>; MOST_SERIAL_TOKENS],
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
            entries: [const { Cell::new(None) }; MOST_SERIAL_TOKENS],
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
    fn held(&self) -> impl DoubleEndedIterator<Item = Entry<P>> {
        self.entries[..self.length.get()].iter().filter_map(Cell::get)
    }

    /// Where a token stands in the list.
    #[inline]
    fn place_of(&self, token: &SerialCore<P>) -> Option<usize> {
        self.held().position(|entry| ptr::eq(entry.token, token))
    }

    /// Whether a token is held, and not given back at the moment.
    pub(super) fn has(&self, token: &SerialCore<P>) -> bool {
        !self.given_back.get() && self.place_of(token).is_some()
    }

    /// Acquires a token, or acquires it again, waiting for it.
    ///
    /// # Safety
    ///
    /// The thread may block here. The caller calls `release` once before it ceases to borrow the token, also on unwinding.
    #[cfg_attr(feature = "checker", track_caller)]
    pub(super) unsafe fn acquire(&self, token: &SerialCore<P>, mode: Mode, notes: Notes) {
        // SAFETY: the caller's.
        if unsafe { self.try_acquire(token, mode, notes) } {
            return;
        }
        let place = self.place_of(token);
        if place.is_none() && token.take_soon(mode, self.thread()) {
            self.push(token, mode, notes);
            (notes.taken)(ptr::from_ref(token).addr());
            return;
        }
        // While it waits the thread holds nothing.
        self.give_back();
        match place {
            Some(place) => self.count_exclusive(place),
            None => self.push(token, mode, notes),
        }
        /// Takes the acquisition back when it drops: taking the tokens again has panicked.
        struct Undo<'a, P: Blocking>(&'a HeldSerialTokens<P>, &'a SerialCore<P>);
        impl<P: Blocking> Drop for Undo<'_, P> {
            fn drop(&mut self) {
                self.0.release(self.1);
            }
        }
        let undo = Undo(self, token);
        // SAFETY: the caller's: the thread may block.
        unsafe { self.take_again(&Waiting::here(Patience::UntilItHolds)) };
        ::core::mem::forget(undo);
    }

    /// Acquires a token if it is free, or again, without waiting.
    ///
    /// # Safety
    ///
    /// On success the caller calls `release` once before it ceases to borrow the token, also on unwinding.
    #[cfg_attr(feature = "checker", track_caller)]
    pub(super) unsafe fn try_acquire(&self, token: &SerialCore<P>, mode: Mode, notes: Notes) -> bool {
        assert!(
            !self.given_back.get() || self.length.get() == 0,
            "a thread acquires a token while it blocks"
        );
        if let Some(place) = self.place_of(token) {
            return self.repeat(place, mode);
        }
        // Before anything is taken: a token that is in no list would never be free again.
        assert!(
            self.length.get() < MOST_SERIAL_TOKENS,
            "a thread holds {MOST_SERIAL_TOKENS} serialising tokens, and acquires another one"
        );
        let got = token.take(mode, self.thread());
        if got {
            self.push(token, mode, notes);
            (notes.taken)(ptr::from_ref(token).addr());
        }
        got
    }

    /// Counts a token that is held once more; false where it would have to wait for other readers to leave.
    fn repeat(&self, place: usize, mode: Mode) -> bool {
        let Some(mut entry) = self.entries[place].get() else { return false };
        if mode == Mode::Exclusive && entry.mode == Mode::Shared {
            if !entry.token().try_upgrade(self.thread()) {
                return false;
            }
            self.count_exclusive(place);
        } else {
            entry.count += 1;
            self.entries[place].set(Some(entry));
        }
        (entry.notes.repeated)();
        true
    }

    /// Counts a token that is shared once more, exclusively from now on.
    fn count_exclusive(&self, place: usize) {
        if let Some(mut entry) = self.entries[place].get() {
            entry.shares = entry.count;
            entry.count += 1;
            entry.mode = Mode::Exclusive;
            self.entries[place].set(Some(entry));
        }
    }

    /// Enters a token that is held from now on, or is to be.
    #[inline]
    fn push(&self, token: &SerialCore<P>, mode: Mode, notes: Notes) {
        let length = self.length.get();
        self.entries[length].set(Some(Entry { token, count: 1, mode, shares: 0, notes }));
        self.length.set(length + 1);
    }

    /// Gives up one acquisition; the last one frees the token, and the last exclusive one of a share leaves the share.
    pub(super) fn release(&self, token: &SerialCore<P>) {
        let Some(place) = self.place_of(token) else { return };
        let Some(mut entry) = self.entries[place].get() else { return };
        entry.count -= 1;
        if entry.count > 0 {
            if entry.count == entry.shares {
                entry.shares = 0;
                entry.mode = Mode::Shared;
                if !self.given_back.get() {
                    entry.token().downgrade();
                }
            }
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
            (entry.notes.given)(entry.address());
        } else if length == 1 {
            self.given_back.set(false);
        }
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
        for entry in self.held().rev() {
            (entry.notes.given)(entry.address());
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
            // SAFETY: the caller's, and `take_all_but` has given all back.
            unsafe { taken.token().wait(taken.mode, thread, &waiting) };
            first = Some(taken.token);
        }
        if let Some(first) = self.held().find(|entry| Some(entry.token) == first) {
            first.give();
        }
        let mut last = 0;
        while let Some(entry) = self.after(last) {
            // SAFETY: the caller's; those that are taken have smaller addresses.
            unsafe { entry.token().wait(entry.mode, thread, &waiting) };
            last = entry.address();
        }
        self.are_taken();
    }

    /// The first entry, by address, behind an address.
    fn after(&self, address: usize) -> Option<Entry<P>> {
        self.held().filter(|entry| entry.address() > address).min_by_key(Entry::address)
    }

    /// Takes every token but `first`, which is taken already. Where one is not free, gives all back, and says which.
    fn take_all_but(&self, first: Option<*const SerialCore<P>>) -> Option<Entry<P>> {
        let thread = self.thread();
        let mut last = 0;
        while let Some(entry) = self.after(last) {
            if Some(entry.token) != first && !entry.token().take(entry.mode, thread) {
                self.held().filter(|taken| taken.address() < entry.address()).for_each(|taken| taken.give());
                if let Some(first) = self.held().find(|taken| Some(taken.token) == first)
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
        for entry in self.held() {
            (entry.notes.taken)(entry.address());
        }
    }
}
