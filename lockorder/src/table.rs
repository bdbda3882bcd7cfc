//! The class table: what every lock class is called, where it ranks, what it protects.
//!
//! The types decide at compile time; this table says the same at run time, for diagrams, reports and the
//! run-time cross-check. Both come out of one [`hierarchy!`](crate::hierarchy) invocation, so they cannot
//! disagree. Classes of every crate that is linked join [`CLASSES`] through a link section: nobody has to
//! register, so nobody can forget to.
//!
//! No locks here: everything is constant data.

use core::any::TypeId;
use core::fmt;

use crate::platform::Platform;

/// Number of ranks in one level: a class's minor number is below this.
pub const RANKS_PER_LEVEL: u16 = 64;

/// How two locks of one class may be taken together. The type-level twin is [`Discipline`](crate::order::Discipline).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderKind {
    /// Never two at once.
    None,
    /// Any number at once, in increasing order of address.
    Address,
    /// Any number at once, in increasing order of a key fixed when the lock is made.
    Key,
    /// Parent before child, hand over hand.
    Tree,
    /// Any number at once, in any order: serialising tokens.
    Serial,
}

impl fmt::Display for OrderKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::None => "one at a time",
            Self::Address => "by address",
            Self::Key => "by key",
            Self::Tree => "along a tree",
            Self::Serial => "serialising tokens",
        })
    }
}

/// One level of the hierarchy: a band of [`RANKS_PER_LEVEL`] ranks.
#[derive(Clone, Copy, Debug)]
pub struct LevelInfo {
    /// Name of the level's type.
    pub name: &'static str,
    /// The level's number; its first rank is `number * RANKS_PER_LEVEL`.
    pub number: u16,
    /// What the level guards, from the declaration's documentation.
    pub doc: &'static str,
    /// Path of the module that declares it.
    pub module: &'static str,
    /// The minor numbers of the classes that are declared with it, a bit for each: a class of another module or crate
    /// has one of the others.
    pub minors: u64,
}

/// The number that the run-time checker knows a class by, once it does. Takes no space without the checker.
#[derive(Debug, Default)]
pub struct ClassNumber {
    /// The number plus one.
    #[cfg(feature = "checker")]
    number: core::sync::atomic::AtomicU16,
}

impl ClassNumber {
    /// The checker does not know the class yet.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            #[cfg(feature = "checker")]
            number: core::sync::atomic::AtomicU16::new(0),
        }
    }

    /// The number.
    #[cfg(feature = "checker")]
    #[inline]
    pub(crate) fn get(&self) -> Option<u16> {
        self.number.load(core::sync::atomic::Ordering::Relaxed).checked_sub(1)
    }

    /// Sets the number, if it has none; gives the one that it has then.
    #[cfg(feature = "checker")]
    pub(crate) fn set(&self, number: u16) -> u16 {
        use core::sync::atomic::Ordering;
        match self.number.compare_exchange(0, number + 1, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => number,
            Err(other) => other - 1,
        }
    }
}

/// One lock class.
#[derive(Debug)]
pub struct ClassInfo {
    /// Name of the class's type.
    pub name: &'static str,
    /// Name of the level it belongs to.
    pub level: &'static str,
    /// Its rank: the level's number times [`RANKS_PER_LEVEL`], plus its minor number.
    pub rank: u16,
    /// How two of its locks may be taken together.
    pub order: OrderKind,
    /// What its locks protect, from the declaration's documentation.
    pub doc: &'static str,
    /// Path of the module that declares it.
    pub module: &'static str,
    /// The class it shares its rank with on purpose.
    pub sibling: Option<&'static str>,
    /// The platform of its locks.
    pub platform: PlatformInfo,
    /// What the run-time checker knows it by.
    pub number: ClassNumber,
}

impl ClassInfo {
    /// The number of the level it belongs to.
    #[must_use]
    pub const fn level_number(&self) -> u16 {
        self.rank / RANKS_PER_LEVEL
    }

