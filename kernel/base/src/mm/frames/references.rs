//! How many references there are to something, counted so that a count never comes back to zero by itself.
//!
//! A count that overflowed would reach zero while references are there, and what they refer to would be used again. So a
//! count that has become too large *saturates*: it stays large whatever is taken away, and what it counts is never freed
//! (as Linux' `refcount_t` does). The half above [`LIMIT`] is that state. Between a step over the limit and the store that
//! saturates, other CPUs may take further steps: one each, and half of half of all numbers lies in between.

use core::sync::atomic::{AtomicU32, Ordering, fence};

/// From here on a count is saturated.
const LIMIT: u32 = 1 << 31;
/// What a saturated count is set to: far from both ends of its half.
const SATURATED: u32 = LIMIT + LIMIT / 2;

/// A count of references.
#[derive(Debug)]
#[repr(transparent)]
pub(in crate::mm) struct References(AtomicU32);

impl References {
    /// There is one reference from now on: the caller's, who is the only one that knows of it.
    #[inline]
    pub(in crate::mm) fn begin(&self) {
        self.0.store(1, Ordering::Relaxed);
    }

    /// One more; the caller has one already.
    #[inline]
    pub(in crate::mm) fn raise(&self) {
        // Whoever has a reference may hand another one on; what that one is used for is ordered by how it is handed on.
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        debug_assert_ne!(before, 0, "a reference is made of none");
        if before == 0 || before >= LIMIT - 1 {
            self.saturate();
        }
    }

    /// One less; says whether it was the last one. What was done through the others has happened before then.
    #[inline]
    #[must_use]
    pub(in crate::mm) fn lower(&self) -> bool {
        let before = self.0.fetch_sub(1, Ordering::Release);
        if before == 1 {
            fence(Ordering::Acquire);
            return true;
        }
        debug_assert_ne!(before, 0, "a reference is given up twice");
        if before == 0 || before >= LIMIT {
            self.saturate();
        }
        false
    }

    /// Whether there are others besides the caller's. When not, what was done through them has happened before.
    #[inline]
    #[must_use]
    pub(in crate::mm) fn is_shared(&self) -> bool {
        self.0.load(Ordering::Acquire) != 1
    }

    /// Whether there is one besides the caller's. When so, what was done through others has happened before.
    #[inline]
    #[must_use]
    pub(in crate::mm) fn are_two(&self) -> bool {
        self.0.load(Ordering::Acquire) == 2
    }

    /// The count stays large from now on.
    #[cold]
    fn saturate(&self) {
        self.0.store(SATURATED, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{AtomicU32, LIMIT, Ordering, References, SATURATED};

    fn none() -> References {
        References(AtomicU32::new(0))
    }

    #[test]
    fn the_last_one_of_many_is_told_so() {
        let references = none();
        references.begin();
        assert!(!references.is_shared());
        references.raise();
        references.raise();
        assert!(references.is_shared());
        assert_eq!([(); 3].map(|()| references.lower()), [false, false, true]);
    }

    #[test]
    fn a_count_that_is_too_large_stays_so() {
        let references = none();
        references.0.store(LIMIT - 1, Ordering::Relaxed);
        references.raise();
        assert_eq!(references.0.load(Ordering::Relaxed), SATURATED);
        assert!(!references.lower() && references.is_shared());
        assert_eq!(references.0.load(Ordering::Relaxed), SATURATED, "it does not wear away");
        references.0.store(u32::MAX, Ordering::Relaxed);
        references.raise();
        assert_eq!(references.0.load(Ordering::Relaxed), SATURATED, "it does not wrap");
    }

    #[test]
    fn the_largest_count_still_counts() {
        let references = none();
        references.0.store(LIMIT - 2, Ordering::Relaxed);
        references.raise();
        assert!(!references.lower());
        assert_eq!(references.0.load(Ordering::Relaxed), LIMIT - 2);
    }

    #[test]
    #[should_panic(expected = "a reference is made of none")]
    fn nothing_is_made_of_nothing() {
        none().raise();
    }

    #[test]
    #[should_panic(expected = "a reference is given up twice")]
    fn nothing_is_given_up_twice() {
        let references = none();
        references.begin();
        assert!(references.lower());
        let _ = references.lower();
    }

    #[test]
    fn one_of_many_threads_is_the_last() {
        let references = none();
        references.begin();
        (1..8).for_each(|_| references.raise());
        let last: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| usize::from(references.lower()))).collect();
            threads.into_iter().map(|thread| thread.join().expect("does not panic")).sum()
        });
        assert_eq!(last, 1);
    }
}
