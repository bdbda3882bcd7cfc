//! What an instance has not been read of: events in their order, no more than so many; then one that says that others were lost.

use alloc::collections::VecDeque;

use super::event::Event;

/// The most events that wait.
const MOST: usize = 16_384;

/// Events that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    events: VecDeque<Event>,
    bytes: usize,
}

impl Queue {
    /// None.
    pub(super) const fn new() -> Self {
        Self { events: VecDeque::new(), bytes: 0 }
    }

    /// How many bytes are read of all.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds one, unless the last one says the same. Without room or memory for it, that is said once.
    pub(super) fn push(&mut self, event: Event) {
        let last = self.events.back();
        if last == Some(&event) || last == Some(&Event::OVERFLOW) {
            return;
        }
        let has_room = self.events.len() < MOST && self.events.try_reserve(2).is_ok();
        let event = if has_room { event } else { Event::OVERFLOW };
        if self.events.len() < self.events.capacity() {
            self.bytes += event.size();
            self.events.push_back(event);
        }
    }

    /// Takes the first one out, if it is no longer than so many bytes; says how long it is where it is longer.
    pub(super) fn pop(&mut self, most: usize) -> Option<Result<Event, usize>> {
        let size = self.events.front()?.size();
        if size > most {
            return Some(Err(size));
        }
        self.bytes -= size;
        self.events.pop_front().map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::{Event, MOST, Queue};

    fn event(mask: u32) -> Event {
        Event { watch: 1, mask, cookie: 0, name: Vec::new() }
    }

    #[test]
    fn what_is_said_twice_is_read_once() {
        let mut queue = Queue::new();
        for mask in [2, 2, 4, 2] {
            queue.push(event(mask));
        }
        let masks: Vec<_> = core::iter::from_fn(|| queue.pop(100)).map(|event| event.unwrap().mask).collect();
        assert_eq!(masks, [2, 4, 2]);
        assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn too_many_are_lost_and_that_is_said() {
        let mut queue = Queue::new();
        (0..u32::try_from(MOST).unwrap() + 100).for_each(|mask| queue.push(event(mask)));
        assert_eq!(queue.bytes(), 16 * (MOST + 1));
        let last = core::iter::from_fn(|| queue.pop(100)).last().unwrap();
        assert_eq!(last, Ok(Event::OVERFLOW));
    }

    #[test]
    fn an_event_is_not_cut() {
        let mut queue = Queue::new();
        queue.push(event(1));
        assert_eq!(queue.pop(15), Some(Err(16)));
        assert!(queue.pop(16).is_some_and(|event| event.is_ok()));
    }
}
