//! Protections that a CPU may have: turned on where it has them, on every CPU.

use core::arch::x86_64::__cpuid_count;
use core::fmt;

use super::user_copy;
use x86_64::registers::control::{Cr0, Cr0Flags, Cr4, Cr4Flags, Efer, EferFlags};

/// What is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protections(Cr4Flags);

impl fmt::Display for Protections {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("write protection, no-execute")?;
        for (flag, name) in [
            (Cr4Flags::SUPERVISOR_MODE_EXECUTION_PROTECTION, "SMEP"),
            (Cr4Flags::SUPERVISOR_MODE_ACCESS_PREVENTION, "SMAP"),
            (Cr4Flags::USER_MODE_INSTRUCTION_PREVENTION, "UMIP"),
        ] {
            if self.0.contains(flag) {
                write!(formatter, ", {name}")?;
            }
        }
        Ok(())
    }
}

/// Turns on what this CPU has, and says what.
#[allow(clippy::must_use_candidate, reason = "it is called for its effect; the first CPU reports it")]
pub fn protect() -> Protections {
    let leaf = __cpuid_count(7, 0);
    let mut wanted = Cr4Flags::empty();
    wanted.set(Cr4Flags::SUPERVISOR_MODE_EXECUTION_PROTECTION, leaf.ebx >> 7 & 1 == 1);
    wanted.set(Cr4Flags::SUPERVISOR_MODE_ACCESS_PREVENTION, leaf.ebx >> 20 & 1 == 1);
    wanted.set(Cr4Flags::USER_MODE_INSTRUCTION_PREVENTION, leaf.ecx >> 2 & 1 == 1);
    // SAFETY: the kernel runs no user code in its own mode, touches user memory by `user_copy` only, which lifts the
    // prevention, and writes to nothing read-only, so these take nothing away from it; the CPU says that it has each.
    unsafe {
        Cr0::update(|flags| *flags |= Cr0Flags::WRITE_PROTECT);
        Efer::update(|flags| *flags |= EferFlags::NO_EXECUTE_ENABLE);
        Cr4::update(|flags| *flags |= wanted);
    }
    if wanted.contains(Cr4Flags::SUPERVISOR_MODE_ACCESS_PREVENTION) {
        user_copy::lift_prevention();
    }
    Protections(wanted)
}
