//! A machine in words: what a thread does next, why it cannot, and the circle of those who wait for each other.

use super::{Kind, Machine, Mode, Object, ObjectId, Op, Thread, ThreadId};

/// Why a thread cannot move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// In words.
    pub words: String,
    /// What it waits for, in a word or two.
    pub what: String,
    /// For which threads; nobody, where nobody will end it.
    pub on: Vec<ThreadId>,
}

impl Machine {
    /// A step in words, as the thread's next one.
    #[must_use]
    pub fn words(&self, thread: ThreadId) -> String {
        let state = &self.threads[thread];
        let name = |object: ObjectId| self.objects[object].name;
        match state.next.map(|(op, _)| op) {
            None => "has ended".to_owned(),
            Some(Op::Interrupt) => format!("interrupts CPU {}", state.cpu),
            Some(Op::Step(words)) => words.to_owned(),
            Some(Op::Read(word)) => format!("looks at {}", name(word)),
            Some(Op::Write(word, value)) => format!("sets {} to {value}", name(word)),
            Some(Op::Acquire(object, mode)) if !self.is_free(thread, object, mode) => {
                format!("begins to wait for {}", name(object))
            }
            Some(Op::Acquire(object, Mode::Shared)) => format!("begins to read {}", name(object)),
            Some(Op::Acquire(object, _)) => format!("acquires {}", name(object)),
            Some(Op::Release(object)) => format!("releases {}", name(object)),
            Some(Op::Sleep(queue, None)) => format!("goes to sleep until {}", name(queue)),
            Some(Op::Sleep(queue, Some(lock))) => {
                format!("releases {} and sleeps until {}", name(lock), name(queue))
            }
            Some(Op::Wake(queue)) => format!("goes on after {}", name(queue)),
            Some(Op::Nap) => "goes to sleep for a time".to_owned(),
            Some(Op::Up) => "goes on after its sleep".to_owned(),
            Some(Op::WakeAll(queue)) => format!("wakes who sleeps until {}", name(queue)),
            Some(Op::Join(other)) => format!("joins {}", self.threads[other].name),
            Some(Op::WorkUntil(other)) => {
                format!("stops working, for {} has ended", self.threads[other].name)
            }
        }
    }

    /// Why a thread cannot move; `None` where it can, or has ended.
    #[must_use]
    pub fn wait(&self, thread: ThreadId) -> Option<Wait> {
        let state = &self.threads[thread];
        if state.ended || self.can_move(thread) {
            return None;
        }
        let name = |thread: ThreadId| self.threads[thread].name;
        if let Some(other) = self.kept_off_by(thread).filter(|_| self.is_ready(thread)) {
            let why = match &self.threads[other] {
                state if state.is_handler => "runs there, and has interrupted it",
                _ if state.is_handler => "has interrupts off there",
                other if other.preemption_off > 0 && other.waiting => "spins there with preemption off",
                other if other.preemption_off > 0 => "has preemption off there",
                _ => "works there with a higher priority",
            };
            let words = format!("waits for CPU {}: {} {why}", state.cpu, name(other));
            return Some(Wait { words, what: format!("CPU {}", state.cpu), on: vec![other] });
        }
        let (op, _) = state.next?;
        Some(match op {
            Op::Acquire(object, _) => {
                let Object { name: lock, holders, .. } = &self.objects[object];
                let mut on: Vec<_> = holders.iter().map(|(holder, _)| *holder).collect();
                let mut words = if on == [thread] {
                    format!("waits for {lock}, which it holds itself")
                } else {
                    let names: Vec<_> = on.iter().map(|holder| name(*holder)).collect();
                    format!("waits for {lock}, held by {}", names.join(" and "))
                };
                if self.objects[object].kind == Kind::ReadWrite
                    && !holders.iter().any(|(_, mode)| *mode == Mode::Exclusive)
                {
                    let writers = |other: &ThreadId| *other != thread && self.threads[*other].waiting;
                    let writer = (0..self.threads.len()).find(writers);
                    if let Some(writer) = writer.filter(|_| !state.waiting) {
                        on = vec![writer];
                        words = format!("waits to read {lock}: {} waits to write it", name(writer));
                    }
                }
                Wait { words, what: (*lock).to_owned(), on }
            }
            Op::Wake(queue) => {
                let queue = self.objects[queue].name;
                let words = format!("sleeps until {queue}, and nobody has said so since it sleeps");
                Wait { words, what: queue.to_owned(), on: self.who_could_wake(thread) }
            }
            Op::Join(other) | Op::WorkUntil(other) => {
                let how = if matches!(op, Op::Join(_)) { "waits for" } else { "works until" };
                let words = format!("{how} the end of {}", name(other));
                Wait { words, what: format!("the end of {}", name(other)), on: vec![other] }
            }
            _ => Wait { words: "cannot move".to_owned(), what: "a CPU".to_owned(), on: Vec::new() },
        })
    }

    /// The threads that have not ended and wait for what a sleeper holds: it sleeps until one of them goes on.
    fn who_could_wake(&self, sleeper: ThreadId) -> Vec<ThreadId> {
        let held: Vec<_> = self.threads[sleeper].held.iter().map(|(object, _)| *object).collect();
        let wants = |state: &Thread| matches!(state.next, Some((Op::Acquire(object, _), _)) if held.contains(&object));
        let others = self.threads.iter().enumerate();
        others
            .filter(|(other, state)| *other != sleeper && !state.ended && wants(state))
            .map(|(other, _)| other)
            .collect()
    }

    /// A circle of waits, as threads each of which waits for the next, and the last for the first; empty where there is none.
    #[must_use]
    pub fn circle(&self) -> Vec<ThreadId> {
        for start in 0..self.threads.len() {
            let mut path = vec![start];
            if self.reaches(start, &mut path) {
                return path;
            }
        }
        Vec::new()
    }

    /// Whether waits lead from the path's end back to its beginning; then `path` is the circle.
    fn reaches(&self, start: ThreadId, path: &mut Vec<ThreadId>) -> bool {
        let Some(last) = path.last().copied() else { return false };
        for next in self.wait(last).map(|wait| wait.on).unwrap_or_default() {
            if next == start {
                return true;
            }
            if !path.contains(&next) {
                path.push(next);
                if self.reaches(start, path) {
                    return true;
                }
                path.pop();
            }
        }
        false
    }
}
