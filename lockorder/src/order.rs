//! Disciplines: how two locks of one class may be taken together.
//!
//! The rank order says nothing about two locks of one class. A class therefore fixes one discipline for
//! them, and has exactly one: parent-before-child and by-number together deadlock, since a thread walking
//! down a tree and a thread sorting by number can take the same two locks in opposite orders. `Class::Order`
//! is an associated type, so a class cannot have two. Two locks of a tree that nobody can put in an order are acquired by trying
//! one of them, which is no second order ([`AlongTreeWithPairs`]).
//!
//! A discipline by key stores the key in the lock; the others store nothing.

use core::fmt;
use core::marker::PhantomData;

use crate::table::OrderKind;

/// How two locks of one class may be taken together. Sealed.
pub trait Discipline: sealed::Discipline + 'static {
    /// What is stored in each lock to order it among its class; `()` where nothing is.
    type Key: Copy + Ord + Send + Sync + sealed::Key + 'static;
    /// The same at run time.
    const KIND: OrderKind;
}

/// Never two locks of the class at once.
#[derive(Debug)]
pub enum Unnested {}
/// In increasing order of the locks' addresses.
#[derive(Debug)]
pub enum ByAddress {}
/// In increasing order of a number given when the lock is made, an inode or block number for example.
#[derive(Debug)]
pub enum ByKey {}
/// Parent before child, hand over hand. That the locks form a tree is the caller's promise: a cycle is a
/// deadlock no type can see; the run-time checker reports it.
#[derive(Debug)]
pub enum AlongTree {}

/// As [`AlongTree`]; and two locks at once of which nobody knows how they are related, while a lock of class `E`, which lies outside,
/// is held exclusively.
pub struct AlongTreeWithPairs<E>(PhantomData<fn(E) -> E>);

impl<E> fmt::Debug for AlongTreeWithPairs<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AlongTreeWithPairs")
    }
}

/// Serialising tokens, which need no order among themselves: who waits for one holds none.
#[derive(Debug)]
pub enum Serialised {}

impl Discipline for Serialised {
    type Key = ();
    const KIND: OrderKind = OrderKind::Serial;
}
impl Discipline for Unnested {
    type Key = ();
    const KIND: OrderKind = OrderKind::None;
}
impl Discipline for ByAddress {
    type Key = ();
    const KIND: OrderKind = OrderKind::Address;
}
impl Discipline for ByKey {
    type Key = u64;
    const KIND: OrderKind = OrderKind::Key;
}
impl Discipline for AlongTree {
    type Key = ();
    const KIND: OrderKind = OrderKind::Tree;
}

impl<E: 'static> Discipline for AlongTreeWithPairs<E> {
    type Key = ();
    const KIND: OrderKind = OrderKind::Tree;
}

/// A discipline that stores a key in each lock.
#[diagnostic::on_unimplemented(
    message = "locks of a class with the discipline `{Self}` have no key",
    label = "this class is not declared `order = key`",
    note = "make the lock with `new`, or declare its class `order = key`"
)]
pub trait Keyed: Discipline<Key = u64> + sealed::Keyed {}
#[diagnostic::do_not_recommend]
impl Keyed for ByKey {}

/// A discipline that stores nothing in a lock.
#[diagnostic::on_unimplemented(
    message = "a lock of a class with the discipline `{Self}` is not made with `new`",
    label = "this class is declared `order = key` or `order = serial`",
    note = "where the order is by key, make the lock with `with_key`, giving it the number by which its class is sorted; \
            a class `order = serial` has serialising tokens only"
)]
pub trait Keyless: Discipline<Key = ()> + sealed::Keyless {}
#[diagnostic::do_not_recommend]
impl Keyless for Unnested {}
#[diagnostic::do_not_recommend]
impl Keyless for ByAddress {}
#[diagnostic::do_not_recommend]
impl Keyless for AlongTree {}
#[diagnostic::do_not_recommend]
impl<E: 'static> Keyless for AlongTreeWithPairs<E> {}

/// The discipline of serialising tokens.
#[diagnostic::on_unimplemented(
    message = "a class with the discipline `{Self}` has no serialising tokens",
    label = "this class is not declared `order = serial`",
    note = "a class has locks or tokens, never both: declare one for tokens, `class Mounts = 0, order = serial;`"
)]
pub trait Serial: Discipline<Key = ()> + sealed::Serial {}
#[diagnostic::do_not_recommend]
impl Serial for Serialised {}

