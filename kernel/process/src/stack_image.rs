//! What a program finds on its stack when it begins (System V ABI, AMD64 supplement, section 3.4.1).
//!
//! From the stack pointer upwards: the number of arguments, pointers to them, a zero, pointers to the environment, a zero, the
//! auxiliary vector; above that the strings.

use alloc::vec::Vec;

use abi::{Errno, Result};

/// The most bytes that arguments and environment take together.
pub const LONGEST: usize = 128 * 1024;

/// The stack's content, and where it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Image {
    /// The bytes, up to the top.
    pub bytes: Vec<u8>,
    /// Where they begin: the stack pointer.
    pub start: u64,
}

/// Entries of the auxiliary vector whose value is where bytes of this image are.
const RANDOM: u64 = 25;
const EXECUTED_AS: u64 = 31;
const PLATFORM: u64 = 15;

/// Lays it out below `top`.
///
/// # Errors
///
/// [`Errno::E2BIG`]; [`Errno::ENOMEM`].
pub fn build(
    top: u64,
    arguments: &[Vec<u8>],
    environment: &[Vec<u8>],
    auxiliary: &[(u64, u64)],
    executed_as: &[u8],
    random: [u8; 16],
) -> Result<Image> {
    let strings = || arguments.iter().chain(environment).map(Vec::as_slice);
    let length: usize = strings().map(|string| string.len() + 1).sum();
    if length > LONGEST {
        return Err(Errno::E2BIG);
    }
    let own: [&[u8]; 2] = [executed_as, b"x86_64"];
    let length = length + own.iter().map(|string| string.len() + 1).sum::<usize>() + random.len();
    let pointers = 1 + arguments.len() + 1 + environment.len() + 1 + 2 * (auxiliary.len() + 4);
    let start = (top - length as u64) & !15;
    let above = start;
    let start = (start - 8 * pointers as u64) & !15;
    let size = usize::try_from(top - start).map_err(|_| Errno::E2BIG)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| Errno::ENOMEM)?;
    let word = |bytes: &mut Vec<u8>, word: u64| bytes.extend_from_slice(&word.to_le_bytes());
    let mut at = above;
    let mut place = |length: usize| {
        let here = at;
        at += length as u64;
        here
    };
    word(&mut bytes, arguments.len() as u64);
    for group in [arguments, environment] {
        for string in group {
            word(&mut bytes, place(string.len() + 1));
        }
        word(&mut bytes, 0);
    }
    let places = [
        (EXECUTED_AS, place(executed_as.len() + 1)),
        (PLATFORM, place(own[1].len() + 1)),
        (RANDOM, place(random.len())),
    ];
    for &(key, value) in auxiliary.iter().chain(&places).chain(&[(0, 0)]) {
        word(&mut bytes, key);
        word(&mut bytes, value);
    }
    bytes.resize(usize::try_from(above - start).unwrap_or(0), 0);
    for string in strings().chain(own) {
        bytes.extend_from_slice(string);
        bytes.push(0);
    }
    bytes.extend_from_slice(&random);
    bytes.resize(size, 0);
    Ok(Image { bytes, start })
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::build;

    #[test]
    fn everything_is_where_pointers_say() {
        let strings = |all: &[&str]| all.iter().map(|one| one.as_bytes().to_vec()).collect::<Vec<_>>();
        let top = 0x7fff_0000_0000;
        let image =
            build(top, &strings(&["sh", "-c", "x"]), &strings(&["A=b"]), &[(6, 4096)], b"/bin/sh", [7; 16])
                .unwrap();
        assert_eq!(image.start % 16, 0);
        assert_eq!(image.start + image.bytes.len() as u64, top);
        let word = |place: usize| u64::from_le_bytes(image.bytes[place * 8..][..8].try_into().unwrap());
        let text = |address: u64| {
            let bytes = &image.bytes[usize::try_from(address - image.start).unwrap()..];
            std::str::from_utf8(&bytes[..bytes.iter().position(|&byte| byte == 0).unwrap()]).unwrap()
        };
        assert_eq!(word(0), 3);
        assert_eq!([1, 2, 3].map(|place| text(word(place))), ["sh", "-c", "x"]);
        assert_eq!((word(4), text(word(5)), word(6)), (0, "A=b", 0));
        assert_eq!((word(7), word(8)), (6, 4096));
        assert_eq!((word(9), text(word(10))), (31, "/bin/sh"));
        assert_eq!((word(11), text(word(12))), (15, "x86_64"));
        let random = usize::try_from(word(14) - image.start).unwrap();
        assert_eq!((word(13), &image.bytes[random..random + 16]), (25, &[7; 16][..]));
        assert_eq!((word(15), word(16)), (0, 0));
    }

    #[test]
    fn too_much_is_refused() {
        assert!(build(1 << 40, &[std::vec![0x41; 200_000]], &[], &[], b"", [0; 16]).is_err());
    }
}
