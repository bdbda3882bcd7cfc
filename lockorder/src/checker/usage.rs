//! How a class is used with respect to interrupts.
//!
//! Two kinds of interrupting code, hard handlers and soft work, and for each: is the class acquired in such code, and
//! is it acquired while such code may come; exclusively or shared. A class for which both are true can deadlock a CPU
//! with itself; so can a class of the first sort under which, at whatever distance, one of the second is acquired.

/// Acquired in a hard interrupt handler.
pub(super) const IN_HARD: u32 = 1;
/// Acquired while hard interrupts may come.
pub(super) const ON_HARD: u32 = 1 << 1;
/// Acquired in soft work.
pub(super) const IN_SOFT: u32 = 1 << 2;
/// Acquired while soft work may come.
pub(super) const ON_SOFT: u32 = 1 << 3;
/// What a shared acquisition's bit is shifted by.
pub(super) const SHARED: u32 = 4;
/// Number of bits.
pub(super) const USAGES: usize = 8;

/// All "acquired in" bits, shared ones too.
pub(super) const ALL_IN: u32 = (IN_HARD | IN_SOFT) | (IN_HARD | IN_SOFT) << SHARED;
/// All "while it may come" bits, shared ones too.
pub(super) const ALL_ON: u32 = (ON_HARD | ON_SOFT) | (ON_HARD | ON_SOFT) << SHARED;
/// All bits of exclusive acquisitions.
pub(super) const ALL_EXCLUSIVE: u32 = (1 << SHARED) - 1;

/// The opposite of each bit: "acquired in" for "while it may come", and the other way round, shared or not.
pub(super) const fn opposite(bits: u32) -> u32 {
    (bits & ALL_IN) << 1 | (bits & ALL_ON) >> 1
}

/// The bits that must not come together with any of `bits` along a path of edges: their opposites, exclusive and
/// shared, since a reader is stopped by a writer that waits.
pub(super) const fn excluded_along_path(bits: u32) -> u32 {
    let opposite = opposite(bits);
    let exclusive = (opposite & ALL_EXCLUSIVE) | opposite >> SHARED;
    exclusive | exclusive << SHARED
}

/// The bits that must not come together with `bit` for one class: the opposite, and its shared form where `bit` is
/// exclusive. Two readers do not stop each other.
pub(super) const fn excluded_for_class(bit: u32) -> u32 {
    if bit & ALL_EXCLUSIVE != 0 {
        let opposite = opposite(bit);
        opposite | opposite << SHARED
    } else {
        opposite(bit) >> SHARED
    }
}

/// What a bit says, in words.
pub(super) const fn describe(bit: u32) -> &'static str {
    match bit {
        IN_HARD => "acquired in an interrupt handler",
        ON_HARD => "acquired with interrupts on",
        IN_SOFT => "acquired in soft work",
        ON_SOFT => "acquired while soft work may come",
        _ => match bit >> SHARED {
            IN_HARD => "read in an interrupt handler",
            ON_HARD => "read with interrupts on",
            IN_SOFT => "read in soft work",
            _ => "read while soft work may come",
        },
    }
}
