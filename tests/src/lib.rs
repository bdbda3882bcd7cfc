//! Tests that need more than one crate: see `tests/`.
//!
//! | test | what |
//! |---|---|
//! | `stress` | locks under threads on the host, and a broken lock that the stress must catch |
//! | `instructions` | typed acquisition compiles to the instructions of raw locks |
//! | `boots` | the kernel in QEMU on 1, 2, 4, 8 and 64 CPUs, its workloads and its reports |
//! | `readme` | the README's generated part is what the code says |
//! | `escape_hatches` | places that mint roots and leaf locks, counted |
//! | `mutants` | rules broken on purpose, each of which some test must notice |
