//! Descriptors in flight: which sockets lie, as open files, in what sockets have received, and which of these nobody can reach.
//!
//! A socket that is in flight and that nobody has open is reached by whoever receives it, unless what it lies in is reached by
//! nobody either: two sockets that have sent each other themselves would stay for ever. So when a socket is closed while any are in
//! flight, they are looked at ([`collect`]): those of which every reference is in flight are **candidates**; one that is in flight in
//! something that is no candidate can be reached, and so can what lies in it; the others are emptied, and end.
//!
//! So they are when twice as many are in flight as the last look has left.
//!
//! **The rule.** Open files go into what a socket has received, and out of it, with [`UnixGraph`] held: while it is held, nobody
//! can come by a candidate.
//!
//! An open file that was let go of so is closed at once, but for sockets: those are dropped, and the reaper closes them, one after
//! the other. A chain of sockets of which each lies in the next would need as much stack as it is long.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use abi::{Errno, Result};
use base::sched::Mutex;
use fs::OpenFile;
use lockorder::{Held, Root, Task, hierarchy};

use super::endpoint::{Endpoint, UnixListener};

hierarchy! {
    /// Which sockets are in flight, as open files in what others have received.
    pub class UnixGraph in base::levels::Ipc = 2;
}

/// How many open files may be in flight at a time.
const MOST: usize = 16 * 1024;

/// A socket in flight.
struct Flight {
    endpoint: Arc<Endpoint>,
    /// As what it is in flight.
    file: Weak<OpenFile>,
    /// How often.
    count: usize,
}

/// All that is in flight.
pub(super) struct Graph {
    /// Sockets, in the order of their descriptions' addresses.
    flights: Vec<Flight>,
    /// How many open files, sockets or not.
    files: usize,
}

/// Protects what is known of descriptors in flight; class `UnixGraph`.
static GRAPH: Mutex<UnixGraph, Graph> = Mutex::new(Graph { flights: Vec::new(), files: 0 });
/// How many sockets are in flight, published under the lock.
static FLIGHTS: AtomicUsize = AtomicUsize::new(0);

/// How many were left by the last look for those that nobody can reach.
static LEFT: AtomicUsize = AtomicUsize::new(0);
/// How many there may be before anybody looks.
const FEW: usize = 32;

/// What finds a description's socket: handed down by whoever knows open files of sockets.
pub(super) type Find = fn(&OpenFile) -> Option<&Arc<Endpoint>>;

