//! User mode, as the kernel's safe crates see it.
//!
//! | module | what |
//! |---|---|
//! | [`address`] | addresses and ranges that a user gives |
//! | [`space`], [`current`] | who deals with faults; whose page tables the current thread has |
//! | [`copy`] | the verbs that touch user memory |
//! | [`context`] | running user code |
//! | [`vdso`] | code of the kernel's that runs in user mode, and what it reads |
//!
//! **Three verbs** (`copy`, `try_copy`, and `fault_in` between them). What may fault in the kernel and has to be resolved asks for
//! a token outside of [`space::AddressSpace`]; what never resolves anything needs none, and is legal under any lock: on a fault
//! one releases, faults in, and tries again. So a copy under an inode's lock, which a fault on a mapping of that very file would
//! want, does not compile.

pub mod address;
pub mod context;
pub mod copy;
pub mod current;
pub mod space;
pub mod vdso;

pub use address::{Fault, USER_END, UserAddress, UserSlice};
pub use context::{Exit, Registers, UserContext};
pub use copy::{
    MOST_FAULTS, clear, copy_in, copy_out, fault_in, get, put, read_string, try_compare_exchange_u32,
    try_copy_in, try_copy_out, try_load_u32,
};
pub use current::{current_space, set_space};
pub use space::{Access, AddressSpace, Space};
