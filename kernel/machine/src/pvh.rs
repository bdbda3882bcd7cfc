//! Booted by QEMU's `-kernel`: the PVH way in.
//!
//! The loader puts the image at its load address, and enters the 32-bit address that the ELF note names, in
//! protected mode without paging, with the physical address of a start information block in EBX (Xen,
//! `xen/include/public/arch-x86/hvm/start_info.h`). Here the first page tables are made: physical memory
//! below 4 GiB where it is (for the trampoline of other CPUs), at the direct map, and the first GiB at the
//! image's link address. Then the block becomes a `BootInfo`, the same as the other way to boot gives.

use core::sync::atomic::{AtomicBool, Ordering};

use bootloader_api::BootInfo;
use bootloader_api::info::{MemoryRegionKind, Optional};
use x86_64::PhysAddr;

use super::boot::Main;
use super::direct_map::{DIRECT_MAP, direct};
use super::image::OFFSET;
use super::{boot_memory, cpu};

/// The 32-bit entry point and the note that names it; what [`boot_entries!`](crate::boot_entries) expands to. Not part of the
/// interface.
#[doc(hidden)]
#[macro_export]
macro_rules! __pvh_entry {
    ($main:ty) => {
        ::core::arch::global_asm!(
    r#"
    .section .note.Xen, "a", @note
    .balign 4
    .long 4
    .long 4
    .long 18
    .asciz "Xen"
    .long pvh_entry - 0xffffffff80000000

    .section .text.pvh, "ax", @progbits
    .code32
    .global pvh_entry
pvh_entry:
    cli
    cld
    movl %ebx, %ebp
    # Four tables of two-megabyte pages: the first four gigabytes.
    movl $(boot_pages - 0xffffffff80000000), %edi
    movl $0x83, %eax
    movl $2048, %ecx
1:  movl %eax, (%edi)
    movl $0, 4(%edi)
    addl $8, %edi
    addl $0x200000, %eax
    loop 1b
    # One table above them for where they are and for the direct map, one for the image.
    movl $(boot_pages - 0xffffffff80000000 + 3), %eax
    movl $(boot_low - 0xffffffff80000000), %edi
    movl %eax, (%edi)
    addl $0x1000, %eax
    movl %eax, 8(%edi)
    addl $0x1000, %eax
    movl %eax, 16(%edi)
    addl $0x1000, %eax
    movl %eax, 24(%edi)
    movl $(boot_pages - 0xffffffff80000000 + 3), %eax
    movl %eax, (boot_high - 0xffffffff80000000 + 510 * 8)
    # The root: entry 0 and 256 low, entry 511 high.
    movl $(boot_low - 0xffffffff80000000 + 3), %eax
    movl %eax, (boot_root - 0xffffffff80000000)
    movl %eax, (boot_root - 0xffffffff80000000 + 256 * 8)
    movl $(boot_high - 0xffffffff80000000 + 3), %eax
    movl %eax, (boot_root - 0xffffffff80000000 + 511 * 8)
    movl $(boot_root - 0xffffffff80000000), %eax
    movl %eax, %cr3
    # Physical address extension; long mode and no-execute; paging and write protection.
    movl %cr4, %eax
    orl $0x20, %eax
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x900, %eax
    wrmsr
    movl %cr0, %eax
    orl $0x80010001, %eax
    movl %eax, %cr0
    lgdtl (boot_gdt_pointer - 0xffffffff80000000)
    ljmpl $0x08, $(boot_long - 0xffffffff80000000)

    .code64
boot_long:
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %eax, %fs
    movl %eax, %gs
    movabsq $boot_stack_top, %rsp
    movl %ebp, %edi
    xorl %ebp, %ebp
    pushq $0
    movabsq ${start}, %rax
    jmpq *%rax

    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9a000000ffff
boot_gdt_pointer:
    .word boot_gdt_pointer - boot_gdt - 1
    .long boot_gdt - 0xffffffff80000000

    .section .bss.boot, "aw", @nobits
    .balign 4096
boot_root:
    .skip 4096
boot_low:
    .skip 4096
boot_high:
    .skip 4096
boot_pages:
    .skip 4 * 4096
    .global boot_stack_guard
boot_stack_guard:
    .skip 4096
boot_stack:
    .skip 64 * 1024
    .global boot_stack_top
boot_stack_top:
    .text
    "#,
    start = sym $crate::pvh::start::<$main>,
    options(att_syntax)
        );
    };
}