/// Runs an operation with the graph held.
pub(super) fn with<O>(
    held: &mut Root<'_, Task>,
    operation: impl FnOnce(&mut Graph, &mut Held<'_, UnixGraph, Task>) -> O,
) -> O {
    held.with(&GRAPH, |graph, mut held| {
        let output = operation(graph, &mut held);
        FLIGHTS.store(graph.flights.len(), Ordering::Relaxed);
        output
    })
}

impl Graph {
    /// Where a description is, or would be.
    fn place(&self, file: &Arc<OpenFile>) -> core::result::Result<usize, usize> {
        let address = Arc::as_ptr(file).addr();
        self.flights.binary_search_by_key(&address, |flight| flight.file.as_ptr().addr())
    }

    /// Notes that open files are about to be in flight: all or none.
    pub(super) fn add(&mut self, rights: &[Arc<OpenFile>], find: Find) -> Result<()> {
        if self.files.saturating_add(rights.len()) > MOST {
            return Err(Errno::ETOOMANYREFS);
        }
        self.flights.try_reserve(rights.len()).map_err(|_| Errno::ENOMEM)?;
        self.files += rights.len();
        for file in rights {
            let Some(endpoint) = find(file) else { continue };
            match self.place(file) {
                Ok(place) => self.flights[place].count += 1,
                Err(place) => {
                    let flight =
                        Flight { endpoint: Arc::clone(endpoint), file: Arc::downgrade(file), count: 1 };
                    self.flights.insert(place, flight);
                }
            }
        }
        Ok(())
    }

    /// Notes that they are in flight no more.
    pub(super) fn remove(&mut self, rights: &[Arc<OpenFile>]) {
        self.files = self.files.saturating_sub(rights.len());
        for file in rights {
            let Ok(place) = self.place(file) else { continue };
            let flight = &mut self.flights[place];
            flight.count -= 1;
            if flight.count == 0 {
                self.flights.remove(place);
            }
        }
    }

    /// Calls `each` for the places of those that are in flight in what a socket has received, or what a connection has that waits
    /// for it to accept.
    fn each_child(
        &self,
        held: &mut Held<'_, UnixGraph, Task>,
        endpoint: &Endpoint,
        each: &mut dyn FnMut(usize),
    ) {
        let mut look = |file: &Arc<OpenFile>| {
            if let Ok(place) = self.place(file) {
                each(place);
            }
        };
        if endpoint.has_rights() {
            endpoint.with(held, |inside| inside.queue.each_right(&mut look));
        }
        held.below::<UnixListener>().with(&endpoint.backlog, |backlog, mut held| {
            for pending in &*backlog {
                pending.with(&mut held, |inside| inside.queue.each_right(&mut look));
            }
        });
    }

    /// The sockets that nobody can reach, by their places; none where there is no memory to look.
    fn unreachable(&self, held: &mut Held<'_, UnixGraph, Task>) -> Option<Vec<usize>> {
        let count = self.flights.len();
        // For each how many of its references are in flight in what is no candidate; none for what is no candidate itself.
        let mut outside: Vec<Option<usize>> = Vec::new();
        let mut reached: Vec<usize> = Vec::new();
        let mut found: Vec<usize> = Vec::new();
        for list in [&mut reached, &mut found] {
            list.try_reserve_exact(count).ok()?;
        }
        outside.try_reserve_exact(count).ok()?;
        let candidate =
            |flight: &Flight| (flight.file.strong_count() == flight.count).then_some(flight.count);
        outside.extend(self.flights.iter().map(candidate));
        for place in 0..count {
            if outside[place].is_some() {
                self.each_child(held, &self.flights[place].endpoint, &mut |child| {
                    outside[child] = outside[child].map(|count| count.saturating_sub(1));
                });
            }
        }
        // From those that are reached, as long as there are any that nobody has looked at.
        let is_reached =
            |outside: &[Option<usize>], place: usize| outside[place].is_some_and(|count| count > 0);
        reached.extend((0..count).filter(|&place| is_reached(&outside, place)));
        while let Some(place) = reached.pop() {
            outside[place] = None;
            self.each_child(held, &self.flights[place].endpoint, &mut |child| {
                // Each goes into the list once: there is room for all.
                if outside[child] == Some(0) {
                    outside[child] = None;
                    reached.push(child);
                }
            });
        }
        found.extend((0..count).filter(|&place| outside[place].is_some()));
        Some(found)
    }

    /// Empties the sockets that nobody can reach; gives what was in flight in them.
    fn empty_unreachable(&mut self, held: &mut Held<'_, UnixGraph, Task>) -> Vec<Arc<OpenFile>> {
        let mut rights = Vec::new();
        for place in self.unreachable(held).unwrap_or_default() {
            let endpoint = &self.flights[place].endpoint;
            endpoint.with(held, |inside| inside.queue.take_rights(&mut rights));
            held.below::<UnixListener>().with(&endpoint.backlog, |backlog, mut held| {
                for pending in &*backlog {
                    pending.with(&mut held, |inside| inside.queue.take_rights(&mut rights));
                }
            });
        }
        self.remove(&rights);
        rights
    }
}

/// Ends sockets in flight that nobody can reach.
pub(super) fn collect(held: &mut Root<'_, Task>, find: Find) {
    if FLIGHTS.load(Ordering::Relaxed) > 0 {
        let rights = with(held, Graph::empty_unreachable);
        let_go(held, rights, find);
        LEFT.store(FLIGHTS.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// The same where there are twice as many as were left the last time: who sends sockets into themselves and closes them ends none,
/// and so has nobody look.
pub(super) fn collect_if_many(held: &mut Root<'_, Task>, find: Find) {
    let left = LEFT.load(Ordering::Relaxed);
    if FLIGHTS.load(Ordering::Relaxed) > left.saturating_mul(2).max(FEW) {
        collect(held, find);
    }
}

/// Lets go of open files that were in flight, and are not any more.
pub(super) fn let_go(held: &mut Root<'_, Task>, rights: Vec<Arc<OpenFile>>, find: Find) {
    for file in rights {
        if find(&file).is_none() {
            file.close(held);
        }
    }
}
