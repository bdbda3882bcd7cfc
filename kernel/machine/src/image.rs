//! The kernel's image: where its parts are.

use core::ops::Range;

use x86_64::VirtAddr;

use super::paging::Permissions;

/// What a link address is above the physical address that it is loaded at by PVH.
pub const OFFSET: u64 = 0xffff_ffff_8000_0000;

/// Addresses that the linker script names.
#[cfg(target_os = "none")]
mod symbols {
    unsafe extern "C" {
        pub(super) static kernel_start: u8;
        pub(super) static text_end: u8;
        pub(super) static rodata_end: u8;
        pub(super) static boot_stack_guard: u8;
        pub(super) static kernel_end: u8;
    }
}

/// The parts of the image with what may be done with each. The page under the boot stack belongs to none.
#[cfg(target_os = "none")]
#[must_use]
pub fn parts() -> [(Range<VirtAddr>, Permissions); 4] {
    use super::paging::PAGE;

    let start = VirtAddr::from_ptr(&raw const symbols::kernel_start);
    let text_end = VirtAddr::from_ptr(&raw const symbols::text_end);
    let rodata_end = VirtAddr::from_ptr(&raw const symbols::rodata_end);
    let guard = boot_stack_guard();
    let end = VirtAddr::from_ptr(&raw const symbols::kernel_end);
    let constants = Permissions::PRESENT | Permissions::NO_EXECUTE;
    let data = constants | Permissions::WRITABLE;
    [
        (start..text_end, Permissions::PRESENT),
        (text_end..rodata_end, constants),
        (rodata_end..guard, data),
        (guard + PAGE..end, data),
    ]
}

/// On a host there is no image.
#[cfg(not(target_os = "none"))]
#[must_use]
pub fn parts() -> [(Range<VirtAddr>, Permissions); 0] {
    []
}

/// The page under the boot stack, which is not there.
#[cfg(target_os = "none")]
#[must_use]
pub fn boot_stack_guard() -> VirtAddr {
    VirtAddr::from_ptr(&raw const symbols::boot_stack_guard)
}

/// On a host there is no boot stack.
#[cfg(not(target_os = "none"))]
#[must_use]
pub fn boot_stack_guard() -> VirtAddr {
    VirtAddr::zero()
}
