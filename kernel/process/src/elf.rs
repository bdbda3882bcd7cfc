//! Programs in the executable and linking format, 64 bits, x86_64 (System V ABI, "Object files").
//!
//! Only what is needed to run one is read: the header, and the table of segments. Whatever the bytes are, the answer is a program or
//! [`Errno::ENOEXEC`].

use alloc::vec::Vec;

use abi::{Errno, Result};

/// How many bytes of a file the header takes.
pub const HEADER: usize = 64;
/// How many bytes one segment takes in the table.
const SEGMENT: usize = 56;
/// The most segments that are looked at.
const MOST: usize = 128;
/// The end of what a segment may have.
const END: u64 = base::user::USER_END;

/// One part of a file that is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where in the file it begins.
    pub offset: u64,
    /// At which address.
    pub address: u64,
    /// How many bytes of it are in the file.
    pub in_file: u64,
    /// How many bytes it has; the others are zeros.
    pub in_memory: u64,
    /// Its `PROT_` bits.
    pub protection: u32,
}

/// What is known of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Whether it may be loaded anywhere.
    pub is_relocatable: bool,
    /// Where it begins.
    pub entry: u64,
    /// What is mapped, in the order of addresses.
    pub segments: Vec<Segment>,
    /// Where in memory its table of segments is; 0 where that is not mapped.
    pub table: u64,
    /// How many entries that has.
    pub count: u16,
    /// Where in the file the path of its interpreter is, and how long that is with its zero.
    pub interpreter: Option<(u64, u64)>,
}

/// Where a file has the table of segments, and how many bytes that takes.
///
/// # Errors
///
/// [`Errno::ENOEXEC`] for what is no program for this machine.
pub fn table(header: &[u8]) -> Result<(u64, usize)> {
    let is_ours = header
        .get(..8)
        .is_some_and(|ident| ident == b"\x7fELF\x02\x01\x01\x00" || ident == b"\x7fELF\x02\x01\x01\x03");
    let size = u16_at(header, 54)?;
    let count = usize::from(u16_at(header, 56)?);
    let kind = u16_at(header, 16)?;
    if !is_ours
        || u16_at(header, 18)? != 62
        || !matches!(kind, 2 | 3)
        || usize::from(size) != SEGMENT
        || count == 0
        || count > MOST
    {
        return Err(Errno::ENOEXEC);
    }
    Ok((u64_at(header, 32)?, count * SEGMENT))
}

/// The program whose header and table these are.
///
/// # Errors
///
/// [`Errno::ENOEXEC`] where segments overlap, or lie where no user memory is; [`Errno::ENOMEM`].
pub fn parse(header: &[u8], segments: &[u8]) -> Result<Program> {
    let (offset, length) = table(header)?;
    if segments.len() != length {
        return Err(Errno::ENOEXEC);
    }
    let mut program = Program {
        is_relocatable: u16_at(header, 16)? == 3,
        entry: u64_at(header, 24)?,
        segments: Vec::new(),
        table: 0,
        count: u16_at(header, 56)?,
        interpreter: None,
    };
    program.segments.try_reserve(length / SEGMENT).map_err(|_| Errno::ENOMEM)?;
    let mut end = 0;
    for bytes in segments.chunks_exact(SEGMENT) {
        let (in_file, in_memory) = (u64_at(bytes, 32)?, u64_at(bytes, 40)?);
        let (start, address) = (u64_at(bytes, 8)?, u64_at(bytes, 16)?);
        match u32_at(bytes, 0)? {
            1 if in_memory > 0 => {
                let last = address.checked_add(in_memory).filter(|&last| last <= END);
                let in_order = address & !0xfff >= end;
                let fits = start.checked_add(in_file).is_some() && in_file <= in_memory;
                if !in_order || !fits || (start ^ address) & 0xfff != 0 {
                    return Err(Errno::ENOEXEC);
                }
                let last = last.ok_or(Errno::ENOEXEC)?;
                end = last.next_multiple_of(4096);
                let flags = u32_at(bytes, 4)?;
                // Of the file: execute 1, write 2, read 4. Of memory: read 1, write 2, execute 4.
                let protection = flags >> 2 & 1 | flags & 2 | (flags & 1) << 2;
                if (start..start + in_file).contains(&offset) {
                    program.table = address + (offset - start);
                }
                program.segments.push(Segment { offset: start, address, in_file, in_memory, protection });
            }
            3 => program.interpreter = Some((start, in_file)),
            _ => {}
        }
    }
    if program.segments.is_empty() || program.entry >= END {
        return Err(Errno::ENOEXEC);
    }
    Ok(program)
}

impl Program {
    /// The first address, and how many bytes of addresses it takes.
    #[must_use]
    pub fn span(&self) -> (u64, u64) {
        let first = self.segments.first().map_or(0, |segment| segment.address & !0xfff);
        let last = self.segments.last().map_or(0, |segment| segment.address + segment.in_memory);
        (first, last - first)
    }
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or(Errno::ENOEXEC)
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16> {
    bytes_at(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32> {
    bytes_at(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Result<u64> {
    bytes_at(bytes, at).map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::{HEADER, SEGMENT, parse, table};

    /// This very program: whatever runs the tests is one.
    fn own() -> (Vec<u8>, Vec<u8>) {
        let file = std::fs::read("/proc/self/exe").unwrap();
        let (offset, length) = table(&file[..HEADER]).unwrap();
        let offset = usize::try_from(offset).unwrap();
        (file[..HEADER].to_vec(), file[offset..offset + length].to_vec())
    }

    #[test]
    fn the_program_that_runs_this_is_one() {
        let (header, segments) = own();
        let program = parse(&header, &segments).unwrap();
        assert!(program.segments.len() >= 2 && program.table > 0);
        assert!(program.segments.iter().any(|segment| segment.protection == 5));
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let (header, segments) = own();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            let (mut header, mut segments) = (header.clone(), segments.clone());
            for _ in 0..4 {
                random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
                let place = (random >> 33) as usize;
                let byte = random.to_le_bytes()[2];
                let length = header.len();
                if random & 1 == 0 {
                    header[place % length] = byte;
                } else {
                    let length = segments.len();
                    segments[place % length] = byte;
                }
            }
            let _ = parse(&header, &segments);
        }
        assert!(parse(&header[..20], &segments).is_err() && parse(&header, &segments[SEGMENT..]).is_err());
    }
}
