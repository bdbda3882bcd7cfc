//! What `/proc/net/unix` shows: sockets that have a name.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Write as _;

use abi::{Errno, Result};
use lockorder::{Root, Task};

use super::endpoint::{CONNECTED, Endpoint, LISTENING};
use super::name::Name;
use super::names;

/// Flag of a socket that listens.
const ACCEPTS: u32 = 1 << 16;

/// Text that is written as far as there is memory.
struct Text(Vec<u8>);

impl core::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.0.try_reserve(text.len()).map_err(|_| core::fmt::Error)?;
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// One line.
fn line(text: &mut Text, name: &Name, endpoint: &Arc<Endpoint>) -> core::fmt::Result {
    let listens = endpoint.is(LISTENING);
    let state = if !listens && endpoint.is(CONNECTED) { 3 } else { 1 };
    write!(
        text,
        "0000000000000000: {:08X} 00000000 {:08X} {:04X} {state:02X} {:5} ",
        Arc::strong_count(endpoint),
        if listens { ACCEPTS } else { 0 },
        endpoint.common.kind().number(),
        0,
    )?;
    let (mark, bytes) = match name {
        Name::Path(path, _) => ("", path),
        Name::Abstract(bytes) => ("@", bytes),
    };
    text.write_str(mark)?;
    for &byte in bytes {
        text.write_char(if byte == 0 { '@' } else { char::from(byte) })?;
    }
    text.write_str("\n")
}

/// The file's text.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub(super) fn text(held: &mut Root<'_, Task>) -> Result<Vec<u8>> {
    let mut text = Text(Vec::new());
    let mut written = text.write_str("Num       RefCount Protocol Flags    Type St Inode Path\n");
    names::each(held, |name, endpoint| {
        written = written.and_then(|()| line(&mut text, name, endpoint));
    });
    written.map_err(|_| Errno::ENOMEM)?;
    Ok(text.0)
}
