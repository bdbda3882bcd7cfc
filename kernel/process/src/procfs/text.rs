//! Text that grows as far as there is memory: how long it gets is up to users.

use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use abi::{Errno, Result};

/// Text that is being written.
#[derive(Debug, Default)]
pub(super) struct Text(Vec<u8>);

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

impl Text {
    /// Adds bytes.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.try_reserve(bytes.len()).map_err(|_| Errno::ENOMEM)?;
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    /// Adds bytes, with those that would end a field or a line as octal numbers after a backslash.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub(super) fn field(&mut self, bytes: &[u8], others: &[u8]) -> Result<()> {
        for &byte in bytes {
            if byte == b'\n' || byte == b'\\' || others.contains(&byte) {
                self.put(format_args!("\\{byte:03o}"))?;
            } else {
                self.bytes(&[byte])?;
            }
        }
        Ok(())
    }

    /// Adds what is formatted.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub(super) fn put(&mut self, what: fmt::Arguments<'_>) -> Result<()> {
        self.write_fmt(what).map_err(|_| Errno::ENOMEM)
    }

    /// Adds bytes until so many stand in this line.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub(super) fn pad_line(&mut self, width: usize) -> Result<()> {
        let start = self.0.iter().rposition(|&byte| byte == b'\n').map_or(0, |place| place + 1);
        for _ in self.0.len() - start..width {
            self.bytes(b" ")?;
        }
        Ok(())
    }

    /// What was written.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn a_field_has_no_end_of_a_line_in_it() {
        let mut text = Text::default();
        text.field(b"a b\nc\\", b" ").unwrap();
        assert_eq!(text.finish(), b"a\\040b\\012c\\134");
    }

    #[test]
    fn a_line_is_padded_from_its_own_beginning() {
        let mut text = Text::default();
        text.put(format_args!("first\nab")).unwrap();
        text.pad_line(4).unwrap();
        text.pad_line(1).unwrap();
        assert_eq!(text.finish(), b"first\nab  ");
    }
}
