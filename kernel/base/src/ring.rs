//! A ring between an interrupt handler and a thread: how soft work is handed over.
//!
//! A handler may not wait for a thread that it has interrupted, so nothing in here is ever locked: one side only
//! puts in, one side only takes out, and each owns one end. Putting in and taking out are a few instructions each,
//! whatever the other side is doing (Lamport, "Proving the Correctness of Multiprocess Programs", 1977). What does
//! not fit is refused, and counted: a device that sends faster than a thread works must not stop the machine.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A ring of `N` numbers. One side may put in at a time, and one side take out.
#[derive(Debug)]
pub struct Ring<const N: usize> {
    items: [AtomicU64; N],
    /// How many were ever taken out; written by the taking side.
    taken: AtomicUsize,
    /// How many were ever put in; written by the putting side.
    put: AtomicUsize,
    /// How many did not fit.
    refused: AtomicU64,
}

impl<const N: usize> Ring<N> {
    /// An empty ring.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            items: [const { AtomicU64::new(0) }; N],
            taken: AtomicUsize::new(0),
            put: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// Puts one in, if there is room; says whether there was. By one side only.
    pub fn put(&self, item: u64) -> bool {
        let put = self.put.load(Ordering::Relaxed);
        // Acquire: the place is free only once the other side has read what was in it.
        if put.wrapping_sub(self.taken.load(Ordering::Acquire)) == N {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        self.items[put % N].store(item, Ordering::Relaxed);
        // Release: whoever sees the count sees the item.
        self.put.store(put.wrapping_add(1), Ordering::Release);
        true
    }

    /// Takes the oldest out. By one side only.
    pub fn take(&self) -> Option<u64> {
        let taken = self.taken.load(Ordering::Relaxed);
        if taken == self.put.load(Ordering::Acquire) {
            return None;
        }
        let item = self.items[taken % N].load(Ordering::Relaxed);
        self.taken.store(taken.wrapping_add(1), Ordering::Release);
        Some(item)
    }

    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        self.taken.load(Ordering::Acquire) == self.put.load(Ordering::Acquire)
    }

    /// How many did not fit so far.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl<const N: usize> Default for Ring<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::Ring;

    #[test]
    fn what_is_put_in_comes_out_in_order_and_what_does_not_fit_is_counted() {
        let ring = Ring::<4>::new();
        assert!(ring.is_empty());
        for round in 0..10 {
            assert!((0..4).all(|item| ring.put(round * 10 + item)));
            assert!(!ring.put(99));
            assert!((0..4).all(|item| ring.take() == Some(round * 10 + item)));
            assert_eq!(ring.take(), None);
        }
        assert_eq!(ring.refused(), 10);
    }

    #[test]
    fn two_threads_pass_numbers_in_order() {
        const NUMBERS: u64 = 200_000;
        let ring = Ring::<8>::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut next = 0;
                while next < NUMBERS {
                    if ring.put(next) {
                        next += 1;
                    } else {
                        std::thread::yield_now();
                    }
                }
            });
            let mut expected = 0;
            while expected < NUMBERS {
                match ring.take() {
                    Some(number) => {
                        assert_eq!(number, expected);
                        expected += 1;
                    }
                    None => std::thread::yield_now(),
                }
            }
        });
    }
}
