//! Two locks of one tree of which nobody knows how they are related: a file is moved from one directory to another.
//!
//! For classes declared `order = tree, pairs under Rename`. Parent-first is no order for such a pair: which one lies further up, if
//! either does, is not known. Any order that is chosen beforehand, by address or by the caller, has a thread wait for a node with
//! a descendant of it in hand, while another one walks down from the first to the second. So the pair is never waited for
//! with a lock of the class in hand: one is acquired, the other one *tried*; where that one is held, the first is released, and the
//! other one is acquired, and the first one tried. Who waits holds nothing of the class, so nothing deadlocks, however the two
//! are related, and whoever else walks.
//!
//! **Evidence.** The class names another one, outside of it, and a pair is acquired with evidence that a lock of that class is
//! held exclusively ([`HeldExclusively`]). Where a tree has one such lock, one thread at a time wants a pair of it, so two of
//! them cannot make each other begin again for ever; and the tree's shape, which changes under a pair only, does not change
//! while its holder looks whether the move would make a cycle.

use crate::context::{Context, UsableIn};
use crate::evidence::HeldExclusively;
use crate::held::Held;
use crate::level::{After, Class, Level};
use crate::lock::Lock;
use crate::order::PairsUnder;
use crate::raw::RawLock;
use crate::set::{ArrayGuard, LockSetError};

/// A lock that is acquired while the other one is tried; released when it drops.
struct First<'a, L: Class, R: RawLock, T: ?Sized>(&'a Lock<L, R, T>);

impl<'a, L: Class, R: RawLock, T: ?Sized> First<'a, L, R, T> {
    /// Waits for it.
    #[cfg_attr(feature = "checker", track_caller)]
    fn acquire(lock: &'a Lock<L, R, T>) -> Self {
        lock.acquire_raw();
        Self(lock)
    }

    /// A guard takes over.
    const fn keep(self) {
        core::mem::forget(self);
    }
}

impl<L: Class, R: RawLock, T: ?Sized> Drop for First<'_, L, R, T> {
    fn drop(&mut self) {
        // SAFETY: `acquire` acquired it once, and no guard has taken over.
        unsafe { self.0.release_raw() }
    }
}

impl<H: Level, C: Context> Held<'_, H, C> {
    /// Acquires two locks of a tree, however they are related, with evidence that a lock of the class that the tree's class names
    /// is held exclusively. The guard gives the data in the caller's order, and no token for more locks of the class.
    ///
    /// A thread that finds one of them held releases the other and waits for that one, then begins again: it never waits with
    /// one in hand.
    ///
    /// # Errors
    ///
    /// [`LockSetError::SameLock`] when they are one lock.
    ///
    /// # Examples
    ///
    /// ```
    /// # use lockorder::{hierarchy, with_root};
    /// # use lockorder::host::Mutex;
    /// hierarchy! {
    ///     /// Files.
    ///     hierarchy FILES;
    ///     /// Directories and what is in them.
    ///     level Filesystem = 40 {
    ///         /// That directories change their places.
    ///         class Rename = 0;
    ///         /// A directory's entries.
    ///         class Directory = 4, order = tree, pairs under Rename;
    ///     }
    /// }
    /// static RENAME: Mutex<Rename, ()> = Mutex::new(());
    /// static HOME: Mutex<Directory, Vec<&str>> = Mutex::new(Vec::new());
    /// static TMP: Mutex<Directory, Vec<&str>> = Mutex::new(Vec::new());
    ///
    /// with_root(|mut held| {
    ///     held.lock(&TMP).push("notes");
    ///     let mut rename = held.lock(&RENAME);
    ///     let ((), evidence, mut held) = rename.split_with_evidence();
    ///     let mut both = held.lock_unrelated(evidence, &TMP, &HOME).expect("two of them");
    ///     let ([from, to], _held) = both.split();
    ///     to.extend(from.pop());
    /// });
    /// ```
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn lock_unrelated<'s, L: Class + After<H>, E: Class, R: RawLock, T: ?Sized>(
        &'s mut self,
        _evidence: HeldExclusively<'s, E>,
        one: &'s Lock<L, R, T>,
        other: &'s Lock<L, R, T>,
    ) -> Result<ArrayGuard<'s, Lock<L, R, T>, C, 2>, LockSetError>
    where
        R::Kind: UsableIn<C>,
        L::Order: PairsUnder<E>,
    {
        if one.address() == other.address() {
            return Err(LockSetError::SameLock);
        }
        let (mut waited_for, mut tried) = (one, other);
        loop {
            let first = First::acquire(waited_for);
            if tried.try_acquire_raw() {
                first.keep();
                return Ok(ArrayGuard::adopt([one, other]));
            }
            drop(first);
            (waited_for, tried) = (tried, waited_for);
        }
    }
}
