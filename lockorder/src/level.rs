//! Levels as types: where a lock ranks, and the one bound that says "comes after".
//!
//! Every position in the order is a type with a [`Level::Rank`], a type-level number. A token carries the
//! highest position that may be held ([`Held`](crate::Held)); acquiring asks for [`After`]. There is one
//! blanket implementation of `After` over the comparison of the two numbers, so every pair of classes, of
//! this crate or another, is decided the same way, and a second implementation, which could claim a false
//! order, is a coherence error (E0119).
//!
//! Positions are: [`Nothing`], the levels themselves ([`Band`]), lock classes ([`Class`]), [`AnythingOutside`], and the
//! inner one of two ([`BothOf`]), which `try_lock_any` leads to. A token is moved to levels and classes only.
//!
//! The traits are `unsafe` because the comparison is only right for numbers in normal form and because a class's rank must
//! be one number: only [`hierarchy!`](crate::hierarchy) is meant to implement them. The macro writes paths that its caller may
//! lead elsewhere (`crate = …`), so it is not believed: where a token or a lock is made, the rank as a type is compared with the
//! rank as a number, and a program in which they differ is not built.

use core::fmt;
use core::marker::PhantomData;

use typenum::{B1, Bit, IsGreater, IsLess, IsLessOrEqual, Max, Maximum, U0, UInt, UTerm, Unsigned};

use crate::order::Discipline;
use crate::platform::Platform;
use crate::table::{ClassInfo, LevelInfo, Rank};

/// A position in the lock order.
///
/// # Safety
///
/// `Rank` must be a type-level number in normal form (no leading zero digit), since others compare wrongly,
/// and `CEILING` must hold the same number. Implement it through [`hierarchy!`](crate::hierarchy) only.
pub unsafe trait Level: Sized + 'static {
    /// The position as a type-level number.
    type Rank: Digits;
    /// The position at run time, for reports and for [`DynHeld`](crate::DynHeld).
    const CEILING: Ceiling;
}

/// A position with a name of its own: a level or a class.
///
/// # Safety
///
/// `Outside` must be [`Level::Rank`] minus one, in normal form.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a level or a class",
    label = "a token is moved to a level or a class that `hierarchy!` declares",
    note = "say what may be held: `held.at::<Filesystem>()`, or what is acquired next: `held.below::<Inode>()`"
)]
pub unsafe trait Declared: Level {
    /// The rank just outside of this one.
    type Outside: Digits;
    /// The name as declared.
    const NAME: &'static str;
}

/// One of the numbered levels: a band of [`RANKS_PER_LEVEL`](crate::RANKS_PER_LEVEL) ranks that classes are placed in.
///
/// # Safety
///
/// `INFO.number * RANKS_PER_LEVEL` must be the rank.
pub unsafe trait Band: Declared {
    /// The platform of every lock in the level.
    type Platform: Platform;
    /// The level's row of the table.
    const INFO: &'static LevelInfo;
}

/// A lock class: what a lock is declared with.
///
/// # Safety
///
/// `INFO` must describe this very type: its rank and its discipline.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a lock class",
    label = "locks are declared with a class, not with a level",
    note = "declare one inside a level: `hierarchy! {{ … level Filesystem = 40 {{ class Inode = 3; }} }}`; a level is \
            where a function stands: `held.below::<Filesystem>()`, `#[acquires(Filesystem)]`"
)]
pub unsafe trait Class: Declared {
    /// How two locks of this class may be taken together.
    type Order: Discipline;
    /// Interrupts, preemption and waiting on the machine these locks live on.
    type Platform: Platform;
    /// The class's row of the table.
    const INFO: &'static ClassInfo;
}

/// `L: After<H>`: with everything held at `H` or outside of it, `L` may be acquired. The bound of everything that acquires.
///
/// Holds exactly where the rank of `L` is greater than the rank of `H`. Nobody implements it by hand. It stands on the class
/// that is acquired, which a call learns last: so it never guides inference, and where it fails the message below names both.
#[diagnostic::on_unimplemented(
    message = "lock order violation: cannot acquire `{Self}` while holding `{H}`",
    label = "`{Self}` does not come after `{H}` in the lock hierarchy",
    note = "locks are acquired in strictly increasing level order; release the inner one first, acquire `{Self}` \
            earlier, or, for two locks of one class, use `lock_pair`, `lock_array` or `descend`",
    note = "in a function that is generic over what its caller holds (`H: Before<Level>`), begin with \
            `held.below::<Level>()` and acquire through that, or write `#[acquires(Level)]`"
)]
pub trait After<H: Level>: Level {}

#[diagnostic::do_not_recommend]
impl<L: Level, H: Level> After<H> for L
where
    H::Rank: IsLess<L::Rank>,
    <H::Rank as IsLess<L::Rank>>::Output: Yes,
{
}

