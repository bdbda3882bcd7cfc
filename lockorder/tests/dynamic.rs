//! Dynamic paths: the order checked at run time, refused as a value.

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// Classes for these tests.
    hierarchy DYNAMIC;
    /// Memory.
    level Memory = 20 {
        /// An address space.
        class AddressSpace = 0;
    }
    /// Files.
    level Filesystem = 40 {
        /// An inode.
        class Inode = 3;
        /// A page.
        class Page = 4;
    }
}

/// One lock of each class, for one test alone: tests run at once.
struct Locks {
    space: SpinLock<AddressSpace, u32>,
    inode: SpinLock<Inode, u32>,
    page: SpinLock<Page, u32>,
}

/// Fresh locks.
const fn locks() -> Locks {
    Locks { space: SpinLock::new(1), inode: SpinLock::new(2), page: SpinLock::new(3) }
}

#[test]
fn order_is_allowed_and_disorder_refused_with_both_names() {
    let locks = locks();
    with_root(|mut held| {
        let mut held = held.erase();
        let mut inode = held.lock(&locks.inode).unwrap();
        let (_, mut inner) = inode.split();
        assert_eq!(*inner.lock(&locks.page).unwrap(), 3);
        let refused = inner.lock(&locks.space).unwrap_err();
        assert_eq!(refused.wanted.name, "AddressSpace");
        assert_eq!(refused.holding.name(), "Inode");
        assert_eq!(
            refused.to_string(),
            "lock order violation: cannot acquire `AddressSpace` (20.0) while holding `Inode` (40.3)"
        );
        assert_eq!(
            inner.lock(&locks.inode).unwrap_err().holding.name(),
            "Inode",
            "an equal rank is refused too"
        );
        assert!(!locks.space.is_held(), "a refused lock is not touched");
    });
    assert!(!locks.inode.is_held());
}

#[test]
fn a_weakened_token_says_what_it_was_weakened_to() {
    let locks = locks();
    with_root(|mut held| {
        let mut below = held.below::<Inode>();
        let mut held = below.erase();
        assert_eq!(
            held.lock(&locks.space).unwrap_err().to_string(),
            "lock order violation: cannot acquire `AddressSpace` (20.0) while holding something outside of `Inode` (40.3)"
        );
        assert_eq!(*held.lock(&locks.inode).unwrap(), 2);
    });
}

#[test]
fn the_way_back_to_types_is_checked() {
    let locks = locks();
    with_root(|mut held| {
        let mut erased = held.erase();
        let mut inode = erased.lock(&locks.inode).unwrap();
        let (_, mut erased) = inode.split();
        assert_eq!(erased.typed::<AddressSpace>().map(|_| ()).unwrap_err().name(), "Inode");
        let mut typed = erased.typed::<Inode>().unwrap();
        assert_eq!(*typed.lock(&locks.page), 3);
    });
}
