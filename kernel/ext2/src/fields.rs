//! Little-endian numbers in a block. Outside of it there are zeros, and nothing is written.

/// `N` bytes at `at`.
pub(crate) fn bytes<const N: usize>(block: &[u8], at: usize) -> [u8; N] {
    block.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

/// Sixteen bits at `at`.
pub(crate) fn u16_at(block: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes(block, at))
}

/// Thirty-two bits at `at`.
pub(crate) fn u32_at(block: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes(block, at))
}

/// Writes bytes to `at`.
pub(crate) fn put(block: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = block.get_mut(at..at.saturating_add(bytes.len())) {
        place.copy_from_slice(bytes);
    }
}

/// Writes sixteen bits to `at`.
pub(crate) fn put_u16(block: &mut [u8], at: usize, number: u16) {
    put(block, at, &number.to_le_bytes());
}

/// Writes thirty-two bits to `at`.
pub(crate) fn put_u32(block: &mut [u8], at: usize, number: u32) {
    put(block, at, &number.to_le_bytes());
}

/// The lower sixteen bits.
pub(crate) const fn low(number: u32) -> u16 {
    let [a, b, ..] = number.to_le_bytes();
    u16::from_le_bytes([a, b])
}

/// The upper sixteen bits.
pub(crate) const fn high(number: u32) -> u16 {
    low(number >> 16)
}
