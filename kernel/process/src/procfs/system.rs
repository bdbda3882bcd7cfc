//! The machine as a whole: memory, CPUs, times, filesystems.

use abi::Result;
use base::mm::frames::{self, Owner};
use base::sched::load;
use base::time::Instant;
use base::{cpu, wall_clock};
use lockorder::{Root, Task};

use super::text::Text;
use crate::system::System;
use crate::tree;

/// Kibibytes of a page.
const PAGE: u64 = 4;
/// Nanoseconds of a hundredth of a second, in which times are told.
const TICK: u64 = 10_000_000;

/// A time in seconds, with two digits of a fraction.
fn seconds(nanoseconds: u64) -> (u64, u64) {
    (nanoseconds / 1_000_000_000, nanoseconds / TICK % 100)
}

/// How long each CPU has idled, added up.
fn idle() -> u64 {
    let mut sum = 0_u64;
    load::each_cpu(|_, usage| sum = sum.saturating_add(usage.idle));
    sum
}

pub(super) fn uptime(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    let (up, idle) = (seconds(Instant::now().as_nanos()), seconds(idle()));
    text.put(format_args!("{}.{:02} {}.{:02}\n", up.0, up.1, idle.0, idle.1))
}

pub(super) fn load(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    for average in load::averages() {
        let hundredths = average * 100 / load::ONE;
        text.put(format_args!("{}.{:02} ", hundredths / 100, hundredths % 100))?;
    }
    let (ready, all) = load::threads();
    text.put(format_args!("{ready}/{all} {}\n", tree::last_number()))
}

pub(super) fn memory(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    let count = |owner| frames::count(owner) * PAGE;
    let cached = count(Owner::PageCache);
    let free = base::mm::available_frames() * PAGE;
    let lines = [
        ("MemTotal", frames::total() * PAGE),
        ("MemFree", free),
        // What files of a filesystem in memory have is not to be had by taking it away from them.
        ("MemAvailable", free),
        ("Buffers", 0),
        ("Cached", cached),
        ("SwapCached", 0),
        ("SwapTotal", 0),
        ("SwapFree", 0),
        ("Dirty", 0),
        ("AnonPages", count(Owner::User)),
        ("Shmem", cached),
        ("Slab", count(Owner::Slab) + count(Owner::Heap)),
        ("KernelStack", count(Owner::Stack)),
        ("PageTables", count(Owner::Table) + count(Owner::UserTable)),
    ];
    for (name, kibibytes) in lines {
        text.put(format_args!("{name}:"))?;
        text.pad_line(16)?;
        text.put(format_args!("{kibibytes:>8} kB\n"))?;
    }
    Ok(())
}

/// The text of a field that ends with zeros.
fn text_of(bytes: &[u8]) -> &str {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    core::str::from_utf8(&bytes[..end]).unwrap_or_default().trim()
}

pub(super) fn cpus(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    // They are of one make.
    let identity = cpu::identity();
    let (physical, virtual_) = identity.address_bits;
    let count = cpu::online();
    for number in 0..count {
        text.put(format_args!(
            "processor\t: {number}\nvendor_id\t: {}\ncpu family\t: {}\nmodel\t\t: {}\nmodel name\t: {}\n\
             stepping\t: {}\nphysical id\t: 0\nsiblings\t: {count}\ncore id\t\t: {number}\ncpu cores\t: {count}\nflags\t\t:",
            text_of(&identity.vendor),
            identity.family,
            identity.model,
            text_of(&identity.brand),
            identity.stepping,
        ))?;
        for (bit, name) in cpu::FEATURES {
            if identity.features >> bit & 1 == 1 {
                text.put(format_args!(" {name}"))?;
            }
        }
        text.put(format_args!("\naddress sizes\t: {physical} bits physical, {virtual_} bits virtual\n\n"))?;
    }
    Ok(())
}

pub(super) fn statistics(held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    let up = Instant::now().as_nanos() / TICK;
    let cpus = cpu::online() as u64;
    let all_idle = idle() / TICK;
    // What a CPU does for programs and for itself is not told apart: it has been busy.
    let line =
        |text: &mut Text, busy: u64, idle: u64| text.put(format_args!(" {busy} 0 0 {idle} 0 0 0 0 0 0\n"));
    text.bytes(b"cpu ")?;
    line(text, (up * cpus).saturating_sub(all_idle), all_idle)?;
    let (mut result, mut interrupts) = (Ok(()), 0);
    load::each_cpu(|cpu, usage| {
        let idle = usage.idle / TICK;
        interrupts += usage.timer_interrupts;
        if result.is_ok() {
            result =
                text.put(format_args!("cpu{cpu}")).and_then(|()| line(text, up.saturating_sub(idle), idle));
        }
    });
    result?;
    let (running, _) = load::threads();
    let stopped = tree::count(held);
    text.put(format_args!(
        "intr {interrupts}\nctxt 0\nbtime {}\nprocesses {}\nprocs_running {running}\nprocs_blocked 0\n",
        wall_clock::started().as_secs(),
        u64::from(tree::last_number()).max(stopped as u64),
    ))
}

pub(super) fn filesystems(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    ["tmpfs", "proc", "devtmpfs", "devpts"]
        .iter()
        .try_for_each(|name| text.put(format_args!("nodev\t{name}\n")))
}

pub(super) fn devices(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    text.bytes(b"Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n136 pts\n\nBlock devices:\n")
}

pub(super) fn partitions(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    text.bytes(b"major minor  #blocks  name\n\n")
}

pub(super) fn swaps(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    text.bytes(b"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")
}

pub(super) fn version(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    text.bytes(b"Linux version 6.1.0 (lockorder) #1 SMP\n")
}

pub(super) fn command_line(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    text.bytes(b"\n")
}

/// The mounts, as `mounts` has them.
pub(super) fn mounts(held: &mut Root<'_, Task>, system: &System, text: &mut Text) -> Result<()> {
    let mut place = 0;
    while let Some(mount) = system.namespace.mount_at(held, place) {
        place += 1;
        text.put(format_args!("{} ", mount.kind))?;
        text.field(&mount.path, b" \t")?;
        text.put(format_args!(" {} rw,relatime 0 0\n", mount.kind))?;
    }
    Ok(())
}

/// The mounts, as `mountinfo` has them.
pub(super) fn mount_information(held: &mut Root<'_, Task>, system: &System, text: &mut Text) -> Result<()> {
    let mut place = 0;
    while let Some(mount) = system.namespace.mount_at(held, place) {
        place += 1;
        text.put(format_args!("{} {} 0:{} / ", place, i32::from(place > 1), mount.device))?;
        text.field(&mount.path, b" \t")?;
        text.put(format_args!(" rw,relatime - {0} {0} rw\n", mount.kind))?;
    }
    Ok(())
}
