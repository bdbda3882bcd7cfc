//! Teardown that must not happen where the last owner lets go.
//!
//! `Drop` never acquires: it has no token, and runs with anything held. What has to acquire, or to wait, in order to
//! end is owned through a [`Deferred`]: dropping that pushes the value on a lock-free list, and the reaper, a thread
//! that holds nothing, tears it down with its root token. Pushing allocates nothing: the list's node has been around
//! the value from the start.

use alloc::boxed::Box;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use lockorder::{Held, MaySleep, Nothing, NothingHeld, Root, Task};

use super::blocking::WaitQueue;
use crate::arch::paging::NoMemory;
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
/// Where the reaper waits for more.
static REAPER: WaitQueue = WaitQueue::new();
/// Where those wait who want the list to be empty.
static DRAINED: WaitQueue = WaitQueue::new();

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
    // SAFETY: as the caller says; the header is the node's first field.
    let node = unsafe { Box::from_raw(header.cast::<Node<T>>()) };
    node.value.tear_down(held);
}

/// Puts a node on the list, and wakes the reaper.
fn push(node: *mut Header) {
    PUSHED.fetch_add(1, Ordering::Relaxed);
    let mut newest = LIST.load(Ordering::Relaxed);
    loop {
        // SAFETY: the node is the list's from here on, and nobody else sees it yet.
        unsafe { (*node).next.store(newest, Ordering::Relaxed) }
        match LIST.compare_exchange_weak(newest, node, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => break,
            Err(now) => newest = now,
        }
    }
    REAPER.wake_one();
}

/// Tears down what is on the list now; says whether there was anything. On the way back to user mode too, so that
/// a thread that lets go of much pays for it.
pub fn drain<H: NothingHeld, C: MaySleep>(held: &mut Held<'_, H, C>) -> bool {
    let mut held = held.to_nothing();
    let mut held = held.to_task();
    let mut next = LIST.swap(ptr::null_mut(), Ordering::Acquire);
    let some = !next.is_null();
    while !next.is_null() {
        let header = next;
        // SAFETY: the exchange gave this thread the whole list, whose nodes are alive until they are finished.
        unsafe {
            next = (*header).next.load(Ordering::Relaxed);
            ((*header).finish)(header, &mut held);
        }
        DONE.fetch_add(1, Ordering::Release);
    }
    if some {
        DRAINED.wake_all();
    }
    some
}

/// The reaper: the thread that tears down what nobody else does. Never ends.
pub(super) fn reap(held: Root<'_, Task>) {
    let mut held = held;
    loop {
        REAPER.wait_for_work(&mut held, |_| !LIST.load(Ordering::Acquire).is_null());
        drain(&mut held);
    }
}

/// Waits until everything that had been let go of is torn down.
pub fn settle<H: NothingHeld, C: MaySleep>(held: &mut Held<'_, H, C>) {
    let pushed = PUSHED.load(Ordering::Relaxed);
    DRAINED.wait_until(held, |_| DONE.load(Ordering::Acquire) >= pushed);
}
