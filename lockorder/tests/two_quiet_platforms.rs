//! Two platforms in one program, neither with interrupts: refused as well. A thread that sleeps on one of them would keep its
//! serialising tokens of the other.

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
    hierarchy RIGHT, platform = Machine;
    /// Names.
    level Naming = 50 {
        /// A name.
        class Name = 0;
    }
}

hierarchy! {
    /// On no machine by name.
    hierarchy FORGOTTEN;
    /// Logs.
    level Logging = 60 {
        /// A log.
        class Log = 0;
    }
}

#[test]
fn a_program_of_two_platforms_without_interrupts_gets_no_token() {
    let refused = one_platform().expect_err("there are two").to_string();
    for part in ["`Name`", "`Log`", "two_quiet_platforms::Machine", "host::Host"] {
        assert!(refused.contains(part), "{refused}");
    }
    let panic = catch_unwind(|| with_root(|_| ())).expect_err("a token was given");
    assert_eq!(panic.downcast_ref::<String>(), Some(&refused));
}
