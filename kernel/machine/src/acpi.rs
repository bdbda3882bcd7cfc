//! The CPUs and the interrupt controllers of the machine, from the firmware's tables.
//!
//! Only what is needed: the root pointer, the root table, the multiple APIC description table (ACPI 6.5,
//! sections 5.2.5 to 5.2.12). Everything is read through a `Memory` that checks bounds, so that a broken
//! table is an error value and the parser is tested on a host.

use core::fmt;

use x86_64::PhysAddr;

use super::cpu::ApicId;

/// Physical memory as the tables see it.
pub trait Memory {
    /// `length` bytes at a physical address, or `None` where there is no memory to read.
    fn read(&self, address: u64, length: usize) -> Option<&[u8]>;
}

/// What is wrong with the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableError {
    /// An address in a table points outside of readable memory.
    Unreadable(u64),
    /// A table's bytes do not add up to 0.
    Checksum(u64),
    /// A signature is not the expected one.
    Signature(u64),
    /// There is no multiple APIC description table.
    NoCpuTable,
}

impl fmt::Display for TableError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(address) => write!(formatter, "no readable memory at {address:#x}"),
            Self::Checksum(address) => write!(formatter, "the table at {address:#x} has a wrong checksum"),
            Self::Signature(address) => write!(formatter, "the table at {address:#x} has a wrong signature"),
            Self::NoCpuTable => formatter.write_str("the firmware describes no interrupt controllers"),
        }
    }
}

impl core::error::Error for TableError {}

/// Length of the header that every table has.
const HEADER: usize = 36;
/// No table is longer than this.
const LONGEST: usize = 1 << 20;

/// Little-endian numbers out of bytes that are long enough.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// Bytes at an address, summed to 0.
fn summed(memory: &impl Memory, address: u64, length: usize) -> Result<&[u8], TableError> {
    let bytes = memory.read(address, length).ok_or(TableError::Unreadable(address))?;
    let sum = bytes.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    if sum == 0 { Ok(bytes) } else { Err(TableError::Checksum(address)) }
}

/// A whole table, by the length in its header.
fn table(memory: &impl Memory, address: u64) -> Result<&[u8], TableError> {
    let header = memory.read(address, HEADER).ok_or(TableError::Unreadable(address))?;
    let length = usize::try_from(number(&header[4..8])).unwrap_or(usize::MAX);
    if !(HEADER..=LONGEST).contains(&length) {
        return Err(TableError::Signature(address));
    }
    summed(memory, address, length)
}

/// Finds the table with `signature` under the root pointer at `root`.
fn find(memory: &impl Memory, root: u64, signature: [u8; 4]) -> Result<Option<&[u8]>, TableError> {
    let pointer = summed(memory, root, 20)?;
    if &pointer[..8] != b"RSD PTR " {
        return Err(TableError::Signature(root));
    }
    // From revision 2 the pointer is longer and names a table of 64-bit addresses.
    let long = if pointer[15] >= 2 { number(&summed(memory, root, 36)?[24..32]) } else { 0 };
    let (address, width) = if long == 0 { (number(&pointer[16..20]), 4) } else { (long, 8) };
    // A table that cannot be read is not the one that is looked for.
    let found = table(memory, address)?[HEADER..]
        .chunks_exact(width)
        .map(number)
        .find(|&candidate| memory.read(candidate, 4) == Some(&signature[..]));
    found.map(|candidate| table(memory, candidate)).transpose()
}

/// Calls `found` with the kind and the bytes of each entry of the multiple APIC description table, as long as the
/// table makes sense.
fn each_entry(memory: &impl Memory, root: u64, mut found: impl FnMut(u8, &[u8])) -> Result<(), TableError> {
    let table = find(memory, root, *b"APIC")?.ok_or(TableError::NoCpuTable)?;
    let mut entries = &table[(HEADER + 8).min(table.len())..];
    while entries.len() >= 2 {
        let length = usize::from(entries[1]);
        if length < 2 || length > entries.len() {
            break;
        }
        let (entry, rest) = entries.split_at(length);
        entries = rest;
        found(entry[0], entry);
    }
    Ok(())
}

