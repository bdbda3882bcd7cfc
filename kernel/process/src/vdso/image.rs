//! A shared library of one page, as a C library's loader reads it (System V ABI, "Object files"; versions by "Linux Standard Base, Core",
//! chapter 10).
//!
//! It has no sections, since nobody links against it: the header, two segments, and what the dynamic segment points to, which are symbols
//! with their names, a hash table, and versions. All symbols have the version that Linux gives them.

use alloc::vec::Vec;

use abi::{Encoder, Errno, Result};
use base::mm::fallible::try_zeroed;
use base::mm::page::PAGE_SIZE;
use base::user::vdso::{CODE_AT, Code, Function};

/// What the library calls itself.
const NAME: &str = "linux-vdso.so.1";
/// The version of its symbols.
const VERSION: &str = "LINUX_2.6";

/// Bytes of the header, of a segment's entry, and of a symbol.
const HEADER: usize = 64;
const SEGMENT: usize = 56;
const SYMBOL: usize = 24;
/// Bytes of a version's definition with its name, and of an entry of the dynamic segment.
const DEFINITION: usize = 28;
const ENTRY: usize = 16;
/// How many segments, versions, and entries there are.
const SEGMENTS: usize = 2;
const DEFINITIONS: usize = 2;
const ENTRIES: usize = 10;
/// A version's number among those of the library: the library itself, and what its symbols have.
const OWN: u16 = 1;
const SYMBOLS: u16 = 2;

/// The hash of a name, as the format has it.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0, |hash: u32, byte| {
        let hash = (hash << 4).wrapping_add(u32::from(byte));
        let high = hash & 0xf000_0000;
        (hash ^ high >> 24) & !high
    })
}

/// Where the parts stand.
struct Places {
    symbols: usize,
    strings: usize,
    strings_length: usize,
    hashes: usize,
    versions: usize,
    definitions: usize,
    dynamic: usize,
    end: usize,
}

impl Places {
    fn of(functions: &[Function]) -> Self {
        let count = functions.len() + 1;
        let symbols = HEADER + SEGMENTS * SEGMENT;
        let strings = symbols + count * SYMBOL;
        let names = functions.iter().map(|function| function.name).chain([NAME, VERSION]);
        let strings_length = 1 + names.map(|name| name.len() + 1).sum::<usize>();
        let hashes = (strings + strings_length).next_multiple_of(8);
        let versions = hashes + 4 * (3 + count);
        let definitions = (versions + 2 * count).next_multiple_of(8);
        let dynamic = (definitions + DEFINITIONS * DEFINITION).next_multiple_of(8);
        let end = dynamic + ENTRIES * ENTRY;
        Self { symbols, strings, strings_length, hashes, versions, definitions, dynamic, end }
    }
}

/// Writes bytes to a place of the page.
fn put(page: &mut [u8], at: usize, bytes: &[u8]) {
    page[at..at + bytes.len()].copy_from_slice(bytes);
}

/// The header and the segments: all of the page, and the dynamic one, which nobody moves addresses in.
fn head(page: &mut [u8], places: &Places) {
    let (size, dynamic, length) = (PAGE_SIZE as u64, places.dynamic as u64, (ENTRIES * ENTRY) as u64);
    let mut head = Encoder::<{ HEADER + SEGMENTS * SEGMENT }>::new();
    head.bytes(b"\x7fELF\x02\x01\x01\0").u64(0);
    // A shared library for x86_64; no entry, the segments behind the header, no sections.
    head.u16s(&[3, 62]).u32(1).u64s(&[0, HEADER as u64, 0]).u32(0).u16s(&[64, 56, 2, 64, 0, 0]);
    head.u32(1).u32(0b101).u64s(&[0, 0, 0, size, size, size]);
    head.u32(2).u32(0b100).u64s(&[dynamic, dynamic, dynamic, length, length, 8]);
    put(page, 0, &head.finish());
}

/// The symbols, their names, and what finds one by the other.
fn symbols(page: &mut [u8], places: &Places, functions: &[Function]) -> Result<()> {
    let number = |value: usize| u32::try_from(value).map_err(|_| Errno::ENOEXEC);
    let mut name = 1;
    for (index, function) in functions.iter().enumerate() {
        put(page, places.strings + name, function.name.as_bytes());
        let mut symbol = Encoder::<SYMBOL>::new();
        // Global, a function, in some section.
        symbol.u32(number(name)?).bytes(&[0x12, 0]).u16(1).u64((CODE_AT + function.offset) as u64);
        put(page, places.symbols + (index + 1) * SYMBOL, &symbol.finish());
        name += function.name.len() + 1;
    }
    let (own, version) = (name, name + NAME.len() + 1);
    put(page, places.strings + own, NAME.as_bytes());
    put(page, places.strings + version, VERSION.as_bytes());
    // One list of all: each symbol is followed by the next, the last one by none.
    let count = number(functions.len() + 1)?;
    let chain = (1..count).map(|index| (index + 1) % count);
    for (word, at) in [1, count, 1, 0].into_iter().chain(chain).zip((places.hashes..).step_by(4)) {
        put(page, at, &word.to_le_bytes());
    }
    for index in 1..=functions.len() {
        put(page, places.versions + 2 * index, &SYMBOLS.to_le_bytes());
    }
    let (own, version) = (number(own)?, number(version)?);
    let mut definitions = Encoder::<{ DEFINITIONS * DEFINITION }>::new();
    definitions.u16s(&[1, 1, OWN, 1]).u32(hash(NAME)).u32(20).u32(28).u32(own).u32(0);
    definitions.u16s(&[1, 0, SYMBOLS, 1]).u32(hash(VERSION)).u32(20).u32(0).u32(version).u32(0);
    put(page, places.definitions, &definitions.finish());
    let mut dynamic = Encoder::<{ ENTRIES * ENTRY }>::new();
    for (key, value) in [
        (14, u64::from(own)),
        (4, places.hashes as u64),
        (5, places.strings as u64),
        (6, places.symbols as u64),
        (10, places.strings_length as u64),
        (11, SYMBOL as u64),
        (0x6fff_fff0, places.versions as u64),
        (0x6fff_fffc, places.definitions as u64),
        (0x6fff_fffd, DEFINITIONS as u64),
        (0, 0),
    ] {
        dynamic.u64s(&[key, value]);
    }
    put(page, places.dynamic, &dynamic.finish());
    Ok(())
}

