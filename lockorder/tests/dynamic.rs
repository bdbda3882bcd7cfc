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

static SPACE: SpinLock<AddressSpace, u32> = SpinLock::new(1);
static INODE: SpinLock<Inode, u32> = SpinLock::new(2);
static PAGE: SpinLock<Page, u32> = SpinLock::new(3);

#[test]
fn order_is_allowed_and_disorder_refused_with_both_names() {
    with_root(|mut held| {
        let mut held = held.erase();
        let mut inode = held.lock(&INODE).unwrap();
        let (_, mut inner) = inode.split();
        assert_eq!(*inner.lock(&PAGE).unwrap(), 3);
        let refused = inner.lock(&SPACE).unwrap_err();
        assert_eq!(refused.wanted.name, "AddressSpace");
        assert_eq!(refused.holding.name(), "Inode");
        assert_eq!(
            refused.to_string(),
            "lock order violation: cannot acquire `AddressSpace` (20.0) while holding `Inode` (40.3)"
        );
        assert_eq!(inner.lock(&INODE).unwrap_err().holding.name(), "Inode", "an equal rank is refused too");
        assert!(!SPACE.is_held(), "a refused lock is not touched");
    });
    assert!(!INODE.is_held());
}

#[test]
fn a_weakened_token_says_what_it_was_weakened_to() {
    with_root(|mut held| {
        let mut below = held.below::<Inode>();
        let mut held = below.erase();
        assert_eq!(
            held.lock(&SPACE).unwrap_err().to_string(),
            "lock order violation: cannot acquire `AddressSpace` (20.0) while holding something outside of `Inode` (40.3)"
        );
        assert_eq!(*held.lock(&INODE).unwrap(), 2);
    });
}

#[test]
fn the_way_back_to_types_is_checked() {
    with_root(|mut held| {
        let mut erased = held.erase();
        let mut inode = erased.lock(&INODE).unwrap();
        let (_, mut erased) = inode.split();
        assert_eq!(erased.typed::<AddressSpace>().map(|_| ()).unwrap_err().name(), "Inode");
        let mut typed = erased.typed::<Inode>().unwrap();
        assert_eq!(*typed.lock(&PAGE), 3);
    });
}
