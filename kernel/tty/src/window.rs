//! The size of a terminal's window, as Linux lays it out (`struct winsize`).

use abi::Encoder;

/// Rows and columns, and points. Zero where nobody has said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowSize {
    /// Rows of characters.
    pub rows: u16,
    /// Columns of characters.
    pub columns: u16,
    /// Points across.
    pub width: u16,
    /// Points down.
    pub height: u16,
}

/// Bytes of `struct winsize`.
pub const SIZE: usize = 8;

impl WindowSize {
    /// As `struct winsize`.
    #[must_use]
    pub fn encode(self) -> [u8; SIZE] {
        Encoder::new().u16(self.rows).u16(self.columns).u16(self.width).u16(self.height).finish()
    }

    /// The size in a `struct winsize`.
    #[must_use]
    pub fn decode(bytes: [u8; SIZE]) -> Self {
        let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        Self { rows: half(0), columns: half(2), width: half(4), height: half(6) }
    }
}

#[cfg(test)]
mod tests {
    use super::WindowSize;

    #[test]
    fn a_size_survives_being_encoded() {
        let size = WindowSize { rows: 24, columns: 80, width: 0x1234, height: 7 };
        assert_eq!(size.encode(), [24, 0, 80, 0, 0x34, 0x12, 7, 0]);
        assert_eq!(WindowSize::decode(size.encode()), size);
    }
}