/// Calls `found` with the local APIC number of every CPU that can be used, each once.
///
/// # Errors
///
/// [`TableError`] when a table is missing or damaged.
pub fn each_cpu(memory: &impl Memory, root: u64, mut found: impl FnMut(ApicId)) -> Result<(), TableError> {
    // A machine may list a CPU twice, by its short and by its long number: those with a short one are looked for.
    let mut seen = [0_u64; 4];
    each_entry(memory, root, |kind, entry| {
        let (id, flags) = match (kind, entry.len()) {
            (0, 8..) => (u64::from(entry[3]), number(&entry[4..8])),
            (9, 16..) => (number(&entry[4..8]), number(&entry[8..12])),
            _ => return,
        };
        // Bit 0: enabled. The largest number of a kind means all CPUs, and is nobody's.
        let nobody = if kind == 0 { 0xff } else { u64::from(u32::MAX) };
        if flags & 1 == 0 || id == nobody {
            return;
        }
        let (word, bit) = ((id / 64) as usize, 1 << (id % 64));
        if let Some(seen) = seen.get_mut(word) {
            if *seen & bit != 0 {
                return;
            }
            *seen |= bit;
        }
        found(ApicId::new(u32::try_from(id).unwrap_or(u32::MAX)));
    })
}

/// Where a line of the old interrupt controllers arrives now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Physical address of the I/O APIC.
    pub controller: PhysAddr,
    /// The input of that controller.
    pub input: u8,
    /// Whether the line is active when low.
    pub active_low: bool,
    /// Whether the line asks by its level and not by an edge.
    pub level: bool,
}

/// Finds where line `line` of the old interrupt controllers (0 to 15) arrives; `None` where no I/O APIC has it.
///
/// # Errors
///
/// [`TableError`] when a table is missing or damaged.
pub fn find_line(memory: &impl Memory, root: u64, line: u8) -> Result<Option<Line>, TableError> {
    // Lines are global inputs of the same number, but where the table says otherwise.
    let (mut global, mut flags) = (u64::from(line), 0);
    each_entry(memory, root, |kind, entry| {
        if kind == 2 && entry.len() >= 10 && entry[2] == 0 && entry[3] == line {
            (global, flags) = (number(&entry[4..8]), number(&entry[8..10]));
        }
    })?;
    let mut best: Option<(u64, u64)> = None;
    each_entry(memory, root, |kind, entry| {
        if kind == 1 && entry.len() >= 12 {
            let (address, first) = (number(&entry[4..8]), number(&entry[8..12]));
            // The controller whose first input is the nearest below has it.
            if first <= global && best.is_none_or(|(_, other)| other < first) {
                best = Some((address, first));
            }
        }
    })?;
    Ok(best.and_then(|(controller, first)| {
        let input = u8::try_from(global - first).ok()?;
        let controller = PhysAddr::new_truncate(controller);
        Some(Line { controller, input, active_low: flags & 3 == 3, level: flags >> 2 & 3 == 3 })
    }))
}

/// Calls `found` with the physical address of every I/O APIC.
///
/// # Errors
///
/// [`TableError`] when a table is missing or damaged.
pub fn each_io_apic(memory: &impl Memory, root: u64, mut found: impl FnMut(u64)) -> Result<(), TableError> {
    each_entry(memory, root, |kind, entry| {
        if kind == 1 && entry.len() >= 8 {
            found(number(&entry[4..8]));
        }
    })
}

#[cfg(test)]
pub(super) mod tests {
    extern crate std;
    use std::vec;
    use std::vec::Vec;

    use super::{Line, Memory, PhysAddr, TableError, each_cpu, find_line};

    pub(crate) struct Image(Vec<u8>);

    impl Memory for Image {
        fn read(&self, address: u64, length: usize) -> Option<&[u8]> {
            let start = usize::try_from(address).ok()?;
            self.0.get(start..start.checked_add(length)?)
        }
    }

    /// Puts a table with a right length and checksum at `address`.
    fn put(image: &mut [u8], address: usize, signature: &[u8], body: &[u8]) {
        let mut bytes = vec![0; 36];
        bytes[..signature.len()].copy_from_slice(signature);
        bytes.extend_from_slice(body);
        let length = u32::try_from(bytes.len()).unwrap();
        bytes[4..8].copy_from_slice(&length.to_le_bytes());
        let sum = bytes.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
        bytes[9] = 0_u8.wrapping_sub(sum);
        image[address..address + bytes.len()].copy_from_slice(&bytes);
    }

