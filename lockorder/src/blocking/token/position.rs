//! Where tokens stand in the order of levels.
//!
//! A token of a class can be acquired while everything held ranks outside of the class, or is a token of the class itself:
//! waiting for a token closes no circle, so several of one class need no order among them.

use core::fmt;
use core::marker::PhantomData;

use typenum::{IsLess, IsLessOrEqual, U0, Unsigned};

use crate::level::{Below, Ceiling, Declared, Later, Level, Nothing, NothingHeld, Yes, sealed};

/// A position that says what a token's class must rank inside of.
pub trait Repeats: Level {
    /// The rank that a token's must exceed: for a class, that of whatever lies just outside of it.
    type Than: Unsigned;
}

impl<L: Declared> Repeats for L {
    type Than = L::Outside;
}

impl Repeats for Nothing {
    type Than = U0;
}

impl<L: Declared> Repeats for Below<L> {
    type Than = L::Outside;
}

impl<A, B> Repeats for Later<A, B>
where
    Self: Level,
{
    type Than = <Self as Level>::Rank;
}

/// Tokens of class `L` are shared: none of the class can be acquired alone.
pub struct Readers<L>(PhantomData<fn(L) -> L>);

impl<L> fmt::Debug for Readers<L> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Readers")
    }
}

// SAFETY: the rank of `L`, and its ceiling.
unsafe impl<L: Declared> Level for Readers<L> {
    type Rank = L::Rank;
    const CEILING: Ceiling = L::CEILING;
}

impl<L: Declared> Repeats for Readers<L> {
    type Than = L::Rank;
}

/// Nothing but tokens is held, up to `X`: as good as nothing for who waits, since they are given back.
pub struct OnlyTokens<X>(PhantomData<fn(X) -> X>);

impl<X> fmt::Debug for OnlyTokens<X> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OnlyTokens")
    }
}

// SAFETY: the rank of `X`, and its ceiling.
unsafe impl<X: Level> Level for OnlyTokens<X> {
    type Rank = X::Rank;
    const CEILING: Ceiling = X::CEILING;
}

impl<X: Repeats> Repeats for OnlyTokens<X> {
    type Than = X::Than;
}

impl<X: Level> sealed::NothingHeld for OnlyTokens<X> {}
#[diagnostic::do_not_recommend]
impl<X: Level> NothingHeld for OnlyTokens<X> {}

/// `H: UpToToken<L>`: with everything held at `H` or outside of it, a token of class `L` may be acquired alone.
#[diagnostic::on_unimplemented(
    message = "lock order violation: cannot acquire a token of `{L}` while holding `{Self}`",
    label = "`{L}` does not come after `{Self}` in the lock hierarchy",
    note = "a token ranks inside of everything held, or is of a class whose tokens are held alone already; one that is \
            shared cannot be acquired alone as well, since two readers that try would wait for each other"
)]
pub trait UpToToken<L: Level>: Level {}

#[diagnostic::do_not_recommend]
impl<H: Repeats, L: Level> UpToToken<L> for H
where
    H::Than: IsLess<L::Rank>,
    <H::Than as IsLess<L::Rank>>::Output: Yes,
{
}

/// `H: UpToShared<L>`: with everything held at `H` or outside of it, a token of class `L` may be shared.
#[diagnostic::on_unimplemented(
    message = "lock order violation: cannot share a token of `{L}` while holding `{Self}`",
    label = "`{L}` does not come after `{Self}` in the lock hierarchy",
    note = "a token ranks inside of everything held, or is of a class whose tokens are held already"
)]
pub trait UpToShared<L: Level>: Level {}

#[diagnostic::do_not_recommend]
impl<H: Level, L: Level> UpToShared<L> for H
where
    H::Rank: IsLessOrEqual<L::Rank>,
    <H::Rank as IsLessOrEqual<L::Rank>>::Output: Yes,
{
}