/// The library of this code.
///
/// # Errors
///
/// [`Errno::ENOMEM`]; [`Errno::ENOEXEC`] where it does not fit into a page.
pub(super) fn build(code: &Code) -> Result<Vec<u8>> {
    let places = Places::of(&code.functions);
    if places.end > CODE_AT || CODE_AT + code.bytes.len() > PAGE_SIZE {
        return Err(Errno::ENOEXEC);
    }
    let mut page = try_zeroed(PAGE_SIZE).map_err(|_| Errno::ENOMEM)?;
    head(&mut page, &places);
    symbols(&mut page, &places, &code.functions)?;
    put(&mut page, CODE_AT, code.bytes);
    Ok(page)
}

#[cfg(test)]
mod tests {
    use base::user::vdso::{CODE_AT, Code, Function};

    use super::{build, hash};

    const CODE: Code = Code {
        bytes: &[0xc3; 100],
        functions: [
            Function { name: "__vdso_clock_gettime", offset: 16 },
            Function { name: "__vdso_gettimeofday", offset: 32 },
            Function { name: "__vdso_time", offset: 48 },
            Function { name: "__vdso_clock_getres", offset: 64 },
        ],
    };

    fn long(page: &[u8], at: usize) -> usize {
        usize::try_from(u64::from_le_bytes(page[at..at + 8].try_into().unwrap())).unwrap()
    }

    fn word(page: &[u8], at: usize) -> usize {
        usize::try_from(u32::from_le_bytes(page[at..at + 4].try_into().unwrap())).unwrap()
    }

    fn text(page: &[u8], at: usize) -> &str {
        let length = page[at..].iter().position(|&byte| byte == 0).unwrap();
        std::str::from_utf8(&page[at..at + length]).unwrap()
    }

    /// What the dynamic segment says of a key.
    fn dynamic(page: &[u8], key: usize) -> usize {
        let segment = long(page, 64 + 56 + 8);
        (segment..).step_by(16).find(|&at| long(page, at) == key).map(|at| long(page, at + 8)).unwrap()
    }

    #[test]
    fn each_function_is_found_by_its_name_as_a_loader_looks_for_it() {
        let page = build(&CODE).unwrap();
        let (symbols, strings, table) = (dynamic(&page, 6), dynamic(&page, 5), dynamic(&page, 4));
        for function in CODE.functions {
            let buckets = word(&page, table);
            let bucket = usize::try_from(hash(function.name)).unwrap() % buckets;
            let mut index = word(&page, table + 8 + 4 * bucket);
            loop {
                assert_ne!(index, 0, "{}", function.name);
                let symbol = symbols + 24 * index;
                if text(&page, strings + word(&page, symbol)) == function.name {
                    assert_eq!(long(&page, symbol + 8), CODE_AT + function.offset);
                    break;
                }
                index = word(&page, table + 8 + 4 * (buckets + index));
            }
        }
        assert_eq!(text(&page, strings + dynamic(&page, 14)), "linux-vdso.so.1");
        assert_eq!(page[CODE_AT..CODE_AT + 101], [&[0xc3; 100][..], &[0]].concat());
    }

    #[test]
    fn symbols_have_the_version_that_is_defined() {
        let page = build(&CODE).unwrap();
        let (versions, definitions) = (dynamic(&page, 0x6fff_fff0), dynamic(&page, 0x6fff_fffc));
        let second = definitions + word(&page, definitions + 16);
        let number = usize::from(page[second + 4]);
        assert_eq!(usize::from(page[versions + 2]), number);
        // The hash of this name stands in many programs.
        assert_eq!(word(&page, second + 8), 0x03ae_75f6);
        let name = word(&page, second + word(&page, second + 12));
        assert_eq!(text(&page, dynamic(&page, 5) + name), "LINUX_2.6");
    }

    #[test]
    fn code_that_does_not_fit_is_refused() {
        let long = Code { bytes: &[0; 4096], ..CODE };
        assert!(build(&long).is_err());
    }
}