/// A discipline of locks: any but that of serialising tokens.
#[diagnostic::on_unimplemented(
    message = "a class with the discipline `{Self}` has serialising tokens only",
    label = "this class is declared `order = serial`",
    note = "a class has locks or serialising tokens, never both: declare another class for this, `class Ready = 1;`"
)]
pub trait LockDiscipline: Discipline + sealed::LockDiscipline {}
#[diagnostic::do_not_recommend]
impl LockDiscipline for Unnested {}
#[diagnostic::do_not_recommend]
impl LockDiscipline for ByAddress {}
#[diagnostic::do_not_recommend]
impl LockDiscipline for ByKey {}
#[diagnostic::do_not_recommend]
impl<E: 'static> LockDiscipline for AlongTreeWithPairs<E> {}
#[diagnostic::do_not_recommend]
impl LockDiscipline for AlongTree {}

/// A discipline under which any set of the class's locks can be sorted: by address or by key.
#[diagnostic::on_unimplemented(
    message = "locks of one class cannot be taken together in a set under the discipline `{Self}`",
    label = "this class is not declared `order = address` or `order = key`",
    note = "a class has one discipline; `AlongTree` classes are taken with `descend` and `step`, `Unnested` ones \
            one at a time"
)]
pub trait Sortable: Discipline + sealed::Sortable {}
#[diagnostic::do_not_recommend]
impl Sortable for ByAddress {}
#[diagnostic::do_not_recommend]
impl Sortable for ByKey {}

/// The discipline for walking down a tree.
#[diagnostic::on_unimplemented(
    message = "locks of one class cannot be taken parent before child under the discipline `{Self}`",
    label = "this class is not declared `order = tree`",
    note = "a class has one discipline; sorted classes are taken with `lock_pair`, `lock_array` or `lock_slice`"
)]
pub trait Descendable: Discipline + sealed::Descendable {}
#[diagnostic::do_not_recommend]
impl<E: 'static> Descendable for AlongTreeWithPairs<E> {}
#[diagnostic::do_not_recommend]
impl Descendable for AlongTree {}

/// The discipline of a tree of which two locks are taken at once, however they are related, with a lock of class `E` in hand.
#[diagnostic::on_unimplemented(
    message = "two unrelated locks of a class with the discipline `{Self}` cannot be taken on evidence of `{E}`",
    label = "this class is not declared `order = tree, pairs under {E}`",
    note = "a tree's class names the class whose lock is held over a pair: `class Directory = 4, order = tree, pairs under Rename;`"
)]
pub trait PairsUnder<E: 'static>: Descendable + sealed::PairsUnder {}
#[diagnostic::do_not_recommend]
impl<E: 'static> PairsUnder<E> for AlongTreeWithPairs<E> {}

/// Keeps the disciplines closed.
pub(crate) mod sealed {
    use super::{AlongTree, AlongTreeWithPairs, ByAddress, ByKey, Serialised, Unnested};

    /// A key as a number, for the run-time checker.
    pub trait Key {
        fn number(self) -> u64;
    }
    impl Key for () {
        fn number(self) -> u64 {
            0
        }
    }
    impl Key for u64 {
        fn number(self) -> u64 {
            self
        }
    }
    pub trait Discipline {}
    impl Discipline for Unnested {}
    impl Discipline for Serialised {}
    impl Discipline for ByAddress {}
    impl Discipline for ByKey {}
    impl Discipline for AlongTree {}
    impl<E: 'static> Discipline for AlongTreeWithPairs<E> {}
    pub trait Keyed {}
    impl Keyed for ByKey {}
    pub trait Keyless {}
    impl Keyless for Unnested {}
    impl Keyless for ByAddress {}
    impl Keyless for AlongTree {}
    impl<E: 'static> Keyless for AlongTreeWithPairs<E> {}
    pub trait Serial {}
    impl Serial for Serialised {}
    pub trait LockDiscipline {}
    impl LockDiscipline for Unnested {}
    impl LockDiscipline for ByAddress {}
    impl LockDiscipline for ByKey {}
    impl LockDiscipline for AlongTree {}
    impl<E: 'static> LockDiscipline for AlongTreeWithPairs<E> {}
    pub trait Sortable {}
    impl Sortable for ByAddress {}
    impl Sortable for ByKey {}
    pub trait Descendable {}
    impl Descendable for AlongTree {}
    impl<E: 'static> Descendable for AlongTreeWithPairs<E> {}
    pub trait PairsUnder {}
    impl<E: 'static> PairsUnder for AlongTreeWithPairs<E> {}
}
