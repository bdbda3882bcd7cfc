//! Structures as bytes.

/// Writes fields one after the other into a structure of `N` bytes that begins as zeros.
///
/// What is not written stays zero: padding shows nothing.
#[derive(Clone, Debug)]
pub struct Encoder<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Default for Encoder<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Encoder<N> {
    /// A structure of zeros.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; N], at: 0 }
    }

    /// Writes bytes.
    ///
    /// # Panics
    ///
    /// Past the end of the structure.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
        self
    }

    /// Writes two bytes.
    #[must_use]
    pub fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Writes four bytes.
    #[must_use]
    pub fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Writes four bytes.
    #[must_use]
    pub fn i32(self, value: i32) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Writes eight bytes.
    #[must_use]
    pub fn u64(self, value: u64) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Writes eight bytes.
    #[must_use]
    pub fn i64(self, value: i64) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Leaves bytes zero.
    ///
    /// # Panics
    ///
    /// Past the end of the structure.
    #[must_use]
    pub fn skip(mut self, count: usize) -> Self {
        self.at += count;
        assert!(self.at <= N, "a field past the end of a structure");
        self
    }

    /// The structure.
    #[must_use]
    pub const fn finish(self) -> [u8; N] {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::Encoder;

    #[test]
    fn fields_stand_side_by_side_and_the_rest_is_zero() {
        let encoded = Encoder::<12>::new().u16(0x0102).skip(2).i32(-1).finish();
        assert_eq!(encoded, [2, 1, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0]);
    }
}
