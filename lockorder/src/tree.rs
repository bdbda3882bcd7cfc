//! Two locks of one class along a tree: parent before child, hand over hand.
//!
//! For classes declared `order = tree`. [`Guard::descend`] keeps the parent and takes a child under it;
//! [`Guard::step`] takes the child and lets the parent go, so that a walk holds two locks for a moment and
//! one otherwise. That the locks do form a tree is the caller's promise: a cycle deadlocks, and only the
//! run-time checker sees it. The one cycle a comparison shows, a lock that is its own child, is an error
//! value.

use core::fmt;

use crate::context::{Context, UsableIn};
use crate::guard::{Guard, Inside};
use crate::level::{Class, Level};
use crate::lock::Lock;
use crate::order::Descendable;
use crate::raw::RawLock;

/// The child named is the very lock that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnParent;

impl fmt::Display for OwnParent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the child is the lock that is held; a node cannot be its own child")
    }
}

impl core::error::Error for OwnParent {}

impl<'a, L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> Guard<'a, Lock<L, R, T>, H, C> {
    /// Takes a child's lock while the parent's is held; gives the parent's data beside the child's guard.
    ///
    /// # Errors
    ///
    /// [`OwnParent`] when `child` is this lock.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn descend<'s>(
        &'s mut self,
        child: &'s Lock<L, R, T>,
    ) -> Result<(&'s mut T, Guard<'s, Lock<L, R, T>, L, Inside<R, C>>), OwnParent>
    where
        R::Kind: UsableIn<Inside<R, C>>,
        L::Order: Descendable,
    {
        if child.address() == self.lock_ref().address() {
            return Err(OwnParent);
        }
        let guard = Guard::acquire(child);
        let (parent, _) = self.split();
        Ok((parent, guard))
    }

    /// Takes a child's lock, then releases the parent's: one step of a hand-over-hand walk.
    ///
    /// # Errors
    ///
    /// This guard, untouched, when `child` is this lock.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn step(self, child: &'a Lock<L, R, T>) -> Result<Self, (Self, OwnParent)>
    where
        L::Order: Descendable,
    {
        if child.address() == self.lock_ref().address() {
            return Err((self, OwnParent));
        }
        let next = Self::acquire(child);
        drop(self);
        Ok(next)
    }
}
