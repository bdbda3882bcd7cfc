//! All classes are of one platform, and the waits that have no class are the host's: `with_root` gives no root of the host where
//! there are serialising tokens of another platform, since a thread that joins another one would keep them.

use std::panic::catch_unwind;

use lockorder::{Platform, hierarchy, one_platform, with_root};

/// A machine without interrupts.
#[derive(Debug)]
enum Machine {}

// SAFETY: no interrupt and no other thread comes into this test.
unsafe impl Platform for Machine {
    const HAS_INTERRUPTS: bool = false;

    unsafe fn disable_interrupts() {}
    unsafe fn enable_interrupts() {}
    unsafe fn disable_preemption() {}
    unsafe fn enable_preemption() {}
    fn cpu() -> usize {
        0
    }
    fn relax() {}
    fn oversubscribed() -> bool {
        false
    }
    fn back_off() {}
}

hierarchy! {
    /// On the machine.
    hierarchy LOCKS, platform = Machine;
    /// Names.
    level Naming = 50 {
        /// A token.
        class Names = 0, order = serial;
    }
}

#[test]
fn a_program_with_tokens_of_another_platform_gets_no_root_of_the_host() {
    assert!(one_platform().is_ok(), "there is one");
    let panic = catch_unwind(|| with_root(|_| ())).expect_err("a token was given");
    let refused = panic.downcast_ref::<String>().expect("a text");
    for part in ["`Names`", "foreign_tokens::Machine", "serialising tokens"] {
        assert!(refused.contains(part), "{refused}");
    }
}
