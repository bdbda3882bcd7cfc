//! Teardown that must not happen where the last owner lets go.
//!
//! `Drop` never acquires: it has no token, and runs with anything held. What has to acquire, or to wait, in order to
//! end is owned through a [`Deferred`]: dropping that pushes the value on a lock-free list, and the reaper, a thread
//! that holds nothing, tears it down with its root token. Pushing allocates nothing: the list's node has been around
//! the value from the start.
//!
//! **In order, by one thread at a time.** Whoever waits for everything that was let go of counts what has been torn down.
//! That count is worth something only where nothing overtakes: the list, which has the newest first, is turned round, and
//! a thread that finds another one at work leaves the list to it.

use alloc::boxed::Box;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

use lockorder::{Held, Nothing, Root, Task};
use machine::paging::NoMemory;
use spin::Once;

use crate::mm::fallible::try_box;

/// Something whose end needs a token.
pub trait Teardown: Send + 'static {
    /// Ends it. Nothing is held.
    fn tear_down(self, held: &mut Root<'_, Task>);
}

/// What the list knows of a value: the next node, and how to tear this one down.
struct Header {
    next: AtomicPtr<Self>,
    /// Takes the node back from the list, and tears its value down.
    finish: unsafe fn(*mut Self, &mut Held<'_, Nothing, Task>),
}

/// A value with its place in the list.
#[repr(C)]
struct Node<T> {
    header: Header,
    value: T,
}

/// The nodes that wait for the reaper, the newest first.
static LIST: AtomicPtr<Header> = AtomicPtr::new(ptr::null_mut());
/// Values given to the list so far.
static PUSHED: AtomicU64 = AtomicU64::new(0);
/// Values torn down so far.
static DONE: AtomicU64 = AtomicU64::new(0);
/// What is called when something has been pushed.
static ON_PUSH: Once<fn()> = Once::new();

/// Has `wake` called whenever something has been pushed: in any context, with anything held. Once.
pub(super) fn on_push(wake: fn()) {
    ON_PUSH.call_once(|| wake);
}
/// Whether a thread tears down what was on the list. It and the list's head are read and written in one order by all, so
/// that either that thread sees what is pushed, or whoever pushes it wakes a thread that sees nobody at work.
static AT_WORK: AtomicBool = AtomicBool::new(false);

/// Owns a value whose teardown needs a token.
pub struct Deferred<T: Teardown>(ManuallyDrop<Box<Node<T>>>);

impl<T: Teardown> Deferred<T> {
    /// Owns `value`.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when the heap is used up; the value is dropped where it is, and not torn down.
    pub fn try_new(value: T) -> Result<Self, NoMemory> {
        let header = Header { next: AtomicPtr::new(ptr::null_mut()), finish: finish::<T> };
        try_box(Node { header, value }).map(|node| Self(ManuallyDrop::new(node)))
    }
}

impl<T: Teardown> Deferred<T> {
    /// Ends the value at once: for an owner that holds nothing, and need not leave it to the reaper.
    pub fn tear_down(self, held: &mut Root<'_, Task>) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: the owner is not dropped any more, so the box is taken once.
        let node = unsafe { ManuallyDrop::take(&mut this.0) };
        node.value.tear_down(held);
    }
}

impl<T: Teardown> Deref for Deferred<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T: Teardown> DerefMut for Deferred<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0.value
    }
}

impl<T: Teardown + fmt::Debug> fmt::Debug for Deferred<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(formatter)
    }
}

impl<T: Teardown> Drop for Deferred<T> {
    /// Gives the value to the reaper.
    fn drop(&mut self) {
        // SAFETY: this is the end of the owner, so the box is taken once.
        let node = Box::into_raw(unsafe { ManuallyDrop::take(&mut self.0) });
        // The header is the first field, and the pointer may be used for the whole node.
        push(node.cast());
    }
}

/// Takes a node back from the list and tears its value down.
///
/// # Safety
///
/// `header` is that of a `Node<T>` that [`push`] got from a box, and the list has given it up.
unsafe fn finish<T: Teardown>(header: *mut Header, held: &mut Root<'_, Task>) {
    // SAFETY: the header is the first field of a node, so this is the pointer that came from the box in `push`; the list has given it up,
    // and so nobody else makes a box of it.
    let node = unsafe { Box::from_raw(header.cast::<Node<T>>()) };
    node.value.tear_down(held);
}

/// Puts a node on the list, and says so.
fn push(node: *mut Header) {
    PUSHED.fetch_add(1, Ordering::Relaxed);
    let mut newest = LIST.load(Ordering::Relaxed);
    loop {
        // SAFETY: the node is the list's from here on, and nobody else sees it yet.
        unsafe { (*node).next.store(newest, Ordering::Relaxed) }
        match LIST.compare_exchange_weak(newest, node, Ordering::SeqCst, Ordering::Relaxed) {
            Ok(_) => break,
            Err(now) => newest = now,
        }
    }
    if let Some(wake) = ON_PUSH.get() {
        wake();
    }
}

/// Takes what is on the list, the oldest first.
fn take_all() -> *mut Header {
    let (mut newest, mut oldest) = (LIST.swap(ptr::null_mut(), Ordering::SeqCst), ptr::null_mut());
    while !newest.is_null() {
        // SAFETY: the exchange gave this thread the whole list, whose nodes are alive until they are finished.
        let next = unsafe { (*newest).next.swap(oldest, Ordering::Relaxed) };
        oldest = newest;
        newest = next;
    }
    oldest
}

/// Whether there is something to tear down, and nobody does.
pub(super) fn is_left() -> bool {
    !LIST.load(Ordering::SeqCst).is_null() && !AT_WORK.load(Ordering::SeqCst)
}

/// Tears down what is on the list, unless another thread does; says whether there was anything. `drained` is called whenever
/// the list has been empty.
pub(super) fn tear_down_all(held: &mut Root<'_, Task>, drained: impl Fn()) -> bool {
    let mut some = false;
    // Once more after the flag is cleared: what was pushed meanwhile woke nobody who would have torn it down.
    while is_left() && !AT_WORK.swap(true, Ordering::SeqCst) {
        let mut next = take_all();
        while !next.is_null() {
            let header = next;
            // SAFETY: this thread has taken the node off the list, and it is alive until it is finished.
            unsafe {
                next = (*header).next.load(Ordering::Relaxed);
                ((*header).finish)(header, held);
            }
            DONE.fetch_add(1, Ordering::Release);
            some = true;
        }
        AT_WORK.store(false, Ordering::SeqCst);
        drained();
    }
    some
}

/// Values given to the list so far.
pub(super) fn pushed() -> u64 {
    PUSHED.load(Ordering::Relaxed)
}

/// Values torn down so far.
pub(super) fn done() -> u64 {
    DONE.load(Ordering::Acquire)
}
