//! Sizes and missing implementations that the documentation promises, checked by the compiler.
//!
//! They stand here and not beside the types: what uses the library need not compile `static_assertions`.

use static_assertions::{assert_eq_size, assert_impl_all, assert_not_impl_any};
use typenum::{B0, B1};

use crate::context::{Spinning, Task};
use crate::held::Held;
use crate::level::{Nothing, Yes};
use crate::raw::{Queue, ReadWrite, Ticket};

// A token costs nothing, and there is one of it.
assert_eq_size!(Held<'static, Nothing, Task>, ());
assert_not_impl_any!(Held<'static, Nothing, Task>: Send, Sync, Clone, Copy, Default);

// Both truth values must stay distinct types for `Yes` to mean anything.
assert_impl_all!(B1: Yes);
assert_not_impl_any!(B0: Yes);

// Cores are words.
assert_eq_size!(Ticket<Spinning>, u64);
assert_eq_size!(Queue<Spinning>, u32);
assert_eq_size!(ReadWrite<Spinning>, u64);