unsafe extern "C" {
    /// First byte of the image, from the linker script.
    static kernel_start: u8;
    /// Just after the image.
    static kernel_end: u8;
}

/// What the start information block begins with.
const MAGIC: u32 = 0x336e_c578;
/// The kind of usable memory in the loader's map, as in the BIOS's.
const USABLE: u32 = 1;

/// The start information block, version 1.
#[repr(C)]
struct StartInfo {
    magic: u32,
    version: u32,
    flags: u32,
    module_count: u32,
    modules: u64,
    command_line: u64,
    root_pointer: u64,
    memory_map: u64,
    memory_map_entries: u32,
    reserved: u32,
}

/// One module: the ramdisk is the first.
#[repr(C)]
struct Module {
    address: u64,
    size: u64,
    command_line: u64,
    reserved: u64,
}

/// One row of the memory map.
#[repr(C)]
struct MapEntry {
    address: u64,
    size: u64,
    kind: u32,
    reserved: u32,
}

/// Reads a block of the loader's from physical memory.
///
/// # Safety
///
/// A `T` stands there, and nothing writes to it.
unsafe fn read<T>(physical: u64) -> &'static T {
    // SAFETY: a `T` stands there, by this function's contract; the direct map covers the address.
    unsafe { &*direct(PhysAddr::new_truncate(physical)) }
}

/// The first Rust code, on the boot stack, on the first page tables.
///
/// # Safety
///
/// Called by the entry point, with what the loader left in EBX.
pub unsafe extern "C" fn start<M: Main>(info: u32) -> ! {
    static ENTERED: AtomicBool = AtomicBool::new(false);
    if ENTERED.swap(true, Ordering::Relaxed) {
        cpu::halt();
    }
    // SAFETY: the loader left the block's address in EBX, as the protocol says.
    let info = unsafe { read::<StartInfo>(u64::from(info)) };
    if info.magic != MAGIC || info.version < 1 {
        // Nothing is known of this machine, not even a console.
        cpu::halt();
    }
    let (image_start, image_end) = (&raw const kernel_start, &raw const kernel_end);
    let image = (image_start.addr() as u64 - OFFSET, image_end.addr() as u64 - OFFSET);
    let ramdisk = (info.module_count > 0).then(|| {
        // SAFETY: the block says that there is a module.
        let module = unsafe { read::<Module>(info.modules) };
        (module.address, module.size)
    });
    let in_ramdisk =
        ramdisk.map_or((0, 0), |(address, size)| (address, (address + size).next_multiple_of(4096)));
    // The block itself, which lies below one megabyte, is not looked at again once this function is through.
    let mut in_use = [image, in_ramdisk];
    in_use.sort_unstable();

    // SAFETY: once, by the first CPU, before anything else runs.
    let list = unsafe { boot_memory::list() };
    for index in 0..u64::from(info.memory_map_entries) {
        // SAFETY: the block says that there are so many rows.
        let entry = unsafe { read::<MapEntry>(info.memory_map + index * size_of::<MapEntry>() as u64) };
        let end = entry.address.saturating_add(entry.size);
        if entry.kind == USABLE {
            list.push_usable(entry.address, end, &in_use);
        } else {
            list.push(entry.address, end, MemoryRegionKind::UnknownBios(entry.kind));
        }
    }

    let mut boot_info = BootInfo::new(list.regions());
    boot_info.physical_memory_offset = Optional::Some(DIRECT_MAP);
    boot_info.rsdp_addr = Optional::Some(info.root_pointer);
    boot_info.kernel_addr = image.0;
    boot_info.kernel_len = image.1 - image.0;
    if let Some((address, size)) = ramdisk {
        boot_info.ramdisk_addr = Optional::Some(DIRECT_MAP + address);
        boot_info.ramdisk_len = size;
    }
    // SAFETY: control has just entered, on the first CPU, and goes nowhere else.
    unsafe { M::main(boot_memory::keep(boot_info)) }
}
