//! Exceptions on purpose, for tests of the reports. Each ends the kernel.

/// Reads an address that is not mapped: a page fault.
#[must_use]
pub fn read_unmapped() -> u8 {
    let unmapped = core::ptr::with_exposed_provenance::<u8>(0x5ead_beef_f000);
    // SAFETY: nothing is ever mapped there, so the page fault ends the kernel before a value exists.
    unsafe { unmapped.read_volatile() }
}

/// Runs what is no instruction: an invalid opcode.
pub fn invalid_opcode() -> ! {
    // SAFETY: `ud2` raises an exception that ends the kernel, and does nothing else.
    unsafe { core::arch::asm!("ud2", options(noreturn)) }
}
