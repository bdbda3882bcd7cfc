//! Atomics as the model checker has them, in the shape that the cores use.
//!
//! The checker's own cannot be made in constants, and belong to one execution of a model. These hold the value to begin
//! with; behind them is one of the checker's, made anew for each execution and found by address. The checker wants every
//! atomic made before the threads that share it, so a model *introduces* those it uses.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

pub use loom::sync::atomic::{Ordering, fence};

thread_local! {
    // A model runs on one thread of the host, so models beside each other do not mix.
    static EXECUTION: RefCell<HashMap<usize, Rc<dyn std::any::Any>>> = RefCell::new(HashMap::new());
}

/// Begins an execution: all atomics have the value again that they began with.
pub(crate) fn begin_execution() {
    let before = EXECUTION.take();
    drop(before);
}

/// What the checker has at an address in this execution: made when it is first asked for.
pub(crate) fn of_this_execution<T: 'static>(address: usize, make: impl FnOnce() -> T) -> Rc<T> {
    let known = EXECUTION.with_borrow(|known| known.get(&address).cloned());
    let known = known.unwrap_or_else(|| {
        let fresh: Rc<dyn std::any::Any> = Rc::new(make());
        EXECUTION.with_borrow_mut(|known| known.insert(address, Rc::clone(&fresh)));
        fresh
    });
    known.downcast().expect("one address, one value")
}

/// Writes one atomic type over the checker's.
macro_rules! modelled {
    ($($name:ident: $value:ty;)*) => {$(
        #[doc = concat!("Stands for `core::sync::atomic::", stringify!($name), "`.")]
        #[derive(Debug)]
        pub struct $name {
            initial: $value,
        }

        impl $name {
            /// One that begins with `initial`.
            #[must_use]
            pub const fn new(initial: $value) -> Self {
                Self { initial }
            }

            /// The checker's atomic of this execution.
            fn modelled(&self) -> Rc<loom::sync::atomic::$name> {
                let address = std::ptr::from_ref(self).addr();
                of_this_execution(address, || loom::sync::atomic::$name::new(self.initial))
            }

            /// Makes the checker's atomic of this execution.
            pub fn introduce(&self) {
                self.modelled();
            }

            /// As the original.
            #[must_use]
            pub fn load(&self, ordering: Ordering) -> $value {
                self.modelled().load(ordering)
            }

            /// As the original.
            pub fn store(&self, value: $value, ordering: Ordering) {
                self.modelled().store(value, ordering);
            }

            /// As the original.
            pub fn swap(&self, value: $value, ordering: Ordering) -> $value {
                self.modelled().swap(value, ordering)
            }

            /// As the original.
            ///
            /// # Errors
            ///
            /// The value found, when it is not `current`.
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.modelled().compare_exchange(current, new, success, failure)
            }

            /// As the original, which may fail without cause; this does not.
            ///
            /// # Errors
            ///
            /// The value found, when it is not `current`.
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.modelled().compare_exchange(current, new, success, failure)
            }
        }
    )*};
}

modelled! {
    AtomicBool: bool;
    AtomicU16: u16;
    AtomicU32: u32;
    AtomicU64: u64;
    AtomicUsize: usize;
}

#[allow(
    clippy::must_use_candidate,
    reason = "what was there before is rarely of interest, as in the originals"
)]
impl AtomicU32 {
    /// As the original.
    pub fn fetch_add(&self, value: u32, ordering: Ordering) -> u32 {
        self.modelled().fetch_add(value, ordering)
    }
}

#[allow(
    clippy::must_use_candidate,
    reason = "what was there before is rarely of interest, as in the originals"
)]
impl AtomicU64 {
    /// As the original.
    pub fn fetch_and(&self, value: u64, ordering: Ordering) -> u64 {
        self.modelled().fetch_and(value, ordering)
    }

    /// As the original.
    pub fn fetch_or(&self, value: u64, ordering: Ordering) -> u64 {
        self.modelled().fetch_or(value, ordering)
    }

    /// As the original.
    pub fn fetch_add(&self, value: u64, ordering: Ordering) -> u64 {
        self.modelled().fetch_add(value, ordering)
    }

    /// As the original.
    pub fn fetch_sub(&self, value: u64, ordering: Ordering) -> u64 {
        self.modelled().fetch_sub(value, ordering)
    }
}

#[allow(
    clippy::must_use_candidate,
    reason = "what was there before is rarely of interest, as in the originals"
)]
impl AtomicU16 {
    /// As the original.
    pub fn fetch_sub(&self, value: u16, ordering: Ordering) -> u16 {
        self.modelled().fetch_sub(value, ordering)
    }
}
