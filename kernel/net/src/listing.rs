//! The lists of `/proc/net`: `tcp`, `tcp6`, `udp`, `udp6`.

use alloc::vec::Vec;
use core::fmt::{self, Write as _};
use core::net::{IpAddr, SocketAddr};

use abi::{Errno, Result};
use lockorder::{Root, Task};

use crate::network;
use crate::stack::{Listed, Transport};

/// How many slots are looked at under the lock, one time.
const PIECE: usize = 32;

/// Bytes of a line, at most.
const LINE: usize = 192;

const HEADING: &str =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

/// An address as the lists have it: words of this machine's order.
struct Shown(SocketAddr);

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.ip() {
            IpAddr::V4(ip) => write!(formatter, "{:08X}", u32::from_ne_bytes(ip.octets()))?,
            IpAddr::V6(ip) => {
                for word in ip.octets().as_chunks::<4>().0 {
                    write!(formatter, "{:08X}", u32::from_ne_bytes(*word))?;
                }
            }
        }
        write!(formatter, ":{:04X}", self.0.port())
    }
}

/// Text that there may be no memory for.
struct Text<'a>(&'a mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.try_reserve(text.len()).map_err(|_| fmt::Error)?;
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Writes a line.
fn line(text: &mut Text<'_>, number: usize, listed: &Listed) -> fmt::Result {
    let Listed { local, remote, state, unsent, unread } = listed;
    let (local, remote) = (Shown(*local), Shown(*remote));
    write!(text, "{number:4}: {local} {remote} {state:02X} {unsent:08X}:{unread:08X} ")?;
    writeln!(text, "00:00000000 00000000     0        0 0")
}

/// Writes the list of a kind and a version.
///
/// # Errors
///
/// [`Errno::ENOMEM`].
pub(crate) fn list(held: &mut Root<'_, Task>, transport: Transport, v6: bool) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut text = Text(&mut bytes);
    text.write_str(HEADING).map_err(|_| Errno::ENOMEM)?;
    let mut some = Vec::new();
    some.try_reserve_exact(PIECE).map_err(|_| Errno::ENOMEM)?;
    let (mut next, mut number) = (Some(0), 0);
    while let Some(from) = next {
        some.clear();
        // Without a stack there is no socket.
        next = network::look(held, |stack| Ok(stack.list(from, transport, v6, &mut some))).unwrap_or(None);
        text.0.try_reserve(some.len().saturating_mul(LINE)).map_err(|_| Errno::ENOMEM)?;
        for listed in &some {
            line(&mut text, number, listed).map_err(|_| Errno::ENOMEM)?;
            number += 1;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Listed, Text, line};

    #[test]
    fn a_line_is_as_linux_writes_it() {
        let mut bytes = Vec::new();
        let (local, remote) = ("127.0.0.1:80".parse().unwrap(), "0.0.0.0:0".parse().unwrap());
        let listed = Listed { local, remote, state: 10, unsent: 0, unread: 2 };
        line(&mut Text(&mut bytes), 3, &listed).unwrap();
        let text = core::str::from_utf8(&bytes).unwrap();
        let expected =
            "   3: 0100007F:0050 00000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 0\n";
        assert_eq!(text, expected);
        let six = Listed { local: "[::1]:1".parse().unwrap(), remote: "[::]:0".parse().unwrap(), ..listed };
        let mut bytes = Vec::new();
        line(&mut Text(&mut bytes), 0, &six).unwrap();
        assert!(bytes.starts_with(b"   0: 00000000000000000000000001000000:0001 "));
    }
}
