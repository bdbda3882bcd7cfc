//! The size of a terminal's window, as Linux lays it out (`struct winsize`).

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
    pub const fn encode(self) -> [u8; SIZE] {
        let ([a, b], [c, d]) = (self.rows.to_le_bytes(), self.columns.to_le_bytes());
        let ([e, f], [g, h]) = (self.width.to_le_bytes(), self.height.to_le_bytes());
        [a, b, c, d, e, f, g, h]
    }

    /// The size in a `struct winsize`.
    #[must_use]
    pub const fn decode([a, b, c, d, e, f, g, h]: [u8; SIZE]) -> Self {
        Self {
            rows: u16::from_le_bytes([a, b]),
            columns: u16::from_le_bytes([c, d]),
            width: u16::from_le_bytes([e, f]),
            height: u16::from_le_bytes([g, h]),
        }
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
