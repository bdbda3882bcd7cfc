//! Words of memory whose owner ends: each is marked, and one who waits at it is woken.
//!
//! A thread has a list of the words that it owns in its own memory, and tells the kernel where (`set_robust_list`). At its end the
//! kernel walks that list. Nothing in it is to be trusted: a walk ends after `MOST` entries, at an address that cannot be read,
//! and at a word that another thread owns.
//!
//! The list's beginning has three words: the first entry, how far the word is from its entry, and an entry that is being added or taken out. An
//! entry begins with the address of the next one; the last one's is its beginning's. The lowest bit of an address says that who waits
//! lends its weight.

use lockorder::{Root, Task};
use memory::AddressSpace;

use crate::life::{Current, wake_word};

/// The most entries of a list.
const MOST: usize = 2048;
/// The owner's number in a word.
const OWNER: u32 = 0x3fff_ffff;
/// In a word: the owner has ended.
const DIED: u32 = 0x4000_0000;
/// In a word: somebody waits.
const WAITERS: u32 = 0x8000_0000;
/// Bytes of a list's beginning.
pub const HEAD: u64 = 24;

/// What a word becomes whose owner ends, if that owns it.
const fn marked(word: u32, owner: u32) -> Option<u32> {
    if word & OWNER == owner { Some(word & WAITERS | DIED) } else { None }
}

fn read<const N: usize>(held: &mut Root<'_, Task>, space: &AddressSpace, at: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    space.read(held, at, &mut bytes).ok()?;
    Some(bytes)
}

fn address(held: &mut Root<'_, Task>, space: &AddressSpace, at: u64) -> Option<u64> {
    read(held, space, at).map(u64::from_le_bytes)
}

/// Marks a word, if this thread owns it. Nobody else changes it: who waits does so for the owner.
fn end_word(held: &mut Root<'_, Task>, space: &AddressSpace, at: u64, owner: u32) -> Option<()> {
    if !at.is_multiple_of(4) {
        return None;
    }
    let word = u32::from_le_bytes(read(held, space, at)?);
    let Some(marked) = marked(word, owner) else { return Some(()) };
    space.write(held, at, &marked.to_le_bytes()).ok()?;
    if word & WAITERS != 0 {
        wake_word(held, space, at);
    }
    Some(())
}

/// Walks a list, until something in it makes no sense.
fn walk(held: &mut Root<'_, Task>, space: &AddressSpace, list: u64, owner: u32) -> Option<()> {
    let first = address(held, space, list)? & !1;
    let distance = address(held, space, list.checked_add(8)?)?;
    let pending = address(held, space, list.checked_add(16)?)? & !1;
    let mut entry = first;
    for _ in 0..MOST {
        if entry == list {
            break;
        }
        let next = address(held, space, entry)? & !1;
        // The one that is being added or taken out comes last.
        if entry != pending {
            end_word(held, space, entry.wrapping_add(distance), owner)?;
        }
        entry = next;
    }
    if pending == 0 { Some(()) } else { end_word(held, space, pending.wrapping_add(distance), owner) }
}

impl Current {
    /// Marks the words that the thread owns, for its end.
    pub(crate) fn end_robust_words(&self, held: &mut Root<'_, Task>) {
        let list = self.thread.robust_list();
        if list != 0 {
            // Where the list makes no sense the rest of it is left as it is.
            let _ = walk(held, &self.space, list, self.thread.id());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DIED, WAITERS, marked};

    #[test]
    fn a_word_of_its_owners_is_marked_and_no_other() {
        assert_eq!(marked(7, 7), Some(DIED));
        assert_eq!(marked(7 | WAITERS, 7), Some(DIED | WAITERS));
        assert_eq!(marked(8, 7), None);
        assert_eq!(marked(0, 7), None);
    }
}
