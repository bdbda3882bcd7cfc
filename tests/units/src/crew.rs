//! Threads with names, CPUs and counters, all joined within the limit.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crate::deadline::until;
use crate::machine::{Record, becomes};

/// Threads of one test.
pub struct Crew<T> {
    members: Vec<(String, JoinHandle<T>)>,
}

impl<T> fmt::Debug for Crew<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.members.iter().map(|(name, _)| name)).finish()
    }
}

impl<T: Send + 'static> Default for Crew<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// What a thread panicked with.
fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("something without words")
}

impl<T: Send + 'static> Crew<T> {
    /// Nobody.
    #[must_use]
    pub const fn new() -> Self {
        Self { members: Vec::new() }
    }

    /// Starts a thread with a name on a CPU; gives its record.
    pub fn start(
        &mut self,
        name: impl Into<String>,
        cpu: usize,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> Arc<Record> {
        self.start_as(name, Record::on_cpu(cpu), body)
    }

    /// Starts a thread with a record that was made for it.
    ///
    /// # Panics
    ///
    /// When the system gives no thread, or it does not begin.
    pub fn start_as(
        &mut self,
        name: impl Into<String>,
        record: Record,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> Arc<Record> {
        let (name, record) = (name.into(), Arc::new(record));
        let own = Arc::clone(&record);
        let handle = thread::Builder::new()
            .name(name.clone())
            .spawn(move || {
                becomes(&own);
                body()
            })
            .expect("a thread");
        until(&format!("{name} begins"), || record.number.load(std::sync::atomic::Ordering::SeqCst) != 0);
        self.members.push((name, handle));
        record
    }

    /// Waits until all have ended; gives what they gave, in the order in which they were started.
    ///
    /// # Panics
    ///
    /// When one does not end within the limit, or has panicked; the message names it.
    #[track_caller]
    #[allow(clippy::must_use_candidate, reason = "most threads give nothing")]
    pub fn join(self) -> Vec<T> {
        let end = |(name, handle): (String, JoinHandle<T>)| {
            until(&format!("{name} ends"), || handle.is_finished());
            handle.join().unwrap_or_else(|panic| panic!("{name} panicked: {}", message(&*panic)))
        };
        self.members.into_iter().map(end).collect()
    }
}
