//! What is in a process's memory, and what is mapped there.

use abi::Result;
use lockorder::{Root, Task};
use memory::Protection;

use super::asking;
use super::subject::Subject;
use super::text::Text;

/// Bytes that are copied at a time.
const PIECE: usize = 1024;
/// Where the name of what is mapped begins in its line.
const NAME: usize = 73;

/// Writes a range of a process's memory; nothing of a process that has none.
fn range(
    held: &mut Root<'_, Task>,
    of: &Subject<'_>,
    text: &mut Text,
    (at, length): (u64, u64),
) -> Result<()> {
    let Some(space) = of.process.space(held) else { return Ok(()) };
    let (mut at, end) = (at, at.saturating_add(length));
    let mut piece = [0; PIECE];
    while at < end {
        let part = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE);
        if space.read(held, at, &mut piece[..part]).is_err() {
            // The program has taken it away: there is no more of it.
            return Ok(());
        }
        text.bytes(&piece[..part])?;
        at += part as u64;
    }
    Ok(())
}

pub(super) fn command_line(held: &mut Root<'_, Task>, of: &Subject<'_>, text: &mut Text) -> Result<()> {
    let place = of.process.program(held).arguments;
    range(held, of, text, place)
}

pub(super) fn environment(held: &mut Root<'_, Task>, of: &Subject<'_>, text: &mut Text) -> Result<()> {
    asking::check(held, of.process)?;
    let place = of.process.program(held).environment;
    range(held, of, text, place)
}

pub(super) fn maps(held: &mut Root<'_, Task>, of: &Subject<'_>, text: &mut Text) -> Result<()> {
    asking::check(held, of.process)?;
    let Some(space) = of.process.space(held) else { return Ok(()) };
    for entry in space.maps(held)? {
        let letter = |wanted, letter| if entry.protection.contains(wanted) { letter } else { '-' };
        let (major, minor) = entry.description.device;
        // What is no file's has pages by their addresses.
        let is_of_file = entry.description.inode != 0 || entry.is_shared;
        text.put(format_args!(
            "{:08x}-{:08x} {}{}{}{} {:08x} {major:02x}:{minor:02x} {}",
            entry.start,
            entry.end,
            letter(Protection::READ, 'r'),
            letter(Protection::WRITE, 'w'),
            letter(Protection::EXECUTE, 'x'),
            if entry.is_shared { 's' } else { 'p' },
            if is_of_file { entry.offset } else { 0 },
            entry.description.inode,
        ))?;
        let name = &entry.description.name;
        if !name.is_empty() {
            text.pad_line(NAME)?;
            // Its filesystem knows the path from its own root.
            if name.first() == Some(&b'/') && minor != 0 {
                let mount = of.process.namespace().mount_of(held, u64::from(minor));
                if let Some(mount) = mount.filter(|mount| &mount.path[..] != b"/") {
                    text.field(&mount.path, b"")?;
                }
            }
            text.field(name, b"")?;
        }
        text.bytes(b"\n")?;
    }
    Ok(())
}

pub(super) fn sizes(held: &mut Root<'_, Task>, of: &Subject<'_>, text: &mut Text) -> Result<()> {
    let sizes = match of.process.space(held) {
        Some(space) => space.sizes(held),
        None => return text.bytes(b"0 0 0 0 0 0 0\n"),
    };
    text.put(format_args!(
        "{} {} {} {} 0 {} 0\n",
        sizes.total, sizes.resident, sizes.shared, sizes.code, sizes.data
    ))
}
