//! Signals that wait, with what they come with.
//!
//! A usual signal waits once, whatever comes after it; one of the real-time signals waits as often as it was sent, in that order. A
//! signal for which there was no room waits by its bit alone. Under the lock of the dispositions; which signals wait is copied into
//! an atomic word beside, for whoever looks without it.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use super::info::Info;
use super::number::Signal;

/// The first signal that waits more than once.
pub(crate) const FIRST_QUEUED: u32 = 32;
/// Signals that the thread's own instructions cause: they come before others.
const SYNCHRONOUS: u64 = Signal::SEGV.bit()
    | Signal::BUS.bit()
    | Signal::ILL.bit()
    | Signal::TRAP.bit()
    | Signal::FPE.bit()
    | Signal::SYS.bit();

/// What has become of a signal that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It waits, with what it comes with.
    Whole,
    /// It waits, or did before: what this one comes with is lost.
    Bit,
}

/// Signals that wait for one thread, or for any of a process.
#[derive(Debug, Default)]
pub(crate) struct Queue(Vec<Info>);

impl Queue {
    /// Nothing waits.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many have room here.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a signal, whose bit goes into `pending`; with `room` for what it comes with, or without.
    pub(crate) fn add(&mut self, pending: &AtomicU64, info: Info, room: bool) -> Added {
        let had = pending.fetch_or(info.signal.bit(), Ordering::SeqCst) & info.signal.bit() != 0;
        if had && info.signal.number() < FIRST_QUEUED || !room || self.0.try_reserve(1).is_err() {
            return Added::Bit;
        }
        self.0.push(info);
        Added::Whole
    }

    /// Takes the first signal of `set` out. Where it waits by its bit alone the kernel has sent it.
    pub(crate) fn take(&mut self, pending: &AtomicU64, set: u64) -> Option<Info> {
        let waiting = pending.load(Ordering::SeqCst) & set;
        let synchronous = waiting & SYNCHRONOUS;
        let signal = Signal::first_of(if synchronous == 0 { waiting } else { synchronous })?;
        let place = self.0.iter().position(|info| info.signal == signal);
        let info =
            place.map_or_else(|| Info::sent(signal, super::info::USER, 0, 0), |place| self.0.remove(place));
        if !self.0.iter().any(|info| info.signal == signal) {
            pending.fetch_and(!signal.bit(), Ordering::SeqCst);
        }
        Some(info)
    }

    /// Forgets the signals of a set.
    pub(crate) fn forget(&mut self, pending: &AtomicU64, set: u64) {
        if pending.fetch_and(!set, Ordering::SeqCst) & set != 0 {
            self.0.retain(|info| info.signal.bit() & set == 0);
        }
    }

    /// Adds to how often a timer has run out while its signal waits; says whether one does.
    pub(crate) fn overrun(&mut self, signal: Signal, number: u32, times: u32, value: u64) -> bool {
        let of_it = |info: &&mut Info| info.of_timer().is_some_and(|(timer, _)| timer == number);
        let Some(info) = self.0.iter_mut().find(of_it) else { return false };
        let had = info.of_timer().map_or(0, |(_, overrun)| overrun);
        *info = Info::timer(signal, number, had.saturating_add(times), value);
        true
    }

    /// Forgets what a timer has sent.
    pub(crate) fn forget_timer(&mut self, pending: &AtomicU64, number: u32) {
        let of_it = |info: &Info| info.of_timer().is_some_and(|(timer, _)| timer == number);
        let signals = self.0.iter().filter(|info| of_it(info)).fold(0, |set, info| set | info.signal.bit());
        self.0.retain(|info| !of_it(info));
        let left = self.0.iter().fold(0, |set, info| set | info.signal.bit());
        pending.fetch_and(!signals | left, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicU64, Ordering};

    use super::{Added, Info, Queue, Signal};

    fn sent(number: u64, by: u32) -> Info {
        Info::sent(Signal::new(number).unwrap(), -1, by, 0)
    }

    #[test]
    fn a_usual_signal_waits_once_and_a_real_time_one_as_often_as_it_was_sent() {
        let (mut queue, pending) = (Queue::new(), AtomicU64::new(0));
        for by in 1..=3 {
            let usual = queue.add(&pending, sent(10, by), true);
            assert_eq!(usual, if by == 1 { Added::Whole } else { Added::Bit });
            assert_eq!(queue.add(&pending, sent(40, by), true), Added::Whole);
        }
        let taken: Vec<_> = core::iter::from_fn(|| queue.take(&pending, u64::MAX)).collect();
        assert_eq!(taken, [sent(10, 1), sent(40, 1), sent(40, 2), sent(40, 3)]);
        assert_eq!(pending.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_signal_without_room_waits_all_the_same() {
        let (mut queue, pending) = (Queue::new(), AtomicU64::new(0));
        assert_eq!(queue.add(&pending, sent(40, 5), false), Added::Bit);
        assert_eq!(queue.take(&pending, u64::MAX), Some(Info::sent(Signal::new(40).unwrap(), 0, 0, 0)));
        assert_eq!(queue.take(&pending, u64::MAX), None);
    }

    #[test]
    fn what_the_thread_has_caused_comes_first() {
        let (mut queue, pending) = (Queue::new(), AtomicU64::new(0));
        queue.add(&pending, sent(1, 0), true);
        queue.add(&pending, sent(11, 0), true);
        assert_eq!(queue.take(&pending, u64::MAX).map(|info| info.signal), Some(Signal::SEGV));
    }

    #[test]
    fn a_timer_waits_once_and_counts() {
        let (mut queue, pending) = (Queue::new(), AtomicU64::new(0));
        let signal = Signal::new(40).unwrap();
        assert!(!queue.overrun(signal, 7, 1, 0));
        queue.add(&pending, Info::timer(signal, 7, 0, 0), true);
        queue.add(&pending, sent(40, 1), true);
        assert!(queue.overrun(signal, 7, 2, 0) && queue.overrun(signal, 7, 3, 0));
        queue.forget_timer(&pending, 8);
        assert_eq!(queue.take(&pending, u64::MAX).and_then(|info| info.of_timer()), Some((7, 5)));
        queue.add(&pending, Info::timer(signal, 7, 0, 0), true);
        queue.forget_timer(&pending, 7);
        assert_eq!(queue.take(&pending, u64::MAX), Some(sent(40, 1)));
        assert_eq!(pending.load(Ordering::SeqCst), 0);
    }
}