/// `H: Before<L>`: the same order from the other side: the bound of functions that take a token and acquire `L`.
///
/// Such a function begins with [`held.below::<L>()`](crate::Held::below), which leads to a position that has a name, and acquires
/// through that. A call of it learns last what its caller holds, which is why this bound stands on `H`: a bound on `L` would
/// guide inference there, and a right call could be refused as a type mismatch (`docs/decisions/0013`).
#[diagnostic::on_unimplemented(
    message = "lock order violation: cannot acquire `{L}` while holding `{Self}`",
    label = "`{L}` does not come after `{Self}` in the lock hierarchy",
    note = "locks are acquired in strictly increasing level order; release the inner one first, acquire `{L}` \
            earlier, or, for two locks of one class, use `lock_pair`, `lock_array` or `descend`"
)]
pub trait Before<L: Level>: Level {}

#[diagnostic::do_not_recommend]
impl<H: Level, L: Level> Before<L> for H
where
    H::Rank: IsLess<L::Rank>,
    <H::Rank as IsLess<L::Rank>>::Output: Yes,
{
}

/// `L: AtOrAfter<H>`: the ceiling `H` is at `L` or outside of it, so a token may be weakened to `L`.
#[diagnostic::on_unimplemented(
    message = "lock order violation: a token at `{H}` cannot be moved out to `{Self}`",
    label = "`{H}` lies further in than `{Self}`",
    note = "a token can only give permission up: `at` moves inwards"
)]
pub trait AtOrAfter<H: Level>: Level {}

#[diagnostic::do_not_recommend]
impl<L: Level, H: Level> AtOrAfter<H> for L
where
    H::Rank: IsLessOrEqual<L::Rank>,
    <H::Rank as IsLessOrEqual<L::Rank>>::Output: Yes,
{
}

/// A type-level number whose digits can be counted: every one is.
#[doc(hidden)]
pub trait Digits: Unsigned {
    /// How many binary digits it has.
    const COUNT: u32;
    /// Whether the first of them is no zero.
    const NORMAL: bool;
}
impl Digits for UTerm {
    const COUNT: u32 = 0;
    const NORMAL: bool = true;
}
impl<U: Digits, B: Bit> Digits for UInt<U, B> {
    const COUNT: u32 = U::COUNT + 1;
    const NORMAL: bool = if U::COUNT == 0 { B::BOOL } else { U::NORMAL };
}

/// Refuses to be compiled where the rank of a position as a type, which bounds compare, is not its rank as a number.
///
/// Called where a token is made, for its position, and where a lock is made, for its class: so every comparison of ranks is one
/// of numbers.
#[inline]
pub(crate) const fn has_true_rank<L: Level>() {
    const {
        assert!(
            L::Rank::NORMAL && L::Rank::COUNT <= u16::BITS && L::Rank::U16 == L::CEILING.rank,
            "the rank of a position as a type is not its rank as a number: declare it by `hierarchy!` of this library"
        );
    }
}

/// The type-level truth value that a comparison must have. An own trait, so that a false comparison is a
/// missing implementation (E0277, our message) and not a type mismatch (E0271, typenum's).
#[doc(hidden)]
pub trait Yes {}
impl Yes for B1 {}

/// Nothing is held: the position of a fresh root.
#[derive(Debug)]
pub enum Nothing {}

// SAFETY: U0 is in normal form and is 0, as the ceiling says.
unsafe impl Level for Nothing {
    type Rank = U0;
    const CEILING: Ceiling = Ceiling { rank: 0, name: "nothing", outside: false };
}

/// Proof that nothing is held: what joining a thread, waiting for a condition or starting a CPU asks for.
///
/// Serialising tokens do not count: a thread that waits gives them back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may be held here, but this call waits for another thread and needs nothing held",
    label = "a lock at `{Self}` may be held",
    note = "the thread waited for may need that lock; release everything before waiting, or wait for what has a rank: an \
            `Event`, a `RankedCondvar`",
    note = "a function that waits says so: it takes a `Root<'_, Task>`, or is bound by `H: NothingHeld`"
)]
pub trait NothingHeld: Level + sealed::NothingHeld {}
#[diagnostic::do_not_recommend]
impl NothingHeld for Nothing {}

/// Everything held is outside of `L`: one rank less than `L`.
///
/// [`Held::below`](crate::Held::below) leads to it. Functions and `dyn` methods name it, so that what they may acquire does
/// not depend on the caller.
pub struct AnythingOutside<L>(PhantomData<fn(L) -> L>);

impl<L> fmt::Debug for AnythingOutside<L> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AnythingOutside")
    }
}

