//! An instance: a file from which events are read, and what it watches.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::any::Any;
use core::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize, Ordering};

use abi::{Errno, Result, general, ioctl};
use base::mm::fallible::{try_arc, try_copy};
use base::sched::Mutex;
use base::sched::waiting::{self, Source};
use base::user::{self, UserSlice, clear, copy_out};
use lockorder::{Root, Task, hierarchy};

use super::event::{Event, HEAD};
use super::queue::Queue;
use crate::attributes::Kind;
use crate::file::{Readiness, Waits};
use crate::filesystem::{Inode, StreamFile};

hierarchy! {
    /// What is watched, and what those who watch have not been told.
    pub class Notify in base::levels::Filesystem = 17;
}

/// An inode, by its filesystem's number and its own.
type Identity = (u64, u64);

/// An instance.
#[derive(Debug)]
pub struct Instance {
    /// The number of the watch that was made last.
    last: AtomicI32,
    /// How many bytes can be read, published under the lock.
    bytes: AtomicUsize,
    source: Source,
    /// Its own among all that ever were.
    number: u32,
}

/// A watch.
struct Watch {
    identity: Identity,
    mask: u32,
    number: i32,
    /// The instance's number.
    instance: u32,
}

/// What an instance has not been read of.
struct Waiting {
    number: u32,
    queue: Queue,
    instance: Weak<Instance>,
}

/// All watches, and the queues of all instances.
struct State {
    watches: Vec<Watch>,
    queues: Vec<Waiting>,
}

/// Protects watches and queues; class `Notify`.
static STATE: Mutex<Notify, State> = Mutex::new(State { watches: Vec::new(), queues: Vec::new() });
/// How many watches there are, to be looked at without the lock.
static WATCHES: AtomicUsize = AtomicUsize::new(0);
/// The number of the instance that is made next.
static NEXT: AtomicU32 = AtomicU32::new(1);
/// What the two halves of the last move had in common.
static COOKIE: AtomicU32 = AtomicU32::new(1);

/// Another cookie.
pub(crate) fn next_cookie() -> u32 {
    COOKIE.fetch_add(1, Ordering::Relaxed)
}

/// Whether anything is watched.
pub(crate) fn is_any() -> bool {
    WATCHES.load(Ordering::Relaxed) > 0
}

impl State {
    /// Has an instance told of an event.
    fn push(&mut self, number: u32, event: Event) {
        let found = self.queues.iter_mut().find(|waiting| waiting.number == number);
        let Some(Waiting { queue, instance, .. }) = found else { return };
        queue.push(event);
        if let Some(instance) = instance.upgrade() {
            instance.bytes.store(queue.bytes(), Ordering::SeqCst);
            instance.source.wake();
        }
    }

    /// Takes watches away for which `goes` says so; tells their instances.
    fn remove(&mut self, goes: impl Fn(&Watch) -> bool) -> bool {
        let mut any = false;
        while let Some(place) = self.watches.iter().position(&goes) {
            any = true;
            let watch = self.watches.swap_remove(place);
            let event = Event { watch: watch.number, mask: general::IN_IGNORED, cookie: 0, name: Vec::new() };
            self.push(watch.instance, event);
        }
        WATCHES.store(self.watches.len(), Ordering::Relaxed);
        any
    }

    /// Tells who watches an inode.
    fn tell(&mut self, identity: Identity, mask: u32, cookie: u32, name: &[u8]) {
        let mut place = 0;
        while let Some(watch) = self.watches.get(place) {
            place += 1;
            if watch.identity != identity || watch.mask & mask & general::IN_ALL_EVENTS == 0 {
                continue;
            }
            let (number, instance, is_once) =
                (watch.number, watch.instance, watch.mask & general::IN_ONESHOT != 0);
            // Without memory for the name the event is lost, and that is said.
            let event = try_copy(name).map(|name| Event { watch: number, mask, cookie, name });
            self.push(instance, event.unwrap_or(Event::OVERFLOW));
            if is_once {
                self.remove(|watch| watch.number == number && watch.instance == instance);
                // What was last stands here now.
                place -= 1;
            }
        }
    }
}

/// Says what has happened to an inode, to who watches it, and to who watches the directory that it lies in.
pub fn tell(held: &mut Root<'_, Task>, inode: &Arc<dyn Inode>, mask: u32) {
    if !is_any() {
        return;
    }
    let is_directory = inode.kind() == Kind::Directory;
    let mask = mask | if is_directory { general::IN_ISDIR } else { 0 };
    held.with(&STATE, |state, _| state.tell(inode.identity(), mask, 0, b""));
    let Ok(home) = Arc::clone(inode).parent(held) else { return };
    if home.identity() != inode.identity()
        && let Ok(name) = home.name_of(held, &**inode)
    {
        held.with(&STATE, |state, _| state.tell(home.identity(), mask, 0, &name));
    }
}

/// Says what has happened to a name in a directory.
pub(crate) fn tell_name(
    held: &mut Root<'_, Task>,
    directory: &dyn Inode,
    name: &[u8],
    is_directory: bool,
    (mask, cookie): (u32, u32),
) {
    if is_any() {
        let mask = mask | if is_directory { general::IN_ISDIR } else { 0 };
        held.with(&STATE, |state, _| state.tell(directory.identity(), mask, cookie, name));
    }
}

/// Says what has happened to an inode, to who watches that.
pub(crate) fn tell_itself(held: &mut Root<'_, Task>, inode: &dyn Inode, mask: u32) {
    if is_any() {
        held.with(&STATE, |state, _| state.tell(inode.identity(), mask, 0, b""));
    }
}