    /// Its place inside the level, `0..RANKS_PER_LEVEL`.
    #[must_use]
    pub const fn minor(&self) -> u16 {
        self.rank % RANKS_PER_LEVEL
    }
}

/// The platform that a class's locks turn interrupts and preemption off on.
#[derive(Clone, Copy)]
pub struct PlatformInfo {
    id: fn() -> TypeId,
    name: fn() -> &'static str,
    has_interrupts: bool,
    stands_beside_others: bool,
}

impl PlatformInfo {
    /// Of a platform.
    #[must_use]
    pub const fn of<P: Platform>() -> Self {
        Self {
            id: TypeId::of::<P>,
            name: core::any::type_name::<P>,
            has_interrupts: P::HAS_INTERRUPTS,
            stands_beside_others: P::STANDS_BESIDE_OTHERS && !P::HAS_INTERRUPTS,
        }
    }
}

impl fmt::Debug for PlatformInfo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str((self.name)())
    }
}

/// Two classes of one program name different platforms. Under a lock of the one the other's interrupts stay on, and a thread
/// that sleeps on the one keeps its serialising tokens of the other.
#[derive(Clone, Copy, Debug)]
pub struct TwoPlatforms {
    /// One of the classes.
    pub one: &'static ClassInfo,
    /// The other.
    pub other: &'static ClassInfo,
}

impl fmt::Display for TwoPlatforms {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "lock classes of two platforms are linked into one program: `{}` ({}) is of {:?}, `{}` ({}) of {:?}; \
             name the program's platform in each `hierarchy!`: `platform = MyPlatform;`",
            self.one.name,
            self.one.module,
            self.one.platform,
            self.other.name,
            self.other.module,
            self.other.platform
        )
    }
}

impl core::error::Error for TwoPlatforms {}

/// Checks that all classes that are linked into this program are of one platform, but for those of platforms without interrupts
/// that [stand beside others](Platform::STANDS_BESIDE_OTHERS). `with_root` and [`entry::boot`](crate::entry::boot) do it before
/// they give a token.
///
/// # Errors
///
/// Two classes that are not.
pub fn one_platform() -> Result<(), TwoPlatforms> {
    let alone = |class: &&&ClassInfo| !class.platform.stands_beside_others;
    let Some(one) = CLASSES.iter().find(alone) else { return Ok(()) };
    let counts = |other: &&&ClassInfo| one.platform.has_interrupts || alone(other);
    match CLASSES.iter().filter(counts).find(|other| (other.platform.id)() != (one.platform.id)()) {
        Some(other) => Err(TwoPlatforms { one, other }),
        None => Ok(()),
    }
}

/// A class of serialising tokens that a thread keeps while it waits on platform `P`, if there is one in this program.
#[cfg(feature = "std")]
pub(crate) fn tokens_of_another_platform<P: Platform>() -> Option<&'static ClassInfo> {
    let kept = |class: &&&ClassInfo| {
        class.order == OrderKind::Serial
            && !class.platform.stands_beside_others
            && (class.platform.id)() != TypeId::of::<P>()
    };
    CLASSES.iter().find(kept).copied()
}

/// A rank as people read it: `40.3` is minor 3 of level 40.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(pub u16);

impl fmt::Display for Rank {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.0 / RANKS_PER_LEVEL, self.0 % RANKS_PER_LEVEL)
    }
}

impl fmt::Debug for Rank {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Everything one [`hierarchy!`](crate::hierarchy) invocation declares, in increasing rank.
#[derive(Clone, Copy, Debug)]
pub struct Hierarchy {
    /// Name of the static that holds it.
    pub name: &'static str,
    /// The levels, outermost first.
    pub levels: &'static [&'static LevelInfo],
    /// The classes, outermost first.
    pub classes: &'static [&'static ClassInfo],
}

#[allow(unsafe_code, reason = "the linker gathers the rows, and says where they begin and end")]
mod linked;
pub(crate) use linked::assert_one_copy;
pub use linked::{CLASSES, LinkedClasses};
