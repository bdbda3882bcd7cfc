//! What the kernel's text stands on, where it is modelled: a leaf lock, cells, a thread.

use std::cell::UnsafeCell;
use std::rc::Rc;
use std::sync::Arc;

use loom::sync::Mutex;

use crate::atomic::{AtomicBool, Ordering, of_this_execution};

/// The names of leaf locks.
#[derive(Clone, Copy, Debug)]
pub enum Leaf {
    /// The list of a source.
    Source,
}

/// A leaf lock.
#[derive(Debug)]
pub struct LeafLock<T> {
    /// What stands for its core, by its address.
    core: u8,
    data: UnsafeCell<T>,
}

// SAFETY: whoever holds the checker's mutex has the data.
unsafe impl<T: Send> Sync for LeafLock<T> {}

impl<T> LeafLock<T> {
    /// A free one.
    pub const fn new(_: Leaf, data: T) -> Self {
        Self { core: 0, data: UnsafeCell::new(data) }
    }

    /// The checker's mutex of this execution.
    fn core(&self) -> Rc<Mutex<()>> {
        of_this_execution(std::ptr::from_ref(&self.core).addr(), || Mutex::new(()))
    }

    /// Makes it known to the checker.
    pub fn introduce(&self) {
        self.core();
    }

    /// Runs `closed` with the data.
    ///
    /// # Safety
    ///
    /// As the kernel's.
    ///
    /// # Panics
    ///
    /// When somebody has panicked in here.
    pub unsafe fn with<O>(&self, closed: impl FnOnce(&mut T) -> O) -> O {
        let core = self.core();
        let _held = core.lock().expect("nobody panics");
        // SAFETY: the mutex is held.
        closed(unsafe { &mut *self.data.get() })
    }
}

/// A cell whose accesses the checker watches: one beside a write fails the model, and so does one beside its end.
#[derive(Debug)]
pub struct Cell<T>(loom::cell::UnsafeCell<T>);

impl<T> Cell<T> {
    /// A cell.
    pub fn new(value: T) -> Self {
        Self(loom::cell::UnsafeCell::new(value))
    }

    /// Sets its value.
    pub fn set(&self, value: T) {
        // SAFETY: the pointer is used at once, while the checker runs no other thread.
        self.0.with_mut(|own| unsafe { *own = value });
    }
}

impl<T: Copy> Cell<T> {
    /// Its value.
    #[must_use]
    pub fn get(&self) -> T {
        // SAFETY: as in `set`.
        self.0.with(|own| unsafe { *own })
    }
}

impl<T> Drop for Cell<T> {
    fn drop(&mut self) {
        // One violation is enough.
        if !std::thread::panicking() {
            self.0.with_mut(|_| ());
        }
    }
}

/// Preemption off: the checker's threads have no CPU to lose.
#[derive(Debug)]
pub struct PreemptionOff;

impl PreemptionOff {
    /// Turns it off.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "as the kernel's")]
    pub const fn new() -> Self {
        Self
    }
}

/// A thread that is woken or not.
#[derive(Debug)]
pub struct Thread {
    woken: AtomicBool,
}

impl Thread {
    /// One that nobody has woken.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let thread = Arc::new(Self { woken: AtomicBool::new(false) });
        thread.woken.introduce();
        thread
    }

    /// Wakes it.
    pub fn wake(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Relaxed);
    }

    /// Whether it was woken.
    #[must_use]
    pub fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Relaxed)
    }
}