// SAFETY: `Declared::Outside` is the rank of `L` minus one in normal form, as its contract says.
unsafe impl<L: Declared> Level for AnythingOutside<L> {
    type Rank = L::Outside;
    const CEILING: Ceiling = Ceiling { rank: L::CEILING.rank - 1, name: L::NAME, outside: true };
}

/// The inner one of two positions: what is held after a lock was got out of order.
pub struct BothOf<A, B>(PhantomData<fn(A, B) -> (A, B)>);

impl<A, B> fmt::Debug for BothOf<A, B> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BothOf")
    }
}

// SAFETY: the maximum of two numbers in normal form is one of them.
unsafe impl<A: Level, B: Level> Level for BothOf<A, B>
where
    A::Rank: Max<B::Rank> + IsGreater<B::Rank>,
    Maximum<A::Rank, B::Rank>: Digits,
{
    type Rank = Maximum<A::Rank, B::Rank>;
    const CEILING: Ceiling = if A::CEILING.rank > B::CEILING.rank { A::CEILING } else { B::CEILING };
}

/// A position at run time: the highest rank that may be held, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceiling {
    pub(crate) rank: u16,
    pub(crate) name: &'static str,
    pub(crate) outside: bool,
}

impl Ceiling {
    /// The ceiling of a declared position.
    #[must_use]
    pub const fn at(name: &'static str, rank: u16) -> Self {
        Self { rank, name, outside: false }
    }

    /// The highest rank that may be held.
    #[must_use]
    pub const fn rank(&self) -> Rank {
        Rank(self.rank)
    }

    /// The class or level it is named after.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Display for Ceiling {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rank == 0 {
            return formatter.write_str("nothing");
        }
        let relation = if self.outside { "something outside of " } else { "" };
        let rank = if self.outside { Rank(self.rank + 1) } else { Rank(self.rank) };
        write!(formatter, "{relation}`{}` ({rank})", self.name)
    }
}

/// Keeps [`NothingHeld`] closed.
pub(crate) mod sealed {
    #[diagnostic::on_unimplemented(
        message = "`{Self}` does not mean that nothing is held",
        note = "this trait is sealed: only `Nothing` does"
    )]
    pub trait NothingHeld {}
    impl NothingHeld for super::Nothing {}
}

/// A token does not move below a level whose rank is made up: what the corpus of rejected programs cannot ask, since this is
/// found when instructions are written.
///
/// ```compile_fail,E0080
/// mod library {
///     pub use lockorder::{Band, Ceiling, Declared, Hierarchy, Level, LevelInfo, host, order};
///     pub mod __private {
///         pub mod typenum {
///             use lockorder::__private::typenum::U1024;
///             pub use lockorder::__private::typenum::{B0, B1, UTerm};
///             pub type UInt<U, B> = <(U, B) as Far>::Rank;
///             pub trait Far {
///                 type Rank;
///             }
///             impl<U, B> Far for (U, B) {
///                 type Rank = U1024;
///             }
///         }
///     }
/// }
/// mod locks {
///     lockorder::hierarchy! {
///         crate = super::library;
///         /// The locks of this program.
///         pub hierarchy LOCKS;
///         /// Outer.
///         pub level Outer = 10;
///     }
/// }
/// fn main() {
///     lockorder::with_root(|mut held| drop(held.below::<locks::Outer>()));
/// }
/// ```
///
/// The same with the true library.
///
/// ```
/// mod library {
///     pub use lockorder::{Band, Ceiling, Declared, Hierarchy, Level, LevelInfo, host, order};
///     pub mod __private {
///         pub mod typenum {
///             pub use lockorder::__private::typenum::{B0, B1, UInt, UTerm};
///         }
///     }
/// }
/// mod locks {
///     lockorder::hierarchy! {
///         crate = super::library;
///         /// The locks of this program.
///         pub hierarchy LOCKS;
///         /// Outer.
///         pub level Outer = 10;
///     }
/// }
/// fn main() {
///     lockorder::with_root(|mut held| drop(held.below::<locks::Outer>()));
/// }
/// ```
#[cfg(all(doctest, feature = "std"))]
pub enum MadeUpRanks {}

#[cfg(test)]
mod tests {
    use typenum::{B0, B1, U0, U5, U1024, UInt, UTerm};

    use super::Digits;

    #[test]
    fn digits_tell_the_normal_form() {
        type Padded = UInt<UInt<UInt<UTerm, B0>, B1>, B0>;
        assert_eq!(<[u32; 3]>::from((U0::COUNT, U5::COUNT, U1024::COUNT)), [0, 3, 11]);
        const { assert!(U0::NORMAL && U5::NORMAL && U1024::NORMAL) };
        assert_eq!(Padded::COUNT, 3);
        const { assert!(!Padded::NORMAL && !<UInt<UTerm, B0> as Digits>::NORMAL) };
    }
}
