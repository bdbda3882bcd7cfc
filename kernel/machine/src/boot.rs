//! Where both ways to boot end.
//!
//! Crates below do not know the one above by name, not even by the linker's: the image hands its [`Main`] to
//! [`boot_entries!`](crate::boot_entries!), which writes the two entry points of the image around it.

use bootloader_api::BootInfo;

/// What runs on the first CPU after either way to boot.
pub trait Main {
    /// Runs the kernel.
    ///
    /// # Safety
    ///
    /// Called once, by the boot code of the first CPU: interrupts are off, and nothing else of the kernel has run.
    unsafe fn main(boot_info: &'static mut BootInfo) -> !;
}

/// Writes the entry points of an image that runs a [`Main`]: `pvh_entry`, which the note for QEMU names, and `uefi_entry`,
/// which the header of the file names. Once in an image; nothing on a host.
#[macro_export]
macro_rules! boot_entries {
    ($main:ty) => {
        #[cfg(target_os = "none")]
        $crate::__pvh_entry!($main);
        #[cfg(target_os = "none")]
        $crate::__uefi_entry!($main);
    };
}
