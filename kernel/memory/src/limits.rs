//! How much an address space may have.

use core::sync::atomic::{AtomicU64, Ordering};

/// Limits in bytes; [`UNLIMITED`] for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// All areas together (`RLIMIT_AS`).
    pub address_space: u64,
    /// What a process writes for itself (`RLIMIT_DATA`).
    pub data: u64,
    /// The stack (`RLIMIT_STACK`).
    pub stack: u64,
}

/// No limit.
pub const UNLIMITED: u64 = u64::MAX;

impl Default for Limits {
    /// A stack of 8 MiB, and no other limit.
    fn default() -> Self {
        Self { address_space: UNLIMITED, data: UNLIMITED, stack: 8 << 20 }
    }
}

/// The limits of a space: each may change at any time.
#[derive(Debug)]
pub(crate) struct Current {
    address_space: AtomicU64,
    data: AtomicU64,
    stack: AtomicU64,
}

impl Current {
    /// These.
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self {
            address_space: AtomicU64::new(limits.address_space),
            data: AtomicU64::new(limits.data),
            stack: AtomicU64::new(limits.stack),
        }
    }

    /// What they are.
    pub(crate) fn get(&self) -> Limits {
        Limits {
            address_space: self.address_space.load(Ordering::Relaxed),
            data: self.data.load(Ordering::Relaxed),
            stack: self.stack.load(Ordering::Relaxed),
        }
    }

    /// Makes them others.
    pub(crate) fn set(&self, limits: &Limits) {
        self.address_space.store(limits.address_space, Ordering::Relaxed);
        self.data.store(limits.data, Ordering::Relaxed);
        self.stack.store(limits.stack, Ordering::Relaxed);
    }
}