/// An inode has gone: nobody watches it any more.
pub(crate) fn forget(held: &mut Root<'_, Task>, inode: &dyn Inode) {
    let identity = inode.identity();
    if is_any() {
        held.with(&STATE, |state, _| state.remove(|watch| watch.identity == identity));
    }
}

impl Instance {
    /// A new one.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub fn new(held: &mut Root<'_, Task>) -> Result<Arc<Self>> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let instance =
            Self { last: AtomicI32::new(0), bytes: AtomicUsize::new(0), source: Source::new(), number };
        let instance = try_arc(instance).map_err(|_| Errno::ENOMEM)?;
        held.with(&STATE, |state, _| {
            state.queues.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            let own = Arc::downgrade(&instance);
            state.queues.push(Waiting { number, queue: Queue::new(), instance: own });
            Ok(instance)
        })
    }

    /// Watches an inode; gives the number of the watch, which is that of the one that there is already.
    ///
    /// # Errors
    ///
    /// [`Errno::EEXIST`] where there is one and `IN_MASK_CREATE` says that there is none; [`Errno::ENOMEM`].
    pub fn watch(&self, held: &mut Root<'_, Task>, inode: &dyn Inode, mask: u32) -> Result<i32> {
        let identity = inode.identity();
        let kept = mask & (general::IN_ALL_EVENTS | general::IN_ONESHOT);
        held.with(&STATE, |state, _| {
            let mut watches = state.watches.iter_mut();
            let found = watches.find(|watch| watch.identity == identity && watch.instance == self.number);
            if let Some(watch) = found {
                if mask & general::IN_MASK_CREATE != 0 {
                    return Err(Errno::EEXIST);
                }
                let had = if mask & general::IN_MASK_ADD != 0 { watch.mask } else { 0 };
                watch.mask = had | kept;
                return Ok(watch.number);
            }
            state.watches.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
            state.watches.push(Watch { identity, mask: kept, number, instance: self.number });
            WATCHES.store(state.watches.len(), Ordering::Relaxed);
            Ok(number)
        })
    }

    /// Ends a watch.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for a number that is none.
    pub fn end_watch(&self, held: &mut Root<'_, Task>, number: i32) -> Result<()> {
        let ended = held.with(&STATE, |state, _| {
            state.remove(|watch| watch.number == number && watch.instance == self.number)
        });
        if ended { Ok(()) } else { Err(Errno::EINVAL) }
    }

    /// Takes the first event, if it is no longer than so many bytes.
    fn pop(&self, held: &mut Root<'_, Task>, most: usize) -> Option<core::result::Result<Event, usize>> {
        held.with(&STATE, |state, _| {
            let Waiting { queue, .. } =
                state.queues.iter_mut().find(|waiting| waiting.number == self.number)?;
            let event = queue.pop(most);
            self.bytes.store(queue.bytes(), Ordering::SeqCst);
            event
        })
    }
}

impl StreamFile for Instance {
    fn read(&self, held: &mut Root<'_, Task>, to: UserSlice, waits: Waits<'_>) -> Result<usize> {
        let mut done = 0;
        loop {
            match self.pop(held, to.len() - done) {
                Some(Ok(event)) => {
                    let part = to.skip(done).take(event.size());
                    let name = part.skip(HEAD);
                    let written = copy_out(held, part.take(HEAD), &event.head())
                        .and_then(|()| clear(held, name))
                        .and_then(|()| copy_out(held, name.take(event.name.len()), &event.name));
                    written.map_err(|_| Errno::EFAULT)?;
                    done += event.size();
                }
                Some(Err(_)) if done == 0 => return Err(Errno::EINVAL),
                None if done == 0 => {
                    if waits.nonblocking {
                        return Err(Errno::EAGAIN);
                    }
                    let look = || {
                        if self.bytes.load(Ordering::SeqCst) > 0 {
                            return Some(Ok(()));
                        }
                        (waits.interrupted)().then_some(Err(Errno::EINTR))
                    };
                    // There is no deadline, and one source needs no memory.
                    waiting::wait(held, &[&self.source], None, |_| look()).map_err(|_| Errno::ENOMEM)??;
                }
                None | Some(Err(_)) => return Ok(done),
            }
        }
    }

    fn write(&self, _held: &mut Root<'_, Task>, _from: UserSlice, _waits: Waits<'_>) -> Result<usize> {
        Err(Errno::EBADF)
    }

    fn ioctl(&self, held: &mut Root<'_, Task>, request: u32, argument: u64) -> Result<usize> {
        if request != ioctl::FIONREAD {
            return Err(Errno::ENOTTY);
        }
        let count = i32::try_from(self.bytes.load(Ordering::SeqCst)).unwrap_or(i32::MAX);
        user::put(held, argument, &count.to_le_bytes()).map_err(|_| Errno::EFAULT)?;
        Ok(0)
    }

    fn readiness(&self) -> Readiness {
        if self.bytes.load(Ordering::SeqCst) > 0 { Readiness::READ } else { Readiness::empty() }
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(&self.source);
    }

    fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        let gone = held.with(&STATE, |state, _| {
            state.watches.retain(|watch| watch.instance != self.number);
            WATCHES.store(state.watches.len(), Ordering::Relaxed);
            let place = state.queues.iter().position(|waiting| waiting.number == self.number)?;
            Some(state.queues.swap_remove(place))
        });
        drop(gone);
    }

    fn label(&self) -> &'static str {
        "anon_inode:inotify"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
