//! Two platforms in one program: refused before there is a token.
//!
//! A class whose hierarchy names no platform is of the host's under `std`. An interrupt-safe lock of that class would lend a token
//! for interrupts that are off, and leave those of the program's own machine on.

use std::panic::catch_unwind;

use lockorder::{Platform, hierarchy, one_platform, with_root};

/// The program's own machine.
#[derive(Debug)]
enum Machine {}

// SAFETY: no interrupt and no other thread comes into this test.
unsafe impl Platform for Machine {
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
    /// Devices.
    level Device = 50 {
        /// A queue.
        class Queue = 0;
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
fn a_program_of_two_platforms_gets_no_token() {
    let refused = one_platform().expect_err("there are two").to_string();
    for part in ["`Queue`", "`Log`", "two_platforms::Machine", "host::Host", "platform = MyPlatform;"] {
        assert!(refused.contains(part), "{refused}");
    }
    // Each time, not only the first.
    for _ in 0..2 {
        let panic = catch_unwind(|| with_root(|_| ())).expect_err("a token was given");
        assert_eq!(panic.downcast_ref::<String>(), Some(&refused));
    }
    // SAFETY: nothing else holds a root here; none is given.
    let panic = catch_unwind(|| unsafe { lockorder::entry::boot(|_| ()) }).expect_err("a token was given");
    assert_eq!(panic.downcast_ref::<String>(), Some(&refused));
    // What was refused claims no root: the next call is refused for the same reason, and not for that.
    let panic = catch_unwind(|| with_root(|_| ())).expect_err("a token was given");
    assert_eq!(panic.downcast_ref::<String>(), Some(&refused));
}
