//! Booted by UEFI firmware: the way in from the `bootloader` crate's disk image.
//!
//! The loader has read the image by its program headers, mapped it where it is linked, mapped all physical memory
//! where [`CONFIGURATION`] says, and enters the address that the ELF header names, in long mode, with a `BootInfo` that
//! lies, as does the stack, in memory of its own. Here the kernel's own stack is taken, and the boot information with
//! the memory map is copied into the image; the ramdisk is found in the direct map. Then both ways to boot are the same.

use bootloader_api::BootInfo;
use bootloader_api::config::{BootloaderConfig, Mapping};
use bootloader_api::info::Optional;

use super::boot::Main;
use x86_64::VirtAddr;

use super::direct_map::DIRECT_MAP;
use super::{boot_memory, cpu, paging};

/// What the loader is asked for: all physical memory at the direct map.
const CONFIGURATION: BootloaderConfig = {
    let mut configuration = BootloaderConfig::new_default();
    configuration.mappings.physical_memory = Some(Mapping::FixedAddress(DIRECT_MAP));
    configuration
};

/// The same in the form that the loader reads, in the section where it looks.
#[used]
#[unsafe(link_section = ".bootloader-config")]
static SERIALIZED: [u8; BootloaderConfig::SERIALIZED_LEN] = CONFIGURATION.serialize();

/// The 64-bit entry point; what [`boot_entries!`](crate::boot_entries) expands to. Not part of the interface.
#[doc(hidden)]
#[macro_export]
macro_rules! __uefi_entry {
    ($main:ty) => {
        ::core::arch::global_asm!(
    r#"
    .section .text.uefi_entry, "ax", @progbits
    .code64
    .global uefi_entry
uefi_entry:
    cli
    cld
    movabs rsp, offset boot_stack_top
    xor ebp, ebp
    push 0
    movabs rax, offset {start}
    jmp rax
    .text
    "#,
    start = sym $crate::uefi::start::<$main>,
        );
    };
}

/// The first Rust code, on the kernel's boot stack, on the loader's page tables.
///
/// # Safety
///
/// Called by the entry point, with what the loader passed.
pub unsafe extern "C" fn start<M: Main>(given: &'static BootInfo) -> ! {
    // SAFETY: once, by the first CPU, before anything else runs.
    let list = unsafe { boot_memory::list() };
    for region in given.memory_regions.iter() {
        list.push(region.start, region.end, region.kind);
    }
    let mut boot_info = BootInfo::new(list.regions());
    boot_info.physical_memory_offset = Optional::Some(DIRECT_MAP);
    boot_info.rsdp_addr = given.rsdp_addr;
    boot_info.kernel_addr = given.kernel_addr;
    boot_info.kernel_len = given.kernel_len;
    if let Some(address) = given.ramdisk_addr.into_option() {
        // The loader puts the ramdisk into neighbouring frames.
        let Some(physical) = paging::loaded(VirtAddr::new_truncate(address)) else { cpu::halt() };
        boot_info.ramdisk_addr = Optional::Some(DIRECT_MAP + physical.as_u64());
        boot_info.ramdisk_len = given.ramdisk_len;
    }
    // SAFETY: control has just entered, on the first CPU, and goes nowhere else.
    unsafe { M::main(boot_memory::keep(boot_info)) }
}