    pub(crate) fn image(entries: &[u8]) -> Image {
        let mut image = vec![0; 4096];
        let mut body = vec![0; 8];
        body.extend_from_slice(entries);
        put(&mut image, 0x400, b"APIC", &body);
        put(&mut image, 0x300, b"FACP", &[]);
        put(&mut image, 0x200, b"RSDT", &[0x00, 0x03, 0, 0, 0x00, 0x04, 0, 0]);
        image[0x100..0x108].copy_from_slice(b"RSD PTR ");
        image[0x110..0x114].copy_from_slice(&0x200_u32.to_le_bytes());
        let sum = image[0x100..0x114].iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
        image[0x108] = 0_u8.wrapping_sub(sum);
        Image(image)
    }

    fn cpus(image: &Image) -> Result<Vec<u32>, TableError> {
        let mut cpus = Vec::new();
        each_cpu(image, 0x100, |id| cpus.push(id.get())).map(|()| cpus)
    }

    const FIRST: [u8; 8] = [0, 8, 0, 0, 1, 0, 0, 0];
    const FIFTH_OFF: [u8; 8] = [0, 8, 5, 5, 0, 0, 0, 0];
    const SEVENTH: [u8; 8] = [0, 8, 7, 7, 1, 0, 0, 0];
    const SEVENTH_AGAIN: [u8; 16] = [9, 16, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];

    #[test]
    fn enabled_cpus_are_found_once() {
        let entries = [&FIRST[..], &FIFTH_OFF, &[1, 4, 0, 0], &SEVENTH, &SEVENTH_AGAIN].concat();
        assert_eq!(cpus(&image(&entries)), Ok(vec![0, 7]));
    }

    #[test]
    fn long_numbers_are_found() {
        let long = [9, 16, 0, 0, 0x34, 0x12, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        let nobody = [9, 16, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0];
        let short_nobody = [0, 8, 0, 0xff, 1, 0, 0, 0];
        let entries = [&FIRST[..], &long, &nobody, &short_nobody].concat();
        assert_eq!(cpus(&image(&entries)), Ok(vec![0, 0x1234]));
    }

    #[test]
    fn damage_is_an_error_value() {
        let mut damaged = image(&FIRST);
        damaged.0[0x420] ^= 1;
        assert_eq!(cpus(&damaged), Err(TableError::Checksum(0x400)));
        let mut elsewhere = image(&FIRST);
        elsewhere.0[0x100] = b'X';
        elsewhere.0[0x108] = elsewhere.0[0x108].wrapping_sub(b'X'.wrapping_sub(b'R'));
        assert_eq!(cpus(&elsewhere), Err(TableError::Signature(0x100)));
        assert_eq!(each_cpu(&image(&FIRST), 0xffff, |_| ()), Err(TableError::Unreadable(0xffff)));
    }

    #[test]
    fn an_entry_of_length_zero_ends_the_list() {
        assert_eq!(cpus(&image(&[&FIRST[..], &[0, 0], &SEVENTH].concat())), Ok(vec![0]));
    }

    const FIRST_CONTROLLER: [u8; 12] = [1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0];
    const SECOND_CONTROLLER: [u8; 12] = [1, 12, 1, 0, 0, 0x10, 0xc0, 0xfe, 24, 0, 0, 0];
    const TIMER_IS_TWO: [u8; 10] = [2, 10, 0, 0, 2, 0, 0, 0, 0, 0];
    const NINE_IS_LOW: [u8; 10] = [2, 10, 0, 9, 30, 0, 0, 0, 0x0f, 0];

    #[test]
    fn lines_are_found_where_the_table_sends_them() {
        let image = image(&[&FIRST_CONTROLLER[..], &SECOND_CONTROLLER, &TIMER_IS_TWO, &NINE_IS_LOW].concat());
        let line = |line| find_line(&image, 0x100, line).unwrap().unwrap();
        let plain =
            Line { controller: PhysAddr::new(0xfec0_0000), input: 4, active_low: false, level: false };
        assert_eq!(line(4), plain);
        assert_eq!(line(0), Line { input: 2, ..plain });
        assert_eq!(
            line(9),
            Line { controller: PhysAddr::new(0xfec0_1000), input: 6, active_low: true, level: true },
            "input 30 is the sixth of the controller that begins at 24"
        );
    }

    #[test]
    fn a_machine_without_a_controller_has_no_lines() {
        assert_eq!(find_line(&image(&FIRST), 0x100, 4), Ok(None));
    }
}
