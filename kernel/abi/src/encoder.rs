//! Structures as bytes.

/// Writes fields one after the other into a structure of `N` bytes that begins as zeros.
///
/// What is not written stays zero: padding shows nothing. Fields are written where the structure is: handed on by value it would
/// be copied, as large as it is, for each of them.
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
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
        self
    }

    /// Writes two bytes.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Writes two bytes for each of these.
    pub fn u16s(&mut self, values: &[u16]) -> &mut Self {
        values.iter().fold(self, |encoder, &value| encoder.u16(value))
    }

    /// Writes four bytes.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Writes four bytes.
    pub fn i32(&mut self, value: i32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Writes eight bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Writes eight bytes for each of these.
    pub fn u64s(&mut self, values: &[u64]) -> &mut Self {
        values.iter().fold(self, |encoder, &value| encoder.u64(value))
    }

    /// Writes eight bytes.
    pub fn i64(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Leaves bytes zero.
    ///
    /// # Panics
    ///
    /// Past the end of the structure.
    pub fn skip(&mut self, count: usize) -> &mut Self {
        self.at += count;
        assert!(self.at <= N, "a field past the end of a structure");
        self
    }

    /// The structure.
    #[must_use]
    pub const fn finish(&self) -> [u8; N] {
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
        let encoded = Encoder::<13>::new().u16s(&[1, 2]).u64s(&[3]).finish();
        assert_eq!(encoded, [1, 0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
